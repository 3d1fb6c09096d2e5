"""Fields that the model writes in its own words: asked for, answered, and marked in every file."""

from __future__ import annotations

import csv
import io
import json

import pytest

from extractors.embedded.markup_answers import answer_from_markup
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.scripted import ScriptedWorker
from orchestration.exports.export import Format, page_line, write
from orchestration.storage.codec import from_plain, to_plain
from schemas.fitting import fitted
from schemas.record import PageResult, PageStatus
from schemas.source import resolve

SCHEMA = resolve("title, summary generated: one sentence")
PAGE = Page("page", "", b"<p>title: Gardener</p>")


@pytest.fixture
def result() -> PageResult:
    records = fitted(SCHEMA, ScriptedWorker().extract(parse_page(PAGE), SCHEMA).records)
    return PageResult("page", PageStatus.OK, records)


def test_json_marks_it_and_has_no_quote(result: PageResult) -> None:
    (record,) = page_line(result)["records"]
    assert record["values"]["summary"] == "A page of 1 blocks."
    said = record["evidence"]["summary"]
    assert (said["status"], said["quote"], said["xpath"]) == ("generated", None, None)
    assert (said["tier"], said["confidence"]) == ("large", 1.0)
    assert record["evidence"]["title"]["status"] == "found"
    assert json.dumps(record)


def test_csv_marks_it_with_a_column_of_its_own(result: PageResult) -> None:
    file = io.BytesIO()
    write([result], file, format=Format.CSV, schema=SCHEMA)
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    assert list(row) == ["title", "summary", "summary_status", "source", "status"]
    assert (row["summary"], row["summary_status"]) == ("A page of 1 blocks.", "generated")


def test_it_is_kept_as_it_is(result: PageResult) -> None:
    assert from_plain(to_plain(result)) == result


def test_markup_never_answers_it() -> None:
    html = b"""<h1>Kettle</h1><p>A kettle for tea.</p><script type="application/ld+json">
        {"@context": "https://schema.org", "@type": "Product", "name": "Kettle",
         "description": "A kettle for tea."}</script>"""
    schema = resolve("name, description generated")
    page = Page("page", "https://ex.org/kettle", html)
    for record in answer_from_markup(page, parse_page(page), schema):
        assert record.data["description"] is None
