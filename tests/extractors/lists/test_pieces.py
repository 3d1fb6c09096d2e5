"""Where a record's lines break when it is shown."""

from __future__ import annotations

from extractors.lists.pieces import line_starts
from extractors.lists.records import find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.passages import Passage, Shown
from schemas.document import Span
from schemas.schema import Field, Kind, Schema

CASE = Schema(
    "case", (Field("case_name"), Field("docket_number"), Field("filed", Kind.DATE)), many=True
)
CASES = [(f"24-{1200 + n}", f"Adams v. Baker {n}", f"{n + 1}.5.2026") for n in range(4)]


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("cases", "https://ex.org/", body.encode()))


def passages(body: str) -> list[Passage]:
    """Each record as a model is shown it."""
    page = parsed(body)
    entries = find_records(page, CASE)
    assert entries
    shown = Shown(
        page,
        links=page.links,
        lines=line_starts(page, entries),
        count_tokens=lambda texts: [len(text.split()) for text in texts],
    )
    return [shown.part(entry.blocks, budget=500) for entry in entries]


def items(row: str) -> list[str]:
    body = "".join("<li>" + row.format(*case) for case in CASES)
    return [passage.shown for passage in passages(f"<ul>{body}</ul>")]


def test_parts_that_every_record_has_stand_on_lines_of_their_own() -> None:
    shown = items("<span>{0}</span> <b>{1}</b> <i>{2}</i>")
    assert shown == ["\n".join(case) for case in CASES]


def test_a_break_within_a_row_breaks_the_line() -> None:
    rows = "".join(f"<tr><td>{d}<td>{n}<br>{t}</tr>" for n, t, d in CASES)
    shown = [passage.shown for passage in passages(f"<table>{rows}</table>")]
    assert shown == [f"{d} | {n}\n{t}" for n, t, d in CASES]


def test_a_link_in_the_prose_of_one_record_breaks_no_line() -> None:
    body = "".join(f"<li>{n} {t}, {d}, heard in the town hall" for n, t, d in CASES)
    body += "<li>24-9 Cole v. Dunn, 9.5.2026, see the <a href=/rule>rule</a> of the court"
    (last,) = [p.shown for p in passages(f"<ul>{body}</ul>") if "Cole" in p.shown]
    assert "\n" not in last


def test_a_label_stays_with_its_value() -> None:
    shown = items("<b>Docket:</b> {0} <b>Caption:</b> {1} <b>Filed:</b> {2}")
    assert shown == [f"Docket: {n}\nCaption: {t}\nFiled: {d}" for n, t, d in CASES]


def test_signs_stay_with_the_words_that_they_close_or_open() -> None:
    shown = items("<b>{1}</b>, <i>{2}</i> (<span>{0}</span>)")
    assert shown == [f"{t},\n{d}\n({n})" for n, t, d in CASES]


def test_a_dash_begins_the_line_that_it_leads_into() -> None:
    shown = items("<b>{1}</b> - <i>{2}</i> - <span>{0}</span>")
    assert shown == [f"{t}\n- {d}\n- {n}" for n, t, d in CASES]


def test_the_name_of_a_link_stands_before_the_line_ends() -> None:
    shown = items("<a href=/{0}>{0}</a> <b>{1}</b> <i>{2}</i>")
    assert shown[0].startswith("24-1200 [L1]\nAdams")


def test_every_line_begins_after_white_space_in_the_page() -> None:
    page = parsed("<ul>" + "".join(f"<li><b>{n}</b>{t} <i>{d}</i>" for n, t, d in CASES) + "</ul>")
    text = page.document.text
    starts = line_starts(page, find_records(page, CASE))
    assert starts
    assert all(text[at - 1].isspace() and not text[at].isspace() for at in starts)


def test_what_is_taken_out_can_neither_be_read_nor_quoted() -> None:
    passage = passages("<ul>" + "".join(f"<li>{n} {t} {d}" for n, t, d in CASES) + "</ul>")[0]
    whole = passage.spans[0]
    cut = passage.without(Span(whole.start, whole.start + 7), "24-1200")
    assert cut.shown == "… Adams v. Baker 0 1.5.2026"
    assert cut.spans == (Span(whole.start + 7, whole.end),)
