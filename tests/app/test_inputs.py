"""Every way in: pages as files, archives and samples, fields in every form they can be given."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.handling import choose_own, open_app, row, run, upload

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / "baker.html", PAGES / "nurse.html", PAGES / "welder.html"]

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def test_a_zip_and_fields_of_ones_own(tab: Page, shared: str, tmp_path: Path) -> None:
    archive = tmp_path / "two.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(JOBS[0], "jobs/a.html")
        packed.write(JOBS[1], "jobs/b.html")
    open_app(tab, shared)
    choose_own(tab, "company, numbr frobnicate kind")
    expect(tab.locator("#fields .trouble")).to_be_visible()
    tab.fill("#own textarea", "company, date_posted date")
    expect(tab.locator("#fields")).to_contain_text("company, date_posted")
    run(tab, archive)
    assert row(tab, 0) == ["two.zip::jobs/a.html", "✓ ok", "Ovnen Bakery", "2026-11-03"]
    assert row(tab, 1) == ["two.zip::jobs/b.html", "✓ ok", "Fjellby kommune", "2026-10-21"]


def test_one_click_gives_three_sample_pages(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    tab.click("#sample")
    expect(tab.locator("#files")).to_contain_text("orgelbauer")
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("3 of 3 pages · done")
    assert row(tab, 0)[2] == "Lighthouse keeper"
    assert row(tab, 1)[5] == "–"
    assert row(tab, 2)[1] == "✓ ok"


def test_fields_are_edited_in_a_small_table(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    upload(tab, JOBS[0])
    tab.click("#edit button")
    editor = tab.locator("#editor")
    names = editor.locator("[data-part=name]")
    expect(names).to_have_count(6)
    for _ in range(4):
        editor.get_by_label("Remove this field").first.click()
    names.first.fill("company")
    editor.get_by_text("add a field").click()
    names.last.fill("salary")
    expect(tab.locator("#fields")).to_have_text("company, date_posted, salary")
    names.last.fill("company")
    expect(tab.locator("#fields .trouble")).to_contain_text("stands twice")
    names.last.fill("location")
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("· done")
    assert row(tab, 0)[2:] == ["Ovnen Bakery", "2026-11-03", "Bergen, Norway"]


def test_a_line_that_is_no_address_reads_no_file(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    tab.fill("#urls textarea", str(JOBS[0]))
    tab.click("#run")
    expect(tab.locator("#trouble .trouble")).to_contain_text("is no web address")
    tab.fill("#urls textarea", "")
    tab.click("#run")
    expect(tab.locator("#trouble .trouble")).to_contain_text("there is no page to read")


def test_plain_words_become_fields_that_can_be_edited(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    tab.click("#plain button")
    tab.fill("#words textarea", "company and location")
    tab.click("#read")
    expect(tab.locator("#trouble")).to_contain_text("no model was asked")
    expect(tab.locator("#own textarea")).to_be_visible()
    expect(tab.locator("#fields")).to_have_text("company, location")
    run(tab, JOBS[0])
    assert row(tab, 0)[2:] == ["Ovnen Bakery", "Bergen, Norway"]


def test_an_example_as_json_names_the_fields(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    choose_own(tab, '{"company": "Acme", "date_posted": "2026-01-31"}')
    expect(tab.locator("#fields")).to_contain_text("company, date_posted")
    run(tab, JOBS[0])
    assert row(tab, 0)[2:] == ["Ovnen Bakery", "2026-11-03"]


def test_a_json_schema_is_pasted_as_it_is(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    choose_own(
        tab,
        '{"type": "object", "additionalProperties": false, "required": ["company"], "properties":'
        ' {"company": {"type": "string"}, "date_posted": {"type": "string", "format": "date"}}}',
    )
    expect(tab.locator("#fields")).to_have_text("company, date_posted")
    run(tab, JOBS[2])
    assert row(tab, 0)[2:] == ["Werft Nordkap GmbH", "2026-11-09"]


def test_another_ready_schema_is_chosen(tab: Page, shared: str, tmp_path: Path) -> None:
    page = tmp_path / "kettle.html"
    page.write_text("<title>Kettle</title><p>Price: 42.50 EUR</p><p>Brand: Northpot</p>")
    open_app(tab, shared)
    tab.click("#schema input")
    tab.get_by_role("option", name="product").click()
    expect(tab.locator("#fields")).to_contain_text("price, currency, brand")
    run(tab, page)
    assert row(tab, 0)[4] == "Northpot"


def test_two_hundred_lines_of_rubbish_are_one_short_error(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    tab.fill("#urls textarea", "\n".join(f"{number} lorem {'x' * 300}" for number in range(200)))
    tab.click("#run")
    trouble = tab.locator("#trouble .trouble")
    expect(trouble).to_contain_text("200 of 200 lines are no web addresses, such as '0 lorem")
    box = trouble.bounding_box()
    assert box is not None
    assert box["height"] < 80
