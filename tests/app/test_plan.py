"""The plan before a run: shown when asked for, changed by hand, and kept with the job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from schemas.schema import Schema
from tests.app.conftest import Serve
from tests.app.handling import choose_own, open_app, row, upload

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / "baker.html", PAGES / "nurse.html"]

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


class Listener(ScriptedWorker):
    """Keeps the schemas that it is asked with."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Schema] = []

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        self.asked.append(schema)
        return super().extract(page, schema, check_stop=check_stop)


def test_the_plan_is_shown_with_what_it_takes_changed_and_used(tab: Page, serve: Serve) -> None:
    worker = Listener()
    open_app(tab, serve(open_worker=lambda tier: worker))
    upload(tab, *JOBS)
    expect(tab.locator("#planned")).to_be_hidden()
    tab.click("#show-plan")
    plan = tab.locator("#planned")
    expect(plan).to_contain_text("For pages like baker.html: planned from the schema alone")
    expect(plan.locator("tbody tr")).to_have_count(6)
    expect(tab.locator("#estimate")).to_contain_text("for 2 pages, by reading 2 of them")

    tab.get_by_label("Where to look for company").fill("under the  heading")
    tab.get_by_label("Words beside company").fill("Company | Firma | Company")
    tab.get_by_label("Who is likely to know salary").select_option("the small model")
    worker.asked.clear()
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("2 of 2 pages · done")
    assert row(tab, 0)[2:4] == ["Night baker", "Ovnen Bakery"]
    asked = {field.name: field for schema in worker.asked for field in schema}
    assert asked["company"].hint == "under the heading"
    assert asked["company"].cues == ("Company", "Firma")
    assert asked["title"].hint == ""


def test_fields_edited_after_the_plan_keep_what_it_says_of_the_others(
    tab: Page, serve: Serve
) -> None:
    worker = Listener()
    open_app(tab, serve(open_worker=lambda tier: worker))
    upload(tab, JOBS[0])
    choose_own(tab, "company, location")
    expect(tab.locator("#fields")).to_contain_text("company, location")
    tab.click("#show-plan")
    tab.get_by_label("Where to look for company").fill("below the title")
    expect(tab.locator("#estimate")).to_contain_text("for 1 pages")
    tab.click("#edit button")
    names = tab.locator("#editor [data-part=name]")
    names.last.fill("title")
    expect(tab.locator("#fields")).to_have_text("company, title")
    worker.asked.clear()
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("1 of 1 pages · done")
    assert row(tab, 0)[2:] == ["Ovnen Bakery", "Night baker"]
    assert worker.asked[0].fields[0].hint == "below the title"


def test_a_plan_is_put_away_by_hand_and_by_other_pages(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    tab.click("#show-plan")
    expect(tab.locator("#trouble .trouble")).to_contain_text("there is no page to read")
    upload(tab, JOBS[0])
    tab.click("#show-plan")
    expect(tab.locator("#estimate")).to_contain_text("by reading 1 of them")
    tab.get_by_text("put the plan away").click()
    expect(tab.locator("#planned")).to_be_hidden()
    tab.click("#show-plan")
    expect(tab.locator("#estimate")).to_contain_text("by reading 1 of them")
    tab.fill("#urls textarea", "https://example.org/")
    expect(tab.locator("#planned")).to_be_hidden()
    expect(tab.locator("#estimate")).to_contain_text("The pages are others now")


def test_a_job_is_named_and_runs_without_a_limit(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    upload(tab, JOBS[0])
    tab.locator("#more button").first.click()
    tab.fill("#name textarea, #name input", "bakers")
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("1 of 1 pages · done")
