"""Which fields a cheaper tier has answered, which are left for the next, and both in one record.

A schema of many records is answered by one tier as a whole: a worker's records cannot be told to be
the same as the markup's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractors.lists.records import find_records
from extractors.parsing.blocks import ParsedPage
from schemas.document import Span
from schemas.fitting import fitted
from schemas.plan import Plan
from schemas.record import ABSENT, Cell, Record, Tier, ValueStatus, cell_values
from schemas.schema import Field, Schema

__all__ = [
    "answered",
    "easier",
    "listed",
    "merged",
    "remaining",
    "settled",
    "unanswered",
    "unsettled",
]


_LARGER = frozenset({Tier.LARGE, Tier.PLANNER})


def answered(schema: Schema, records: Sequence[Record]) -> bool:
    """Whether *records* leave no field of *schema* open."""
    return not _open(schema, records)


def listed(page: ParsedPage, schema: Schema, records: Sequence[Record]) -> int | None:
    """How many records the page's list has that most of *records* stand in: a page's markup often
    names but the first of them. `None`: they stand in no list."""
    blocks = page.document.blocks
    entries = find_records(page, schema) if schema.many and records else ()
    starts = [blocks[entry.blocks[0]].span.start for entry in entries]
    ends = [blocks[entry.blocks[-1]].span.end for entry in entries]
    inside = 0
    for record in records:
        places = [span.start for span in _seen(record)]
        at = [bisect_right(starts, place) - 1 for place in places]
        inside += any(n >= 0 and p < ends[n] for n, p in zip(at, places, strict=True))
    return len(entries) if entries and 2 * inside >= len(records) else None


def _seen(record: Record) -> Iterator[Span]:
    """Where its values stand in the visible text."""
    for cell in record.cells.values():
        for value in cell_values(cell):
            if value.evidence and value.evidence.is_visible:
                yield value.evidence.span


def remaining(schema: Schema, records: Sequence[Record]) -> Schema:
    """*schema* with the fields that *records* leave open; the whole of it where it is `many`."""
    if schema.many:
        return schema
    names = _open(schema, records)
    return replace(schema, fields=tuple(f for f in schema.fields if f.name in names))


def merged(schema: Schema, first: Sequence[Record], then: Sequence[Record]) -> tuple[Record, ...]:
    """*first*'s answers, and *then*'s for the fields that they leave open.

    Of many records those of *then* where there are any. What breaks a limit answers nothing.
    """
    if schema.many:
        return tuple(then or first)
    if not first or not then:
        return tuple(first or then)
    (kept,) = fitted(schema, first[:1])
    cells = {
        name: cell if _says(cell) else then[0].cells.get(name, ABSENT)
        for name, cell in kept.cells.items()
    }
    return (replace(first[0], cells=cells),)


def easier(schema: Schema, plan: Plan | None, *, all_: bool) -> Schema | None:
    """*schema* with the fields that the small worker may try: those that *plan* gives it and, with
    *all_*, all but those that it gives to a larger one. `None`: there are none."""
    planned = {name: field.tier for name, field in plan.fields.items()} if plan else {}
    fields = tuple(
        field
        for field in schema.fields
        if planned.get(field.name) is Tier.SMALL
        or (all_ and planned.get(field.name) not in _LARGER)
    )
    return replace(schema, fields=fields) if fields else None


def unsettled(schema: Schema, records: Sequence[Record], *, least: float) -> Schema | None:
    """*schema* with the fields of which some answer is less sure than *least*, or breaks a limit.

    "The page does not say" is an answer, and settles a field when it is sure, unless the field is
    required; so does a list, by its items. `None`: all are settled.
    """
    (record,) = fitted(schema, records) or (None,)
    names = {
        f.name for f in schema if record is None or not _settles(f, record.cells[f.name], least)
    }
    fields = tuple(field for field in schema.fields if field.name in names)
    return replace(schema, fields=fields) if fields else None


def unanswered(schema: Schema, records: Sequence[Record]) -> set[str]:
    """The fields of *schema* for which *records* say nothing that fits it."""
    return _open(schema, records)


def _settles(field: Field, cell: Cell, least: float) -> bool:
    return _least_sure(cell) >= least and (not field.required or _says(cell))


def settled(first: Sequence[Record], then: Sequence[Record], asked: Schema) -> tuple[Record, ...]:
    """*first*'s answers but for the fields of *asked*, which *then* has answered anew."""
    if not first or not then:
        return tuple(then or first)
    anew = {name: then[0].cells.get(name, ABSENT) for name in asked.names}
    return (replace(first[0], cells={**first[0].cells, **anew}),)


def _least_sure(cell: Cell) -> float:
    """The least confidence in *cell*; of a list without items, which nobody was sure of, 0."""
    return min((value.confidence for value in cell_values(cell)), default=0.0)


def _open(schema: Schema, records: Sequence[Record]) -> set[str]:
    """Fields that some record does not answer; judged after the last gate, which may refuse."""
    kept = fitted(schema, records)
    if len(kept) != len(records) or not kept:
        return set(schema.names)
    return {name for name in schema.names if not all(_says(r.cells[name]) for r in kept)}


def _says(cell: Cell) -> bool:
    return any(value.status is not ValueStatus.ABSENT for value in cell_values(cell))
