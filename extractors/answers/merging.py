"""One answer from several readings of a page, each of another part of it.

The result depends on what was read, not on the order in which it was: values that say the same are
one, of values that differ the surest stands, and lists keep the order of the page.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from extractors.parsing.paths import without_numbers
from schemas.record import ABSENT, Cell, Record, Value, ValueStatus, cell_data, cell_values
from schemas.schema import Field, Kind, Schema

__all__ = [
    "is_absent",
    "make_of",
    "merge_cells",
    "merge_records",
    "say_nothing",
]

_LONG_LIST = 3  # items, from which on a list may go on in a part of the page not read yet
_MOST_ITEMS = 0.6  # of a list, that stand in blocks of one make where it is one of the page's


def merge_records(schema: Schema, readings: Sequence[Sequence[Record]]) -> tuple[Record, ...]:
    """The records of a page from those of its parts.

    A schema of one record yields one, each field merged. Of one with many, records that say the
    same in every field are one, at most `max_records` in the order of the page.
    """
    records = [record for reading in readings for record in reading]
    if not records:
        return ()
    if schema.many:
        return _distinct(records)[: schema.max_records]
    cells = {
        field.name: merge_cells(field, [record.cells[field.name] for record in records])
        for field in schema
    }
    return (Record(cells, records[0].url),)


def merge_cells(field: Field, cells: Sequence[Cell]) -> Cell:
    """One cell of *field* from several, each of another part of the page."""
    if field.many:
        lists = [cell for cell in cells if isinstance(cell, tuple)]
        return _union(lists)[: field.max_items]
    if field.kind is Kind.OBJECT:
        objects = [cell for cell in cells if isinstance(cell, Mapping)]
        return {
            part.name: merge_cells(part, [c[part.name] for c in objects]) for part in field.fields
        }
    return _surest([cell for cell in cells if isinstance(cell, Value)])


def is_absent(cell: Cell) -> bool:
    """Whether *cell* says nothing at all."""
    return all(value.status is ValueStatus.ABSENT for value in cell_values(cell))


def say_nothing(records: Sequence[Record]) -> bool:
    """Whether no cell of *records* says anything."""
    return all(is_absent(cell) for record in records for cell in record.cells.values())


def _surest(values: Sequence[Value]) -> Value:
    """Of all that found something; of equals the one that stands first on the page. Where none did,
    the least sure that there is nothing: one part that may say it is enough."""
    found = [value for value in values if value.status is not ValueStatus.ABSENT]
    if not found:
        return min(values, key=lambda v: (v.confidence, repr(v)), default=ABSENT)
    return min(found, key=lambda v: (-v.confidence, _place(v), _key(v), repr(v)))


def _union(lists: Sequence[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """Items of all lists. One that a list has at two places does stand twice on the page."""
    most: Counter[str] = Counter()
    places: dict[tuple[int, str], Cell] = {}
    for items in lists:
        own = {(_order(item)[0], _key(item)): item for item in sorted(items, key=_order)[::-1]}
        for key, count in Counter(key for _, key in own).items():
            most[key] = max(most[key], count)
        for place, item in own.items():
            places[place] = min(item, places.get(place, item), key=_order)
    kept = []
    for (_, key), item in sorted(places.items(), key=lambda entry: entry[0]):
        if most[key]:
            most[key] -= 1
            kept.append(item)
    return tuple(kept)


def _distinct(records: Sequence[Record]) -> tuple[Record, ...]:
    ordered = sorted(records, key=lambda record: _order(record.cells))
    kept = {_key(record.cells): record for record in reversed(ordered)}
    first = sorted(kept.values(), key=lambda record: _order(record.cells))
    return tuple(replace(record, index=index) for index, record in enumerate(first))


def _order(cell: Cell) -> tuple[int, float, str, str]:
    """By place on the page; of the same place the surer first, and then any, but always the same:
    of "A" and "a" at one place too."""
    values = list(cell_values(cell))
    sure = sum(value.confidence for value in values)
    return min(map(_place, values), default=0), -sure, _key(cell), repr(cell)


def _place(value: Value) -> int:
    return value.evidence.span.start if value.evidence else 0


def _key(cell: Cell) -> str:
    """What *cell* says; letter case and white space aside."""
    return json.dumps(_folded(cell_data(cell)), sort_keys=True, default=str)


def _folded(data: Any) -> Any:
    if isinstance(data, str):
        return " ".join(data.split()).casefold()
    if isinstance(data, list):
        return [_folded(item) for item in data]
    if isinstance(data, dict):
        return {name: _folded(value) for name, value in data.items()}
    return data


def make_of(cell: Cell) -> str:
    """Where on the page the items of a list stand: the path that most of them share but for its
    numbers. "" where they are few or stand here and there, as people's names in a text do."""
    if not isinstance(cell, tuple) or len(cell) < _LONG_LIST:
        return ""
    values = [value for item in cell for value in cell_values(item) if value.evidence]
    makes = Counter(without_numbers(value.evidence.xpath) for value in values if value.evidence)
    make, count = makes.most_common(1)[0] if makes else ("", 0)
    return make if count >= _MOST_ITEMS * len(cell) else ""
