"""Results as files: JSON, JSON Lines, CSV, Parquet and Excel workbooks.

Text is written as UTF-8 that every reader takes: a lone surrogate becomes U+FFFD, and JSON never
holds NaN (null) or a raw line separator. The store keeps what was there.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, Literal

from orchestration.exports.cell_text import cell_text, clean, looks_like_formula
from orchestration.exports.columns import Column, Entry, columns, rows
from orchestration.exports.workbook import workbook
from schemas.errors import StoreError
from schemas.record import Cell, PageResult, Record, Tier, ValueStatus
from schemas.schema import Kind, Schema

__all__ = ["ExportOptions", "Format", "file_name", "file_title", "page_line", "write"]

_LONGEST_TITLE = 80  # characters of a job's name in a file's
_MOST_BYTES = 160  # of that: whoever serves a file may cut names of more than 200
ROWS_AT_ONCE = 1000  # in memory, and in a Parquet row group
# Line ends for str.splitlines and JavaScript, though not for JSON: one page must stay one line.
LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


class Format(StrEnum):
    JSON = "json"  # one array of the lines of `jsonl`
    JSONL = "jsonl"  # one object a page, see `page_line`
    CSV = "csv"  # RFC 4180, one row a record
    PARQUET = "parquet"  # one row a record, lists as lists
    XLSX = "xlsx"  # an Excel workbook, one row a record; see `workbook`


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`evidence`: quote, XPath, tier and confidence columns too; JSON has them in any case.

    `bom`: begin a CSV with a byte order mark, by which Excel knows UTF-8.
    """

    evidence: bool = False
    bom: bool = False


def file_name(job: str, made: datetime, format: Format) -> str:
    """A name for an export that says the job and its day: "may-2026-11-21.csv".

    Nothing but letters, digits, hyphens and underscores of the job's name gets into it.
    """
    day, title = f"{made:%Y-%m-%d}", file_title(job)
    if day in title:
        return f"{title}.{format}"
    return f"{title or 'job'}-{day}.{format}"


def file_title(job: str) -> str:
    """A job's name as a part of a file's, short enough for any disk; "" where nothing is left."""
    title = re.sub(r"[\W]+", "-", job).strip("-_")[:_LONGEST_TITLE]
    return title.encode()[:_MOST_BYTES].decode("utf-8", "ignore").strip("-_")


def page_line(result: PageResult) -> dict[str, Any]:
    """*result* as one JSON object: source, status, reason, and each record's values and evidence.

    `records_seen` says how many records the page lists, `next_page` where the list goes on.

    A value's evidence is an object of quote, start, end (code points), xpath, markup (its path
    there), contrary (the other quote of a conflict), tier, confidence and status; all but the
    status are null for a value the page does not state (the tier is "person" where somebody
    looked and said so). An array field's is `{"spans": [...]}`
    with one of those an item, an object field's has one for each part.
    """
    return {
        "source": result.source,
        "status": result.status.value,
        "reason": result.reason,
        "records_seen": result.seen,
        "next_page": result.next_page,
        "records": [_finite(_record_line(record)) for record in result.records],
    }


def write(
    results: Iterable[PageResult],
    path: Path | BinaryIO | None,
    *,
    format: Format,
    schema: Schema,
    options: ExportOptions | None = None,
) -> None:
    """Write *results*, page by page as they come, to *path* (`None`: standard output).

    A file is complete or not there at all: it is written beside *path* and takes its place at the
    end; on any error, one of *results*' own too, what stood there before stays as it was.

    CSV, Parquet and XLSX have the columns of `columns`. A cell of a CSV or a workbook joins a
    list's items with "; " and is empty where the page does not say. In a CSV it opens with an
    apostrophe where a spreadsheet would take text for a formula (numbers of number fields stay
    numbers); in a workbook it is of the type text.

    Raises:
        StoreError: *path* cannot be written, or Parquet cannot hold a number.
        BrokenPipeError: the reader of a stream went away.
    """
    chunks = _chunks(results, format, schema, options or ExportOptions())
    if isinstance(path, Path):
        _write_file(chunks, path)
        return
    if path is None:
        if sys.stdout is None:  # closed by who started us
            raise StoreError("there is no standard output", hint="add -o FILE")
        sys.stdout.flush()
    _pour(chunks, path or sys.stdout.buffer, "the export")


def _chunks(
    results: Iterable[PageResult], format: Format, schema: Schema, options: ExportOptions
) -> Iterator[bytes]:
    table = columns(schema, evidence=options.evidence, marked=True)
    match format:
        case Format.JSON:
            return _json(results)
        case Format.JSONL:
            return (_json_text(page_line(result)) + b"\n" for result in results)
        case Format.CSV:
            return _csv(results, table, bom=options.bom)
        case Format.PARQUET:
            return _parquet(results, table)
        case Format.XLSX:
            return workbook(rows(results, table), table)


def _record_line(record: Record) -> dict[str, Any]:
    return {
        "values": record.data,
        "evidence": {name: _evidence_line(cell) for name, cell in record.cells.items()},
    }


def _evidence_line(cell: Cell) -> Any:
    if isinstance(cell, tuple):
        return {"spans": [_evidence_line(item) for item in cell]}
    if isinstance(cell, Mapping):
        return {name: _evidence_line(part) for name, part in cell.items()}
    evidence = cell.evidence
    stated = cell.status != ValueStatus.ABSENT or cell.tier is Tier.PERSON
    return {
        "quote": evidence.quote if evidence else None,
        "start": evidence.span.start if evidence and evidence.is_visible else None,
        "end": evidence.span.end if evidence and evidence.is_visible else None,
        "xpath": evidence.xpath if evidence else None,
        "markup": evidence.markup if evidence else None,
        "contrary": cell.contrary.quote if cell.contrary else None,
        "tier": cell.tier.value if stated and cell.tier else None,
        "confidence": cell.confidence if stated else None,
        "status": cell.status.value,
    }


