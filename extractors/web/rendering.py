"""Pages that draw themselves by script, drawn in the Chromium that is installed.

Chromium never dials: each request it makes is put to us, and answered with what our own checked
client fetched, or not at all. So the rules on addresses, redirects, sizes and names hold for every
one of them, and no name is looked up twice. A proxy that does not exist catches what gets past.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urldefrag

from extractors.pages import Page
from extractors.sources import Limits
from extractors.web.client import Answer, Web, user_agent
from schemas.errors import FetchFailed, FetchRefused, SourceError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright, Route, WebSocketRoute
    from playwright.async_api import Page as Tab

__all__ = ["BROWSERS", "Renderer", "can_draw", "why_not"]

log = logging.getLogger(__name__)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_FILE_URL = "https://file.invalid/"  # where a page without an address seems to come from
_MAX_REQUESTS = 150
_MAX_CONTENT = 1024**2  # of what a page may send
_QUIET_S = 0.5  # a page that asks for nothing and does not change for so long is drawn
_DRAWN = frozenset({"document", "script", "xhr", "fetch", "stylesheet"})
_METHODS = frozenset({"GET", "HEAD", "POST"})
_OURS = frozenset(
    {"cookie", "host", "user-agent", "accept-encoding", "connection", "content-length"}
)
_HOP = frozenset(
    # Bodies come unpacked and whole; cookies are off; a policy would forbid nothing that is left.
    {"content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie"}
)
# Nothing but what is routed may find a way out: no other proxy than one that refuses, not even for
# this machine's own addresses; no name is looked up; no UDP.
_FLAGS = (
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=512",  # MiB; a page that wants more crashes its tab
)
# Ways to the network that are not put to us.
_WITHOUT = """
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport", "SharedWorker",
                    "Worker", "EventSource"]) delete globalThis[name];
"""
_CHANGES = """() => [document.documentElement.outerHTML.length, document.readyState].join()"""

T = TypeVar("T")


def why_not() -> str | None:
    """What is missing to render pages, as an instruction; `None` when nothing is."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "install it: pip install playwright"
    if _installed_browser() is None:
        return f"install Chromium: none of {', '.join(BROWSERS)} is on the PATH"
    return None


def can_draw(*, wanted: bool) -> bool:
    """Whether pages are to be rendered; where they cannot be, a log line says why."""
    missing = why_not() if wanted else None
    if missing:
        log.warning("pages are not rendered: %s", missing)
    return wanted and missing is None


class Renderer:
    """Draws pages in one Chromium, opened at the first. Threads may share one.

    *web* fetches for it; *limits* hold for each page: `timeout_s` for drawing it, `max_bytes` for
    what is drawn, and four times that for all it fetches.
    """

    def __init__(self, web: Web, *, limits: Limits) -> None:
        self._web = web
        self._limits = limits
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._lock = threading.Lock()  # one page at a time: each takes a core and much memory

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def render(self, page: Page) -> Page:
        """*page* as it looks once its scripts have run: its DOM, in UTF-8.

        The page itself is not fetched again; `url` is where its scripts led from there. Pictures,
        fonts and media are not loaded; service workers, web sockets and downloads are off; cookies
        last for the page.

        Raises:
            FetchRefused: it cannot be rendered here, or what was drawn is too large.
            FetchFailed: it was not drawn in time, or Chromium failed.
        """
        if (missing := why_not()) is not None:
            raise FetchRefused("the page needs a browser", hint=missing)
        from playwright.async_api import Error

        with self._lock:
            try:
                url, html = self._run(self._draw(page), self._limits.timeout_s + 15)
            except (Error, NotInTime, TimeoutError) as error:
                self._drop_browser()
                reason = str(error).splitlines()[0] if str(error) else "not in time"
                raise FetchFailed(f"the page could not be rendered: {reason}") from error
        body = html.encode("utf-8", errors="replace")
        if len(body) > self._limits.max_bytes:
            raise FetchRefused(f"larger than {self._limits.max_bytes:,} bytes once rendered")
        url = urldefrag(url).url if page.url and url.startswith(("http:", "https:")) else page.url
        return replace(page, url=url, body=body, content_type="text/html; charset=utf-8")

    def close(self) -> None:
        """Close the browser and the thread it is driven from."""
        with self._lock:
            self._drop_browser()
            if self._loop is not None and self._thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._loop.close()
                self._loop = self._thread = None

    def _run(self, work: Coroutine[object, object, T], seconds: float) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="render", daemon=True
            )
            self._thread.start()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        finally:
            future.cancel()

    def _drop_browser(self) -> None:
        """Let go of a browser that may hang; the next page gets a new one."""
        if self._playwright is None:
            return
        with suppress(Exception):
            self._run(_shut(self._browser, self._playwright), 10)
        self._browser = self._playwright = None

    async def _opened(self) -> Browser:
        from playwright.async_api import async_playwright

        if self._browser is None or not self._browser.is_connected():
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            self._browser = await self._playwright.chromium.launch(
                executable_path=_installed_browser(),
                args=list(_FLAGS),
                # As root Chromium does not start inside its sandbox.
                chromium_sandbox=not hasattr(os, "geteuid") or os.geteuid() != 0,
                timeout=20_000,
            )
        return self._browser

    async def _draw(self, page: Page) -> tuple[str, str]:
        browser = await self._opened()
        async with asyncio.timeout(self._limits.timeout_s):
            context = await browser.new_context(
                user_agent=user_agent(), service_workers="block", accept_downloads=False
            )
            try:
                return await self._drawn(context, page)
            finally:
                await context.close()

    async def _drawn(self, context: BrowserContext, page: Page) -> tuple[str, str]:
        """The address in the end, and the DOM."""
        desk = _Desk(self._web, page, most_bytes=4 * self._limits.max_bytes)
        await context.add_init_script(_WITHOUT)
        await context.route("**/*", desk.answer)
        await context.route_web_socket("**/*", _refuse_socket)
        tab = await context.new_page()
        context.on("page", lambda other: other.close() if other is not tab else None)
        tab.on("dialog", lambda dialog: dialog.dismiss())
        await tab.goto(desk.url, wait_until="domcontentloaded", timeout=0)
        with suppress(TimeoutError):  # what is drawn by then is what there is
            async with asyncio.timeout(max(1.0, 0.7 * self._limits.timeout_s)):
                await _settled(tab, desk)
        return tab.url, await tab.content()


