from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SchemaError
from schemas.example import from_example
from schemas.limits import admits
from schemas.output import to_json_schema, value_schema
from schemas.schema import Field, Kind, Schema


def test_each_value_shows_the_kind_of_its_field() -> None:
    example = {
        "title": "Gardener",
        "pay": "25.50 EUR/hour",
        "range": "$50,000 - $60,000",
        "rating": 4.5,
        "hours": 40,
        "posted": "2026-11-21",
        "updated": "2026-11-21T09:30:00Z",
        "link": "https://ex.org/jobs/1",
        "remote": False,
        "skills": ["pruning"],
        "notes": None,
        "links": [],
    }
    kinds = {field.name: (field.kind.value, field.many) for field in from_example(example)}
    assert kinds == {
        "title": ("text", False),
        "pay": ("money", False),
        "range": ("money", False),
        "rating": ("number", False),
        "hours": ("number", False),
        "posted": ("date", False),
        "updated": ("datetime", False),
        "link": ("url", False),
        "remote": ("boolean", False),
        "skills": ("text", True),
        "notes": ("text", False),
        "links": ("text", True),
    }


def test_objects_are_parts_and_lists_of_them_are_merged() -> None:
    (offers,) = from_example({"offers": [{"shop": "A", "price": None}, {"price": 5, "new": True}]})
    assert offers == Field(
        "offers",
        Kind.OBJECT,
        many=True,
        fields=(Field("shop"), Field("price", Kind.NUMBER), Field("new", Kind.BOOLEAN)),
    )


def test_a_list_at_the_top_asks_for_many_records() -> None:
    schema = from_example([{"name": "A"}, {"name": "B", "day": "2026-11-21"}], name="events")
    assert (schema.name, schema.many, schema.names) == ("events", True, ("name", "day"))


def test_a_day_beside_a_moment_is_a_moment_and_a_date_beside_words_is_text() -> None:
    example = [{"a": "2026-11-21", "b": "2026-11-21"}, {"a": "2026-11-21T10:00:00", "b": "soon"}]
    assert [field.kind for field in from_example(example)] == [Kind.DATETIME, Kind.TEXT]


def test_names_of_kinds_in_the_place_of_values_are_kinds() -> None:
    example = {"title": "text", "posted": "date?", "tags": ["string"], "office": {"code": "int"}}
    assert from_example(example).fields == (
        Field("title"),
        Field("posted", Kind.DATE),
        Field("tags", many=True),
        Field("office", Kind.OBJECT, fields=(Field("code", Kind.INTEGER),)),
    )
    assert from_example({"kind": "text", "name": "Oslo"}).fields[0].kind is Kind.TEXT


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ([], "#: an empty list is no example"),
        ([{}], "#/0: the example names no field"),
        (["a"], '#/0: a record is an object, not "a"'),
        ({"a": [[1]]}, "#/a/0: a list in a list"),
        ({"a": str}, "#/a: JSON has no type"),
        ({"a": Decimal(1)}, "#/a: JSON has no Decimal"),
        ({"a": [1, "x"]}, "#/a/0: number here, text elsewhere"),
        ([{"a": 1}, {"a": [1]}], "#/0/a: one value here, a list elsewhere"),
        ({"a": [{"b": 1}, 2]}, "#/a/0: an object here, a value elsewhere"),
        ({"a": {"b": {"c": 1}}}, "#/a/b: an object in an object's parts is too deep"),
        ({"a": {}}, "#/a: the example names no field"),
        ({"": 1}, "a field's name is some text"),
        ({"a": list(range(1001))}, "at most 1,000 items"),
    ],
)
def test_what_no_record_can_look_like_is_refused_with_its_place(example: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        from_example(example)
    assert message in str(caught.value)


NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
DAYS = st.dates().map(str)
SCALARS: list[st.SearchStrategy[Any]] = [
    st.text(max_size=12),
    DAYS,
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.builds("https://ex.org/{}".format, st.text("abc/", max_size=6)),
    st.builds("{} EUR".format, st.integers(0, 10**6)),
    st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
]
SCALAR = st.one_of(SCALARS) | st.none()
LIST = st.one_of([st.lists(one, max_size=4) for one in SCALARS])
OBJECT = st.dictionaries(NAMES, SCALAR | LIST, min_size=1, max_size=3)
ANY_OF_SEVEN = st.fixed_dictionaries({}, optional=dict(zip("abcdefg", SCALARS, strict=True)))
EXAMPLES = st.dictionaries(
    NAMES, SCALAR | LIST | OBJECT | OBJECT.map(lambda one: [one, one]), min_size=1, max_size=5
)


@given(EXAMPLES)
def test_every_value_of_an_example_fits_its_field(example: dict[str, Any]) -> None:
    fits(from_example(example), example)


@given(st.lists(ANY_OF_SEVEN, min_size=1))
def test_so_do_those_of_many_records(examples: list[dict[str, Any]]) -> None:
    if any(examples):
        schema = from_example(examples)
        for one in examples:
            fits(schema, one)


def fits(schema: Schema, example: dict[str, Any]) -> None:
    for field in schema:
        fits_field(field, example.get(field.name))
    json.dumps(to_json_schema(schema))


def fits_field(field: Field, value: Any) -> None:
    if value is None:
        return
    if field.many:
        assert isinstance(value, list)
        assert len(value) <= field.max_items
    for one in value if field.many else [value]:
        if field.kind is Kind.OBJECT:
            for part in field.fields:
                fits_field(part, one.get(part.name))
        elif one is not None:
            assert admits(value_schema(field), one)
