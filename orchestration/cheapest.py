"""Which fields a cheaper tier has answered, which are left for the next, and both in one record.

A schema of many records is answered by one tier as a whole: a worker's records cannot be told to be
the same as the markup's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from schemas.fitting import fitted
from schemas.record import ABSENT, Cell, Record, ValueStatus, cell_values
from schemas.schema import Schema

__all__ = ["answered", "merged", "remaining"]


def answered(schema: Schema, records: Sequence[Record]) -> bool:
    """Whether *records* leave no field of *schema* open."""
    return not _open(schema, records)


def remaining(schema: Schema, records: Sequence[Record]) -> Schema:
    """*schema* with the fields that *records* leave open; the whole of it where it is `many`."""
    if schema.many:
        return schema
    names = _open(schema, records)
    return replace(schema, fields=tuple(f for f in schema.fields if f.name in names))


def merged(schema: Schema, first: Sequence[Record], then: Sequence[Record]) -> tuple[Record, ...]:
    """*first*'s answers, and *then*'s for the fields that they leave open.

    Of many records those of *then* where there are any.
    """
    if schema.many:
        return tuple(then or first)
    if not first or not then:
        return tuple(first or then)
    cells = {
        name: cell if _says(cell) else then[0].cells.get(name, ABSENT)
        for name, cell in first[0].cells.items()
    }
    return (replace(first[0], cells=cells),)


def _open(schema: Schema, records: Sequence[Record]) -> set[str]:
    """Fields that some record does not answer; judged after the last gate, which may refuse."""
    kept = fitted(schema, records)
    if len(kept) != len(records) or not kept:
        return set(schema.names)
    return {name for name in schema.names if not all(_says(r.cells[name]) for r in kept)}


def _says(cell: Cell) -> bool:
    return any(value.status is not ValueStatus.ABSENT for value in cell_values(cell))