class _Desk:
    """Answers what one page asks for, through our own client."""

    def __init__(self, web: Web, page: Page, *, most_bytes: int) -> None:
        self._web = web
        self._page = page
        self._first = True
        self._requests = 0
        self._bytes_left = most_bytes
        self.under_way = 0
        self.url = page.url or _FILE_URL

    async def answer(self, route: Route) -> None:
        """Fulfil *route* or abort it; it never goes out by itself."""
        from playwright.async_api import Error

        self.under_way += 1
        try:
            with suppress(Error):  # the page has gone meanwhile
                answer = await self._fetched(route)
                if answer is None:
                    await route.abort("blockedbyclient")
                else:
                    await route.fulfill(
                        status=answer.status, headers=_shown(answer), body=answer.body
                    )
        finally:
            self.under_way -= 1

    async def _fetched(self, route: Route) -> Answer | None:
        request = route.request
        document = request.resource_type == "document"
        if self._first and document and request.is_navigation_request():
            self._first = False
            kind = self._page.content_type or "text/html"
            return Answer(self.url, self._page.body, 200, {"content-type": kind})
        content = request.post_data_buffer
        self._requests += 1
        if (
            request.resource_type not in _DRAWN
            or request.method not in _METHODS
            or self._requests > _MAX_REQUESTS
            or len(content or b"") > _MAX_CONTENT
            or self._bytes_left <= 0
        ):
            return None
        headers = {
            name: value
            for name, value in request.headers.items()
            if name not in _OURS and not name.startswith((":", "sec-"))
        }
        return await self._part(request.method, request.url, headers, content, document=document)

    async def _part(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        content: bytes | None,
        *,
        document: bool,
    ) -> Answer | None:
        def fetch() -> Answer:
            return self._web.part(method, url, headers=headers, content=content, document=document)

        try:
            answer = await asyncio.to_thread(fetch)
        except SourceError:
            return None
        self._bytes_left -= len(answer.body)
        return answer


def _shown(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in _HOP}


async def _settled(tab: Tab, desk: _Desk) -> None:
    """Return when nothing is under way and the DOM keeps its length for a moment."""
    before = ""
    while True:
        await asyncio.sleep(_QUIET_S)
        now = await tab.evaluate(_CHANGES)
        if now == before and not desk.under_way:
            return
        before = now


async def _refuse_socket(socket: WebSocketRoute) -> None:
    await socket.close()


async def _shut(browser: Browser | None, playwright: Playwright) -> None:
    with suppress(Exception):
        if browser is not None:
            async with asyncio.timeout(5):
                await browser.close()
    await playwright.stop()


def _installed_browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
