from __future__ import annotations

import pytest

from extractors.answers.prompt import describe
from extractors.lists.locators import record_path
from extractors.lists.records import find_records, list_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.ranking import Ranking
from extractors.relevance.sections import blocks_to_skip
from schemas.document import Document
from schemas.plan import FieldPlan, Plan
from schemas.schema import Schema
from schemas.source import resolve

SCHEMA = resolve("title, pay money")
PARTS = [
    ("/html/body/h1", "Baker"),
    ("/html/body/p[1]", "Pay: 3,000 €"),
    ("/html/body/h2[1]", "Related jobs:"),
    ("/html/body/h3", "Cook"),
    ("/html/body/p[2]", "Pay: 2,500 €"),
    ("/html/body/h2[2]", "About us"),
    ("/html/body/aside[2]/p", "Pay well"),
]
DOCUMENT = Document.from_blocks("", PARTS)


def rated(document: Document, schema: Schema) -> list[float]:
    return Ranking(ParsedPage(document, ())).log_odds(schema)


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        ((), set()),
        (("related  JOBS",), {2, 3, 4}),
        (("Cook",), {3, 4}),
        (("/html/body/aside",), {6}),
        (("/html/body/aside[2]",), {6}),
        (("/html/body/aside[1]",), set()),
        (("/html/body/h2",), {2, 5}),
        (("Nothing of the kind",), set()),
    ],
)
def test_a_section_is_a_heading_with_what_follows_or_an_element(
    skip: tuple[str, ...], expected: set[int]
) -> None:
    assert blocks_to_skip(DOCUMENT, skip) == expected


def test_sections_to_skip_rank_below_all_others_that_look_the_same() -> None:
    guided = Plan(SCHEMA, skip=("Related jobs",)).guided()
    before, after = rated(DOCUMENT, SCHEMA), rated(DOCUMENT, guided)
    assert after[4] < min(after[:2])
    assert after[4] < before[4]
    assert after[1] == before[1]


def test_labels_count_as_words_of_the_field() -> None:
    document = Document.from_blocks(
        "", [("/html/body/p[1]", "Ein Satz"), ("/html/body/p[2]", "Vergütung nach Tarif")]
    )
    schema = resolve("note, pay")
    guided = Plan(schema, fields={"pay": FieldPlan(labels=("Vergütung",))}).guided()
    assert rated(document, guided)[1] > rated(document, schema)[1]


def test_the_model_is_told_hints_and_labels() -> None:
    planned = FieldPlan(hint="In the box on the right.", labels=("Gehalt", "Vergütung"))
    guided = Plan(resolve("title, pay money"), fields={"pay": planned}).guided()
    told = '(In the box on the right; beside "Gehalt" or "Vergütung")'
    assert describe(guided) == describe(SCHEMA).replace("written>", f"written> {told}")


LIST = """<ul>{rows}</ul><ol>{others}</ol>"""


def events() -> tuple[Schema, str]:
    rows = "".join(f"<li><b>Fair {n}</b>, {n} May 2026, Oslo, at noon</li>" for n in range(1, 9))
    others = "".join(f"<li>A remark about {n} things, not more</li>" for n in range(1, 7))
    return resolve("title, day date"), LIST.format(rows=rows, others=others)


def listed(body: str, path: str, *, skip: tuple[str, ...] = ()) -> tuple[list[str], str | None]:
    """Where the records of *body* begin by a plan that names *path*, and what is said of it."""
    fields, _ = events()
    schema = Schema("event", fields.fields, many=True)
    page = parse_page(Page("page.html", "", body.encode()))
    listing = list_records(page, Plan(schema, record_xpath=path, skip=skip).guided())
    starts = [page.document.blocks[entry.blocks.start].xpath for entry in listing.entries]
    return starts, listing.note


def days(tag: str, count: int, more: str = "") -> str:
    rows = (f"<li><b>Fair {n}</b>, {n} May 2026, Oslo, at noon{more}</li>" for n in range(1, count))
    return f"<{tag}>{''.join(rows)}</{tag}>"


def test_records_stand_where_the_plan_says() -> None:
    body = days("ul", 9) + days("ol", 9, " or later")
    assert listed(body, "/html/body/ol/li")[0] == [f"/html/body/ol/li[{n}]" for n in range(1, 9)]
    assert listed(body, "/html/body/ol/li")[1] is None
    fields, body = events()
    schema = Schema("event", fields.fields, many=True)
    page = parse_page(Page("page.html", "", body.encode()))
    assert record_path([page], schema) == "/html/body/ul/li"
    lost = Plan(schema, record_xpath="/html/body/table/tr").guided()
    assert find_records(page, lost) == find_records(page, schema)


@pytest.mark.parametrize(
    "body", [events()[1], days("ul", 9) + days("ol", 5)], ids=["says less", "says as much"]
)
def test_a_plan_that_names_a_smaller_list_does_not_hide_the_larger_one(body: str) -> None:
    starts, note = listed(body, "/html/body/ol/li")
    assert starts == [f"/html/body/ul/li[{n}]" for n in range(1, 9)]
    assert "and the page lists 8 elsewhere: those were read" in str(note)


def test_a_larger_list_in_a_section_to_skip_is_no_list() -> None:
    body = f"<section>{days('ul', 20)}</section>{days('ol', 5)}"
    starts, note = listed(body, "/html/body/ol/li", skip=("/html/body/section",))
    assert starts == [f"/html/body/ol/li[{n}]" for n in range(1, 5)]
    assert note is None


def test_a_plan_that_cuts_the_same_list_otherwise_is_followed() -> None:
    pairs = "".join(
        f"<div><p>Fair {n}</p><p>on {n} May 2026, Oslo, at noon</p>"
        f"<p>Fair {n} again</p><p>on {n + 9} May 2026, Oslo, at noon</p></div>"
        for n in range(1, 9)
    )
    starts, note = listed(f"<main>{pairs}</main>", "/html/body/main/div")
    assert (len(starts), note) == (8, None)


def test_where_nothing_but_texts_is_asked_for_structure_is_not_sure() -> None:
    schema = Schema("note", resolve("title, note").fields, many=True)
    page = parse_page(Page("page.html", "", (days("ul", 9) + days("ol", 5)).encode()))
    planned = Plan(schema, record_xpath="/html/body/ol/li").guided()
    assert (len(find_records(page, planned)), list_records(page, planned).note) == (4, None)


def test_pages_that_disagree_have_no_record_path() -> None:
    fields, body = events()
    schema = Schema("event", fields.fields, many=True)
    pages = [
        parse_page(Page("page.html", "", text.encode()))
        for text in (body, body.replace("ul>", "section>").replace("li>", "div>"))
    ]
    assert record_path(pages, schema) is None
    assert record_path([], schema) is None
