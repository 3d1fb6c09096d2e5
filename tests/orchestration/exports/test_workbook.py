"""Excel workbooks, read back by another library: what was there is there, and nothing runs."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from openpyxl import load_workbook

from orchestration.exports.columns import Column, columns
from orchestration.exports.export import ExportOptions, Format, file_name, write
from orchestration.exports.workbook import LONGEST_CELL, workbook
from schemas.errors import StoreError
from schemas.record import PageResult, PageStatus
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import HEADER, JOBS, PAGE, WALL, exported, one
from tests.orchestration.strategies import texts


def sheet(body: bytes, place: int = 0) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(body))
    return [list(row) for row in book.worksheets[place].iter_rows(values_only=True)]


def said(text: str) -> Any:
    """The one cell of a field whose page says *text*, as openpyxl has it."""
    schema, results = one(text)
    book = load_workbook(io.BytesIO(exported(results, Format.XLSX, schema)))
    return book.worksheets[0]["A2"]


def test_a_workbook_holds_the_table() -> None:
    assert sheet(exported([PAGE, WALL], Format.XLSX)) == [
        HEADER,
        ["Baker", -12.5, "night; bread", "Oslo", False, "https://ex.org/1", "ok"],
        [None, None, None, None, None, "https://ex.org/1", "ok"],
        [None, None, None, None, None, "b.zip::x/2.html", "bad"],
    ]


def test_evidence_has_columns_of_its_own() -> None:
    rows = sheet(exported([PAGE], Format.XLSX, options=ExportOptions(evidence=True)))
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["pay_quote"] == "−12.50"
    assert (first["title_tier"], first["title_confidence"]) == ("small", 0.75)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example","click")',
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "＝1+1",
        "{=1+1}",
        " \u200b=1",
        "https://evil.example/",
        "mailto:a@evil.example",
        "internal:Sheet2!A1",
        "file:///etc/passwd",
        "007",
        "1e5",
        "TRUE",
        "2026-01-02",
        "#REF!",
    ],
)
def test_text_stays_text(text: str) -> None:
    cell = said(text)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert cell.number_format == "@"


def test_a_formula_like_text_is_marked_as_text_for_those_who_edit_it() -> None:
    assert said("=1+1").quotePrefix
    assert not said("plain").quotePrefix


@given(text=texts)
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    schema, results = one(text)
    body = exported(results, Format.XLSX, schema)
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        assert len(sheets) == 1
        assert not re.search(rb"<f[ >/]|hyperlink|<drawing|legacy", parts.read(sheets[0]))
        assert not [n for n in parts.namelist() if "vba" in n or "external" in n]


def test_control_characters_and_escapes_come_back_as_they_are_shown() -> None:
    assert said("a\x00b\x1b[31mc\x08").value == "a\ufffdb\ufffd[31mc\ufffd"
    assert said("_x0041_ stays").value in ("_x0041_ stays", "_x005F_x0041_ stays")
    assert said("a\ud800b\uffff").value == "a\ufffdb\ufffd"
    assert said("two\nlines\tand <b>&amp;").value == "two\nlines\tand <b>&amp;"
    assert said("  room around  ").value == "  room around  "


@pytest.mark.parametrize("sign", ["a", "é", "😀"])
def test_text_longer_than_a_cell_is_cut_and_says_so(sign: str) -> None:
    value = said(sign * 40_000).value
    assert value.endswith("… [cut: 40,000 characters]")
    units = len(value.encode("utf-16-le")) // 2
    assert LONGEST_CELL - 2 <= units <= LONGEST_CELL
    whole = said("a" * LONGEST_CELL).value
    assert whole == "a" * LONGEST_CELL


def table(*kinds: Kind) -> list[Column]:
    fields = tuple(Field(f"f{place}", kind) for place, kind in enumerate(kinds))
    return columns(Schema("s", fields))[: len(kinds)]


def test_numbers_keep_every_digit() -> None:
    kinds = table(*[Kind.NUMBER] * 4)
    body = b"".join(workbook([[3, -0.5, 12345678901234567890, [7]]], kinds))
    assert sheet(body)[1] == [3, -0.5, "12345678901234567890", 7]


def test_more_rows_than_a_sheet_has_go_on_in_the_next() -> None:
    kinds = table(Kind.NUMBER)
    body = b"".join(workbook(([n] for n in range(5)), kinds, rows_a_sheet=3))
    assert [sheet(body, place) for place in range(3)] == [
        [["f0"], [0], [1]],
        [["f0"], [2], [3]],
        [["f0"], [4]],
    ]


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    with pytest.raises(StoreError, match="16,384 columns"):
        b"".join(workbook([], table(*[Kind.TEXT] * 16_385)))


def test_a_hostile_field_name_is_text_too() -> None:
    schema = Schema("s", (Field("=1+1"),))
    book = load_workbook(io.BytesIO(exported([], Format.XLSX, schema)))
    head = book.worksheets[0]["A1"]
    assert (head.value, head.data_type, head.quotePrefix) == ("=1+1", "s", True)


def test_a_failure_midway_leaves_no_file_behind(tmp_path: Path) -> None:
    def results() -> Any:
        yield PageResult("a", PageStatus.OK)
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        write(results(), tmp_path / "out.xlsx", format=Format.XLSX, schema=JOBS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("job", "name"),
    [
        ("may", "may-2026-11-21.xlsx"),
        ("job 2026-11-21 13:04:05.1", "job-2026-11-21-13-04-05-1.xlsx"),
        ("../../etc/passwd", "etc-passwd-2026-11-21.xlsx"),
        ("求人 é\x00\n", "求人-é-2026-11-21.xlsx"),
        ("///", "job-2026-11-21.xlsx"),
        ("x" * 300, f"{'x' * 80}-2026-11-21.xlsx"),
    ],
)
def test_a_files_name_says_job_and_day_and_nothing_that_leads_elsewhere(
    job: str, name: str
) -> None:
    assert file_name(job, datetime(2026, 11, 21, tzinfo=UTC), Format.XLSX) == name
