from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.exports.export import ExportOptions, Format
from schemas.record import (
    Cell,
    PageResult,
    PageStatus,
    Record,
)
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import (
    HEADER,
    PAGE,
    WALL,
    csv_rows,
    exported,
    found,
    one,
    parquet_rows,
)
from tests.orchestration.strategies import pages_of, schemas, texts


def test_csv_is_one_row_a_record_then_source_and_status() -> None:
    rows = csv_rows(exported([PAGE, WALL], Format.CSV))
    assert rows == [
        HEADER,
        ["Baker", "-12.5", "night; bread", "Oslo", "false", "https://ex.org/1", "ok"],
        ["", "", "", "", "", "https://ex.org/1", "ok"],
        ["", "", "", "", "", "b.zip::x/2.html", "bad"],
    ]


def test_csv_evidence_columns_follow_the_status() -> None:
    options = ExportOptions(evidence=True)
    header, baker, bare, wall = csv_rows(exported([PAGE, WALL], Format.CSV, options=options))
    assert header[:7] == HEADER
    made = ["quote", "xpath", "markup", "contrary", "tier", "confidence"]
    assert header[7:13] == [f"title_{name}" for name in made]
    assert len(header) == 7 + 6 * 5
    by_name = dict(zip(header, baker, strict=True))
    assert by_name["pay_quote"] == "−12.50"
    assert by_name["title_xpath"] == "/html/body/p"
    assert by_name["tags_quote"] == "night; bread"
    assert by_name["tags_confidence"] == "0.75; 0.75"
    assert by_name["place.city_tier"] == "small"
    assert set(bare[7:]) == set(wall[7:]) == {""}


def test_csv_lines_end_as_rfc_4180_says() -> None:
    schema, results = one('say "hi",\nthen go')
    body = exported(results, Format.CSV, schema)
    assert body == b't,source,status\r\n"say ""hi"",\nthen go",u,ok\r\n'


def test_a_byte_order_mark_is_written_when_asked_for() -> None:
    body = exported([PAGE], Format.CSV, options=ExportOptions(bom=True))
    assert body.startswith(b"\xef\xbb\xbftitle,")
    assert exported([PAGE], Format.CSV).startswith(b"title,")


FORMULAS = [
    "=1+1",
    "+1-1",
    "-5",
    "@SUM(1)",
    "\t=1",
    "\tx",
    "\rx",
    "\nx",
    "  =1",
    "\u00a0=1",
    "\ufeff=1",
    "\u200b@x",
    "\x00=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    schema, results = one(text)
    row = csv_rows(exported(results, Format.CSV, schema))[1]
    assert row[0] == "'" + text.replace("\0", "\ufffd")


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "(=1)", "'=1", "–", "mail@ex.org", "/-"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    schema, results = one(text)
    assert csv_rows(exported(results, Format.CSV, schema))[1][0] == text


def test_numbers_stay_numbers() -> None:
    record = Record({"pay": found(-5), "tags": (found(-5),)}, "u")
    rows = csv_rows(exported([PageResult("u", PageStatus.OK, (record,))], Format.CSV))
    assert rows[1][1:3] == ["-5", "-5"]


def test_field_names_sources_and_quotes_cannot_be_formulas_either() -> None:
    schema = Schema("s", (Field("=x"),))
    record = Record({"=x": found("fine", "=1+1")}, "u")
    results = [PageResult("@evil.html", PageStatus.OK, (record,))]
    body = exported(results, Format.CSV, schema, ExportOptions(evidence=True))
    header, row = csv_rows(body)
    assert header[0] == "'=x"
    assert (row[1], row[3]) == ("'@evil.html", "'=1+1")


def test_no_known_attack_survives(evaldata: Path) -> None:
    lines = (evaldata / "hostile" / "csv_injection.txt").read_bytes().decode().split("\n")
    for line in lines:
        schema, results = one(line)
        cell = csv_rows(exported(results, Format.CSV, schema))[1][0]
        assert cell.lstrip()[:1] not in {*"=+-@＝＋－＠"}
        assert cell.removeprefix("'") == line


@given(st.data())
def test_every_csv_has_a_full_row_for_every_record(data: st.DataObject) -> None:
    schema = data.draw(schemas)
    results = data.draw(pages_of(schema))
    evidence = data.draw(st.booleans())
    body = exported(results, Format.CSV, schema, ExportOptions(evidence=evidence))
    header, *rows = csv_rows(body)
    assert len(rows) == sum(len(page.records) or 1 for page in results)
    assert {len(row) for row in rows} <= {len(header)}
    numbers = re.compile(r"-[\d.]+(e[+-]?\d+)?")
    for cell in (cell for row in [header, *rows] for cell in row):
        assert not re.match(r"[\t\r\n]|\s*[=+@＝＋－＠]", cell)
        assert not re.match(r"\s*-", cell) or numbers.fullmatch(cell)


@given(text=texts)
def test_a_csv_cell_reads_back_as_the_text(text: str) -> None:
    schema, results = one(text)
    cell = csv_rows(exported(results, Format.CSV, schema))[1][0]
    sendable = re.sub("[\0\ud800-\udfff]", "\ufffd", text)
    assert cell in (sendable, "'" + sendable)


def test_a_cell_larger_than_excel_takes_is_left_whole(tmp_path: Path) -> None:
    schema, results = one("x" * 100_000)
    assert len(csv_rows(exported(results, Format.CSV, schema))[1][0]) == 100_000


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_empty(number: float) -> None:
    schema = Schema("pay", (Field("pay", Kind.NUMBER), Field("all", Kind.NUMBER, many=True)))
    cells: dict[str, Cell] = {"pay": found(number), "all": (found(1.5), found(number))}
    results = [PageResult("u", PageStatus.OK, (Record(cells, "u"),))]
    assert csv_rows(exported(results, Format.CSV, schema))[1][:2] == ["", "1.5; "]
    [row] = parquet_rows(exported(results, Format.PARQUET, schema))
    assert (row["pay"], row["all"]) == (None, [1.5, None])
