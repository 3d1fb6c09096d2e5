from __future__ import annotations

from dataclasses import replace

import pytest

from orchestration.table import Table, named, short_names
from schemas.record import ABSENT, PageResult, PageStatus, Record
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import JOBS, PAGE, WALL, found

TABLE = Table(JOBS)


def test_columns_are_the_page_the_fields_and_the_status() -> None:
    assert TABLE.headers == ["page", "title", "pay", "tags", "place.city", "place.remote", "status"]


def test_a_page_takes_a_row_a_record_and_absent_is_none() -> None:
    baker, bare = TABLE.rows(PAGE)
    page = "https://ex.org/1"
    assert baker == [page, "Baker", "-12.5", "night; bread", "Oslo", "no", "ok"]
    assert bare == [page, None, None, None, None, None, "ok"]


def test_a_page_without_records_is_a_row_with_its_reason() -> None:
    assert list(TABLE.rows(WALL)) == [["b.zip::x/2.html", *[None] * 5, "bad: a login wall"]]


@pytest.mark.parametrize(
    ("column", "field", "quotes"),
    [
        (1, "title", ["Baker"]),
        (3, "tags", ["night", "bread"]),
        (4, "place.city", ["Oslo"]),
        (5, "place.remote", ["on site"]),
        (0, None, []),
        (6, None, []),
    ],
)
def test_a_cell_leads_to_its_values(column: int, field: str | None, quotes: list[str]) -> None:
    pick = TABLE.pick([WALL, PAGE], 1, column)
    assert pick is not None
    assert (pick.page, pick.field) == (PAGE, field)
    assert [value.evidence.quote for value in pick.values if value.evidence] == quotes


def test_an_absent_object_leads_to_its_absence() -> None:
    pick = TABLE.pick([PAGE], 1, 4)
    assert pick is not None
    assert pick.values == (ABSENT,)


@pytest.mark.parametrize(("row", "column"), [(9, 0), (0, 7), (0, -1), (-1, 0)])
def test_a_cell_that_is_not_there_leads_nowhere(row: int, column: int) -> None:
    assert TABLE.pick([PAGE], row, column) is None


def test_a_field_may_have_the_name_of_a_column() -> None:
    table = Table(Schema("s", (Field("status"), Field("source"))))
    record = Record({"status": found("open"), "source": found("Reuters")}, "u")
    page = PageResult("u", PageStatus.OK, (record,))
    assert list(table.rows(page)) == [["u", "open", "Reuters", "ok"]]


def test_items_of_a_list_of_objects_stand_in_one_cell() -> None:
    steps = Field("steps", Kind.OBJECT, many=True, fields=(Field("verb"),))
    table = Table(Schema("s", (steps,)))
    record = Record({"steps": ({"verb": found("mix")}, {"verb": found("bake")})}, "u")
    page = PageResult("u", PageStatus.OK, (record,))
    assert next(table.rows(page))[1] == "mix; bake"
    pick = table.pick([page], 0, 1)
    assert pick is not None
    assert [value.data for value in pick.values] == ["mix", "bake"]


def test_an_archives_pages_go_by_the_archives_own_name() -> None:
    names = short_names(["/tmp/1/three.zip", "/tmp/2/a.html"])
    sources = ["/tmp/1/three.zip::x/a.html", "/tmp/2/a.html", "https://ex.org/::x"]
    results = named([replace(WALL, source=source) for source in sources], names)
    assert [r.source for r in results] == ["three.zip::x/a.html", "a.html", "https://ex.org/::x"]
