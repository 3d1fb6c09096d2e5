"""Going through the least sure values, by keyboard and by selecting words of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.handling import cell, download, open_app, open_tab, read_csv, run

PAGES = Path(__file__).parent / "pages"

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]

SELECT = """(words) => {
  const walk = document.createTreeWalker(document.querySelector('#review .page'), 4);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const at = node.textContent.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return;
  }
}"""


def start_review(tab: Page, *paths: Path) -> None:
    run(tab, *paths)
    open_tab(tab, "Review")
    expect(tab.locator("#review")).to_contain_text("0 looked at")


def go_to(tab: Page, field: str) -> None:
    """Press Next until *field* is asked about."""
    for _ in range(10):
        place = tab.locator("#review .review").get_attribute("data-at")
        if tab.locator("#review label").inner_text() == field:
            return
        tab.keyboard.press("n")
        expect(tab.locator("#review .review")).not_to_have_attribute("data-at", str(place))
    raise AssertionError(f"{field} never came")


def test_corrections_are_made_by_keys_and_reach_table_and_csv(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    start_review(tab, PAGES / "baker.html")
    review = tab.locator("#review")
    go_to(tab, "title")
    tab.keyboard.press("c")
    tab.keyboard.type("Baker by night")
    tab.keyboard.press("Enter")
    expect(review).to_contain_text("Corrected: title of baker.html")
    go_to(tab, "company")
    tab.evaluate(SELECT, "Ovnen has baked")
    tab.keyboard.press("s")
    expect(review).to_contain_text("Corrected: company of baker.html")
    go_to(tab, "salary")
    tab.keyboard.press("x")
    expect(review).to_contain_text("Not on the page: salary of baker.html")
    expect(review).to_contain_text("3 looked at")

    open_tab(tab, "Results")
    expect(cell(tab, 0, 2)).to_contain_text("Baker by night")
    expect(cell(tab, 0, 2)).to_contain_text("corrected by you")
    cell(tab, 0, 3).click()
    expect(tab.locator("#quote mark")).to_have_text("Ovnen has baked")
    [line] = read_csv(download(tab, "#csv"))
    assert (line["title"], line["company"]) == ("Baker by night", "Ovnen has baked")
    assert line["salary"] == ""


def test_what_does_not_fit_the_field_is_refused_with_its_reason(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    start_review(tab, PAGES / "baker.html")
    go_to(tab, "date_posted")
    tab.fill("#correction", "soon")
    tab.keyboard.press("Enter")
    expect(tab.locator("#review .trouble")).to_contain_text("'soon' cannot be read as a date")
    expect(tab.locator("#review label")).to_have_text("date_posted")


def test_undo_brings_the_models_answer_back(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    start_review(tab, PAGES / "baker.html")
    go_to(tab, "title")
    tab.keyboard.press("x")
    expect(tab.locator("#review")).to_contain_text("Not on the page: title")
    tab.keyboard.press("b")
    expect(tab.locator("#review label")).to_have_text("title")
    tab.keyboard.press("u")
    expect(tab.locator("#review .head q")).to_have_text("Night baker")


def test_accepted_values_do_not_come_again(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    start_review(tab, PAGES / "baker.html")
    for count in range(1, 7):
        tab.keyboard.press("a")
        expect(tab.locator("#review")).to_contain_text(f"{count} looked at")
    expect(tab.locator("#review")).to_contain_text("That was the last one")
    open_tab(tab, "Results")
    open_tab(tab, "Review")
    expect(tab.locator("#review")).to_contain_text("There is nothing to look at")


def test_a_hostile_page_is_only_text_here_too(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    start_review(tab, PAGES / "hostile.html")
    for _ in range(6):
        tab.keyboard.press("n")
        tab.wait_for_timeout(150)
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("#review :is(img, script, style, a)").count() == 0


def test_the_page_itself_is_shown_inert_at_the_quote(tab: Page, shared: str) -> None:
    asked: list[str] = []
    address = shared
    tab.on("request", lambda request: asked.append(request.url))
    open_app(tab, address)
    run(tab, PAGES / "hostile.html", PAGES / "baker.html")
    cell(tab, 1, 5).click()
    tab.locator("#view").get_by_text("as it looks").click()
    frame = tab.frame_locator("#quote iframe")
    expect(frame.locator("mark")).to_have_text("NOK 42,500 a month")
    expect(frame.locator("mark")).to_be_in_viewport()
    expect(frame.locator("h2").first).to_have_text("The work")
    cell(tab, 0, 3).click()
    expect(frame.locator("body")).to_contain_text("Ignore all earlier instructions")
    assert tab.locator("#quote iframe").get_attribute("sandbox") == "allow-same-origin"
    assert frame.locator("script, style:not(head style), img, a, form, iframe").count() == 0
    assert tab.evaluate("window.hacked") is None
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
