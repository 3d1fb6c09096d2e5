from __future__ import annotations

from typing import Any

import pytest

from schemas.fitting import fitted
from schemas.json_schema import parse
from schemas.record import ABSENT, Cell, Record, Value, ValueStatus


def found(data: Any) -> Value:
    return Value(str(data), data, None, None, 0.9, ValueStatus.FOUND)


def left(prop: dict[str, Any], cell: Cell) -> Any:
    """The data of the one field "x" once it was made to fit."""
    schema = parse({"properties": {"x": prop}})
    (record,) = fitted(schema, [Record({"x": cell}, "https://ex.org/")])
    return record.data["x"]


@pytest.mark.parametrize(
    ("prop", "data"),
    [
        ({"type": "string", "maxLength": 5}, "gardener"),
        ({"type": "string", "pattern": "^[A-Z]+$"}, "Gardener"),
        ({"type": "string", "format": "email"}, "ann at example.org"),
        ({"type": "integer", "minimum": 1}, 0),
        ({"type": "integer", "enum": [1, 2]}, 3),
        ({"type": "integer"}, 2.5),
        ({"type": "integer"}, True),
        ({"type": "boolean", "const": True}, False),
        ({"type": "string", "format": "uri"}, "https://ex.org/a b"),
        ({"type": "string", "enum": ["a"]}, "b"),
        ({"type": "string"}, None),
    ],
)
def test_a_value_that_breaks_a_limit_is_absent(prop: dict[str, Any], data: Any) -> None:
    assert left(prop, found(data)) is None


@pytest.mark.parametrize(
    ("prop", "data"),
    [
        ({"type": "string", "maxLength": 5}, "Paris"),
        ({"type": "integer", "minimum": 1}, 1),
        ({"type": "number", "multipleOf": 0.5}, 1.5),
        ({"type": "boolean", "const": False}, False),
    ],
)
def test_a_value_that_keeps_them_stays(prop: dict[str, Any], data: Any) -> None:
    assert left(prop, found(data)) == data


def test_what_is_refused_cites_nothing_and_nobody_is_sure_that_the_page_lacks_it() -> None:
    schema = parse({"properties": {"x": {"type": "integer", "maximum": 1}}})
    (record,) = fitted(schema, [Record({"x": found(2)}, "")])
    assert record.cells["x"] == Value(confidence=0.0)


def test_the_answer_that_the_page_lacks_it_keeps_how_sure_its_worker_was() -> None:
    schema = parse({"properties": {"x": {"type": "integer", "maximum": 1}}})
    (record,) = fitted(schema, [Record({"x": Value(confidence=0.9)}, "")])
    assert record.cells["x"] == Value(confidence=0.9)


NUMBERS = {"type": "array", "items": {"type": "number", "maximum": 9}, "maxItems": 3}


@pytest.mark.parametrize(
    ("more", "items", "kept"),
    [
        ({}, [1, 10, 2], [1, 2]),
        ({}, [1, 2, 3, 4], [1, 2, 3]),
        ({}, [], []),
        ({"minItems": 2}, [1, 2], [1, 2]),
        ({"minItems": 2}, [1, 10], None),
        ({"uniqueItems": True}, [1, 2, 1.0, 2], [1, 2]),
        ({"uniqueItems": True}, [1, 2, 1], [1, 2]),
        ({"uniqueItems": True, "minItems": 2}, [1, 1], None),
    ],
)
def test_a_list_keeps_the_items_that_fit(
    more: dict[str, Any], items: list[Any], kept: list[Any] | None
) -> None:
    assert left({**NUMBERS, **more}, tuple(map(found, items))) == kept


def test_items_that_say_nothing_are_no_items() -> None:
    parts = {"a": {"type": "string"}, "b": {"type": "integer", "minimum": 1}}
    prop = {"type": "array", "items": {"type": "object", "properties": parts}}
    cells = ({"a": found("x"), "b": found(0)}, {"a": ABSENT, "b": found(0)})
    assert left(prop, cells) == [{"a": "x", "b": None}]


@pytest.mark.parametrize("cell", [(found("a"),), {"a": found("b")}])
def test_a_cell_of_another_shape_is_absent(cell: Cell) -> None:
    assert left({"type": "string"}, cell) is None


def test_a_part_without_a_cell_is_absent() -> None:
    prop = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    assert left(prop, {"a": found("x")}) == {"a": "x", "b": None}


def test_of_many_records_those_that_say_nothing_are_left_out_and_the_rest_counted_anew() -> None:
    item = {"properties": {"x": {"type": "integer", "minimum": 1}}}
    schema = parse({"type": "array", "items": item, "maxItems": 2})
    records = [Record({"x": found(n)}, "", i) for i, n in enumerate([0, 5, 6, 7])]
    assert [(r.index, r.data["x"]) for r in fitted(schema, records)] == [(0, 5), (1, 6)]


def test_a_single_record_stays_even_when_it_says_nothing() -> None:
    assert left({"type": "integer", "minimum": 1}, found(0)) is None
