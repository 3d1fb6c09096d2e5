"""axe-core finds no serious problem on any screen, in light and in dark."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.app.conftest import PATIENCE_MS, Serve
from tests.app.tour import SCHEMES, Doubtful, tour, users_file

SERIOUS = {"serious", "critical"}
# An app that serves another in a frame is what this rule is about; ours may run no script, and
# axe cannot look into it without.
LEFT_OUT = "iframe"

pytestmark = [
    pytest.mark.browser,
    # Gradio 6.17 calls a newer Starlette and a newer pandas by older names.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


# Colours that are on their way from light to dark have no contrast to speak of.
AT_ONCE = """
addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent = '* { transition: none !important; animation: none !important }';
  document.head.append(style);
});
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which is not ours to ship."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("needs axe-core: pip install axe-playwright-python")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


def problems(tab: Page, axe: str) -> list[str]:
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(axe)
    # the frame may run no script, so that axe cannot look into it
    asked = "axe.run({exclude: ['iframe']}, {resultTypes: ['violations']})"
    result: dict[str, Any] = tab.evaluate(asked)
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
    ]


def test_no_screen_has_a_serious_problem(
    browser: Browser, serve: Serve, axe: str, tmp_path: Path
) -> None:
    """One walk through all screens; each is looked at in light and in dark."""
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(AT_ONCE)
    tab = context.new_page()
    found: dict[str, list[str]] = {}
    address = serve(open_worker=lambda tier: Doubtful(), users=users_file(tmp_path))
    for screen in tour(tab, address, tmp_path):
        for scheme in SCHEMES:
            tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            tab.wait_for_timeout(100)
            found[f"{screen}, {scheme}"] = problems(tab, axe)
    context.close()
    assert len(found) >= 30
    assert {name: said for name, said in found.items() if said} == {}
