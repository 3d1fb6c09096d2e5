"""A schema, its pages, and what they become as files."""

from __future__ import annotations

import csv
import io
from typing import Any

from pyarrow import parquet

from orchestration.exports.export import ExportOptions, Format, write
from schemas.document import Span
from schemas.record import (
    ABSENT,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema

__all__ = [
    "BAKER",
    "BARE",
    "HEADER",
    "JOBS",
    "PAGE",
    "WALL",
    "csv_rows",
    "exported",
    "found",
    "one",
    "parquet_rows",
]

JOBS = Schema(
    "job",
    (
        Field("title"),
        Field("pay", Kind.NUMBER),
        Field("tags", many=True),
        Field("place", Kind.OBJECT, fields=(Field("city"), Field("remote", Kind.BOOLEAN))),
    ),
)
HEADER = ["title", "pay", "tags", "place.city", "place.remote", "source", "status"]


def found(data: Any, quote: str | None = None, start: int = 0) -> Value:
    text = quote if quote is not None else str(data)
    evidence = Evidence(text, Span(start, start + len(text)), "/html/body/p")
    return Value(text, data, evidence, Tier.SMALL, 0.75, ValueStatus.FOUND)


BAKER = Record(
    {
        "title": found("Baker"),
        "pay": found(-12.5, "−12.50"),
        "tags": (found("night"), found("bread")),
        "place": {"city": found("Oslo"), "remote": found(False, "on site")},
    },
    "https://ex.org/1",
)
BARE = Record({"title": ABSENT, "pay": ABSENT, "tags": (), "place": ABSENT}, "https://ex.org/1", 1)
PAGE = PageResult("https://ex.org/1", PageStatus.OK, (BAKER, BARE))
WALL = PageResult("b.zip::x/2.html", PageStatus.BAD, reason="a login wall")


def one(text: str) -> tuple[Schema, list[PageResult]]:
    """A page whose only field says *text*."""
    record = Record({"t": found(text)}, "u")
    return Schema("s", (Field("t"),)), [PageResult("u", PageStatus.OK, (record,))]


def exported(
    results: list[PageResult],
    format: Format,
    schema: Schema = JOBS,
    options: ExportOptions | None = None,
) -> bytes:
    out = io.BytesIO()
    write(results, out, format=format, schema=schema, options=options)
    return out.getvalue()


def csv_rows(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


def parquet_rows(body: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(body)).to_pylist()
    return rows
