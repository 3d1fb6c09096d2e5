"""Every screen of the app in turn, as a visitor comes to it: for tests, and for pictures of them.

`python -m tests.app.tour FOLDER [NAME...]` writes a picture of each, or of those whose name begins
so: wide and phone, light and dark.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from schemas.record import Cell, Record, Value
from schemas.schema import Schema
from tests.app.conftest import BROWSERS, FLAGS, served
from tests.app.handling import cell, choose_own, open_tab, run, upload

__all__ = ["SCHEMES", "USER", "Doubtful", "tour", "users_file"]

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / name for name in ("baker.html", "nurse.html", "welder.html", "printer.html")]
Scheme = Literal["light", "dark"]
USER = ("anna", "correct horse")
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SLOW_MS = 300_000  # for pictures nothing is late
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class Doubtful(ScriptedWorker):
    """Is less sure of some values than of others, always of the same ones."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        made = super().extract(page, schema, check_stop=check_stop)
        records = tuple(
            Record({name: _doubted(cell) for name, cell in one.cells.items()}, one.url)
            for one in made.records
        )
        return replace(made, records=records)


def _doubted(cell: Cell) -> Cell:
    if not isinstance(cell, Value) or cell.raw is None:
        return cell
    return replace(cell, confidence=1 - zlib.crc32(cell.raw.encode()) % 7 / 10)


def users_file(folder: Path) -> Path:
    """A file that lets `USER` in."""
    file = folder / "users"
    file.write_text(":".join(USER) + "\n")
    return file


def tour(tab: Page, address: str, folder: Path) -> Iterator[str]:
    """Opens one screen after the other; yields what each is called. Files go to *folder*."""
    tab.goto(address)
    expect(tab.get_by_label("password")).to_be_visible()
    yield "sign in"
    tab.get_by_label("username").fill(USER[0])
    tab.get_by_label("password").fill(USER[1])
    tab.get_by_role("button", name="Login").click()
    expect(tab.locator("#run")).to_be_visible()
    yield from _empty(tab)
    yield from _start(tab)
    yield from _results(tab, folder)
    yield from _after(tab)


def _empty(tab: Page) -> Iterator[str]:
    yield "start"
    tab.click("#run")
    expect(tab.locator("#trouble .trouble")).to_be_visible()
    yield "start, nothing to read"
    for name in ("Results", "Review", "Pictures", "Gold", "Jobs"):
        open_tab(tab, name)
        head = tab.get_by_role("tab", name=name, exact=True)
        expect(head).to_have_attribute("aria-selected", "true")
        yield f"empty {name}"
    open_tab(tab, "New job")


def _start(tab: Page) -> Iterator[str]:
    for part in ("#plain", "#edit", "#more"):
        tab.locator(f"{part} button").first.click()
    choose_own(tab, "title, company, salary money, posted date")
    expect(tab.locator("#editor tbody tr")).to_have_count(4)
    yield "own schema"
    for part in ("#plain", "#edit", "#more"):
        tab.locator(f"{part} button").first.click()
    tab.click("#schema input")
    tab.get_by_role("option", name="job posting").click()
    upload(tab, *JOBS)
    tab.click("#show-plan")
    expect(tab.locator("#estimate")).to_contain_text("for 4 pages")
    yield "plan"


def _results(tab: Page, folder: Path) -> Iterator[str]:
    """*folder* gets the two pages that cannot be read."""
    (folder / "drawn by scripts.html").write_text("<title></title><script>draw()</script>")
    (folder / "tired.html").write_text("<p>Fail: the runtime stopped</p>")
    tab.reload()
    expect(tab.locator("#files input[type=file]")).to_be_attached()
    run(tab, *JOBS, folder / "drawn by scripts.html", folder / "tired.html")
    yield "results"
    cell(tab, 0, 5).click()
    expect(tab.locator("#quote mark").first).to_be_visible()
    tab.locator("details summary").first.click()
    yield "evidence"
    tab.locator("#view").get_by_text("as it looks").click()
    expect(tab.frame_locator("#quote iframe").locator("mark")).to_be_visible()
    yield "evidence as it looks"


def _after(tab: Page) -> Iterator[str]:
    open_tab(tab, "Review")
    expect(tab.locator("#review mark").first).to_be_visible()
    yield "review"
    for count in range(1, 4):
        tab.keyboard.press("a")
        expect(tab.locator("#review")).to_contain_text(f"{count} looked at")
    open_tab(tab, "Pictures")
    expect(tab.locator("#pictures figure").first).to_be_visible()
    yield "pictures"
    open_tab(tab, "Gold")
    tab.locator("#everything input").check()
    tab.click("#score")
    expect(tab.locator("#gold-report figure").first).to_be_visible()
    yield "gold"
    open_tab(tab, "Jobs")
    expect(tab.locator("#jobs tbody tr")).to_have_count(1)
    yield "jobs"


def _take(tab: Page, out: Path, name: str) -> None:
    file = name.replace(",", "").replace(" ", "-")
    for kind, size in (("wide", WIDE), ("phone", PHONE)):
        tab.set_viewport_size(size)
        for scheme in SCHEMES:
            tab.emulate_media(color_scheme=scheme)
            tab.wait_for_timeout(300)
            tab.evaluate("dispatchEvent(new Event('resize'))")
            tab.wait_for_timeout(100)
            tab.screenshot(path=out / f"{file}-{kind}-{scheme}.png", full_page=True)
    tab.set_viewport_size(WIDE)
    tab.emulate_media(color_scheme="light")


def main(out: Path, *names: str) -> None:
    """Pictures of the screens called *names*, or of all, into the folder *out*."""
    out.mkdir(parents=True, exist_ok=True)
    found = next(path for name in BROWSERS if (path := shutil.which(name)))
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made)
        users = users_file(folder)
        with served(folder, open_worker=lambda tier: Doubtful(), users=users) as address:
            browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
            tab = browser.new_page(viewport=WIDE)
            expect.set_options(timeout=SLOW_MS)
            tab.set_default_timeout(SLOW_MS)
            for name in tour(tab, address, folder):
                if not names or name.startswith(names):
                    _take(tab, out, name)
                    print(name, flush=True)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
