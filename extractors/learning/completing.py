"""Texts of a list's records that stop short, where those of most others fill their element.

A model that quotes a whole cell of most rows now and then quotes a part of one: the place in
"Boat hire at Mill Lane", the first line of two. What most records say decides; every value still
quotes the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from extractors.learning.outline import Region, stripped
from extractors.parsing.blocks import CELL_MARK
from schemas.document import Span
from schemas.record import Cell, Evidence, Value, cell_values
from schemas.schema import Field, Kind, Schema

__all__ = ["completed"]

_FEWEST = 3  # records whose value fills the element
_LOOSE = " .,;:\n"  # a model may leave them out at an end
_LONGER = 2  # times the longest whole value, beyond which an element is no value of its kind

Cells = Mapping[str, Cell]
_Which = tuple[str, int]


def completed(schema: Schema, regions: Sequence[Region], records: Sequence[Cells]) -> list[Cells]:
    """*records*, each of the region of its place, with what texts lack of the element that the same
    text fills in most others, and no other field does. *schema* is of one record."""
    whole = list(records)
    for field in filter(_is_plain, schema):
        column = _Column(field, regions, whole)
        for place, span in column.short():
            if _has_others(whole[place], field.name, span):
                continue
            whole[place] = {**whole[place], field.name: column.quoting(place, span)}
    return whole


def _has_others(cells: Cells, name: str, span: Span) -> bool:
    """Whether *span* also holds what another field than *name* says: "Di Sun, chair" is a name and
    a role, and no name cut short."""
    own = [value.evidence.span for value in cell_values(cells[name]) if value.evidence]
    others = (cell for other, cell in cells.items() if other != name)
    places = [v.evidence.span for cell in others for v in cell_values(cell) if v.evidence]
    return any(
        _lies_in(place, span) and not any(_meet(place, it) for it in own) for place in places
    )


def _lies_in(span: Span, other: Span) -> bool:
    return other.start <= span.start < span.end <= other.end


def _meet(span: Span, other: Span) -> bool:
    return span.start < other.end and other.start < span.end


def _is_plain(field: Field) -> bool:
    return field.kind is Kind.TEXT and not field.many and not field.limits


class _Column:
    """One field of all records. `_full`: by an element's name and number in its record, the lengths
    of the values that fill it; `_part`: by the same the records that quote a part of it, and what
    it holds."""

    def __init__(self, field: Field, regions: Sequence[Region], records: Sequence[Cells]) -> None:
        self._regions = regions
        self._values = {
            place: cell
            for place, cells in enumerate(records)
            if isinstance(cell := cells.get(field.name), Value) and cell.evidence
        }
        self._full: dict[_Which, list[int]] = defaultdict(list)
        self._part: dict[_Which, list[tuple[int, Span]]] = defaultdict(list)
        for place, value in self._values.items():
            for which, span in self._elements(place):
                if _core(self._quote(place, span)) == _core(_said(value)):
                    self._full[which].append(len(span))
                else:
                    self._part[which].append((place, span))

    def short(self) -> list[tuple[int, Span]]:
        """Records that say a part of what they should, and where all of it stands."""
        which = max(self._full, key=lambda which: (self._lead(which), which), default=None)
        if which is None or len(self._full[which]) < _FEWEST or self._lead(which) <= 0:
            return []
        longest = _LONGER * max(self._full[which])
        return [(place, span) for place, span in self._part[which] if len(span) <= longest]

    def quoting(self, place: int, span: Span) -> Value:
        """The value of the record at *place*, now all that *span* holds."""
        quote = self._quote(place, span)
        document = self._regions[place].outline.page.document
        evidence = Evidence(quote, span, document.block_at(span.start).xpath)
        words = " ".join(quote.split())
        return replace(self._values[place], raw=words, data=words, evidence=evidence)

    def _lead(self, which: _Which) -> int:
        """How many more records fill the element than quote a part of it."""
        return len(self._full[which]) - len(self._part.get(which, ()))

    def _elements(self, place: int) -> Iterator[tuple[_Which, Span]]:
        """What holds the value."""
        region, evidence = self._regions[place], self._values[place].evidence
        around = region.holding(evidence.span) if evidence else []
        for piece, above in around:
            span = None if above else stripped(region.text, piece.span)
            if span is None or CELL_MARK in self._quote(place, span):
                continue
            for name in piece.names:
                yield (name, region.named(name, "", above=False).index(piece)), span

    def _quote(self, place: int, span: Span) -> str:
        return self._regions[place].text[span.start : span.end]


def _said(value: Value) -> str:
    return value.evidence.quote if value.evidence else ""


def _core(text: str) -> str:
    return " ".join(text.split()).rstrip(_LOOSE)
