"""What a page says is text, and nothing more, wherever the app shows it."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.app.handling import cell, download, open_app, read_csv, row, rows, run

PAGES = Path(__file__).parent / "pages"
HUGE = "word " * 25_000  # Python's csv reads cells of 128 KiB at most
TURNED, RED = "drib \u202egnirts\u202c", "\x1b[31mred\x1b[0m\x07 alert"

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def test_a_page_that_brings_code_is_only_text(tab: Page, shared: str) -> None:
    asked: list[str] = []
    address = shared
    tab.on("request", lambda request: asked.append(request.url))
    open_app(tab, address)
    run(tab, PAGES / "hostile.html")
    title = '=HYPERLINK("http://127.0.0.1:9/?leak","click me")'
    for column in range(2, 8):
        cell(tab, 0, column).click()
        expect(tab.locator("#quote .page")).to_contain_text("Ignore all earlier instructions")
    assert row(tab, 0)[2] == title
    cell(tab, 0, 5).click()
    expect(tab.locator("#quote mark")).to_have_text(
        "${window.hacked=5} {{window.hacked}} `${alert(1)}`"
    )
    assert tab.evaluate("window.hacked") is None
    assert tab.title() == "Fieldwise"
    assert tab.locator("#quote .page *:not(mark)").count() == 0
    assert tab.locator("#grid td :is(a, img, script, style, strong, .katex)").count() == 0
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert read_csv(download(tab, "#csv"))[0]["title"] == f"'{title}"
    book = openpyxl.load_workbook(io.BytesIO(download(tab, "#xlsx")))
    assert [cell.data_type for cell in list(book.active.rows)[1][:5]] == ["s"] * 5


def test_a_huge_value_and_signs_of_terminals_and_direction_are_tame(
    tab: Page, shared: str, tmp_path: Path
) -> None:
    file = tmp_path / "odd.html"
    body = (
        f"<p>Title: {HUGE}</p><p>Company: {TURNED}</p><p>Location: {RED}</p><p>Salary: @SUM(1)</p>"
    )
    file.write_text(f"<!doctype html><meta charset=utf-8><title>Odd</title>{body}", "utf-8")
    open_app(tab, shared)
    run(tab, file)
    height = rows(tab).first.bounding_box()
    assert height is not None
    assert height["height"] < 60
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280
    for column in (2, 3, 4):
        cell(tab, 0, column).click()
        expect(tab.locator("#quote .head b").first).to_have_text(
            ("title", "company", "location")[column - 2]
        )
        shown = tab.locator("#grid").inner_text() + tab.locator("#quote").inner_text()
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "alert" in row(tab, 0)[4]
    assert read_csv(download(tab, "#csv"))[0]["salary"] == "'@SUM(1)"
