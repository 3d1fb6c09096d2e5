"""A schema from an example of what is wanted: JSON with made-up values in the places of real ones.

    {"title": "Gardener", "pay": "25 EUR/hour", "posted": "2026-11-21", "skills": ["pruning"]}

Each value shows the kind of its field: a date, a moment, a web address, an amount of money, a
number, true or false, else text. A list asks for several, an object for parts, and a list at the
top for many records. null, "" and [] show nothing, and ask for text. Where all values are names of
kinds, they are those kinds: {"title": "text", "posted": "date", "skills": "text[]"}.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from schemas.dsl import parse_dsl, word_of
from schemas.errors import SchemaError
from schemas.formats import CHECKER
from schemas.json_text import join_pointer
from schemas.keywords import MAX_LIST
from schemas.schema import MAX_ITEMS, MAX_RECORDS, Field, Kind, Schema
from schemas.wording import name_of, shown

__all__ = ["from_example"]

HINT = "give each field one kind of value, or write a JSON Schema"
_AMOUNT = r"\d[\d.,' \u00a0\u202f]*"
_SIGN = r"(?:[A-Z]{3}|[A-Z]{0,3}[$€£¥₹₽₺₩₫₴₪฿]|kr\.?|Kč|zł)"
_PERIOD = r"(?:\s?(?:/|per )\s?[a-z]+)?"
_MONEY = re.compile(
    rf"{_SIGN}\s?{_AMOUNT}(?:\s?(?:-|–|\.\.)\s?{_SIGN}?{_AMOUNT})?{_PERIOD}"
    rf"|{_AMOUNT}(?:\s?(?:-|–|\.\.)\s?{_AMOUNT})?\s?{_SIGN}{_PERIOD}"
)
_TEXTS = frozenset({Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.URL, Kind.MONEY})


def from_example(document: object, *, name: str = "record") -> Schema:
    """The `Schema` of records like *document* (decoded JSON); every value in it fits its field.

    Raises:
        SchemaError: no record can look so; `str()` opens with the place as a JSON pointer.

    >>> [(f.name, f.kind.value) for f in from_example({"name": "Kettle", "price": "25 EUR"})]
    [('name', 'text'), ('price', 'money')]
    """
    records = document if isinstance(document, list) else [document]
    if not records:
        raise SchemaError("#: an empty list is no example", hint="show one record in it")
    if _names_kinds(document):
        parts = _by_kinds(records[0], "#", deep=True)
    else:
        parts = _fields(_places(document, "#"), deep=True)
    many = isinstance(document, list)
    most = max(MAX_RECORDS, len(records))
    return Schema(name, parts, many=many, max_records=most if many else MAX_RECORDS)


_Placed = tuple[str, Any]  # a JSON pointer and the value that stands there


def _places(value: object, place: str) -> list[_Placed]:
    """The items of a list with their places; anything else alone."""
    if isinstance(value, list):
        return [(f"{place}/{index}", item) for index, item in enumerate(value)]
    return [(place, value)]


def _fields(records: Sequence[_Placed], *, deep: bool) -> tuple[Field, ...]:
    """The fields of objects that are examples of one thing, in the order they first appear."""
    values: dict[str, list[_Placed]] = {}
    for place, record in records:
        if not isinstance(record, Mapping):
            raise SchemaError(f"{place}: a record is an object, not {shown(record)}", hint=HINT)
        for key, value in record.items():
            inner = join_pointer(place, name_of(key, place))
            values.setdefault(key, []).append((inner, value))
    if not values:
        raise SchemaError(f"{records[0][0]}: the example names no field", hint=HINT)
    return tuple(_field(name, shown, deep=deep) for name, shown in values.items())


def _field(name: str, examples: Sequence[_Placed], *, deep: bool) -> Field:
    said = [(place, value) for place, value in examples if value is not None]
    many = any(isinstance(value, list) for _, value in said)
    if many:
        for place, value in said:
            if not isinstance(value, list):
                raise SchemaError(f"{place}: one value here, a list elsewhere", hint=HINT)
        most = max(len(value) for _, value in said)
        if most > MAX_LIST:
            raise SchemaError(f"{said[0][0]}: at most {MAX_LIST:,} items can be asked for")
        items = [one for place, value in said for one in _places(value, place)]
        return replace(_one(name, items, deep), many=True, max_items=max(MAX_ITEMS, most))
    return _one(name, said, deep)


def _one(name: str, examples: Sequence[_Placed], deep: bool) -> Field:
    """The field that single values, or the items of lists, are examples of."""
    objects = [one for one in examples if isinstance(one[1], Mapping)]
    if objects:
        if len(objects) < len(examples):
            raise SchemaError(f"{objects[0][0]}: an object here, a value elsewhere", hint=HINT)
        if not deep:
            raise SchemaError(f"{objects[0][0]}: an object in an object's parts is too deep")
        return Field(name, Kind.OBJECT, fields=_fields(objects, deep=False))
    return Field(name, _kind(examples))


def _kind(examples: Sequence[_Placed]) -> Kind:
    """The narrowest kind that all values are of."""
    kinds = {_kind_of(value, place): place for place, value in examples if value not in (None, "")}
    if any(value == "" for _, value in examples):  # it fits no kind but text
        kinds = {kind if kind not in _TEXTS else Kind.TEXT: place for kind, place in kinds.items()}
        kinds.setdefault(Kind.TEXT, examples[0][0])
    if len(kinds) <= 1:
        return next(iter(kinds), Kind.TEXT)
    if set(kinds) == {Kind.DATE, Kind.DATETIME}:
        return Kind.DATETIME
    if set(kinds) <= _TEXTS:
        return Kind.TEXT
    (one, place), (other, _), *_ = kinds.items()
    raise SchemaError(f"{place}: {one.value} here, {other.value} elsewhere", hint=HINT)


def _kind_of(value: object, place: str) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | float):
        return Kind.NUMBER  # an example of 12 says nothing against 12.5
    if isinstance(value, str):
        return _kind_of_text(value)
    if isinstance(value, list):
        raise SchemaError(f"{place}: a list in a list is not honoured yet", hint=HINT)
    hint = 'show a value, as JSON has them, or name a kind: "text", "number", "date"'
    raise SchemaError(f"{place}: JSON has no {type(value).__name__}", hint=hint)


def _kind_of_text(text: str) -> Kind:
    if CHECKER.conforms(text, "date"):
        return Kind.DATE
    if CHECKER.conforms(text, "date-time"):
        return Kind.DATETIME
    if CHECKER.conforms(text, "uri"):
        return Kind.URL
    return Kind.MONEY if _MONEY.fullmatch(text) else Kind.TEXT


def _names_kinds(document: object) -> bool:
    """Whether all values of *document*, and there are some, are names of kinds."""
    leaves = list(_leaves(document))
    return bool(leaves) and all(isinstance(leaf, str) and word_of(leaf) for leaf in leaves)


def _leaves(document: object) -> Iterator[object]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            yield value


def _by_kinds(record: object, place: str, *, deep: bool) -> tuple[Field, ...]:
    """The fields of an object whose values are names of kinds."""
    if not isinstance(record, Mapping):
        raise SchemaError(f"{place}: a record is an object, not {shown(record)}", hint=HINT)
    return tuple(
        _by_kind(name_of(key, place), value, join_pointer(place, key), deep=deep)
        for key, value in record.items()
    )


def _by_kind(name: str, value: Any, place: str, *, deep: bool) -> Field:
    if isinstance(value, list):
        if len(value) != 1 or isinstance(value[0], list):
            raise SchemaError(f"{place}: a list shows one item", hint=HINT)
        return replace(_by_kind(name, value[0], f"{place}/0", deep=deep), many=True)
    if isinstance(value, Mapping):
        if not deep or not value:
            raise SchemaError(f"{place}: an object in an object's parts is too deep", hint=HINT)
        return Field(name, Kind.OBJECT, fields=_by_kinds(value, place, deep=False))
    return replace(parse_dsl(f"x {value}").fields[0], name=name)
