from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from orchestration.columns import columns
from orchestration.export import ExportOptions, Format, page_line, write
from schemas.document import Span
from schemas.errors import FetchFailed, StoreError
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema
from tests.orchestration.strategies import pages_of, schemas, texts

NOTHING = {
    "quote": None,
    "start": None,
    "end": None,
    "xpath": None,
    "tier": None,
    "confidence": None,
}
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


def test_a_line_holds_values_and_their_evidence() -> None:
    line = page_line(PAGE)
    baker, bare = line["records"]
    assert list(line) == ["source", "status", "reason", "records"]
    assert (line["source"], line["status"], line["reason"]) == ("https://ex.org/1", "ok", None)
    assert baker["values"] == {
        "title": "Baker",
        "pay": -12.5,
        "tags": ["night", "bread"],
        "place": {"city": "Oslo", "remote": False},
    }
    assert baker["evidence"]["title"] == {
        "quote": "Baker",
        "start": 0,
        "end": 5,
        "xpath": "/html/body/p",
        "tier": "small",
        "confidence": 0.75,
        "status": "found",
    }
    assert [item["quote"] for item in baker["evidence"]["tags"]] == ["night", "bread"]
    assert baker["evidence"]["place"]["remote"]["quote"] == "on site"
    assert bare["values"] == {"title": None, "pay": None, "tags": [], "place": None}
    assert bare["evidence"]["title"] == NOTHING | {"status": "absent"}
    assert bare["evidence"]["tags"] == []


def test_a_model_that_says_absent_leaves_nulls() -> None:
    record = Record({"t": Value(tier=Tier.LARGE, confidence=0.9)}, "u")
    line = page_line(PageResult("u", PageStatus.OK, (record,)))
    assert line["records"][0]["evidence"]["t"] == NOTHING | {"status": "absent"}


def test_a_bad_page_is_a_line_with_its_reason() -> None:
    assert page_line(WALL) == {
        "source": "b.zip::x/2.html",
        "status": "bad",
        "reason": "a login wall",
        "records": [],
    }


def test_json_is_the_array_of_the_jsonl_lines() -> None:
    lines = exported([PAGE, WALL], Format.JSONL).decode().splitlines()
    assert [json.loads(line) for line in lines] == [page_line(PAGE), page_line(WALL)]
    assert json.loads(exported([PAGE, WALL], Format.JSON)) == [page_line(PAGE), page_line(WALL)]
    assert json.loads(exported([], Format.JSON)) == []
    assert exported([], Format.JSONL) == b""


def test_json_keeps_letters_of_every_script() -> None:
    schema, results = one("面包师 🥐")
    assert "面包师 🥐" in exported(results, Format.JSONL, schema).decode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_json_does_not_know_is_null(number: float) -> None:
    record = Record({"pay": found(number), "tags": (found(number),)}, "u")
    body = exported([PageResult("u", PageStatus.OK, (record,))], Format.JSON)
    assert json.loads(body)[0]["records"][0]["values"] == {"pay": None, "tags": [None]}


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
    assert header[7:11] == ["title_quote", "title_xpath", "title_tier", "title_confidence"]
    assert len(header) == 7 + 4 * 5
    by_name = dict(zip(header, baker, strict=True))
    assert by_name["pay_quote"] == "−12.50"
    assert by_name["title_xpath"] == "/html/body/p"
    assert by_name["tags_quote"] == "night; bread"
    assert by_name["tags_confidence"] == "0.75; 0.75"
    assert by_name["place.city_tier"] == "small"
    assert set(bare[7:]) == set(wall[7:]) == {""}


def test_lists_of_objects_keep_their_items_in_step() -> None:
    parts = (Field("name"), Field("sizes", Kind.INTEGER, many=True))
    schema = Schema("s", (Field("items", Kind.OBJECT, many=True, fields=parts),))
    cell: Cell = (
        {"name": found("a"), "sizes": (found(1), found(2))},
        {"name": ABSENT, "sizes": ()},
        {"name": found("c"), "sizes": (found(3),)},
    )
    results = [PageResult("u", PageStatus.OK, (Record({"items": cell}, "u"),))]
    assert csv_rows(exported(results, Format.CSV, schema))[1] == [
        "a; ; c",
        "1, 2; ; 3",
        "u",
        "ok",
    ]
    assert parquet_rows(exported(results, Format.PARQUET, schema)) == [
        {
            "items.name": ["a", None, "c"],
            "items.sizes": [[1, 2], [], [3]],
            "source": "u",
            "status": "ok",
        }
    ]


def test_no_two_columns_share_a_name() -> None:
    names = ("source", "status", "a", "a_quote", "a", "o.p")
    parts = (Field("p"),)
    schema = Schema("s", (*map(Field, names), Field("o", Kind.OBJECT, fields=parts)))
    header = [column.name for column in columns(schema, evidence=True)]
    assert header[:9] == [
        "source",
        "status",
        "a",
        "a_quote",
        "a_",
        "o.p",
        "o.p_",
        "source_",
        "status_",
    ]
    assert len(set(header)) == len(header) == 9 + 4 * 7


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


