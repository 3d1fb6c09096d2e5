"""Two people at one app, each in a browser of their own: neither sees what the other has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.app.conftest import PATIENCE_MS, served
from tests.app.handling import cell, open_app, open_tab, rows, run

PAGES = Path(__file__).parent / "pages"
ANNA, BOB = ("anna", "correct horse"), ("bob", "battery staple")

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


@pytest.fixture
def two(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Page]]:
    """Anna's tab and Bob's."""
    users = tmp_path / "users"
    users.write_text("".join(f"{name}:{word}\n" for name, word in (ANNA, BOB)))
    with ExitStack() as stack:
        address = stack.enter_context(served(tmp_path, users=users))
        yield signed_in(stack, browser, address, ANNA), signed_in(stack, browser, address, BOB)


def signed_in(stack: ExitStack, browser: Browser, address: str, user: tuple[str, str]) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    stack.callback(context.close)
    context.set_default_timeout(PATIENCE_MS)
    form: dict[str, str | float | bool] = {"username": user[0], "password": user[1]}
    assert context.request.post(f"{address}/login", form=form).ok
    tab = context.new_page()
    open_app(tab, address)
    return tab


def listed(tab: Page) -> Locator:
    open_tab(tab, "Jobs")
    return tab.locator("#jobs tbody tr")


def test_neither_sees_the_jobs_of_the_other_nor_gets_at_them_by_number(
    two: tuple[Page, Page],
) -> None:
    anna, bob = two
    run(anna, PAGES / "baker.html")
    bob.reload()
    open_tab(bob, "Results")
    expect(bob.locator("#status")).to_contain_text("Rows appear here")
    expect(rows(bob)).to_have_count(0)
    open_tab(bob, "Jobs")
    expect(bob.locator("#jobs")).to_contain_text("There is no job yet")
    open_tab(bob, "New job")
    run(bob, PAGES / "nurse.html")
    expect(listed(anna)).to_have_count(1)
    expect(listed(bob)).to_have_count(1)
    hers = anna.locator("#jobs [data-act=open]").get_attribute("data-job")
    bob.locator("#jobs [data-job]").evaluate_all(
        "(all, job) => all.forEach((one) => { one.dataset.job = job; one.dataset.sure = 'yes'; })",
        hers,
    )
    for act in ("open", "again", "delete"):
        bob.locator(f"#jobs [data-act={act}]").click()
        expect(bob.locator("#jobs-trouble")).to_contain_text(f"there is no job {hers} of yours")
        bob.wait_for_timeout(300)  # the second answer is the same words: nothing else may come
        expect(bob.locator("#kept .kept")).to_have_count(0)
    expect(listed(anna)).to_have_count(1)
    open_tab(bob, "Results")
    expect(cell(bob, 0, 2)).to_contain_text("School nurse")


def test_a_download_is_for_who_is_signed_in(two: tuple[Page, Page], browser: Browser) -> None:
    anna, _ = two
    run(anna, PAGES / "baker.html")
    with anna.expect_download() as waiting:
        anna.click("#csv")
    context = browser.new_context()
    assert anna.context.request.get(waiting.value.url).status == 200
    assert context.request.get(waiting.value.url).status in (401, 403)
    context.close()
