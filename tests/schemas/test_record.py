from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.document import Span
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tokens,
    Value,
    ValueStatus,
    cell_data,
    cell_values,
)


def found(data: Any) -> Value:
    quote = str(data)
    return Value(quote, data, Evidence(quote, Span(0, len(quote)), "/p"), status=ValueStatus.FOUND)


VALUES = st.sampled_from([ABSENT, found("Oslo"), found(3), found(False), found(0)])
CELLS: st.SearchStrategy[Cell] = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
)


def scalars(data: Any) -> list[Any]:
    if isinstance(data, list):
        return [scalar for item in data for scalar in scalars(item)]
    if isinstance(data, dict):
        return [scalar for item in data.values() for scalar in scalars(item)]
    return [] if data is None else [data]


@given(CELLS)
def test_plain_data_loses_no_value_that_was_found(cell: Cell) -> None:
    data = [value.data for value in cell_values(cell) if value.data is not None]
    assert scalars(cell_data(cell)) == data


def test_an_absent_value_holds_nothing() -> None:
    assert (ABSENT.raw, ABSENT.data, ABSENT.evidence, ABSENT.tier) == (None, None, None, None)
    assert ABSENT.status is ValueStatus.ABSENT


def test_cells_become_plain_json_data() -> None:
    cells: dict[str, Cell] = {
        "title": found("Cook"),
        "pay": ABSENT,
        "skills": (found("fish"), found("rice")),
        "office": {"city": found("Oslo"), "code": ABSENT},
        "none": (),
    }
    assert Record(cells, "https://ex.org/").data == {
        "title": "Cook",
        "pay": None,
        "skills": ["fish", "rice"],
        "office": {"city": "Oslo", "code": None},
        "none": [],
    }


def test_an_object_of_nothing_is_null() -> None:
    assert cell_data({"city": ABSENT, "tags": ()}) is None


@pytest.mark.parametrize("data", [False, 0, ""])
def test_an_object_that_says_false_or_zero_is_kept(data: Any) -> None:
    assert cell_data({"remote": found(data)}) == {"remote": data}


def test_values_come_in_reading_order() -> None:
    cell: Cell = ({"a": found(1), "b": (found(2), ABSENT)}, found(3))
    assert [value.data for value in cell_values(cell)] == [1, 2, None, 3]


def test_a_page_that_was_not_read_has_no_records_and_no_text() -> None:
    result = PageResult("a.html", PageStatus.FAILED, reason="no such file")
    assert (result.records, result.text, result.tokens) == ((), "", Tokens(0, 0, 0))


def test_results_do_not_share_their_seconds() -> None:
    one, other = (PageResult(name, PageStatus.OK) for name in "ab")
    assert one.seconds is not other.seconds


@pytest.mark.parametrize(
    ("thing", "name"), [(ABSENT, "raw"), (Tokens(), "prompt"), (Record({}, ""), "index")]
)
def test_what_was_found_is_frozen(thing: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(thing, name, 1)


def test_statuses_are_written_as_their_words() -> None:
    words = ["ok", "bad", "truncated", "stopped", "partial", "failed"]
    assert [f"{status}" for status in PageStatus] == words
    assert [f"{status}" for status in ValueStatus] == ["found", "absent", "conflict", "generated"]
