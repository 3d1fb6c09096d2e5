"""The list of past jobs: found, opened, run again without fetching, and deleted for good."""

from __future__ import annotations

from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import Serve
from tests.app.gated import Gated
from tests.app.handling import cell, choose_own, open_app, open_tab, row, rows, run, upload
from tests.extractors.site import serving

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / "baker.html", PAGES / "nurse.html"]

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def test_a_job_waits_for_the_one_before_it(tab: Page, serve: Serve) -> None:
    worker = Gated()
    open_app(tab, serve(open_worker=lambda tier: worker))
    upload(tab, JOBS[0], JOBS[1])
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("of 2 pages")
    open_tab(tab, "New job")
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("Your jobs that wait for this one: 1")
    open_tab(tab, "Jobs")
    expect(tab.locator("#jobs")).to_contain_text("runs now")
    tab.locator("#jobs").get_by_text("Delete", exact=True).click()
    tab.locator("#jobs").get_by_text("Really delete?").click()
    expect(tab.locator("#jobs-trouble")).to_contain_text("still running (stop it first)")
    worker.let(4)
    open_tab(tab, "Results")
    expect(tab.locator("#status")).to_contain_text("2 of 2 pages · done")
    open_tab(tab, "Jobs")
    expect(tab.locator("#jobs tbody tr")).to_have_count(2)


def test_past_jobs_are_found_opened_and_deleted(tab: Page, serve: Serve) -> None:
    open_app(tab, serve())
    run(tab, JOBS[0])
    open_tab(tab, "New job")
    choose_own(tab, "location")
    expect(tab.locator("#fields")).to_have_text("location")
    tab.click("#run")
    expect(tab.locator("#grid thead")).not_to_contain_text("salary")
    open_tab(tab, "Jobs")
    listed = tab.locator("#jobs tbody tr")
    expect(listed).to_have_count(2)
    tab.fill("#find-job textarea, #find-job input", "salary")
    expect(listed).to_have_count(1)
    listed.get_by_text("Open", exact=True).click()
    assert row(tab, 0)[2] == "Night baker"
    open_tab(tab, "Jobs")
    listed.get_by_text("Delete", exact=True).click()
    listed.get_by_text("Really delete?").click()
    expect(tab.locator("#jobs")).to_contain_text("No job is like that")
    open_tab(tab, "Results")
    expect(tab.locator("#status")).to_contain_text("there is no job 1 of yours")
    expect(rows(tab)).to_have_count(0)
    expect(tab.locator("#csv")).to_be_disabled()


def test_a_job_is_run_again_with_other_fields_from_its_kept_pages(tab: Page, serve: Serve) -> None:
    open_app(tab, serve())
    run(tab, JOBS[0], JOBS[1])
    open_tab(tab, "Jobs")
    tab.locator("#jobs").get_by_text("Again…").click()
    expect(tab.locator("#kept")).to_contain_text("as they were kept")
    choose_own(tab, "company, location")
    expect(tab.locator("#fields")).to_contain_text("company, location")
    tab.click("#run")
    expect(tab.locator("#grid thead")).not_to_contain_text("salary")
    expect(tab.locator("#status")).to_contain_text("2 of 2 pages · done")
    assert row(tab, 0) == ["baker.html", "✓ ok", "Ovnen Bakery", "Bergen, Norway"]


def test_pages_of_the_web_are_read_and_with_other_fields_not_fetched_again(
    tab: Page, serve: Serve
) -> None:
    asked: Counter[str] = Counter()

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            known = self.path == "/baker"
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(JOBS[0].read_bytes() if known else b"gone")

        def log_message(self, format: str, *args: object) -> None:
            """Tests print nothing."""

    open_app(tab, serve(allow_private=True, host_delay_s=0))
    with serving(Counting) as site:
        tab.fill("#urls textarea", f"{site}/baker\n\n{site}/nobody\n")
        tab.click("#run")
        expect(tab.locator("#status")).to_contain_text("2 of 2 pages · 1 failed · done")
    assert row(tab, 0)[2:4] == ["Night baker", "Ovnen Bakery"]
    assert asked["/baker"] == 1
    open_tab(tab, "Jobs")
    tab.locator("#jobs").get_by_text("Again…").click()
    choose_own(tab, "location")
    expect(tab.locator("#fields")).to_have_text("location")
    tab.click("#run")
    expect(cell(tab, 0, 2)).to_contain_text("Bergen, Norway")
    assert asked["/baker"] == 1


def test_a_deleted_job_takes_its_downloads_with_it(tab: Page, serve: Serve) -> None:
    address = serve()
    open_app(tab, address)
    run(tab, JOBS[0])
    with tab.expect_download() as waiting:
        tab.click("#csv")
    link = waiting.value.url
    assert tab.request.get(link).ok
    open_tab(tab, "Jobs")
    tab.locator("#jobs").get_by_text("Delete", exact=True).click()
    tab.locator("#jobs").get_by_text("Really delete?").click()
    expect(tab.locator("#jobs")).to_contain_text("There is no job yet")
    assert tab.request.get(link).status in (403, 404)
