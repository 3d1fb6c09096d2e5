"""A browser, and the app served to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from extractors.scripted import ScriptedWorker
from orchestration.desk.desk import Desk
from orchestration.desk.readiness import Readiness
from orchestration.engine import Engine, PageWorker
from orchestration.settings import Settings
from schemas.record import Tier
from tests.app.process import forget_what_gradio_left_open, free_port
from ui.serving import Door, blocks_of
from ui.serving import serve as serve_blocks

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: containers seldom allow one, and only our own pages are opened. The rest keeps the
# browser from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Serve = Callable[..., str]

PATIENCE_MS = 90_000  # other work on the machine must not fail a test
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module", autouse=True)
def tidied() -> Iterator[None]:
    yield
    forget_what_gradio_left_open()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium: none of {', '.join(BROWSERS)} is on the PATH")
    browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def tab(browser: Browser, serve: Serve) -> Iterator[Page]:
    """A new tab of a desktop's size, closed before the server; what does not come fails in 90 s."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@contextmanager
def served(
    folder: Path,
    seconds: float = 0.0,
    open_worker: Callable[[Tier], PageWorker] | None = None,
    users: Path | None = None,
    **settings: Any,
) -> Iterator[str]:
    """The app with a scripted worker that takes *seconds* a page, or with the one that
    *open_worker* gives; its address. *settings*: what differs from `Settings`."""
    kept = {"data_dir": folder / "data", "cache_dir": folder / "cache", **settings}
    worker = ScriptedWorker(seconds=seconds)
    opened = open_worker or (lambda tier: worker)
    with (
        Engine(Settings.model_validate(kept), open_worker=opened) as engine,
        Desk(engine, Readiness()) as desk,
    ):
        blocks = blocks_of(desk)
        try:
            yield serve_blocks(blocks, Door(port=free_port(), users=users))
        finally:
            blocks.close(verbose=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one app for all tests of a module; jobs of the others are in its list."""
    with served(tmp_path_factory.mktemp("shared")) as address:
        yield address


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """An app of the test's own: called with the arguments of `served`, returns its address."""
    with ExitStack() as stack:
        yield lambda *given, **more: stack.enter_context(served(tmp_path, *given, **more))
