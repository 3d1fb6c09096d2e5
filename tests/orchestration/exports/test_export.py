from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from orchestration.exports.export import ExportOptions, Format, page_line, write
from schemas.errors import FetchFailed, StoreError
from schemas.record import (
    PageResult,
    PageStatus,
    Record,
    Tier,
    Value,
)
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import (
    BAKER,
    HEADER,
    JOBS,
    PAGE,
    WALL,
    csv_rows,
    exported,
    found,
    one,
    parquet_rows,
)
from tests.orchestration.strategies import pages_of, schemas, texts

NOTHING = {
    "quote": None,
    "start": None,
    "end": None,
    "xpath": None,
    "markup": None,
    "contrary": None,
    "tier": None,
    "confidence": None,
}


def test_a_line_holds_values_and_their_evidence() -> None:
    line = page_line(PAGE)
    baker, bare = line["records"]
    assert list(line) == ["source", "status", "reason", "records_seen", "next_page", "records"]
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
        "markup": None,
        "contrary": None,
        "tier": "small",
        "confidence": 0.75,
        "status": "found",
    }
    assert [item["quote"] for item in baker["evidence"]["tags"]["spans"]] == ["night", "bread"]
    assert baker["evidence"]["place"]["remote"]["quote"] == "on site"
    assert bare["values"] == {"title": None, "pay": None, "tags": [], "place": None}
    assert bare["evidence"]["title"] == NOTHING | {"status": "absent"}
    assert bare["evidence"]["tags"] == {"spans": []}


def test_a_model_that_says_absent_leaves_nulls() -> None:
    record = Record({"t": Value(tier=Tier.LARGE, confidence=0.9)}, "u")
    line = page_line(PageResult("u", PageStatus.OK, (record,)))
    assert line["records"][0]["evidence"]["t"] == NOTHING | {"status": "absent"}


def test_a_bad_page_is_a_line_with_its_reason() -> None:
    assert page_line(WALL) == {
        "source": "b.zip::x/2.html",
        "status": "bad",
        "reason": "a login wall",
        "records_seen": None,
        "next_page": None,
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


def test_a_name_that_no_disk_takes_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write .*: File name too long"):
        write([PAGE], tmp_path / ("a" * 300), format=Format.CSV, schema=JOBS)


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
from orchestration.exports.export import Format, write
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
