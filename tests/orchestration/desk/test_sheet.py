from __future__ import annotations

import sys
import threading
from dataclasses import replace
from typing import Any

import pytest

from orchestration.desk.sheet import Look, Order, Sheet, Show
from schemas.document import Span
from schemas.record import (
    ABSENT,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import JOBS, PAGE, WALL, found

PAY = Schema("pay", (Field("title"), Field("pay", Kind.NUMBER)))


def sheet(*pages: PageResult, schema: Schema = JOBS) -> Sheet:
    made = Sheet(schema)
    for position, page in enumerate(pages):
        made.put(position, page)
    return made


def page(name: str, title: str | None, pay: Any = None) -> PageResult:
    cells = {"title": found(title) if title else ABSENT, "pay": found(pay) if pay else ABSENT}
    return PageResult(name, PageStatus.OK, (Record(cells, name),))


PAYS = sheet(page("a", "nurse", 9), page("b", "Baker"), page("c", "welder", 10), schema=PAY)


def names(order: Order, of: Sheet = PAYS) -> str:
    return "".join(row.source for row in of.view(order).rows)


def test_columns_are_the_page_the_status_and_the_fields() -> None:
    fields = ["title", "pay", "tags", "place.city", "place.remote"]
    assert sheet().headers == ["page", "status", *fields]


def test_a_page_takes_a_row_a_record_and_absent_is_no_text() -> None:
    baker, bare = sheet(PAGE).view(Order()).rows
    assert [mark.text for mark in baker.marks] == ["Baker", "-12.5", "night; bread", "Oslo", "no"]
    assert {mark.look for mark in bare.marks} == {Look.ABSENT}
    assert (baker.place, bare.place) == ((0, 0), (0, 1))


def test_a_page_without_records_is_a_row_with_its_reason() -> None:
    [row] = sheet(WALL).view(Order()).rows
    assert (row.status, row.reason) == (PageStatus.BAD, "a login wall")
    assert {mark.look for mark in row.marks} == {Look.NONE}


def test_absent_on_a_page_that_was_cut_looks_otherwise() -> None:
    cut = replace(PAGE, status=PageStatus.TRUNCATED)
    _, bare = sheet(cut).view(Order()).rows
    assert {mark.look for mark in bare.marks} == {Look.CUT}


def test_a_conflict_and_a_quote_of_another_kind_look_otherwise() -> None:
    quote = Evidence("ten", Span(0, 3), "/p")
    odd = Value("ten", None, quote, Tier.SMALL, 0.9, ValueStatus.FOUND)
    two = replace(found(9), status=ValueStatus.CONFLICT, contrary=quote)
    made = Sheet(Schema("s", (Field("a", Kind.NUMBER), Field("b", Kind.NUMBER))))
    made.put(0, PageResult("u", PageStatus.OK, (Record({"a": odd, "b": two}, "u"),)))
    first, second = made.view(Order()).rows[0].marks
    assert (first.look, first.text) == (Look.UNREADABLE, "ten")
    assert second.look is Look.CONFLICT


def test_a_list_is_as_sure_as_its_least_sure_item_and_as_dear_as_its_dearest() -> None:
    tags = (found("night"), replace(found("bread"), confidence=0.2, tier=Tier.LARGE))
    record = Record({**PAGE.records[0].cells, "tags": tags}, "u")
    mark = sheet(replace(PAGE, records=(record,))).view(Order()).rows[0].marks[2]
    assert (mark.confidence, mark.tier) == (0.2, Tier.LARGE)
    assert mark.is_unsure


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order(), "abc"),
        (Order(column=2), "bac"),  # letter case does not count
        (Order(column=3), "acb"),  # 9 before 10; nothing comes last
        (Order(column=3, descending=True), "cab"),
        (Order(column=0, descending=True), "cba"),
        (Order(find="WELD"), "c"),
        (Order(find="10", within=2), ""),
        (Order(find="10", within=3), "c"),
        (Order(show=Show.ABSENT), "b"),
        (Order(show=Show.CORRECTED), ""),
    ],
)
def test_rows_are_sorted_and_filtered(order: Order, expected: str) -> None:
    assert names(order) == expected


def test_a_page_of_rows_beyond_the_last_is_the_last() -> None:
    view = PAYS.view(Order(page=7), size=2)
    assert ([row.source for row in view.rows], view.page, view.pages) == (["c"], 1, 2)


def test_pages_that_come_in_any_order_stand_in_their_own() -> None:
    made = Sheet(PAY)
    made.put(2, page("c", "x"))
    made.put(0, page("a", "y"))
    assert names(Order(), made) == "ac"


def test_a_page_that_comes_again_takes_the_place_of_what_stood_there() -> None:
    made = sheet(page("a", "nurse"), schema=PAY)
    made.put(0, page("a", "midwife"))
    assert len(made) == 1
    assert names(Order(find="nurse"), made) == ""
    assert names(Order(find="midwife"), made) == "a"


def test_what_a_person_said_is_marked_and_never_unsure() -> None:
    said = Value("Cook", "Cook", None, Tier.PERSON, 1.0)
    record = Record({"title": replace(said, status=ValueStatus.FOUND), "pay": ABSENT}, "u")
    made = sheet(PageResult("u", PageStatus.OK, (record,)), schema=PAY)
    assert names(Order(show=Show.CORRECTED), made) == "u"
    assert names(Order(show=Show.UNSURE), made) == ""


def test_a_list_that_was_cut_short_is_trouble() -> None:
    short = replace(PAGE, seen=200)
    assert len(sheet(short).view(Order(show=Show.TROUBLE)).rows) == 2
    assert len(sheet(replace(PAGE, seen=2)).view(Order(show=Show.TROUBLE)).rows) == 0


def test_a_table_is_drawn_while_rows_come() -> None:
    made, often = Sheet(PAY), sys.getswitchinterval()
    pages = [page(f"{number}.html", "Baker") for number in range(3_000)]

    def fill() -> None:
        for position, one in enumerate(pages):
            made.put(position, one)

    writer = threading.Thread(target=fill)
    sys.setswitchinterval(1e-6)
    try:
        writer.start()
        while writer.is_alive():
            assert len(made) <= len(pages)
    finally:
        sys.setswitchinterval(often)
        writer.join()
    assert made.view(Order()).total == len(pages)


def test_a_row_keeps_its_number_when_a_record_before_it_is_struck_out() -> None:
    left = tuple(
        Record({"title": found(name), "pay": ABSENT}, "a", i) for i, name in [(0, "x"), (2, "z")]
    )
    rows = list(sheet(PageResult("a", PageStatus.OK, left), schema=PAY).rows())
    assert [row.place for row in rows] == [(0, 0), (0, 2)]
    alike = tuple(replace(record, index=0) for record in left)  # of a writer that counts none
    rows = list(sheet(PageResult("a", PageStatus.OK, alike), schema=PAY).rows())
    assert [row.place for row in rows] == [(0, 0), (0, 1)]
