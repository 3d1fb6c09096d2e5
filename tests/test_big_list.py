"""A list of 1,000 records, from the page to the files: nothing lost, nothing out of order."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from benchmarks.big_answers import Answers, answers, judged
from benchmarks.obedient import ObedientWorker
from benchmarks.registers import LAYOUTS, PERMITS, Case, posting, register
from orchestration import Engine, Orders, Settings
from orchestration.desk.sheet import Order, Sheet
from orchestration.events import PageDone
from orchestration.exports.export import Format, page_line, write
from schemas.json_schema import loads
from schemas.record import PageResult, PageStatus

MANY = 1_000
PERMIT = loads(json.dumps(PERMITS))
NUMBER = re.compile(r"HP-\d+")
ISSUED = re.compile(r"(?<!mended: )(?<!mended on )(?<!mended )\b\d+ [A-Z][a-z]+ 202[4-9]")
FEE = re.compile(r"(?<!Old fee: )(?<!once )(?<!was )€[\d,.]+\d")


def as_a_reader_would(prompt: str) -> str:
    """The answer to a prompt about one permit, read by rules: each field that is asked for."""
    asked, _, page = prompt.rpartition("The page:")
    lines = [line for line in page.splitlines() if " for " in line and " at " in line]
    line = lines[-1] if lines else ""
    name = re.match(r"[^|\[]+", line)
    link = re.search(r"\[(L\d+)\]", line)
    body = page[page.rfind(line) :] if line else ""
    said = {
        "name": name[0].strip() if name else None,
        "number": _first(NUMBER, body),
        "issued": _first(ISSUED, body),
        "fee": _first(FEE, body),
        "link": link[1] if link else None,
    }
    fields = [name for name in said if f"\n{name}: <" in asked]
    return "".join(f"{name}: {said[name] or 'null'}\n" for name in fields)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[0] if found else None


@pytest.fixture(scope="module", params=LAYOUTS)
def read(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Case, PageResult]:
    """All is real but the model, which reads by rules."""
    folder = tmp_path_factory.mktemp("list")
    case = register(request.param, MANY)
    page = folder / "page.html"
    page.write_text(case.html, "utf-8")
    worker = ObedientWorker(page=2_000, answer=400, selectors=True).told_by(as_a_reader_would)
    settings = Settings(data_dir=folder, cache_dir=folder)
    with Engine(settings, open_worker=lambda tier: worker) as engine:
        events = list(engine.run([str(page)], PERMIT, Orders(job="permits")))
        job = engine.store.job("permits")
        assert job is not None
        (kept,) = engine.store.results(job.id)
    assert [e.result for e in events if isinstance(e, PageDone)] == [kept]
    return case, kept


def test_a_list_of_a_thousand_gives_a_thousand_in_order(read: tuple[Case, PageResult]) -> None:
    case, result = read
    got = judged(page_line(result), case)
    assert (got.status, got.found, got.seen, got.order) == ("ok", MANY, MANY, True)
    assert [record.index for record in result.records] == list(range(MANY))
    assert min(got.right.values()) >= 0.98 * MANY


@pytest.mark.parametrize("form", Format)
def test_every_export_has_them_all(
    read: tuple[Case, PageResult], tmp_path: Path, form: Format
) -> None:
    _, result = read
    file = tmp_path / f"permits.{form}"
    write([result], file, format=form, schema=PERMIT)
    names = [record.data["name"] for record in result.records]
    assert exported_names(file, form) == names


def exported_names(file: Path, form: Format) -> list[object]:
    match form:
        case Format.JSON | Format.JSONL:
            text = file.read_text("utf-8")
            page = json.loads(text)[0] if form is Format.JSON else json.loads(text)
            return [record["values"]["name"] for record in page["records"]]
        case Format.CSV:
            with file.open(encoding="utf-8", newline="") as stream:
                return [row["name"] for row in csv.DictReader(stream)]
        case Format.PARQUET:
            from pyarrow import parquet

            return list(parquet.read_table(file).column("name").to_pylist())
        case Format.XLSX:
            from openpyxl import load_workbook

            sheet = load_workbook(file, read_only=True).active
            return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_the_table_of_the_app_shows_them_a_hundred_at_a_time(
    read: tuple[Case, PageResult],
) -> None:
    case, result = read
    sheet = Sheet(PERMIT)
    sheet.put(0, result)
    view = sheet.view(Order(page=9))
    assert (view.total, view.pages, len(view.rows)) == (MANY, 10, 100)
    assert view.rows[-1].marks[0].text == case.gold[-1]["name"]


def test_a_long_posting_says_what_was_not_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(posting(200_000).html, "utf-8")
    worker = ObedientWorker(page=2_000, answer=400).told("title: null\n")
    settings = Settings(data_dir=tmp_path, cache_dir=tmp_path)
    with Engine(settings, open_worker=lambda tier: worker) as engine:
        events = list(engine.run([str(page)], loads('{"properties": {"reference": {}}}')))
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    assert result.status is PageStatus.TRUNCATED
    assert "characters were read" in str(result.reason)


@pytest.mark.weights
@pytest.mark.timeout(900)
def test_the_command_answers_a_list_and_says_what_it_leaves_out() -> None:
    got: Answers = answers("table of records", records=40, model="smollm2-135m-instruct")
    assert (got.found, got.seen, got.order, got.is_said) == (40, 40, True, True)
    assert got.peak < 3_000
