"""A reviewed job becomes a gold set, and jobs are scored, in the browser."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import Serve
from tests.app.handling import download, open_app, open_tab, run

PAGES = Path(__file__).parent / "pages"

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def correct_the_title(tab: Page) -> None:
    """The title is said to be another one, all else to be right."""
    open_tab(tab, "Review")
    expect(tab.locator("#review")).to_contain_text("0 looked at")
    for count in range(1, 7):
        if tab.locator("#review label").inner_text() == "title":
            tab.fill("#correction", "Baker by night")
            tab.keyboard.press("Enter")
        else:
            tab.keyboard.press("a")
        expect(tab.locator("#review")).to_contain_text(f"{count} looked at")


def test_a_job_nobody_looked_at_is_no_gold(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, PAGES / "baker.html", PAGES / "nurse.html")
    open_tab(tab, "Gold")
    tab.click("#score")
    expect(tab.locator("#gold-said .trouble")).to_contain_text("no page of this job can be gold")


def test_a_set_is_downloaded_run_again_and_scored(tab: Page, serve: Serve, tmp_path: Path) -> None:
    open_app(tab, serve())
    run(tab, PAGES / "baker.html")
    correct_the_title(tab)
    open_tab(tab, "Gold")
    body = download(tab, "#save-gold")
    expect(tab.locator("#gold-said")).to_contain_text("1 pages are in the gold set")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        assert packed.namelist() == ["gold/baker.json", "html/baker.html", "manifest.jsonl"]
        assert json.loads(packed.read("gold/baker.json"))["title"] == "Baker by night"
    gold = tmp_path / "set.zip"
    gold.write_bytes(body)

    tab.set_input_files("#gold-set input[type=file]", gold)
    expect(tab.locator("#gold-set")).to_contain_text("set")
    tab.click("#run-set")
    expect(tab.locator("#status")).to_contain_text("1 of 1 pages · done")
    open_tab(tab, "Gold")
    tab.click("#score")
    report = tab.locator("#gold-report")
    expect(report.locator(".figures")).to_contain_text("page success 0% of 1 pages")
    lines = report.locator(".fields tbody tr")
    expect(lines.filter(has_text="company").locator("td")).to_have_text(
        ["1", "1.00", "1.00", "1.00", ""]
    )
    expect(lines.filter(has_text="title").locator("td")).to_have_text(
        ["1", "0.00", "0.00", "0.00", ""]
    )
    expect(report.locator("svg.curve circle")).not_to_have_count(0)
    expect(report).to_contain_text("expected calibration error 0.167, 6 answers")


def test_a_file_that_is_no_set_is_refused(tab: Page, shared: str, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("../../notes.txt", "no gold")
    open_app(tab, shared)
    run(tab, PAGES / "baker.html")
    open_tab(tab, "Gold")
    tab.set_input_files("#gold-set input[type=file]", other)
    expect(tab.locator("#gold-set")).to_contain_text("other")
    tab.click("#score")
    expect(tab.locator("#gold-said .trouble")).to_contain_text("the ZIP file holds no gold/*.json")
