"""A list of 1,000 records, from the page to the files: nothing lost, nothing out of order."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.big_answers import Answers, answers, judged
from benchmarks.obedient import ObedientWorker
from benchmarks.registers import LAYOUTS, PERMITS, Case, posting, register
from extractors.learning.long_lists import read_list
from extractors.lists.records import Entry, find_records
from extractors.parsing.blocks import ParsedPage
from extractors.values.normalise import normalise
from extractors.worker import Extraction
from orchestration import Engine, Orders, Settings
from orchestration.desk.sheet import Order, Sheet
from orchestration.events import PageDone
from orchestration.exports.export import Format, page_line, write
from schemas.document import Document, Span
from schemas.json_schema import loads
from schemas.record import (
    Cell,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Tokens,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema

MANY = 1_000
PERMIT = loads(json.dumps(PERMITS))
FORMS = {
    "number": re.compile(r"HP-\d+"),
    "issued": re.compile(r"(?<!mended )(?<!mended on )(?<!mended: )\b\d+ [A-Z][a-z]+ 202[4-9]"),
    "fee": re.compile(r"(?<!Old fee: )(?<!once )(?<!was )€[\d,.]+\d"),
}


class RuleWorker:
    """Reads lists as `Worker` does, with selectors, but asks rules in the place of a model."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None]
    ) -> Extraction:
        entries = find_records(page, schema)
        hrefs = {link.span: link.href for link in page.links}

        def ask(asked: Schema, some: Sequence[Entry]) -> list[Mapping[str, Cell]]:
            return [
                {f.name: self._cell(page.document, hrefs, f, one) for f in asked} for one in some
            ]

        found = read_list(page, replace(schema, many=False), entries, ask)
        records = tuple(Record(cells, page.document.url, i) for i, cells in enumerate(found))
        return Extraction(records, None, Tokens(), seen=len(entries))

    def _cell(
        self, document: Document, hrefs: Mapping[Span, str], field: Field, entry: Entry
    ) -> Cell:
        first, last = (document.blocks[entry.blocks[n]].span for n in (0, -1))
        text = document.quote(Span(first.start, last.end))
        name = re.split(r" \||\n", text)[0]
        match = re.search(FORMS.get(field.name, re.compile(re.escape(name))), text)
        if match is None:
            return Value(tier=Tier.LARGE, confidence=0.9)
        span = Span(first.start + match.start(), first.start + match.end())
        said = hrefs.get(span) if field.kind is Kind.URL else match[0]
        if said is None:
            return Value(tier=Tier.LARGE, confidence=0.9)
        data = normalise(said, field, base_url=document.url)
        evidence = Evidence(match[0], span, document.block_at(span.start).xpath)
        return Value(said, data, evidence, Tier.LARGE, 0.9, ValueStatus.FOUND)


@pytest.fixture(scope="module", params=LAYOUTS)
def read(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Case, PageResult]:
    """All is real but the model."""
    folder = tmp_path_factory.mktemp("list")
    case = register(request.param, MANY)
    page = folder / "page.html"
    page.write_text(case.html, "utf-8")
    settings = Settings(data_dir=folder, cache_dir=folder)
    with Engine(settings, open_worker=lambda tier: RuleWorker()) as engine:
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
    assert set(got.right.values()) == {MANY}
    assert got.selected > 0.5, "most are read by what some records taught"


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

            sheet = load_workbook(file).active
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
    page.write_text(posting(1_000_000).html, "utf-8")
    worker = ObedientWorker(page=2_000, answer=400).told("reference: null\n")
    settings = Settings(data_dir=tmp_path, cache_dir=tmp_path)
    with Engine(settings, open_worker=lambda tier: worker) as engine:
        events = list(
            engine.run([str(page)], loads('{"properties": {"reference": {"type": "string"}}}'))
        )
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    assert result.status is PageStatus.TRUNCATED
    assert "characters were read" in str(result.reason)


@pytest.mark.weights
@pytest.mark.timeout(900)
def test_the_command_answers_a_list_and_says_what_it_leaves_out() -> None:
    got: Answers = answers("table of records", records=40, model="smollm2-135m-instruct")
    assert (got.found, got.seen, got.order, got.is_said) == (40, 40, True, True)
    assert got.peak < 3_000
