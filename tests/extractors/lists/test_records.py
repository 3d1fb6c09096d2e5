"""A page's list of records, whatever its markup."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace

import pytest

from benchmarks.registers import LAYOUTS, PERMITS, register
from extractors.lists.records import Entry, find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from schemas.json_schema import loads
from schemas.schema import Field, Kind, Schema

TALK = Schema(
    "talk",
    (Field("title"), Field("day", Kind.DATE), Field("room"), Field("details", Kind.URL)),
    many=True,
)
ROWS = [
    ("Oak in winter", "3.4.2026", "Hall A"),
    ("On grafting", "4.4.2026", "Hall B"),
    ("Soil and water", "5.4.2026", "Barn"),
    ("A short history of hedges", "6.4.2026", "Hall A"),
]
MENU = (
    "<nav><ul>"
    + "".join(f"<li><a href=/{w}>{w}</a>" for w in ("home", "news", "shop"))
    + "</ul></nav>"
)
FOOT = "<footer><ul><li>Imprint<li>Privacy<li>Contact</ul></footer>"


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("list", "https://ex.org/", f"{MENU}{body}{FOOT}".encode()))


def texts(body: str, schema: Schema = TALK) -> list[str]:
    """What each record found says of its own."""
    page = parsed(body)
    return [said(page, entry.blocks) for entry in find_records(page, schema)]


def said(page: ParsedPage, blocks: range | tuple[int, ...]) -> str:
    return " / ".join(page.document.quote(page.document.blocks[i].span) for i in blocks)


def link(title: str) -> str:
    return f"<a href='/talk?{len(title)}'>{title}</a>"


LISTS = {
    "a table": "<table><tr><th>Title<th>Day<th>Room</tr>"
    + "".join(f"<tr><td>{link(t)}<td>{d}<td>{r}</tr>" for t, d, r in ROWS)
    + "</table>",
    "cards": "".join(f"<div><h3>{link(t)}</h3><p>{d}</p><p>{r}</p></div>" for t, d, r in ROWS),
    "list items": "<ul>" + "".join(f"<li>{link(t)}<br>{d}<br>{r}" for t, d, r in ROWS) + "</ul>",
    "headings with paragraphs": "<main>"
    + "".join(f"<h3>{link(t)}</h3><p>{d}</p><p>{r}</p>" for t, d, r in ROWS)
    + "</main>",
    "rows with a row of details": "<table>"
    + "".join(f"<tr><td>{link(t)}<td>{d}</tr><tr><td colspan=2>{r}</tr>" for t, d, r in ROWS)
    + "</table>",
    "several bodies of a table": "<table>"
    + "".join(f"<tbody><tr><td>{link(t)}<tr><td>{d}<tr><td>{r}</tbody>" for t, d, r in ROWS)
    + "</table>",
    "a definition list": "<dl>"
    + "".join(f"<dt>{link(t)}<dd>{d}<dd>{r}" for t, d, r in ROWS)
    + "</dl>",
    "cards in two columns": "<div>"
    + "".join(f"<section><h4>{link(t)}</h4><p>{d}, {r}</p></section>" for t, d, r in ROWS[:2])
    + "</div><div>"
    + "".join(f"<section><h4>{link(t)}</h4><p>{d}, {r}</p></section>" for t, d, r in ROWS[2:])
    + "</div>",
    "lines without elements": "<div>"
    + "".join(f"{d}<br>{link(t)}<br>{r}<br>" for t, d, r in ROWS)
    + "</div>",
}


@pytest.mark.parametrize("name", LISTS)
def test_every_record_is_found_by_itself(name: str) -> None:
    found = texts(f"<h1>Talks</h1><p>Come to our talks this spring.</p>{LISTS[name]}")
    assert len(found) == len(ROWS)
    for words, row in zip(found, ROWS, strict=True):
        assert all(part in words for part in row)


def test_the_row_of_column_names_comes_along_with_every_record() -> None:
    page = parsed(f"<h1>Talks</h1>{LISTS['a table']}")
    entries = find_records(page, TALK)
    assert {said(page, entry.columns) for entry in entries} == {"Title | Day | Room"}
    assert {said(page, entry.context) for entry in entries} == {"Talks"}


def test_column_names_after_a_row_of_page_numbers_are_no_record() -> None:
    rows = "".join(f"<tr><td>{t}<td>{d}<td>{r}</tr>" for t, d, r in ROWS)
    head = "<tr><td colspan=3>1 | 2 | 3 | 4</tr><tr><td>Title<td>Day<td>Room</tr>"
    page = parsed(f"<h1>Talks</h1><table>{head}{rows}</table>")
    entries = find_records(page, TALK)
    assert len(entries) == len(ROWS)
    assert {said(page, entry.columns) for entry in entries} == {"Title | Day | Room"}


def test_column_names_that_are_blocks_come_along_all() -> None:
    rows = "".join(f"<tr><td><p>{t}<td><p>{d}<td><p>{r}</tr>" for t, d, r in ROWS)
    head = "<thead><tr><th><p>Title<p>of it<th><p>Day<th><p>Room</tr></thead>"
    page = parsed(f"<h1>Talks</h1><table>{head}<tbody>{rows}</tbody></table>")
    names = {said(page, e.columns) for e in find_records(page, TALK)}
    assert names == {"Title / of it / Day / Room"}


def test_a_count_above_the_list_is_said_of_no_record() -> None:
    page = parsed(f"<h1>Talks</h1><p>4 results</p>{LISTS['list items']}")
    assert {said(page, entry.context) for entry in find_records(page, TALK)} == {"Talks"}


def test_a_group_s_name_holds_for_the_first_group_too() -> None:
    groups = [
        f"<p>{name}</p><ul>" + "".join(f"<li>{t}, {d}, {r}" for t, d, r in rows) + "</ul>"
        for name, rows in (("Trees", ROWS), ("Soil", ROWS))
    ]
    page = parsed("<h1>Talks</h1>" + "".join(groups))
    found = [said(page, entry.context) for entry in find_records(page, TALK)]
    assert found == ["Talks / Trees"] * 4 + ["Talks / Soil"] * 4


def test_a_record_in_two_halves_is_one() -> None:
    halves = "".join(
        f"<div class=row><div><p>{link(t)}<p>{d}<p>{r}</div><div><p>Bring boots.</div></div>"
        for t, d, r in ROWS * 2
    )
    found = texts(f"<h1>Talks</h1>{halves}")
    assert len(found) == 2 * len(ROWS)
    assert all("boots" in words for words in found)


def test_what_stands_alone_beside_a_list_and_unlike_it_is_no_record() -> None:
    items = "".join(f"<div><p>{link(t)}<p>{d}<p>{r}</div>" for t, d, r in ROWS)
    aside = "<section><div><h3>Hours</h3><p>9 to 5<p>12.4.2026 closed<p>Ring twice</div></section>"
    found = texts(f"{aside}<section>{items}</section>")
    assert len(found) == len(ROWS)
    assert not any("Hours" in words for words in found)


def test_a_number_that_each_record_has_helps_to_find_them() -> None:
    case = Schema("case", (Field("case_name"), Field("docket_number")), many=True)
    news = "".join(f"<li>News of our town, the {n}th part of many</li>" for n in range(9))
    items = "".join(f"<li>24-{3000 + n} Adams v. Baker</li>" for n in range(5))
    found = texts(f"<ol>{news}</ol><ul>{items}</ul>", case)
    assert [words[:7] for words in found] == [f"24-{3000 + n}" for n in range(5)]


def test_a_heading_holds_for_the_records_under_it() -> None:
    day = "<h2>{}</h2><ul>{}</ul>"
    items = [f"<li><h3>{link(t)}</h3><p>{r}, 10:00</p></li>" for t, _, r in ROWS]
    page = parsed(
        day.format("3 April 2026", "".join(items[:2]))
        + day.format("4 April 2026", "".join(items[2:]))
    )
    entries = find_records(page, TALK)
    assert len(entries) == 4
    assert ["April" in said(page, entry.context) for entry in entries] == [True] * 4
    assert "4 April" in said(page, entries[3].context)


EVENTS = {
    "3 May 2026": ["10:00 Choir", "12:00 Walk"],
    "4 May 2026": ["9:00 Fair"],
    "5 May 2026": ["10:30 Talk", "15:00 Tea", "18:00 Film"],
}
CARD = "<div class=event><b>{}</b> <div>at the barn</div></div>"
CALENDARS = {
    "days and events side by side": "<div>"
    + "".join(
        f"<div>{day}</div>{''.join(map(CARD.format, events))}" for day, events in EVENTS.items()
    )
    + "</div>",
    "a section a day": "".join(
        f"<section><div>{day}</div>{''.join(map(CARD.format, events))}</section>"
        for day, events in EVENTS.items()
    ),
    "a list a day": "".join(
        f"<div><div>{day}</div><ul>{''.join(f'<li>{event}, barn' for event in events)}</ul></div>"
        for day, events in EVENTS.items()
    ),
    "months, days, lists": "<h2>May 2026</h2>"
    + "".join(
        f"<h3>{day.removesuffix(' 2026')}</h3><ul>{''.join(f'<li>{e}, barn' for e in events)}</ul>"
        for day, events in EVENTS.items()
    ),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_of_days_with_events_each_event_is_a_record_and_has_its_day(name: str) -> None:
    page = parsed(f"<h1>Calendar</h1>{CALENDARS[name]}")
    entries = find_records(page, replace(TALK, fields=TALK.fields[:3]))
    expected = [(event, day) for day, events in EVENTS.items() for event in events]
    assert len(entries) == len(expected)
    for entry, (event, day) in zip(entries, expected, strict=True):
        assert event in said(page, entry.blocks)
        assert day.removesuffix(" 2026") in said(page, entry.context)
        assert "2026" in said(page, entry.context)


@pytest.mark.parametrize("rest", ["", "<p>Hall", "<p>10:00<p>Hall", "<p>Hall<p>Free<p>In Dutch"])
def test_a_record_that_begins_with_its_day_is_one_record(rest: str) -> None:
    short = "".join(f"<div><p>{n} May 2026<p>Talk {n}{rest}</div>" for n in range(1, 5))
    assert len(texts(f"{short}<div><p>5 May 2026<p>Talk 5</div>")) == 5


def test_a_page_without_a_list_has_no_records() -> None:
    assert texts("<h1>Oak in winter</h1><p>A talk about oaks.</p>") == []


@pytest.mark.parametrize("every", [2, 3, 5, 10])
def test_a_record_that_lacks_what_the_others_have_is_not_lost(every: int) -> None:
    days = ["to be announced" if i % every == 0 else f"{i + 1}.4.2026" for i in range(20)]
    cards = [f"<li><h3>{link(f'Talk {i}')}</h3><p>{d}</p><p>Hall</p>" for i, d in enumerate(days)]
    assert len(texts(f"<ul>{''.join(cards)}</ul>")) == 20


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_record_that_says_nothing_but_its_name_is_not_lost(layout: str) -> None:
    """In 1,500 permits each mix of fields is missing somewhere."""
    case = register(layout, 1_500)
    page = parse_page(Page("list", "", case.html.encode(), "text/html; charset=utf-8"))
    found = find_records(page, loads(json.dumps(PERMITS)))
    firsts = [page.document.blocks[entry.blocks[0]].span for entry in found]
    assert len(found) == len(case.gold)
    for span, gold in zip(firsts, case.gold, strict=True):
        assert page.document.quote(span).startswith(str(gold["name"]))


def test_rows_between_records_that_are_none_stay_out() -> None:
    rows = [f"<tr><td>{link(t)}<td>{d}<td>{r}</tr>" for t, d, r in ROWS]
    part = "<tr class=part><td colspan=3>Second day</td></tr>"
    assert len(texts(f"<table>{''.join([*rows[:2], part, *rows[2:]])}</table>")) == len(ROWS)


def test_the_last_record_keeps_its_own_paragraphs() -> None:
    more = "<p>Bring gloves.</p><p>And boots.</p>"
    found = texts(LISTS["headings with paragraphs"].replace("</main>", f"{more}</main>"))
    assert found[-1].endswith("Bring gloves. / And boots.")


def test_the_last_record_does_not_take_in_all_that_follows_the_list() -> None:
    more = "<p>About us.</p>" * 9
    found = texts(LISTS["headings with paragraphs"].replace("</main>", f"{more}</main>"))
    assert "About us" not in found[-1]


def test_a_thousand_rows_are_found_at_once() -> None:
    rows = "".join(
        f"<tr><td>{link(f'Talk number {i}')}<td>{i % 28 + 1}.4.2026<td>Hall" for i in range(1000)
    )
    page = parsed(f"<table>{rows}</table>")
    started = time.perf_counter()
    assert len(find_records(page, TALK)) == 1000
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("seed", range(40))
def test_records_of_any_page_follow_one_another_and_never_overlap(seed: int) -> None:
    rng = random.Random(seed)
    body = "".join(scrap(rng, 3) for _ in range(rng.randint(1, 12)))
    page = parsed(body)
    end = 0
    for entry in find_records(page, TALK):
        assert isinstance(entry, Entry)
        assert end <= entry.blocks.start < entry.blocks.stop <= len(page.document.blocks)
        assert not set(entry.context) & set(entry.blocks)
        assert all(place < entry.blocks.start for place in entry.context)
        end = entry.blocks.stop


def scrap(rng: random.Random, depth: int) -> str:
    tag = rng.choice(
        ["div", "p", "li", "tr", "td", "h3", "ul", "table", "section", "br", "a href=/x"]
    )
    inner = rng.choice(["", "word", "3.4.2026", "Hall A"])
    if depth:
        inner += "".join(scrap(rng, depth - 1) for _ in range(rng.randint(0, 4)))
    return f"<{tag}>{inner}</{tag.split()[0]}>"
