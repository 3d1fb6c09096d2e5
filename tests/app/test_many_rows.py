"""Quick where people wait: the first paint, and the table of ten thousand rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orchestration.settings import Settings
from orchestration.storage.store import JobState, Store
from schemas import library
from schemas.document import Span
from schemas.record import Evidence, PageResult, PageStatus, Record, Tier, Value, ValueStatus
from tests.app.conftest import Serve
from tests.app.handling import open_app, open_tab, rows

MANY = 10_000
PATIENCE_S = 2.0  # of a machine that has nothing else to do

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def page(number: int) -> PageResult:
    """A page of some length whose title holds its number."""
    words = f"Keeper {number:05d}"
    text = words + "\n" + "Light, weather and stairs. " * 40
    evidence = Evidence(words, Span(0, len(words)), "/html/body/p")
    said = Value(words, words, evidence, Tier.LARGE, (number % 100) / 100, ValueStatus.FOUND)
    cells = {field.name: said for field in library.get("job_posting")}
    url = f"https://ex.org/{number}"
    return PageResult(url, PageStatus.OK, (Record(cells, url),), text=text)


def fill(path: Path) -> None:
    with Store(path) as store:
        job = store.create_job("many", library.get("job_posting"))
        for number in range(MANY):
            store.save(job.id, number, page(number))
        store.set_state(job.id, JobState.DONE)


def seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def slowdown() -> float:
    """How many times longer things take now, since others use the machine; 1 where nobody does."""
    wall, computed = time.perf_counter(), time.process_time()
    while time.process_time() - computed < 0.15:
        pass
    return max((time.perf_counter() - wall) / 0.15, 1.0)


SHOWN = """new MutationObserver((_, watcher) => {
  if (!document.querySelector('#run')) return;
  watcher.disconnect();
  requestAnimationFrame(() => { window.shown = performance.now(); });
}).observe(document, { childList: true, subtree: true });"""


def test_the_first_paint_takes_less_than_two_seconds(tab: Page, shared: str) -> None:
    """Nothing is cached yet. `shown`: when Run stands on the screen, in milliseconds."""
    tab.add_init_script(SHOWN)
    before = slowdown()
    open_app(tab, shared)
    first = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    tab.wait_for_function("window.shown")
    shown = tab.evaluate("window.shown")
    busy = max(before, slowdown())
    print(f"first paint {first:.0f} ms, Run {shown:.0f} ms, machine {busy:.1f} times slower")
    assert first < 2000 * busy
    assert shown < 3000 * busy


def test_ten_thousand_rows_sort_filter_and_turn_pages(
    tab: Page, serve: Serve, tmp_path: Path
) -> None:
    fill(Settings(data_dir=tmp_path / "data").results_file)
    open_app(tab, serve())
    open_tab(tab, "Jobs")
    tab.locator("#jobs").get_by_text("Open", exact=True).click()
    expect(tab.locator("#pager")).to_contain_text("of 10,000 rows", timeout=60_000)
    expect(rows(tab)).to_have_count(100)

    def find() -> None:
        tab.fill("#find textarea, #find input", "keeper 09876")
        expect(rows(tab)).to_have_count(1)

    def show_all() -> None:
        tab.fill("#find textarea, #find input", "")
        expect(rows(tab)).to_have_count(100)

    def sort() -> None:
        tab.locator("#grid th", has_text="title").locator("button").click()
        tab.locator("#grid th", has_text="title").locator("button").click()
        expect(rows(tab).first).to_contain_text("Keeper 09999")

    def turn() -> None:
        tab.get_by_label("next page").click()
        expect(tab.locator("#pager")).to_contain_text("101–200 of 10,000")

    def look() -> None:
        rows(tab).nth(50).locator("td button").nth(1).click()
        expect(tab.locator("#quote mark").first).to_have_text("Keeper 09849")

    for act in (find, show_all, sort, turn, look):
        took, busy = seconds(act), slowdown()
        print(f"{act.__name__}: {took:.2f} s")
        assert took < PATIENCE_S * busy, act.__name__
