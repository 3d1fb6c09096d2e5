"""axe-core finds no serious problem on any screen, in light and in dark."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.conftest import Serve
from tests.app.handling import cell, open_app, open_tab, run

PAGES = Path(__file__).parent / "pages"
SERIOUS = {"serious", "critical"}

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which is not ours to ship."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("needs axe-core: pip install axe-playwright-python")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


def problems(tab: Page, axe: str) -> list[str]:
    tab.evaluate(axe)
    result: dict[str, Any] = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_serious_problem(
    browser: Browser, serve: Serve, axe: str, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    (tmp_path / "empty.html").write_text("<title></title><script>draw()</script>")
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    found: dict[str, list[str]] = {}
    open_app(tab, serve())
    tab.click("#edit button")
    expect(tab.locator("#editor table")).to_be_visible()
    found["start"] = problems(tab, axe)
    run(tab, PAGES / "baker.html", PAGES / "nurse.html", tmp_path / "empty.html")
    cell(tab, 0, 2).click()
    expect(tab.locator("#quote mark").first).to_be_visible()
    tab.locator("details summary").first.click()
    found["results"] = problems(tab, axe)
    for name in ("Review", "Jobs"):
        open_tab(tab, name)
        expect(tab.locator(f"#{name.lower()} button").first).to_be_visible()
        found[name] = problems(tab, axe)
    context.close()
    assert {name: said for name, said in found.items() if said} == {}
