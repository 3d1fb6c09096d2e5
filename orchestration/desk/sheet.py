"""A job's results as rows that can be sorted and filtered, each cell with who says it and how sure.

Only what is drawn is kept: no page text, so that ten thousand rows fit into some tens of megabytes.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestration.exports.columns import Column, Entry, columns
from schemas.record import ABSENT, Cell, PageResult, PageStatus, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = [
    "FAIR",
    "FIXED",
    "SURE",
    "Look",
    "Mark",
    "Order",
    "Path",
    "Row",
    "Sheet",
    "Show",
    "View",
    "record_of",
    "values_at",
]

SURE, FAIR = 0.9, 0.7
"""Confidence from which a value counts as sure, and as fairly sure; below, it is worth a look."""

LONGEST = 240  # characters of a cell that are kept for the table

FIXED = 2  # columns before the fields: page, status

Path = tuple[str, ...]
"""Leads from a record to a field's cell: the name, and a part's name."""


class Look(StrEnum):
    """How a cell looks in the table."""

    FOUND = "found"
    ABSENT = "absent"  # the page does not say
    CUT = "cut"  # absent, of a page that was not read to its end
    CONFLICT = "conflict"  # two places on the page disagree
    UNREADABLE = "unreadable"  # there is a quote, which is not of the field's kind
    NONE = "none"  # the page gave no record at all


class Show(StrEnum):
    """Which rows are shown."""

    ALL = "all rows"
    TROUBLE = "pages with trouble"
    UNSURE = "unsure values"
    ABSENT = "absent values"
    CONFLICT = "conflicts"
    CORRECTED = "corrected by you"


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell. `text`: `None` where there is nothing to say. `confidence`: of the least sure item
    of a list. `tier`: who answered it; `None`: nobody did. `key`: what it sorts by."""

    text: str | None
    look: Look
    tier: Tier | None = None
    confidence: float = 0.0
    corrected: bool = False
    key: Any = None

    @property
    def is_unsure(self) -> bool:
        if self.corrected or self.look in (Look.ABSENT, Look.CUT, Look.NONE):
            return False
        return self.confidence < FAIR or self.look is not Look.FOUND


