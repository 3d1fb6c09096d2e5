"""The elements of a page that hold text, as a selector may call them: where, and by which names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bs4.element import Tag

from schemas.document import Span

__all__ = ["Node", "NodeLog", "make_name"]

_MOST_NAMES = 6
_LONGEST_NAME = 40  # characters
_SERIAL = re.compile(r"\d{3}")  # "post-1234" names one element, not its make
_SAYING = ("itemprop", "property", "data-field", "data-label", "data-testid", "data-title", "id")
_TELLING = frozenset(_SAYING)
_CELLS = frozenset({"td", "th"})
# Of one element alone, or of every second one; but a cell's column is the same in all rows.
_OWN_NAME = re.compile(r"[.#=].*\d|\.(?:odd|even|alt|first|last|active)$", re.IGNORECASE)


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
    attributes = tag.attrs
    if not attributes:
        return _named(tag.name, "", (), column)
    marks: tuple[tuple[str, str], ...] = ()
    if not _TELLING.isdisjoint(attributes):
        marks = tuple((key, str(attributes[key])) for key in _SAYING if attributes.get(key))
    return _named(tag.name, str(attributes.get("class", "")), marks, column)


@lru_cache(2**14)  # elements of one make are many
def _named(
    tag: str, classes: str, marks: tuple[tuple[str, str], ...], column: int
) -> tuple[str, ...]:
    """Classes by the alphabet: their order says nothing."""
    stated = [f"{tag}#{value}" if key == "id" else f"{tag}[{key}={value}]" for key, value in marks]
    stated += [f"{tag}.{name}" for name in sorted(set(classes.split()))]
    telling = [name for name in stated if len(name) <= _LONGEST_NAME and not _SERIAL.search(name)]
    counted = [f"{tag}[{column}]"] if column else []
    return (*telling[:_MOST_NAMES], *counted, tag)


@lru_cache(2**14)
def make_name(names: tuple[str, ...]) -> str:
    """The first of an element's *names* that others of its make share; "" where there is none."""
    return next((name for name in names if not _OWN_NAME.search(name)), "")
