"""The last gate: what a record says fits the user's schema, or counts as absent.

Whoever answered, a model, markup or a rule, this is where the law is kept that output always fits:
every value, list and item is what its subschema lets through, or the page does not say it (null).
Words are never cut or changed to make them fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from schemas.limits import admits
from schemas.output import value_schema
from schemas.record import ABSENT, Cell, Record, Value, ValueStatus, cell_data
from schemas.schema import Field, Kind, Schema

__all__ = ["fitted"]


def fitted(schema: Schema, records: Iterable[Record]) -> tuple[Record, ...]:
    """*records* with everything taken out that *schema* does not let through, counted anew.

    A value that breaks a limit is absent, with confidence 0: nobody said that the page lacks it. A
    list loses items that say nothing, those that come twice where they must differ, and those
    beyond its length; one that is then too short is absent as a whole. Where the schema is `many`,
    records that say nothing are left out.
    """
    kept: list[Record] = []
    for record in records:
        cells = {field.name: _cell(field, record.cells.get(field.name, ABSENT)) for field in schema}
        if schema.many and (len(kept) == schema.max_records or not any(map(_says, cells.values()))):
            continue
        kept.append(replace(record, cells=cells, index=len(kept)))
    return tuple(kept)


def _cell(field: Field, cell: Cell) -> Cell:
    if isinstance(cell, tuple):
        return _items(field, cell) if field.many else ABSENT
    if field.many:
        return ABSENT
    return _one(field, cell)


def _one(field: Field, cell: Cell) -> Cell:
    """A single value or object."""
    if isinstance(cell, Mapping):
        if field.kind is not Kind.OBJECT:
            return ABSENT
        return {part.name: _cell(part, cell.get(part.name, ABSENT)) for part in field.fields}
    if isinstance(cell, tuple):
        return ABSENT
    fits = field.kind is not Kind.OBJECT and admits(value_schema(field), cell.data)
    if fits or cell.status is ValueStatus.ABSENT:
        return cell
    return Value(tier=cell.tier, signals=cell.signals)


def _items(field: Field, cells: tuple[Cell, ...]) -> Cell:
    items = [item for item in (_one(field, cell) for cell in cells) if _says(item)]
    if field.unique:
        first: dict[str, Cell] = {}
        for item in items:
            first.setdefault(_identity(item), item)
        items = list(first.values())
    items = items[: field.max_items]
    return tuple(items) if len(items) >= field.min_items else ABSENT


def _says(cell: Cell) -> bool:
    if isinstance(cell, Value):
        return cell.status is not ValueStatus.ABSENT
    return any(map(_says, cell if isinstance(cell, tuple) else cell.values()))


def _identity(cell: Cell) -> str:
    """Equal for items that JSON Schema counts as the same: 1 and 1.0, but not 1 and true."""
    return json.dumps(_plain(cell_data(cell)), sort_keys=True)


def _plain(data: object) -> object:
    if isinstance(data, dict):
        return {name: _plain(part) for name, part in data.items()}
    if isinstance(data, list):
        return [_plain(item) for item in data]
    whole = isinstance(data, float) and data.is_integer()
    return int(data) if whole and isinstance(data, float) else data
