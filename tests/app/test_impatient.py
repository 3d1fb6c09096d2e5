"""What people do who will not wait: click twice, change their mind, open a second tab."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import Serve
from tests.app.gated import Gated
from tests.app.handling import cell, choose_own, open_app, open_tab, rows, upload

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / "baker.html", PAGES / "nurse.html"]

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def test_two_clicks_on_run_are_one_job_and_on_delete_no_answer(tab: Page, serve: Serve) -> None:
    worker = Gated()
    open_app(tab, serve(open_worker=lambda tier: worker))
    upload(tab, *JOBS)
    tab.dblclick("#run")
    worker.let(4)
    expect(tab.locator("#status")).to_contain_text("2 of 2 pages · done")
    open_tab(tab, "Jobs")
    listed = tab.locator("#jobs tbody tr")
    expect(listed).to_have_count(1)
    listed.get_by_text("Delete", exact=True).dblclick()
    tab.wait_for_timeout(300)
    expect(listed).to_have_count(1)


def test_fields_changed_meanwhile_and_a_second_tab_leave_the_run_alone(
    tab: Page, serve: Serve
) -> None:
    worker = Gated()
    address = serve(open_worker=lambda tier: worker)
    open_app(tab, address)
    upload(tab, *JOBS)
    tab.click("#run")
    worker.let(1)
    expect(cell(tab, 0, 2)).to_contain_text("Night baker")
    open_tab(tab, "New job")
    choose_own(tab, "company")
    expect(tab.locator("#fields")).to_have_text("company")
    open_tab(tab, "Results")
    expect(tab.locator("#grid thead")).to_contain_text("salary")
    other = tab.context.new_page()
    open_app(other, address)
    expect(cell(other, 0, 2)).to_contain_text("Night baker")
    other.click("#stop")
    for one in (tab, other):
        expect(one.locator("#status")).to_contain_text("1 of 2 pages · stopped")
    open_tab(other, "Jobs")
    other.locator("#jobs").get_by_text("Delete", exact=True).click()
    other.locator("#jobs").get_by_text("Really delete?").click()
    expect(other.locator("#jobs")).to_contain_text("There is no job yet")
    tab.fill("#find textarea, #find input", "baker")
    expect(tab.locator("#grid .trouble")).to_contain_text("there is no job 1 of yours")
    open_tab(tab, "Review")
    expect(tab.locator("#review")).to_contain_text("there is no job 1 of yours")
    expect(rows(tab)).to_have_count(0)