@given(st.data())
def test_every_page_is_one_line_of_json(data: st.DataObject) -> None:
    schema = data.draw(schemas)
    results = data.draw(pages_of(schema))
    body = exported(results, Format.JSONL, schema)
    assert len(body.decode().splitlines()) == len(results)
    assert "NaN" not in body.decode() or "NaN" in repr(results)
    assert len(json.loads(exported(results, Format.JSON, schema))) == len(results)


@given(text=texts)
def test_json_reads_back_as_the_text(text: str) -> None:
    schema, results = one(text)
    value = json.loads(exported(results, Format.JSON, schema))[0]["records"][0]["values"]["t"]
    assert value == re.sub("[\ud800-\udfff]", "\ufffd", text)


def test_parquet_has_typed_columns() -> None:
    rows = parquet_rows(exported([PAGE, WALL], Format.PARQUET))
    assert rows == [
        {
            "title": "Baker",
            "pay": -12.5,
            "tags": ["night", "bread"],
            "place.city": "Oslo",
            "place.remote": False,
            "source": "https://ex.org/1",
            "status": "ok",
        },
        dict.fromkeys(HEADER) | {"tags": [], "source": "https://ex.org/1", "status": "ok"},
        dict.fromkeys(HEADER) | {"source": "b.zip::x/2.html", "status": "bad"},
    ]


def test_parquet_has_evidence_when_asked_for() -> None:
    (row, _) = parquet_rows(exported([PAGE], Format.PARQUET, options=ExportOptions(evidence=True)))
    assert row["tags_quote"] == ["night", "bread"]
    assert row["tags_confidence"] == [0.75, 0.75]
    assert row["place.remote_quote"] == "on site"


@given(text=texts)
def test_parquet_reads_back_as_the_text(text: str) -> None:
    schema, results = one(text)
    value = parquet_rows(exported(results, Format.PARQUET, schema))[0]["t"]
    assert value == re.sub("[\ud800-\udfff]", "\ufffd", text)


def test_an_empty_parquet_still_has_its_columns() -> None:
    table = parquet.read_table(io.BytesIO(exported([], Format.PARQUET)))
    assert table.column_names == HEADER
    assert table.num_rows == 0


def test_more_rows_than_a_row_group_holds_are_all_there() -> None:
    results = [PageResult(f"{number}.html", PageStatus.OK, (BAKER,)) for number in range(2500)]
    rows = parquet_rows(exported(results, Format.PARQUET))
    assert [row["source"] for row in rows] == [result.source for result in results]


def test_a_number_too_large_for_parquet_is_named() -> None:
    schema = Schema("s", (Field("n", Kind.INTEGER),))
    results = [PageResult("u", PageStatus.OK, (Record({"n": found(10**30)}, "u"),))]
    with pytest.raises(StoreError, match="'n'") as caught:
        exported(results, Format.PARQUET, schema)
    assert "csv" in caught.value.hint
    assert csv_rows(exported(results, Format.CSV, schema))[1][0] == str(10**30)


def test_a_cell_larger_than_excel_takes_is_left_whole(tmp_path: Path) -> None:
    schema, results = one("x" * 100_000)
    assert len(csv_rows(exported(results, Format.CSV, schema))[1][0]) == 100_000


@pytest.mark.parametrize("format", Format)
def test_a_file_holds_what_a_stream_would(tmp_path: Path, format: Format) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    write([PAGE, WALL], path, format=format, schema=JOBS)
    assert path.read_bytes() == exported([PAGE, WALL], format)
    assert list(tmp_path.iterdir()) == [path]


def failing() -> Iterator[PageResult]:
    yield PAGE
    raise FetchFailed("the network went away")


@pytest.mark.parametrize("format", Format)
def test_a_failure_midway_leaves_the_old_file(tmp_path: Path, format: Format) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(FetchFailed):
        write(failing(), path, format=format, schema=JOBS)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.touch()
    path.chmod(0o640)
    write([PAGE], path, format=Format.CSV, schema=JOBS)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "real.csv")
    write([PAGE], link, format=Format.CSV, schema=JOBS)
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == exported([PAGE], Format.CSV)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write .*nowhere.*: No such file"):
        write([PAGE], tmp_path / "nowhere" / "o.csv", format=Format.CSV, schema=JOBS)


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        write([PAGE], tmp_path, format=Format.CSV, schema=JOBS)
    assert tmp_path.is_dir()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_is_written_not_replaced() -> None:
    with pytest.raises(StoreError, match="No space left"):
        write([PAGE], Path("/dev/full"), format=Format.CSV, schema=JOBS)
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("format", Format)
def test_standard_output_may_be_a_pipe(format: Format) -> None:
    script = f"""
from orchestration.export import Format, write
from schemas.record import PageResult, PageStatus
from schemas.schema import Field, Schema
write([PageResult("é", PageStatus.OK)], None, format=Format({format.value!r}),
      schema=Schema("s", (Field("t"),)))
"""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=environment, check=True
    )
    schema = Schema("s", (Field("t"),))
    assert done.stdout == exported([PageResult("é", PageStatus.OK)], format, schema)


def test_a_stream_shows_each_page_as_it_comes() -> None:
    out = io.BytesIO()
    seen: list[int] = []

    def pages() -> Iterator[PageResult]:
        for _ in range(3):
            yield PAGE
            seen.append(out.getvalue().count(b"\n"))

    write(pages(), out, format=Format.JSONL, schema=JOBS)
    assert seen == [1, 2, 3]
