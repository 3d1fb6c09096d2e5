"""The app in a real browser; a script in the model's place, but for the last test."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from pyarrow import parquet

from extractors.scripted import ScriptedWorker
from orchestration.engine import PageWorker
from schemas.errors import ModelMissing
from schemas.record import Tier
from tests.app.conftest import Serve
from tests.app.gated import Gated
from tests.app.handling import (
    cell,
    choose_own,
    download,
    open_app,
    open_tab,
    read_csv,
    row,
    rows,
    run,
    upload,
)
from tests.app.process import started

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / "baker.html", PAGES / "nurse.html", PAGES / "welder.html"]

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def test_pages_become_rows_and_files_and_values_show_their_quotes(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, *JOBS)
    baker = ["Night baker", "Ovnen Bakery", "Bergen, Norway", "NOK 42,500 a month"]
    assert row(tab, 0) == ["baker.html", "✓ ok", *baker, "Full-time", "2026-11-03"]
    assert row(tab, 1)[5] == "–"

    cell(tab, 2, 7).click()
    quote = tab.locator("#quote")
    expect(quote.locator("mark")).to_have_text("9 November 2026")
    expect(quote).to_contain_text("2026-11-09")
    expect(quote).to_contain_text("by the large model · confidence 1.00 · /html/body/section/p[1]")
    expect(quote.locator("mark")).to_be_in_viewport()

    pages = json.loads(download(tab, "#json"))
    assert [page["source"] for page in pages] == ["baker.html", "nurse.html", "welder.html"]
    assert pages[1]["records"][0]["values"]["salary"] is None
    table = read_csv(download(tab, "#csv"))
    assert [line["title"] for line in table] == ["Night baker", "School nurse", "Schweißer (m/w/d)"]


def test_a_file_is_named_by_job_and_date(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, JOBS[0])
    with tab.expect_download() as waiting:
        tab.click("#csv")
    assert re.fullmatch(
        r"job_posting-20\d\d-\d\d-\d\d-[\d-]+\.csv", waiting.value.suggested_filename
    )


def test_rows_appear_while_later_pages_are_read_and_can_be_clicked(tab: Page, serve: Serve) -> None:
    worker = Gated()
    open_app(tab, serve(open_worker=lambda tier: worker))
    upload(tab, *JOBS)
    tab.click("#run")
    worker.let(1)
    expect(cell(tab, 0, 2)).to_contain_text("Night baker")
    expect(tab.locator("#status")).to_contain_text("1 of 3 pages")
    expect(tab.locator("#status")).to_contain_text(re.compile("about .* left"))
    cell(tab, 0, 3).click()
    expect(tab.locator("#quote mark")).to_have_text("Ovnen Bakery")
    worker.let(1)
    expect(cell(tab, 1, 2)).to_contain_text("School nurse")
    expect(tab.locator("#quote mark")).to_have_text("Ovnen Bakery")
    expect(cell(tab, 0, 3)).to_have_attribute("aria-current", "true")


def test_stop_keeps_the_rows_there_are(tab: Page, serve: Serve) -> None:
    worker = Gated()
    open_app(tab, serve(open_worker=lambda tier: worker))
    upload(tab, *JOBS)
    tab.click("#run")
    worker.let(1)
    expect(cell(tab, 0, 2)).to_contain_text("Night baker")
    tab.click("#stop")
    expect(tab.locator("#status")).to_contain_text("1 of 3 pages · stopped")
    expect(tab.locator("#stop")).to_be_hidden()
    assert len(json.loads(download(tab, "#json"))) == 1
    expect(rows(tab)).to_have_count(1)


def test_pages_that_fail_are_rows_with_their_reason(tab: Page, shared: str, tmp_path: Path) -> None:
    (tmp_path / "picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (tmp_path / "empty.html").write_text("<title></title><script>draw()</script>")
    (tmp_path / "tired.html").write_text("<p>Fail: the runtime stopped</p>")
    open_app(tab, shared)
    run(tab, tmp_path / "picture.html", tmp_path / "empty.html", tmp_path / "tired.html", JOBS[0])
    expect(tab.locator("#status")).to_contain_text("4 of 4 pages · 2 failed · 1 bad · done")
    assert row(tab, 0)[1] == "✕ failed"
    assert row(tab, 1)[1] == "⊘ bad"
    assert row(tab, 1)[2].startswith("needs a browser")
    assert row(tab, 2)[1:] == ["✕ failed", "the runtime stopped"]
    assert row(tab, 3)[1] == "✓ ok"
    cell(tab, 1, 1).click()
    expect(tab.locator("#quote")).to_contain_text("scripts draw this page")


def test_a_reason_stays_in_sight_where_the_table_is_scrolled(
    tab: Page, shared: str, tmp_path: Path
) -> None:
    (tmp_path / "tired.html").write_text("<p>Fail: the runtime stopped</p>")
    open_app(tab, shared)
    choose_own(tab, ", ".join(f"quite_a_long_name_of_field_{number}" for number in range(12)))
    run(tab, tmp_path / "tired.html", JOBS[0])
    table, reason = tab.locator("#grid .scroll"), tab.locator("#grid td.reason span")
    page = tab.locator("#grid tbody th.page").first
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 800})
        for left in (0, 100_000):
            table.evaluate("(box, left) => { box.scrollLeft = left; }", left)
            frame, shown, name = (one.bounding_box() for one in (table, reason, page))
            assert frame
            assert shown
            assert name
            assert shown["x"] >= max(frame["x"], name["x"] + name["width"]) or width == 390
            assert frame["x"] <= shown["x"] <= frame["x"] + frame["width"] - shown["width"]


def test_without_weights_the_reason_is_shown_and_run_tries_again(tab: Page, serve: Serve) -> None:
    attempts: list[Tier] = []

    def fetch(tier: Tier) -> PageWorker:
        attempts.append(tier)
        if len(attempts) == 1:
            raise ModelMissing("no weights named <qwen>", hint="plug in the cable")
        return ScriptedWorker()

    open_app(tab, serve(open_worker=fetch))
    upload(tab, JOBS[0])
    tab.click("#run")
    reason = "no weights named <qwen> (plug in the cable)"
    expect(tab.locator("#status .trouble")).to_have_text(reason)
    expect(tab.locator("#model")).to_contain_text(f"No model: {reason}")
    open_tab(tab, "New job")
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("1 of 1 pages · done")
    expect(tab.locator("#model")).to_contain_text("Model ready")


def test_a_reload_and_another_tab_find_the_job_that_runs(tab: Page, serve: Serve) -> None:
    worker = Gated()
    address = serve(open_worker=lambda tier: worker)
    open_app(tab, address)
    upload(tab, *JOBS)
    tab.click("#run")
    worker.let(1)
    expect(tab.locator("#status")).to_contain_text("1 of 3 pages")
    tab.reload()
    other = tab.context.new_page()
    open_app(other, address)
    for page in (tab, other):
        expect(page.locator("#status")).to_contain_text("1 of 3 pages")
        assert row(page, 0)[2] == "Night baker"
    worker.let(2)
    for page in (tab, other):
        expect(page.locator("#status")).to_contain_text("3 of 3 pages · done", timeout=15_000)
        assert row(page, 2)[2] == "Schweißer (m/w/d)"


def test_a_tab_that_had_nothing_to_wait_for_still_looks(tab: Page, serve: Serve) -> None:
    address = serve(open_worker=lambda tier: ScriptedWorker())
    open_app(tab, address)
    run(tab, JOBS[0])
    idle = tab.context.new_page()
    open_app(idle, address)
    open_tab(idle, "Results")
    idle.wait_for_timeout(3_000)  # by then it knows that nothing runs
    open_tab(tab, "New job")
    run(tab, JOBS[1])
    expect(rows(idle)).to_have_count(2, timeout=15_000)  # both files are in the second job


def test_a_click_on_a_head_sorts_and_words_filter(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, *JOBS)
    head = tab.locator("#grid th", has_text="company")
    names = tab.locator("#grid th.page button:not([data-act=sort])")
    head.locator("button").click()
    expect(names).to_have_text(["nurse.html", "baker.html", "welder.html"])
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.locator("button").click()
    expect(names).to_have_text(["welder.html", "baker.html", "nurse.html"])
    tab.locator("#grid td button", has_text="School nurse").click()
    expect(tab.locator("#quote mark").first).to_have_text("School nurse")
    expect(tab.locator("#quote .head")).to_contain_text("nurse.html")
    tab.fill("#find textarea, #find input", "bakery")
    expect(names).to_have_text(["baker.html"])
    tab.fill("#find textarea, #find input", "")
    expect(names).to_have_count(3)
    tab.click("#show input")
    tab.get_by_role("option", name="absent values").click()
    expect(names).to_have_text(["welder.html", "nurse.html"])


def test_arrows_move_between_cells(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, *JOBS)
    cell(tab, 0, 0).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        tab.keyboard.press(key)
    expect(tab.locator("#quote .head")).to_contain_text("title in nurse.html")


def test_every_download_is_there_and_says_the_same(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, *JOBS)
    titles = ["Night baker", "School nurse", "Schweißer (m/w/d)"]
    lines = download(tab, "#jsonl").decode().splitlines()
    assert [json.loads(line)["records"][0]["values"]["title"] for line in lines] == titles
    table = parquet.read_table(io.BytesIO(download(tab, "#parquet")))
    assert table["title"].to_pylist() == titles
    sheet = openpyxl.load_workbook(io.BytesIO(download(tab, "#xlsx"))).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == titles
    tab.locator("#evidence input").check()
    cited = read_csv(download(tab, "#csv"))
    assert [line["title_quote"] for line in cited] == titles
    assert cited[1]["salary_quote"] == ""
    assert cited[0]["date_posted_xpath"] == "/html/body/main/p[7]"


def test_pictures_say_the_coverage_of_each_field(tab: Page, shared: str) -> None:
    open_app(tab, shared)
    run(tab, *JOBS)
    open_tab(tab, "Pictures")
    first = tab.locator("#pictures figure").first
    expect(first).to_contain_text("Coverage")
    expect(first.locator("tr", has_text="title")).to_contain_text("found 100 %")


def test_a_phone_shows_everything_in_one_column(tab: Page, shared: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    open_app(tab, shared)
    run(tab, *JOBS)
    cell(tab, 0, 2).click()
    expect(tab.locator("#quote mark").first).to_be_in_viewport()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.weights
@pytest.mark.timeout(1200)
def test_three_pages_with_the_real_model(tab: Page, tmp_path: Path) -> None:
    """The first run fetches and compiles the model, which takes minutes."""
    with started(tmp_path) as address:
        open_app(tab, address)
        upload(tab, *JOBS)
        tab.click("#run")
        expect(tab.locator("#status")).to_contain_text("3 of 3 pages · done", timeout=900_000)
        assert [row(tab, number)[0] for number in range(3)] == [path.name for path in JOBS]
        company = cell(tab, 0, 3)
        expect(company).to_contain_text("Ovnen")
        company.click()
        expect(tab.locator("#quote mark").first).to_contain_text("Ovnen")
        pages: list[dict[str, Any]] = json.loads(download(tab, "#json"))
        assert all(page["status"] == "ok" and page["records"] for page in pages)
        assert [line["source"] for line in read_csv(download(tab, "#csv"))] == [
            path.name for path in JOBS
        ]
