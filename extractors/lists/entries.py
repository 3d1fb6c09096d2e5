"""A record's place on its page, with the blocks around it that hold for it too."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractors.parsing.blocks import CELL_MARK
from extractors.parsing.paths import without_numbers
from extractors.relevance.looks import FORMS, forms_of
from extractors.relevance.ranking import telling_attributes
from schemas.document import Document
from schemas.schema import Schema

__all__ = ["LEVELS", "Entry", "entries_of", "headings_above"]

LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "caption": 7, "legend": 7}
_NEAREST = 2  # headings above a record that are shown with it
_COLUMNS = 12  # of one table, at most, that are blocks of their own
_TABLE = re.compile(r".*/table(?:\[\d+\])?/")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record's place. `blocks`: its own, from `Document.blocks`. `context`: blocks before it
    that hold for it too: the heading above, the day it is listed under. `asides`: blocks of its own
    elements' attributes that may state something. `columns`: blocks that name what its cells hold,
    and are no value themselves."""

    blocks: range
    context: tuple[int, ...] = ()
    asides: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()


def entries_of(document: Document, schema: Schema, parts: Sequence[range]) -> tuple[Entry, ...]:
    """Each of *parts*, blocks of what is visible in *document*, as an entry."""
    return _with_asides(document, schema, _with_context(document.visible, schema, parts))


def _with_asides(document: Document, schema: Schema, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    beside: dict[int, list[int]] = defaultdict(list)
    for place in sorted(telling_attributes(document.without_hidden, schema)):
        beside[document.blocks[place].beside or 0].append(place)
    return tuple(
        replace(entry, asides=tuple(p for i in entry.blocks for p in beside.get(i, ())))
        for entry in entries
    )


def headings_above(document: Document) -> list[tuple[int, ...]]:
    """For each block, the headings that it stands under, the highest first: those before it that
    no other of the same or a higher level has ended."""
    open_: list[int] = []
    above = []
    for place, block in enumerate(document.blocks):
        level = LEVELS.get(block.tag)
        if level is not None:
            while open_ and LEVELS[document.blocks[open_[-1]].tag] >= level:
                open_.pop()
        above.append(tuple(open_))
        if level is not None:
            open_.append(place)
    return above


def _with_context(document: Document, schema: Schema, parts: Sequence[range]) -> tuple[Entry, ...]:
    """Each part with the headings it stands under, the columns' names, and what last stood between
    parts before it."""
    headings = headings_above(document)
    inside = {place for part in parts for place in part}
    around = _Around(document, schema, parts)
    between: int | None = None
    columns: tuple[int, ...] = ()
    entries, at = [], 0
    for part in parts:
        for place in range(at, part.start):
            if document.blocks[place].tag in LEVELS:
                continue
            if around.names_columns(place, part):
                columns = (*(c for c in columns if place - c < _COLUMNS), place)
            elif at or (place == part.start - 1 and around.holds_for_more(place)):
                between = place
        at = part.stop
        context = {*headings[part.start][-_NEAREST:], *([] if between is None else [between])}
        kept = tuple(place for place in columns if place not in inside)
        entries.append(Entry(part, tuple(sorted(context - inside)), (), kept))
    return tuple(entries)


class _Around:
    """What the blocks around records are: names of columns, what holds for several, or neither."""

    def __init__(self, document: Document, schema: Schema, parts: Sequence[range]) -> None:
        self._document = document
        self._forms = [FORMS[f] for f in {f for asked in schema.walk() for f in forms_of(asked)}]
        gaps = (range(a.stop, b.start) for a, b in pairwise(parts))
        self._makes = {self._make(place) for gap in gaps for place in gap}

    def names_columns(self, place: int, part: range) -> bool:
        """Whether it is a row, or a cell, of column names in the table that *part* stands in."""
        block = self._document.blocks[place]
        table = _TABLE.match(self._document.blocks[part.start].xpath)
        if table is None or not block.xpath.startswith(table[0]) or self._has_digit(place):
            return False
        row = block.tag == "tr" and CELL_MARK in self._text(place)
        return row or block.tag == "th" or "/thead" in block.xpath

    def holds_for_more(self, place: int) -> bool:
        """Whether what stands before the first record says more than that a list begins: it has a
        form asked for, or the like of it stands between records too."""
        text = self._text(place)
        return self._make(place) in self._makes or any(form.search(text) for form in self._forms)

    def _has_digit(self, place: int) -> bool:
        return any(sign.isdigit() for sign in self._text(place))

    def _text(self, place: int) -> str:
        return self._document.quote(self._document.blocks[place].span)

    def _make(self, place: int) -> str:
        return without_numbers(self._document.blocks[place].xpath)
