"""Results as an Excel workbook in which nothing is a formula, a link or anything that runs."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.exports.cell_text import cell_text, clean, looks_like_formula
from orchestration.exports.columns import Column, Entry
from schemas.errors import StoreError

if TYPE_CHECKING:
    from xlsxwriter import Workbook

__all__ = ["workbook"]

MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576  # of a sheet, the header among them; more go on in a further sheet
LONGEST_CELL = 32_767  # UTF-16 code units
SURE_DIGITS = 10**15  # Excel keeps 15 digits of a number
CHUNK = 1 << 16  # bytes

# Not allowed in XML; tabs and line breaks are.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MADE = datetime(1980, 1, 1)  # as zip says it; the same results are the same bytes
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def workbook(
    rows: Iterable[Sequence[Entry]], table: Sequence[Column], *, rows_a_sheet: int = MOST_ROWS
) -> Iterator[bytes]:
    """The bytes of an .xlsx file with *rows* under the names of *table*.

    Text cells are of the type text, so that they stay text when edited; one that opens like a
    formula has Excel's own mark for text as well. Numbers and booleans are such, but for whole
    numbers of more digits than Excel keeps. Control characters become U+FFFD. Text longer than a
    cell may hold is cut, and ends in how long it was.

    Raises:
        StoreError: there are more columns than a sheet has.
    """
    if len(table) > MOST_COLUMNS:
        raise StoreError(
            f"a sheet has {MOST_COLUMNS:,} columns, these are {len(table):,}",
            hint="export as csv, or without evidence",
        )
    with tempfile.TemporaryDirectory(prefix="fieldwise-") as folder:
        file = Path(folder, "results.xlsx")
        _fill(file, rows, table, rows_a_sheet)
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk


def _fill(
    file: Path, rows: Iterable[Sequence[Entry]], table: Sequence[Column], rows_a_sheet: int
) -> None:
    from xlsxwriter import Workbook

    with Workbook(str(file), {**_OPTIONS, "tmpdir": str(file.parent)}) as book:
        book.set_properties({"created": _MADE})
        writer = _Writer(book, [column.name for column in table], rows_a_sheet)
        for row in rows:
            writer.add(row)


class _Writer:
    """Adds rows to *book*, in a new sheet wherever one is full."""

    def __init__(self, book: Workbook, names: Sequence[str], rows_a_sheet: int) -> None:
        self._book = book
        self._names = names
        self._most = rows_a_sheet
        self._text = book.add_format({"num_format": "@"})
        self._quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self._head = book.add_format({"num_format": "@", "bold": True, "quote_prefix": True})
        self._begin()

    def _begin(self) -> None:
        count = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet("results" if count == 1 else f"results {count}")
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(0, len(self._names) - 1), 22)
        self._next = 1
        for place, name in enumerate(self._names):
            self._sheet.write_string(0, place, _fitted(name), self._head)

    def add(self, row: Sequence[Entry]) -> None:
        if self._next >= self._most:
            self._begin()
        for place, entry in enumerate(row):
            self._cell(place, entry)
        self._next += 1

    def _cell(self, place: int, entry: Entry) -> None:
        if isinstance(entry, list) and len(entry) == 1:
            self._cell(place, entry[0])
        elif isinstance(entry, bool):
            self._sheet.write_boolean(self._next, place, entry)
        elif isinstance(entry, int | float) and abs(entry) < SURE_DIGITS:
            self._sheet.write_number(self._next, place, entry)
        elif text := _fitted(cell_text(entry)):
            style: Any = self._quoted if looks_like_formula(text) else self._text
            self._sheet.write_string(self._next, place, text, style)


def _fitted(text: str) -> str:
    """*text* as XML and a cell may hold it."""
    text = _FORBIDDEN.sub("\ufffd", clean(text))
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return text
    end = f" … [cut: {len(text):,} characters]"
    # half of a sign at the end is dropped
    return units[: 2 * (LONGEST_CELL - len(end))].decode("utf-16-le", "ignore") + end
