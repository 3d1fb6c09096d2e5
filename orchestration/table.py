"""A job as the app's table: text cells, and the values that stand behind one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from orchestration.columns import Column, Entry, columns
from schemas.record import ABSENT, Cell, PageResult, Record, Value
from schemas.schema import Kind, Schema

__all__ = ["Pick", "Table", "named", "short_names"]

MEMBER = "::"  # parts an archive's name from a page's inside it


@dataclass(frozen=True, slots=True)
class Pick:
    """What was clicked: a page, and the *values* of one field of one of its records.

    `field`: `None` for a cell that says something of the page itself.
    """

    page: PageResult
    field: str | None = None
    values: tuple[Value, ...] = ()


class Table:
    """The table of a job with *schema*: the page, the fields (parts as `field.part`), the status.

    A page takes a row for each of its records; a page without records is a row as well.
    """

    def __init__(self, schema: Schema) -> None:
        self._fields: Sequence[Column] = columns(schema)[:-2]  # then source and status
        self._paths = [
            (field.name, part.name) if part else (field.name,)
            for field in schema
            for part in (field.fields if field.kind is Kind.OBJECT else (None,))
        ]

    @property
    def headers(self) -> list[str]:
        return ["page", *(column.name for column in self._fields), "status"]

    def rows(self, page: PageResult) -> Iterator[list[str | None]]:
        """The rows of *page*; `None` where it does not say."""
        for record in page.records or (None,):
            cells = [_text(column.read(page, record)) for column in self._fields]
            yield [page.source, *cells, _ending(page)]

    def pick(self, results: Iterable[PageResult], row: int, column: int) -> Pick | None:
        """What stands at *row* and *column* (from 0); `None` when the table has no such cell."""
        for page, record in _records(results):
            if row == 0:
                return self._cell(page, record, column)
            row -= 1
        return None

    def _cell(self, page: PageResult, record: Record | None, column: int) -> Pick | None:
        if not 0 <= column < len(self.headers):
            return None
        if record is None or not 0 < column <= len(self._paths):
            return Pick(page)
        path = self._paths[column - 1]
        values = tuple(_values(record.cells.get(path[0], ABSENT), path[1:]))
        return Pick(page, self.headers[column], values)


def _records(results: Iterable[PageResult]) -> Iterator[tuple[PageResult, Record | None]]:
    for page in results:
        for record in page.records or (None,):
            yield page, record


def _values(cell: Cell, path: tuple[str, ...]) -> Iterator[Value]:
    """Every value that *path* leads to, through the items of lists."""
    if isinstance(cell, Value):
        yield cell
    elif isinstance(cell, tuple):
        for item in cell:
            yield from _values(item, path)
    else:
        yield from _values(cell.get(path[0], ABSENT), path[1:])


def _text(entry: Entry) -> str | None:
    if isinstance(entry, list):
        parts = [part for item in entry if (part := _text(item)) is not None]
        return "; ".join(parts) or None
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    return None if entry is None else str(entry)


def _ending(page: PageResult) -> str:
    ending = f"{page.status}: {page.reason}" if page.reason else str(page.status)
    if page.seen is None:
        return ending
    return f"{ending}; {len(page.records):,} of {page.seen:,} records"


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Each of *paths* to the file's own name; a number tells files of the same name apart.

    >>> short_names(["/a/job.html", "/b/job.html"])
    {'/a/job.html': 'job.html', '/b/job.html': 'job (2).html'}
    """
    names: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        pure = PurePath(path)
        name, count = pure.name, 1
        while name in names.values():
            count += 1
            name = f"{pure.stem} ({count}){pure.suffix}"
        names[path] = name
    return names


def named(results: Iterable[PageResult], names: Mapping[str, str]) -> Iterator[PageResult]:
    """*results* under the *names* their sources go by; a page in an archive keeps its place."""
    for result in results:
        path, separator, member = result.source.partition(MEMBER)
        name = names.get(result.source) or names.get(path, path) + separator + member
        yield replace(result, source=name)
