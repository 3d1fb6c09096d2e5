"""Where a value is on its page: among many like it, and in a page that is read from the right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from extractors.parsing.blocks import ParsedPage
from extractors.worker import Extraction
from schemas.document import Document, Span
from schemas.record import Evidence, Record, Tier, Tokens, Value, ValueStatus
from schemas.schema import Schema
from tests.app.conftest import Serve
from tests.app.handling import cell, choose_own, open_app, row, rows, run

PAGES = Path(__file__).parent / "pages"
TEXT = '{"type": "string"}'
PARTS = f'{{"type": "object", "properties": {{"name": {TEXT}, "price": {TEXT}}}}}'
MANY = f'{{"type": "array", "items": {PARTS}}}'

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


class Lister:
    """Reads a list by a rule: a heading, then its price."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        return Extraction(tuple(_records(page.document)), None, Tokens())


def _records(document: Document) -> Iterator[Record]:
    before = document.blocks[0].span
    for block in document.blocks:
        if document.quote(block.span).startswith("Price: "):
            price = Span(block.span.start + len("Price: "), block.span.end)
            cells = {"name": _value(document, before), "price": _value(document, price)}
            yield Record(cells, document.url)
        before = block.span


def _value(document: Document, span: Span) -> Value:
    quote = document.quote(span)
    place = Evidence(quote, span, document.block_at(span.start).xpath)
    return Value(quote, quote, place, Tier.LARGE, 0.9, ValueStatus.FOUND)


def inert_page(tab: Page) -> FrameLocator:
    tab.locator("#view").get_by_text("as it looks").click()
    return tab.frame_locator("#quote iframe")


def test_a_value_of_a_long_list_is_marked_in_its_own_record(tab: Page, serve: Serve) -> None:
    open_app(tab, serve(open_worker=lambda tier: Lister()))
    choose_own(tab, MANY)
    expect(tab.locator("#fields")).to_contain_text("name, price")
    run(tab, PAGES / "market.html")
    expect(rows(tab)).to_have_count(7)
    assert row(tab, 6)[2:] == ["Bear garlic", "4.50 €"]
    cell(tab, 6, 3).click()
    frame = inert_page(tab)
    expect(frame.locator("mark")).to_have_text("4.50 €")
    expect(frame.locator("mark")).to_be_in_viewport()
    expect(frame.locator("li:has(mark) h2")).to_have_text("Bear garlic")
    cell(tab, 2, 3).click()
    expect(frame.locator("li:has(mark) h2")).to_have_text("Moon carrot")
    expect(frame.locator("mark")).to_be_in_viewport()


def test_a_page_from_right_to_left_is_marked_and_stays_so(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, PAGES / "printer.html")
    assert row(tab, 0)[2:6] == ["דפס לילה", "בית הדפוס נורית", "חיפה, ישראל", "9,800 ₪ לחודש"]
    cell(tab, 0, 3).click()
    expect(tab.locator("#quote .page mark")).to_have_text("בית הדפוס נורית")
    direction = "page => getComputedStyle(page).direction"
    frame = inert_page(tab)
    expect(frame.locator("mark")).to_have_text("בית הדפוס נורית")
    expect(frame.locator("mark")).to_be_in_viewport()
    assert frame.locator("section").evaluate(direction) == "rtl"
    cell(tab, 0, 5).click()
    expect(frame.locator("mark")).to_have_text("9,800 ₪ לחודש")
    assert frame.locator("p:has(mark)").inner_text() == "Salary: 9,800 ₪ לחודש"
