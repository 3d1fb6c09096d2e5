"""What a list benchmark counts."""

from __future__ import annotations

from benchmarks.lists import PageCounts, counts_of
from schemas.record import PageResult, PageStatus, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Schema

CASE = Schema("case", (Field("name"), Field("number")), many=True)
PAGE = "Adams v. Baker, et al. 24-1 Cole v. Dunn 24-2"


def record(name: str | None, number: str | None) -> Record:
    def value(text: str | None) -> Value:
        status = ValueStatus.FOUND if text else ValueStatus.ABSENT
        return Value(text, text, None, Tier.LARGE, 1.0, status)

    return Record({"name": value(name), "number": value(number)}, "")


def counted(*records: Record, seen: int | None = None, reason: str | None = None) -> PageCounts:
    gold = [
        {"name": "Adams v. Baker", "number": "24-1"},
        {"name": "Cole v. Dunn", "number": "24-2"},
    ]
    return counts_of(
        CASE,
        gold,
        PageResult("set/cases.html", PageStatus.OK, records, reason, text=PAGE, seen=seen),
    )


def test_a_record_is_named_where_its_first_field_is_right() -> None:
    counts = counted(record("Adams v. Baker, et al.", "24-1"), record("COLE V. DUNN", "24-2"))
    assert (counts.named, counts.on_page, counts.named_on_page, counts.alike) == (1, 2, 1, 2)


def test_a_record_is_met_by_any_value_that_is_its_own() -> None:
    counts = counted(record("Adams v. Baker, et al.", "24-1"), record("Cole", "24-2"))
    assert (counts.named, counts.met) == (0, 2)


def test_a_page_that_gives_fewer_than_it_sees_says_so() -> None:
    one = record("Cole v. Dunn", "24-2")
    assert counted(one, seen=2).says_so
    assert counted(one, seen=1, reason="the first 1 of 2 records were read").says_so
    silent = counted(one, seen=1)
    assert silent.short
    assert not silent.says_so
