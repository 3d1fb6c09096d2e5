"""The main job with real weights: pages in, quoted fields out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import Engine, Orders, Settings
from orchestration.events import PageDone
from schemas.dsl import parse_dsl
from schemas.errors import ModelMissing
from schemas.record import PageResult, Tier, cell_values
from schemas.schema import Kind, Schema
from tests import cases

pytestmark = [pytest.mark.weights, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with Engine(settings) as engine:
        try:
            engine.warm_up()
        except ModelMissing as error:
            pytest.skip(f"no weights can be had here: {error}")
        yield engine


def results(engine: Engine, sources: list[str], schema: Schema) -> list[PageResult]:
    return [e.result for e in engine.run(sources, schema) if isinstance(e, PageDone)]


def assert_every_quote_is_exact(result: PageResult, schema: Schema) -> None:
    for record in result.records:
        for field in schema:
            for value in cell_values(record.cells[field.name]):
                if value.evidence is None:
                    assert value.data is None
                    continue
                span = value.evidence.span
                assert value.evidence.quote == result.text[span.start : span.end]
                if field.kind is Kind.TEXT:
                    assert value.data == " ".join(value.evidence.quote.split())


@pytest.mark.parametrize("name", cases.names())
def test_the_real_model_reads_our_pages(engine: Engine, name: str) -> None:
    case = cases.load(name)
    (result,) = results(engine, [str(case.page)], case.schema)
    found = [record.data for record in result.records]
    assert_every_quote_is_exact(result, case.schema)
    assert (found if case.schema.many else found[0]) == case.expected


def test_every_value_from_real_pages_quotes_its_page(engine: Engine, evaldata: Path) -> None:
    pages = sorted((evaldata / "jobs" / "html").glob("*.html"))[::40]
    schema = cases.load("job_teacher").schema
    found = results(engine, [str(page) for page in pages], schema)
    assert len(found) == len(pages)
    for result in found:
        assert_every_quote_is_exact(result, schema)


def test_a_record_that_running_text_states_twice_is_one(engine: Engine, tmp_path: Path) -> None:
    page = tmp_path / "ferry.html"
    stops = "The boat calls at Kirkwall, then at Stromness, "
    page.write_text(f"<h1>Our ferry</h1><p>{stops}then back at Kirkwall, then at Stromness again.")
    schema = replace(parse_dsl("port"), many=True)
    (result,) = results(engine, [str(page)], schema)
    assert [record.data for record in result.records] == [
        {"port": "Kirkwall"},
        {"port": "Stromness"},
    ]


def test_the_small_tier_answers_too(engine: Engine) -> None:
    case = cases.load("job_teacher")
    events = engine.run([str(case.page)], case.schema, Orders(tier=Tier.SMALL))
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    assert_every_quote_is_exact(result, case.schema)
    tiers = {v.tier for cell in result.records[0].cells.values() for v in cell_values(cell)}
    assert tiers == {Tier.SMALL}


def test_the_command_line_writes_what_the_page_says(tmp_path: Path) -> None:
    case = cases.load("job_teacher")
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "orchestration", "extract", str(case.page)]
    subprocess.run([*command, "--schema", "job_posting", "-o", str(out)], check=True)
    line = json.loads(out.read_text("utf-8"))
    assert line["records"][0]["values"]["company"] == case.expected["company"]
    assert line["records"][0]["evidence"]["company"]["quote"] == case.expected["company"]