def _finite(data: Any) -> Any:
    """*data* without NaN and the infinities, which JSON does not know: null instead."""
    if isinstance(data, float):
        return data if isfinite(data) else None
    if isinstance(data, list):
        return [_finite(item) for item in data]
    if isinstance(data, dict):
        return {name: _finite(part) for name, part in data.items()}
    return data


def _json_text(line: dict[str, Any]) -> bytes:
    text = json.dumps(line, ensure_ascii=False, allow_nan=False)
    return clean(text).translate(LINE_ENDS).encode()


def _json(results: Iterable[PageResult]) -> Iterator[bytes]:
    yield b"["
    for index, result in enumerate(results):
        yield (b",\n" if index else b"\n") + _json_text(page_line(result))
    yield b"\n]\n"


def _csv(results: Iterable[PageResult], table: Sequence[Column], *, bom: bool) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if bom:
        buffer.write("\ufeff")
    writer.writerow([_harmless(column.name) for column in table])
    for row in rows(results, table):
        writer.writerow([_csv_cell(entry) for entry in row])
        yield _drained(buffer).encode()
    yield _drained(buffer).encode()


def _drained(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_cell(entry: Entry) -> str | int | float:
    if isinstance(entry, list) and len(entry) == 1:
        return _csv_cell(entry[0])
    if isinstance(entry, int | float) and not isinstance(entry, bool):
        return entry
    return _harmless(cell_text(entry))


def _harmless(text: str) -> str:
    """*text* as a CSV cell that no spreadsheet runs. RFC 4180 has no NUL; it becomes U+FFFD."""
    mark = "'" if looks_like_formula(text) else ""
    return mark + clean(text).replace("\0", "\ufffd")


def _parquet(results: Iterable[PageResult], table: Sequence[Column]) -> Iterator[bytes]:
    # pyarrow takes 0.3 s to import; only this format needs it.
    import pyarrow as pa
    from pyarrow import parquet

    scalars = {Kind.NUMBER: pa.float64(), Kind.INTEGER: pa.int64(), Kind.BOOLEAN: pa.bool_()}
    fields = []
    for column in table:
        kind = scalars.get(column.kind, pa.string())
        for _ in range(column.lists):
            kind = pa.list_(kind)
        fields.append(pa.field(clean(column.name), kind))
    layout = pa.schema(fields)
    sink = _Sink()
    every_row = rows(results, table)
    with parquet.ParquetWriter(sink, layout) as writer:
        while batch := list(islice(every_row, ROWS_AT_ONCE)):
            arrays = [
                _array(column, field.type, [row[place] for row in batch])
                for place, (column, field) in enumerate(zip(table, layout, strict=True))
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=layout))
            yield sink.drained()
    yield sink.drained()


def _array(column: Column, kind: Any, entries: Sequence[Entry]) -> Any:
    import pyarrow as pa

    try:
        fitted = [_fitted(entry, column.kind, column.lists) for entry in entries]
        return pa.array(fitted, kind)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise StoreError(
            f"Parquet cannot hold a value of {column.name!r}: {error}",
            hint="export as csv or json, which take any value",
        ) from error


def _fitted(entry: Entry, kind: Kind, lists: int) -> Entry:
    """*entry* in its column's type; one answer to a list field is a list of one."""
    if entry is None:
        return None
    if lists:
        items = entry if isinstance(entry, list) else [entry]
        return [_fitted(item, kind, lists - 1) for item in items]
    if kind in (Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN):
        return float(entry) if kind == Kind.NUMBER and isinstance(entry, int) else entry
    return clean(cell_text(entry))


class _Sink(io.RawIOBase):
    """Takes what the Parquet writer writes and hands it on, so that nothing piles up."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def drained(self) -> bytes:
        written, self._written = bytes(self._written), bytearray()
        return written


def _write_file(chunks: Iterable[bytes], path: Path) -> None:
    target = Path(os.path.realpath(path))  # through a link, the file is replaced, not the link
    with _told(path):  # a name may be too long to be looked for
        is_device = target.exists() and not target.is_file()
    if is_device:
        with _opened(target, "wb", path) as device:  # such as /dev/null: written, not replaced
            _pour(chunks, device, path)
        return
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with _opened(draft, "xb", path) as file:
            _pour(chunks, file, path)
            with _told(path):
                os.fsync(file.fileno())
        with _told(path):
            if target.exists():
                shutil.copymode(target, draft)
            draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _opened(target: Path, mode: Literal["wb", "xb"], name: object) -> Iterator[BinaryIO]:
    """*target*, open; what fails on opening or closing it is told, the block's errors pass."""
    with _told(name):
        file = target.open(mode)
    try:
        yield file
    finally:
        with _told(name):  # a full disk fails again here: the buffer still holds what did not fit
            file.close()


def _pour(chunks: Iterable[bytes], out: BinaryIO, name: object) -> None:
    """Write and flush chunk by chunk, so that a reader at the other end sees each page at once."""
    for chunk in chunks:
        with _told(name):
            out.write(chunk)
            out.flush()


@contextmanager
def _told(name: object) -> Iterator[None]:
    """Turn what the disk raises into a StoreError about *name*."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StoreError(f"cannot write {name}: {error.strerror or error}") from error
