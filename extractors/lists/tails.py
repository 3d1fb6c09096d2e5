"""Days that a list's names end with: record after record, they are no part of the name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractors.relevance.looks import asks_for_number
from schemas.document import Span
from schemas.record import Cell, Evidence, Value
from schemas.schema import Field, Kind, Schema

__all__ = ["without_days"]

_DAY = r"\d{1,4}([./-])\d{1,2}\1\d{2,4}"
# With no more than a word or two behind it.
_TAIL = re.compile(rf"(?<=\S)\s+(?:[-–—(,|]\s*)?{_DAY}\)?(?:\s+\S+){{0,2}}$")
_FEWEST, _SHARE = 3, 0.5  # records; of those that have the field

Cells = Mapping[str, Cell]


def without_days(schema: Schema, records: Sequence[Cells]) -> list[Cells]:
    """*records* of a list, whose texts end before a day where most of the list's do, as in
    `Adams v. Baker 3/26/24`: where *schema* asks for a day, that has a field of its own.

    Every value still quotes the page.
    """
    if not any(field.kind in (Kind.DATE, Kind.DATETIME) for field in schema):
        return list(records)
    cut: list[Cells] = list(records)
    for field in filter(_is_plain, schema):
        quotes = [quote for cells in cut if (quote := _quote(cells, field.name))]
        ending = sum(_TAIL.search(quote) is not None for quote in quotes)
        if ending >= max(_FEWEST, _SHARE * len(quotes)):
            cut = [_cut(cells, field.name) for cells in cut]
    return cut


def _is_plain(field: Field) -> bool:
    return (
        field.kind is Kind.TEXT
        and not field.many
        and not field.limits
        and not asks_for_number(field)
    )


def _quote(cells: Cells, name: str) -> str:
    value = cells.get(name)
    return value.evidence.quote if isinstance(value, Value) and value.evidence else ""


def _cut(cells: Cells, name: str) -> Cells:
    value = cells.get(name)
    if not isinstance(value, Value) or value.evidence is None:
        return cells
    quote, span = value.evidence.quote, value.evidence.span
    tail = _TAIL.search(quote)
    if tail is None:
        return cells
    words = quote[: tail.start()]
    place = Span(span.start, span.start + len(words))
    evidence = Evidence(words, place, value.evidence.xpath)
    return {**cells, name: replace(value, raw=words, data=words, evidence=evidence)}
