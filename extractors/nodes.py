"""The elements of a page that hold text, as a selector may call them: where, and by which names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4.element import Tag

from schemas.document import Span

__all__ = ["Node", "NodeLog"]

_MOST_NAMES = 6
_LONGEST_NAME = 40  # characters
_SERIAL = re.compile(r"\d{3}")  # "post-1234" names one element, not its make
_SAYING = ("itemprop", "property", "data-field", "data-label", "data-testid", "data-title")
_CELLS = frozenset({"td", "th"})


@dataclass(frozen=True, slots=True)
class Node:
    """An element with text.

    `span`: its words, in `Document.text`. `parent`: its number among the page's nodes; -1: none.
    `names`: what it may be called, the most telling first: "span.date", "td[3]", "span". Cells are
    counted in their row, empty ones too; nothing else is, since a count breaks on the next page.
    """

    span: Span
    names: tuple[str, ...]
    parent: int


class NodeLog:
    """Notes elements while their page is read: `enter` and `leave` each, `wrote` after words."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._wordless = 0  # the innermost so many of the open ones
        self._columns: dict[int, int] = {}
        self._written: list[_Open] = []

    def enter(self, tag: Tag) -> None:
        self._open.append(_Open(tag, self._column(tag) if tag.name in _CELLS else 0))
        self._wordless += 1

    def wrote(self, start: int) -> None:
        """Words were written from *start* on: each open element has some now."""
        first = len(self._open) - self._wordless
        for place in range(first, len(self._open)):
            element = self._open[place]
            element.start = start
            element.parent = self._open[place - 1].number if place else -1
            element.number = len(self._written)
            self._written.append(element)
        self._wordless = 0

    def leave(self, end: int) -> None:
        """The innermost open element ends; what was written ends at *end*."""
        element = self._open.pop()
        element.end = end
        self._wordless -= self._wordless > 0

    def nodes(self) -> tuple[Node, ...]:
        """Those with words, each after the one that holds it, in the order of the page."""
        return tuple(
            Node(Span(e.start, e.end), _names(e.tag, e.column), e.parent) for e in self._written
        )

    def _column(self, cell: Tag) -> int:
        row = id(cell.parent)
        self._columns[row] = self._columns.get(row, 0) + 1
        return self._columns[row]


@dataclass(slots=True)
class _Open:
    tag: Tag
    column: int
    start: int = -1
    end: int = -1
    number: int = -1
    parent: int = -1


def _names(tag: Tag, column: int) -> tuple[str, ...]:
    """Not in the order of the class attribute, which says nothing."""
    classes = sorted(set(str(tag.attrs.get("class", "")).split()))
    marks = [f"{tag.name}[{key}={tag.attrs[key]}]" for key in _SAYING if tag.attrs.get(key)]
    if tag.attrs.get("id"):
        marks.append(f"{tag.name}#{tag.attrs['id']}")
    marks += [f"{tag.name}.{name}" for name in classes]
    telling = [m for m in marks if len(m) <= _LONGEST_NAME and not _SERIAL.search(m)]
    counted = [f"{tag.name}[{column}]"] if column else []
    return (*telling[:_MOST_NAMES], *counted, tag.name)