@dataclass(frozen=True, slots=True)
class Row:
    """One record, or a page without any. `given` of `seen` records of its page are there (`None`:
    no list). `place`: the page's position in the job, and the record's index in the page."""

    place: tuple[int, int]
    source: str
    status: PageStatus
    reason: str | None
    given: int
    seen: int | None
    marks: tuple[Mark, ...]

    @property
    def haystack(self) -> str:
        words = [self.source, self.status.value, self.reason or ""]
        return "\n".join([*words, *(mark.text or "" for mark in self.marks)]).casefold()


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked of the table. `column`: index into `Sheet.headers`, `None`: page order.

    `find`: words that a row must hold, in the column `within` or (`None`) in any. `page`: from 0.
    """

    column: int | None = None
    descending: bool = False
    find: str = ""
    within: int | None = None
    show: Show = Show.ALL
    page: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """The rows of one page of the table; `matching` rows in all, of `total`."""

    rows: Sequence[Row]
    matching: int
    total: int
    page: int
    pages: int


class Sheet:
    """The rows of a job with *schema*; pages are added as they end, in any order."""

    def __init__(self, schema: Schema) -> None:
        self._columns: Sequence[Column] = columns(schema)[:-2]  # then source and status
        self.paths: Sequence[Path] = list(_paths(schema))
        self._pages: dict[int, list[Row]] = {}
        self._positions: list[int] = []
        self._texts: dict[tuple[int, int], str] = {}
        self.version = 0

    @property
    def headers(self) -> list[str]:
        return ["page", "status", *(column.name for column in self._columns)]

    def __len__(self) -> int:
        # not through the dictionary, which a job that runs adds to meanwhile
        return sum(len(self._pages[position]) for position in tuple(self._positions))

    def put(self, position: int, page: PageResult) -> None:
        """The page at *position*, in the place of what stood there."""
        rows = list(self._rows(position, page))
        self._texts.update((row.place, row.haystack) for row in rows)
        known = position in self._pages
        self._pages[position] = rows
        if not known:  # last, since readers go by the positions
            insort(self._positions, position)
        self.version += 1

    def replace(self, page: PageResult) -> None:
        """Another answer of a page that is here, as after a correction; of no other page."""
        for position in tuple(self._positions):
            if self._pages[position][0].source == page.source:
                self.put(position, page)
                return

    def rows(self) -> Iterator[Row]:
        """All rows, in page order."""
        for position in tuple(self._positions):
            yield from self._pages[position]

    def row(self, place: tuple[int, int]) -> Row | None:
        return next((row for row in self._pages.get(place[0], ()) if row.place == place), None)

    def view(self, order: Order, *, size: int = 100) -> View:
        """The rows that *order* asks for, *size* at a time."""
        found = [row for row in self.rows() if self._matches(row, order)]
        if order.column is not None:
            found = _sorted(found, order.column, descending=order.descending)
        pages = max(1, -(-len(found) // size))
        page = min(max(order.page, 0), pages - 1)
        shown = found[page * size : (page + 1) * size]
        return View(shown, len(found), len(self), page, pages)

    def _matches(self, row: Row, order: Order) -> bool:
        if not _shown(row, order.show):
            return False
        words = order.find.casefold().split()
        if not words:
            return True
        text = self._texts[row.place] if order.within is None else _cell_text(row, order.within)
        return all(word in text for word in words)

    def _rows(self, position: int, page: PageResult) -> Iterator[Row]:
        records = page.records or (None,)
        indexes = [record.index for record in page.records]
        # what corrections go by, once a record was struck out; where records do not count, we do
        numbers = indexes if len(set(indexes)) == len(records) else list(range(len(records)))
        for index, record in zip(numbers, records, strict=True):
            marks = tuple(self._mark(page, record, number) for number in range(len(self.paths)))
            place = (position, index)
            given = len(page.records)
            yield Row(place, page.source, page.status, page.reason, given, page.seen, marks)

    def _mark(self, page: PageResult, record: Record | None, column: int) -> Mark:
        if record is None:
            return Mark(None, Look.NONE)
        path = self.paths[column]
        entry = self._columns[column].read(page, record)
        text = _text(entry)
        values = tuple(values_at(record.cells.get(path[0], ABSENT), path[1:]))
        fixed = any(value.tier is Tier.PERSON for value in values)
        stated = [value for value in values if value.status is not ValueStatus.ABSENT]
        if not stated:
            cut = page.status in (PageStatus.TRUNCATED, PageStatus.PARTIAL) and not fixed
            return Mark(None, Look.CUT if cut else Look.ABSENT, corrected=fixed)
        look = _look(stated, text)
        if text is None:
            text = "; ".join(value.raw or "" for value in stated)
        least = min(value.confidence for value in stated)
        return Mark(text[:LONGEST], look, _dearest(stated), least, fixed, _key(entry, text))


def record_of(page: PageResult, index: int) -> Record | None:
    """The record that rows and corrections know as *index*; where records do not count, the one
    there."""
    known = [record for record in page.records if record.index == index]
    if len(known) == 1:
        return known[0]
    return page.records[index] if index < len(page.records) else None


def values_at(cell: Cell, path: Path) -> Iterator[Value]:
    """Every value that *path* leads to from *cell*, through the items of lists."""
    if isinstance(cell, Value):
        yield cell
    elif isinstance(cell, tuple):
        for item in cell:
            yield from values_at(item, path)
    else:
        yield from values_at(cell.get(path[0], ABSENT), path[1:])


def _paths(schema: Schema) -> Iterator[Path]:
    for field in schema:
        parts: tuple[Field | None, ...] = field.fields if field.kind is Kind.OBJECT else (None,)
        for part in parts:
            yield (field.name, part.name) if part else (field.name,)


def _look(stated: Sequence[Value], text: str | None) -> Look:
    if any(value.status is ValueStatus.CONFLICT for value in stated):
        return Look.CONFLICT
    return Look.UNREADABLE if text is None else Look.FOUND


def _dearest(stated: Sequence[Value]) -> Tier | None:
    tiers = {value.tier for value in stated if value.tier}
    return max(tiers, key=list(Tier).index, default=None)


def _text(entry: Entry) -> str | None:
    if isinstance(entry, list):
        parts = [part for item in entry if (part := _text(item)) is not None]
        return "; ".join(parts) or None
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    return None if entry is None else str(entry)


def _key(entry: Entry, text: str) -> tuple[int, float, str]:
    """Numbers before texts; the sum of a "1234.50 EUR" counts."""
    if isinstance(entry, int | float):
        return (0, float(entry), "")
    try:
        return (0, float(text.split(" ", 1)[0]), text)
    except ValueError:
        return (1, 0.0, text.casefold())


def _sorted(rows: Sequence[Row], column: int, *, descending: bool) -> list[Row]:
    """Rows by *column*; those that say nothing there come last either way."""
    if column < FIXED:
        return sorted(rows, key=lambda row: _cell_text(row, column), reverse=descending)
    said = [row for row in rows if row.marks[column - FIXED].key is not None]
    rest = [row for row in rows if row.marks[column - FIXED].key is None]
    said.sort(key=lambda row: row.marks[column - FIXED].key, reverse=descending)
    return said + rest


def _cell_text(row: Row, column: int) -> str:
    if column == 0:
        return row.source.casefold()
    if column == 1:
        return f"{row.status} {row.reason or ''}".casefold()
    return (row.marks[column - FIXED].text or "").casefold()


def _shown(row: Row, show: Show) -> bool:
    match show:
        case Show.ALL:
            return True
        case Show.TROUBLE:
            short = row.seen is not None and row.given < row.seen
            return row.status is not PageStatus.OK or short
        case Show.UNSURE:
            return any(mark.is_unsure for mark in row.marks)
        case Show.ABSENT:
            return any(mark.look in (Look.ABSENT, Look.CUT) for mark in row.marks)
        case Show.CONFLICT:
            return any(mark.look is Look.CONFLICT for mark in row.marks)
        case Show.CORRECTED:
            return any(mark.corrected for mark in row.marks)
