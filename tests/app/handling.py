"""What a visitor does in the app: the steps that tests are made of."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

__all__ = [
    "cell",
    "choose_own",
    "download",
    "open_app",
    "open_tab",
    "press",
    "read_csv",
    "row",
    "rows",
    "run",
    "upload",
]


def open_app(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.wait_for_selector("#run, #grid")


def upload(tab: Page, *paths: Path) -> None:
    tab.set_input_files("#files input[type=file]", paths)
    for path in paths:
        expect(tab.locator("#files").get_by_text(path.stem).first).to_be_visible()


def press(tab: Page, button: str) -> None:
    """Use the *button* by keyboard. A click is lost where the page moves between the mouse's down
    and up, which it does on a busy machine; a key goes to what has the focus."""
    tab.locator(button).press("Enter")


def run(tab: Page, *paths: Path) -> None:
    """Upload *paths*, run, and wait for the end."""
    upload(tab, *paths)
    press(tab, "#run")
    expect(tab.locator("#status")).to_contain_text("· done")
    expect(tab.locator("#grid tbody tr").first).to_be_visible()


def open_tab(tab: Page, name: str) -> None:
    tab.get_by_role("tab", name=name, exact=True).click()


def rows(tab: Page) -> Locator:
    return tab.locator("#grid tbody tr")


def cell(tab: Page, row: int, column: int) -> Locator:
    """The button in the cell: columns are the page, the status, then the fields."""
    return rows(tab).nth(row).locator(f'button[data-column="{column}"]')


def row(tab: Page, number: int) -> list[str]:
    """What the row says: texts alone, a sign where there is none."""
    expect(rows(tab).nth(number)).to_be_visible()
    texts: list[str] = (
        rows(tab)
        .nth(number)
        .locator("th, td")
        .evaluate_all(
            "cells => cells.map(cell => (cell.querySelector('.text') || cell.querySelector('.sign')"
            " || cell).innerText.trim())"
        )
    )
    return texts


def download(tab: Page, button: str) -> bytes:
    expect(tab.locator(button)).to_be_enabled()
    with tab.expect_download() as waiting:
        tab.click(button)
    return Path(waiting.value.path()).read_bytes()


def read_csv(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def choose_own(tab: Page, text: str) -> None:
    tab.click("#schema input")
    tab.get_by_role("option", name="my own…").click()
    tab.fill("#own textarea", text)
