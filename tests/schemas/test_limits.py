from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.errors import SchemaError
from schemas.json_schema import parse, to_json_schema
from schemas.limits import admits, limits_of
from schemas.schema import Field, Kind


def field(prop: dict[str, Any]) -> Field:
    return parse({"properties": {"x": prop}}).fields[0]


@pytest.mark.parametrize(
    ("prop", "limits"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 5.0}, {"minLength": 2, "maxLength": 5}),
        ({"type": "string", "minLength": 1}, {}),  # a text is never empty
        ({"type": "string", "pattern": "^[A-Z]+$"}, {"pattern": "^[A-Z]+$"}),
        ({"type": "string", "format": "email"}, {"format": "email"}),
        ({"type": "string", "format": "date", "maxLength": 10}, {"maxLength": 10}),
        ({"type": "number", "minimum": 0, "multipleOf": 0.5}, {"minimum": 0, "multipleOf": 0.5}),
        ({"type": "number", "format": "double"}, {}),
        ({"type": "integer", "format": "int32"}, {"minimum": -(2**31), "maximum": 2**31 - 1}),
        ({"type": "integer", "format": "uint32", "minimum": 5, "maximum": 2**40},
         {"minimum": 5, "maximum": 2**32 - 1}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True},
         {"minimum": 0, "exclusiveMinimum": 0}),
        ({"type": "number", "maximum": 9, "exclusiveMaximum": False}, {"maximum": 9}),
        ({"type": "integer", "enum": [1, 2, None]}, {"enum": [1, 2]}),
        ({"type": ["number", "null"], "const": 2.5}, {"enum": [2.5]}),
        ({"const": True}, {"enum": [True]}),
    ],
)  # fmt: skip
def test_limits_are_kept_as_the_keywords_they_came_as(
    prop: dict[str, Any], limits: dict[str, Any]
) -> None:
    assert field(prop).limits == limits


@pytest.mark.parametrize(
    ("listed", "kind"),
    [([1, 2], Kind.INTEGER), ([1, 2.5, None], Kind.NUMBER), ([True], Kind.BOOLEAN)],
)
def test_an_enum_without_a_type_says_its_type(listed: list[Any], kind: Kind) -> None:
    assert field({"enum": listed}).kind is kind


def test_a_list_may_have_a_least_length_and_be_without_repeats() -> None:
    prop = {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}
    assert (field(prop).min_items, field(prop).unique) == (2, True)


@pytest.mark.parametrize(
    ("prop", "message"),
    [
        ({"type": "string", "maxLength": -1}, "/maxLength: a whole number from 0"),
        ({"type": "string", "maxLength": 2.5}, "/maxLength: a whole number from 0"),
        ({"type": "string", "maxLength": True}, "/maxLength: a number is needed"),
        ({"type": "string", "pattern": "("}, "/pattern: "),
        ({"type": "string", "pattern": 5}, "/pattern: a pattern is text"),
        ({"type": "string", "pattern": r"\p{L}"}, "/pattern: "),
        ({"type": "string", "pattern": r"a\Z"}, "/pattern: .*does not mean the same"),
        ({"type": "string", "pattern": "(?i)a"}, "/pattern: .*does not mean the same"),
        ({"type": "string", "pattern": "[[a]"}, "/pattern: .*does not mean the same"),
        ({"type": "number", "minimum": True}, "/minimum: a number is needed"),
        ({"type": "number", "minimum": float("inf")}, "/minimum: a number is needed"),
        ({"type": "number", "multipleOf": 0}, "/multipleOf: a number above 0"),
        ({"type": "number", "format": "int32"}, "/format: .*not honoured on a value of type"),
        ({"type": "boolean", "minimum": 0}, "/minimum: `minimum` is not honoured on a boolean"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_place(prop: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=f"^#/properties/x{message}"):
        field(prop)


@pytest.mark.parametrize(
    "prop",
    [
        {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "a"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "date", "pattern": "^2"},
        {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "multipleOf": 2},
        {"type": "boolean", "enum": [True]},
        {"type": "array", "items": {"type": "number", "enum": [1, 2.5]}, "minItems": 2},
        {"type": "array", "items": {"type": "string", "maxLength": 9}, "uniqueItems": True},
    ],
)
def test_limits_read_back_the_same(prop: dict[str, Any]) -> None:
    schema = parse({"properties": {"x": prop}, "required": ["x"]})
    assert parse(json.loads(json.dumps(to_json_schema(schema)))) == schema


def test_a_pattern_has_to_hold_whether_digits_are_ascii_or_not() -> None:
    assert admits({"pattern": r"^\d$"}, "5")
    assert not admits({"pattern": r"^\d$"}, "٥")
    assert not admits({"pattern": r"^\D$"}, "٥")


def test_a_sign_that_is_blank_to_one_engine_alone_fits_no_pattern() -> None:
    assert not admits({"pattern": r"^\S$"}, "\ufeff")


def test_a_format_is_checked() -> None:
    assert not admits({"type": "string", "format": "ipv4"}, "300.0.0.1")


def test_limits_of_another_type_do_not_count() -> None:
    assert limits_of({"maxLength": 5, "type": "number"}, "#", "number") == {}
