"""Which blocks of a long page are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.parsing.blocks import Link, ParsedPage
from extractors.relevance.passages import Passage, Shown
from schemas.document import RAISED, Document, Span
from schemas.schema import Field, Kind, Schema

JOB = Schema("job", (Field("title"), Field("salary", Kind.MONEY), Field("employment_type")))


def page(*blocks: tuple[str, str]) -> Document:
    return Document.from_blocks(
        "", [(f"/html/body/{tag}[{i}]", t) for i, (tag, t) in enumerate(blocks)]
    )


def chosen(document: Document, *, budget: int, links: tuple[Link, ...] = ()) -> Passage:
    page = ParsedPage(document, links)
    return Shown(page, links=links, count_tokens=words_of).choose(JOB, budget=budget)


def words_of(texts: list[str] | tuple[str, ...] | object) -> list[int]:
    assert isinstance(texts, list | tuple)
    return [len(text.split()) for text in texts]


PROSE = [
    ("p", f"We have told the story of our house for {i} years to everybody.") for i in range(40)
]
LONG = page(
    ("h1", "Maths teacher"),
    *PROSE,
    ("p", "Salary: 31,000 EUR a year"),
    *PROSE,
    ("p", "Employment type:"),
    ("p", "Part time"),
    *PROSE,
)


def test_a_short_page_is_shown_whole() -> None:
    passage = chosen(page(("h1", "Cook"), ("p", "Part time")), budget=100)
    assert (passage.shown, passage.cut) == ("# Cook\nPart time", False)


def test_what_the_schema_asks_for_is_shown_from_far_down_the_page() -> None:
    passage = chosen(LONG, budget=60)
    assert "Maths teacher" in passage.shown
    assert "Salary: 31,000 EUR a year" in passage.shown
    assert passage.cut


def test_what_is_not_worth_its_room_is_left_out_even_where_there_is_some() -> None:
    passage = chosen(LONG, budget=10_000)
    assert "Salary: 31,000 EUR a year" in passage.shown
    assert len(passage) < len(LONG.text) / 5


def test_a_little_is_shown_of_every_page_whatever_it_is_worth() -> None:
    (shown,) = words_of([chosen(page(*PROSE), budget=10_000).shown])
    assert 80 < shown < 120


def test_the_block_after_a_label_comes_along() -> None:
    assert "Employment type:\nPart time" in chosen(LONG, budget=60).shown


def test_an_attribute_with_the_form_of_a_value_is_shown_beside_its_block() -> None:
    attributes = [("/html/body/p[1]/@title", "31,000 EUR", 1)]
    parts = [("/html/body/h1", "Cook"), ("/html/body/p[1]", "Pay"), ("/html/body/p[2]", "Oslo")]
    document = Document.from_blocks("", parts, attributes)
    passage = chosen(document, budget=100)
    assert passage.shown == "# Cook\nPay\n[title] 31,000 EUR\nOslo"
    spans = [document.quote(span) for span in passage.spans]
    assert spans == ["Cook\nPay\nOslo", "31,000 EUR"], "no value runs on from one into the other"


def test_gaps_are_shown() -> None:
    lines = chosen(LONG, budget=60).shown.split("\n")
    assert "…" in lines
    assert lines[0] != "…"


def test_navigation_makes_way() -> None:
    links = [("p", "Home salary jobs employment")] * 5
    document = Document.from_blocks(
        "",
        [(f"/html/body/nav/a[{i}]", text) for i, (_, text) in enumerate(links)]
        + [("/html/body/p", "Salary: 900 EUR for each month")],
    )
    assert chosen(document, budget=8).shown == "Salary: 900 EUR for each month"


def test_a_block_longer_than_the_budget_is_cut_at_a_word() -> None:
    passage = chosen(page(("p", "word " * 90 + "end")), budget=10)
    assert passage.shown == ("word " * 10).strip()
    assert passage.cut


def test_raised_cents_are_shown_behind_a_point_in_part_of_a_block_too() -> None:
    passage = chosen(page(("p", f"Now 1{RAISED}99 {'word ' * 90}")), budget=10)
    assert passage.shown.startswith("Now 1.99 word")


def test_only_links_that_are_shown_are_offered() -> None:
    document = page(("h1", "Maths teacher"), *PROSE)
    first = Link(Span(0, 5), "https://ex.org/a", "/html/body/h1")
    last_block = document.blocks[-1].span
    last = Link(Span(last_block.start, last_block.start + 2), "https://ex.org/b", "/html/body/p")
    assert list(chosen(document, budget=20, links=(first, last)).links) == ["L1"]


@given(
    st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20), max_size=20),
    st.integers(1, 40),
)
def test_spans_follow_each_other_and_hold_whole_blocks(texts: list[str], budget: int) -> None:
    document = page(*(("p", text) for text in texts))
    passage = chosen(document, budget=budget)
    edges = [edge for span in passage.spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    for line in passage.shown.split("\n"):
        assert line == "…" or line in document.text


@pytest.mark.parametrize("budget", [5, 20, 80])
def test_no_more_than_the_budget_is_shown(budget: int) -> None:
    passage = chosen(LONG, budget=budget)
    assert sum(words_of([line for line in passage.shown.split("\n") if line != "…"])) <= budget
