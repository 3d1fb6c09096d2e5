"""Of several ways to cut a page into records, which is taken, and which parts are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractors.lists.records import list_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from schemas.schema import Field, Kind, Schema

TALK = Schema("talk", (Field("title"), Field("day", Kind.DATE), Field("room")), many=True)
DAY = Schema("day", (Field("day", Kind.DATE),), many=True)
TITLES = (
    "Oak in winter",
    "On grafting",
    "Soil and water",
    "Hedges",
    "Moss",
    "Ferns",
    "Rain",
    "Sun",
)


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("list", "https://ex.org/", body.encode(), "text/html; charset=utf-8"))


def found(body: str, schema: Schema = TALK) -> list[str]:
    """What each record says first."""
    page = parsed(body)
    firsts = (entry.blocks[0] for entry in list_records(page, schema).entries)
    return [page.document.quote(page.document.blocks[place].span) for place in firsts]


def items(titles: Sequence[str]) -> str:
    return "".join(
        f"<li><p>{t}</p><p>on {n}.4.2026</p><p>Hall A</p>" for n, t in enumerate(titles, start=1)
    )


def test_column_names_that_come_again_down_a_table_are_no_record() -> None:
    rows = [f"<tr><td>{t}<td>{n}.4.2026<td>Hall" for n, t in enumerate(TITLES, start=1)]
    names = "<tr><td>Title<td>Day<td>Room"
    said = found(f"<table>{names}{''.join(rows[:4])}{names}{''.join(rows[4:])}</table>")
    assert [line.split(" | ")[0] for line in said] == [*TITLES]


def test_a_menu_that_says_as_much_is_not_the_list() -> None:
    menu = f"<nav><ul>{items([f'News number {n}' for n in range(9)])}</ul></nav>"
    assert found(f"{menu}<main><ol>{items(TITLES[:4])}</ol></main>") == [*TITLES[:4]]


def test_a_record_begins_with_its_heading_and_does_not_end_with_the_next_one_s() -> None:
    talks = "".join(f"<h3>{t}</h3><p>It is on {n}.4.2026.</p>" for n, t in enumerate(TITLES[:4]))
    assert found(f"<main><p>As of 1.4.2026 there are</p>{talks}</main>", DAY) == [*TITLES[:4]]


def test_the_paragraphs_of_a_record_are_not_the_records() -> None:
    rest = "<p>Come and hear about all of it in the barn.</p>" * 7
    cards = "".join(
        f"<div><p>It is on {n}.4.2026, at noon in the barn</p>{rest}</div>" for n in range(1, 7)
    )
    assert len(found(f"<main>{cards}</main>", DAY)) == 6


def test_a_section_that_the_plan_skips_has_no_records() -> None:
    past = [f"Old talk {n}" for n in range(4)]
    page = f"<h2>Past talks</h2><ul>{items(past)}</ul><h2>Talks</h2><ul>{items(TITLES)}</ul>"
    assert found(page) == [*past, *TITLES]
    assert found(page, replace(TALK, skip=("Past talks",))) == [*TITLES]


def test_the_page_s_list_is_found_where_the_plan_skips_a_longer_one_of_another_make() -> None:
    past = items([f"Old talk {n}" for n in range(90)])
    page = f"<h2>Past talks</h2><ol>{past}</ol><h2>Talks</h2><ul>{items(TITLES)}</ul>"
    assert len(found(page)) == 90
    assert found(page, replace(TALK, skip=("Past talks",))) == [*TITLES]


TWO_LISTS = f"<ol>{items(TITLES[:3])}</ol><ul>{items([f'Walk {n}' for n in range(9)])}</ul>"


def test_a_longer_list_than_the_plan_s_that_says_as_much_is_read_and_the_user_told() -> None:
    planned = replace(TALK, record_xpath="/html/body/ol/li")
    listing = list_records(parsed(TWO_LISTS), planned)
    assert len(listing.entries) == 9
    assert "begins 3 records, and the page lists 9 elsewhere" in str(listing.note)


def test_the_plan_s_list_is_read_where_the_longer_one_says_less() -> None:
    planned = replace(TALK, record_xpath="/html/body/ol/li")
    less = "".join(f"<li><p>Walk</p><p>on the {n}th</p><p>to the old mill</p>" for n in range(90))
    assert found(f"<ol>{items(TITLES[:3])}</ol><ul>{less}</ul>", planned) == [*TITLES[:3]]


def test_of_plain_texts_nothing_is_surer_than_the_plan() -> None:
    texts = Schema("talk", (Field("title"),), many=True, record_xpath="/html/body/ol/li")
    listing = list_records(parsed(TWO_LISTS), texts)
    assert (len(listing.entries), listing.note) == (3, None)


def test_a_record_of_two_rows_begins_with_the_first_though_some_have_no_second() -> None:
    """Cut at the second rows, all but one record would have a number, that of the next."""
    case = Schema(
        "case", (Field("name"), Field("docket_number"), Field("link", Kind.URL)), many=True
    )
    names = [f"<tr><td><p>26-01{n}</p><td><p>The case of Adams v. Baker</p>" for n in range(10, 30)]
    opinion = "<tr><td><p>The court affirms the judgment below.</p><p><a href=/o>Opinion</a></p>"
    rows = [f"{name}{opinion}" for name in names[:9]] + names[9:12]
    said = found(f"<h1>Orders</h1><table>{''.join(rows)}</table>", case)
    assert said == [f"26-01{n} | The case of Adams v. Baker" for n in range(10, 22)]


def test_a_line_before_the_list_that_says_nothing_asked_begins_no_record() -> None:
    talks = "".join(
        f"<b>{t}</b><div>Hall A</div><p>on {n}.4.2026</p>" for n, t in enumerate(TITLES, start=1)
    )
    assert found(f"<main><p>Come and listen</p>{talks}</main>") == [*TITLES]
