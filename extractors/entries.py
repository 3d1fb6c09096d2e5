"""A record's place on its page, with the blocks around it that hold for it too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.ranking import telling_attributes
from schemas.document import Document
from schemas.schema import Schema

__all__ = ["LEVELS", "Entry", "entries_of", "headings_above"]

LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "caption": 7, "legend": 7}
_NEAREST = 2  # headings above a record that are shown with it


@dataclass(frozen=True, slots=True)
class Entry:
    """One record's place. `blocks`: its own, from `Document.blocks`. `context`: blocks before it
    that hold for it too: the heading above, the row of column names. `asides`: blocks of its own
    elements' attributes that may state something."""

    blocks: range
    context: tuple[int, ...] = ()
    asides: tuple[int, ...] = ()


def entries_of(document: Document, schema: Schema, parts: Sequence[range]) -> tuple[Entry, ...]:
    """Each of *parts*, blocks of what is visible in *document*, as an entry."""
    return _with_asides(document, schema, _with_context(document.visible, parts))


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


def _with_context(document: Document, parts: Sequence[range]) -> tuple[Entry, ...]:
    """Each part with the headings it stands under, and what last stood between parts before it."""
    headings = headings_above(document)
    inside = {place for part in parts for place in part}
    between: int | None = None
    entries, at = [], 0
    for part in parts:
        for place in range(at, part.start):
            if document.blocks[place].tag not in LEVELS and (at or place == part.start - 1):
                between = place  # before the first part: only what it begins with
        at = part.stop
        context = {*headings[part.start][-_NEAREST:], *([] if between is None else [between])}
        entries.append(Entry(part, tuple(sorted(context - inside))))
    return tuple(entries)
