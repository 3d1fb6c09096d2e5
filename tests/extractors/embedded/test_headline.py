"""When a page's headline answers for its title, and when it is left to a worker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.embedded.headline import with_headline
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from schemas.record import Record, Tier, Value
from schemas.schema import Field, Schema

JOB = Schema("job_posting", (Field("title"), Field("company")))


def headline(body: str, schema: Schema = JOB, found: tuple[Record, ...] = ()) -> Value | None:
    page = Page("p.html", "https://jobs.example/7", body.encode())
    records = with_headline(page, parse_page(page), schema, found)
    cell = records[0].cells[schema.names[0]] if records else None
    assert cell is None or isinstance(cell, Value)
    return cell


def raw(body: str, schema: Schema = JOB) -> str | None:
    value = headline(body, schema)
    return value.raw if value else None


def test_a_heading_that_the_title_repeats_is_quoted_from_the_page() -> None:
    body = "<title>Fence Painter - Board</title><h1>Fence\n Painter</h1><p>Title: Painter II</p>"
    value = headline(body)
    assert value is not None
    assert (value.raw, value.tier) == ("Fence Painter", Tier.MARKUP)
    assert value.evidence is not None
    assert (value.evidence.xpath, value.evidence.markup) == ("/html/body/h1", "html.title")


def test_a_heading_that_only_open_graph_repeats_will_do() -> None:
    shared = '<meta property="og:title" content="Fence painter">'
    assert raw(f"<title>Board</title>{shared}<h1>Fence Painter</h1>") == "Fence Painter"
    assert raw("<title>Board</title><h1>Fence Painter</h1>") is None


@pytest.mark.parametrize(
    "body",
    [
        "<title>Job Board</title><h1>Job Board</h1><h1>Fence Painter</h1>",
        "<title>News: fences fall</title><h1>News</h1>",
        "<title>Fence Painters wanted</title><h1>Fence Painter</h1>",
        "<title>Job Board</title><h2>Fence Painter</h2>",
    ],
)
def test_what_may_be_the_name_of_a_site_or_a_section_is_left_to_a_worker(body: str) -> None:
    assert raw(body) is None


def test_the_only_heading_may_be_the_whole_title() -> None:
    assert raw("<title>Fence Painter</title><h1>Fence Painter</h1>") == "Fence Painter"


def test_two_headings_that_are_both_repeated_are_left_to_a_worker() -> None:
    body = "<title>Fence Painter of Oslo</title><h1>Fence Painter</h1><h1>Fence Painter of</h1>"
    assert raw(body) is None


def test_only_a_field_that_names_the_whole_is_answered() -> None:
    body = "<title>Ada Byron | Talks</title><h1>Ada Byron</h1>"
    person = Schema("speaker", (Field("job_title"), Field("company_name")))
    assert headline(body, person) is None
    assert raw(body, Schema("talk", (Field("title"),))) == "Ada Byron"
    assert raw(body, Schema("vacancy", (Field("job_title"),))) == "Ada Byron"


def test_a_field_that_a_plan_gives_a_label_is_looked_for_there() -> None:
    body = "<title>Fence Painter | Board</title><h1>Fence Painter</h1>"
    assert raw(body, Schema("job_posting", (Field("title", cues=("Role",)),))) is None


def test_a_list_of_records_has_no_headline() -> None:
    body = "<title>Fence Painter | Board</title><h1>Fence Painter</h1>"
    assert headline(body, replace(JOB, many=True)) is None


def test_what_the_markup_answered_stands() -> None:
    body = "<title>Fence Painter | Board</title><h1>Fence Painter</h1>"
    said = Value("Painter", "Painter", None, Tier.MARKUP, 0.99)
    known = Record({"title": said, "company": Value()}, "https://jobs.example/7")
    assert headline(body, found=(known,)) is said


@given(
    st.text("aB <>&/\u00ad\u4e2d-|:'\"", max_size=40),
    st.text("aB <>&/\u00ad\u4e2d-|:'\"", max_size=40),
)
def test_a_headline_quotes_exactly_whatever_the_page_is(title: str, heading: str) -> None:
    body = f"<title>{title}</title><h1>{heading}</h1><p>aB</p>"
    page = Page("p.html", "", body.encode())
    parsed = parse_page(page)
    for record in with_headline(page, parsed, JOB, ()):
        value = record.cells["title"]
        assert isinstance(value, Value)
        assert value.evidence is not None
        assert parsed.document.quote(value.evidence.span) == value.evidence.quote
