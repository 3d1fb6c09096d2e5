"""Pages drawn by script, in a real Chromium, from a server on this machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from extractors.pages import Limits, Manners, Page, Reader, Source
from extractors.parsing.blocks import parse_page
from extractors.web.clock import SkippedClock
from extractors.web.rendering import Renderer, why_not
from schemas.errors import FetchFailed, FetchRefused
from tests.extractors.site import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(why_not() is not None, reason=f"cannot render: {why_not()}"),
]

SHELL = "<!doctype html><title>Shop</title><div id=root></div><script src=/draw.js></script>"
DRAW = """
fetch("/data").then(answer => answer.json()).then(data => {
  document.getElementById("root").innerHTML = `<h1>${data.title}</h1><p>${data.price}</p>`;
});
"""


class Shop(BaseHTTPRequestHandler):
    """A site whose page is a shell; notes what was asked."""

    asked: list[str]
    page = SHELL

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        bodies = {
            "/": ("text/html", type(self).page),
            "/draw.js": ("text/javascript", DRAW),
            "/data": ("application/json", '{"title": "Green kettle", "price": "12 €"}'),
            "/moved": ("text/plain", ""),
        }
        kind, body = bodies.get(self.path, ("text/plain", "no such thing"))
        status = 302 if self.path == "/moved" else 200 if self.path in bodies else 404
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Location", "/data")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture(scope="module")
def drawing() -> Iterator[tuple[Reader, Renderer]]:
    """A reader that may ask this machine, and a browser behind it."""
    limits = Limits(allow_private=True, timeout_s=15, max_bytes=1_000_000)
    manners = Manners(per_host=8, host_delay_s=0, attempts=1)
    with Reader(limits=limits, manners=manners, clock=SkippedClock()) as reader:
        with Renderer(reader.web, limits=limits) as renderer:
            yield reader, renderer


@pytest.fixture
def shop() -> Iterator[str]:
    Shop.asked, Shop.page = [], SHELL
    with serving(Shop) as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Renderer]:
    """A browser behind a reader that asks public addresses alone."""
    limits = Limits(timeout_s=15)
    with Reader(limits=limits, manners=Manners(attempts=1)) as reader:
        with Renderer(reader.web, limits=limits) as renderer:
            yield renderer


def text(page: Page) -> str:
    return parse_page(page).document.text


def test_a_shell_shows_its_text_once_drawn(drawing: tuple[Reader, Renderer], shop: str) -> None:
    reader, renderer = drawing
    page = reader.read(Source(shop, url=shop))
    assert "kettle" not in text(page)

    drawn = renderer.render(page)

    assert (drawn.source, drawn.url) == (page.source, page.url)
    assert "Green kettle" in text(drawn)
    assert "12 €" in text(drawn)
    assert Shop.asked.count("/") == 1


def test_a_redirect_of_a_part_is_followed(drawing: tuple[Reader, Renderer], shop: str) -> None:
    body = SHELL.replace("src=/draw.js>", ">" + DRAW.replace("/data", "/moved"))
    drawn = drawing[1].render(Page(shop, shop, body.encode(), "text/html"))
    assert "Green kettle" in text(drawn)


def test_a_saved_page_is_drawn_from_what_it_holds(drawing: tuple[Reader, Renderer]) -> None:
    body = b"<div id=a></div><script>document.getElementById('a').innerText = 'drawn'</script>"
    drawn = drawing[1].render(Page("a.html", "", body))
    assert (text(drawn), drawn.url) == ("drawn", "")


# Ways that a page has to reach `url`. Those of the first kind go together in one page.
STAYING = {
    "fetch": "fetch(url, {mode: 'no-cors'})",
    "post": "fetch(url, {method: 'POST', mode: 'no-cors', body: 'x'})",
    "beacon": "navigator.sendBeacon(url, 'x')",
    "picture": "new Image().src = url",
    "script": "document.head.appendChild(document.createElement('script')).src = url",
    "frame": "document.body.appendChild(document.createElement('iframe')).src = url",
    "style": "put(`<link rel=stylesheet href=${url}>`)",
    "prefetch": "put(`<link rel=prefetch href=${url}>`)",
    "socket": "new WebSocket(url.replace('http', 'ws'))",
    "events": "new EventSource(url)",
    "ping": "put(`<a ping=${url} href=#x>x</a>`), document.querySelector('a[ping]').click()",
    "object": "put(`<object data=${url}></object>`)",
    "embed": "put(`<embed src=${url}>`)",
    "preload": "put(`<link rel=preload as=script href=${url}>`)",
    "modulepreload": "put(`<link rel=modulepreload href=${url}>`)",
    "preconnect": "put(`<link rel=preconnect href=${url}><link rel=dns-prefetch href=${url}>`)",
    "import": "import(url).catch(() => {})",
    "background": "put(`<p style='background: url(${url})'>x</p>`)",
    "font": "document.fonts.add(new FontFace('f', `url(${url})`)), document.fonts.load('9px f')",
    "video": "put(`<video autoplay src=${url}></video><audio autoplay src=${url}></audio>`)",
    "svg": "put(`<svg><use href='${url}#a'></use><image href=${url} /></svg>`)",
    "srcdoc": """put(`<iframe srcdoc="<img src=${url}><script>fetch('${url}')` +
      '<\\/script>"></iframe>')""",
    "speculation": """put('<script type=speculationrules>' +
      JSON.stringify({prerender: [{urls: [url]}], prefetch: [{urls: [url]}]}) + '<\\/script>')""",
    "worklet": "globalThis.CSS?.paintWorklet?.addModule(url).catch(() => {})",
    "register": "navigator.serviceWorker?.register(url).catch(() => {})",
    "frame's own": """(w => { try { new w.WebSocket(url.replace('http', 'ws')) } catch {}
      new w.Image().src = url; w.navigator.sendBeacon(url, 'x'); })(
      document.body.appendChild(document.createElement('iframe')).contentWindow)""",
    "peer": """(C => { try { const peer = new C({iceServers: [{urls: 'stun:' + new URL(url).host},
      {urls: 'turn:' + new URL(url).host + '?transport=tcp', username: 'a', credential: 'b'}]});
      peer.createDataChannel('x'); peer.createOffer().then(o => peer.setLocalDescription(o))
      } catch {} })(globalThis.RTCPeerConnection ??
      document.body.appendChild(document.createElement('iframe')).contentWindow.RTCPeerConnection)""",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('${url}', {mode: 'no-cors'})`])))",
}
LEAVING = {
    "form": "put(`<form method=post action=${url}></form>`), document.forms[0].submit()",
    "leave": "location = url",
    "refresh": "put(`<meta http-equiv=refresh content='0;url=${url}'>`)",
    "popup": "open(url)",
    "download": "put(`<a download href=${url}>x</a>`), document.querySelector('a').click()",
}
# Of a page's parts these are fetched for it, and whatever it opens is asked for as a page.
SERVED = {
    *("/fetch", "/post", "/script", "/frame", "/style", "/object", "/embed", "/preload"),
    *("/modulepreload", "/import", "/srcdoc", "/worklet"),
    *(f"/{name}" for name in LEAVING),
}


def reaching(target: str) -> Iterator[Page]:
    """Pages that try each way, to `target` and the name of the way."""
    pages = [STAYING, *({name: way} for name, way in LEAVING.items())]
    for ways in pages:
        scripts = "".join(
            f"<script>{{ const url = {target + name!r}; {way} }}</script>"
            for name, way in ways.items()
        )
        put = "<script>const put = html => document.body.insertAdjacentHTML('beforeend', html)"
        yield Page("a", "", f"<body><p>here</p>{put}</script>{scripts}".encode())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_reaches_no_private_address_by_any_way(
    guarded: Renderer, shop: str, host: str
) -> None:
    for page in reaching(shop.replace("127.0.0.1", host)):
        with suppress(FetchFailed):
            guarded.render(page)
    assert Shop.asked == []


def test_no_way_opens_a_connection_or_sends_a_packet(guarded: Renderer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = listener.getsockname()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(place)
            for page in reaching(f"http://127.0.0.1:{place[1]}/"):
                with suppress(FetchFailed):
                    guarded.render(page)
            for door, hear in ((listener, listener.accept), (datagrams, lambda: datagrams.recv(1))):
                door.setblocking(False)
                with pytest.raises(BlockingIOError):
                    hear()


def test_where_it_is_allowed_the_same_ways_lead_there(
    drawing: tuple[Reader, Renderer], shop: str
) -> None:
    for page in reaching(shop):
        with suppress(FetchFailed):
            drawing[1].render(page)
    assert set(Shop.asked) - {"/robots.txt"} == SERVED


def test_a_page_that_draws_without_end_is_given_up(shop: str) -> None:
    limits = Limits(allow_private=True, timeout_s=3)
    body = b"<p>x</p><script>for (;;) {}</script>"
    started = time.monotonic()
    with Reader(limits=limits) as reader, Renderer(reader.web, limits=limits) as renderer:
        with pytest.raises(FetchFailed, match="could not be rendered"):
            renderer.render(Page("a", "", body))
        assert time.monotonic() - started < 30
        assert text(renderer.render(Page("b", "", b"<p>still here"))) == "still here"


def test_a_page_that_takes_all_memory_is_given_up(drawing: tuple[Reader, Renderer]) -> None:
    script = "const kept = []; for (;;) kept.push(new Array(1e6).fill(Math.random()))"
    with pytest.raises(FetchFailed, match="could not be rendered"):
        drawing[1].render(Page("a", "", f"<p>x</p><script>{script}</script>".encode()))
    assert text(drawing[1].render(Page("b", "", b"<p>still here"))) == "still here"


def test_what_is_drawn_too_large_is_refused(shop: str) -> None:
    limits = Limits(allow_private=True, timeout_s=15, max_bytes=10_000)
    body = b"<p id=a></p><script>document.body.innerText = 'x'.repeat(20000)</script>"
    with Reader(limits=limits) as reader, Renderer(reader.web, limits=limits) as renderer:
        with pytest.raises(FetchRefused, match="once rendered"):
            renderer.render(Page("a", "", body))


def test_pages_share_nothing(drawing: tuple[Reader, Renderer], tmp_path: Path) -> None:
    body = b"""<p id=a></p><script>
    const seen = localStorage.getItem("k") + document.cookie;
    localStorage.setItem("k", "1"); document.cookie = "c=1";
    document.getElementById("a").innerText = "seen: " + seen;</script>"""
    for _ in range(2):
        assert text(drawing[1].render(Page("a", "", body))) == "seen: null"


def test_a_page_that_leads_on_by_script_is_known_by_where_it_led(
    drawing: tuple[Reader, Renderer], shop: str
) -> None:
    for way in ("location = '/data'", "history.pushState(0, '', '/data#part')"):
        body = f"<p>here</p><script>{way}</script>"
        drawn = drawing[1].render(Page("a", shop, body.encode(), "text/html"))
        assert (drawn.source, drawn.url) == ("a", f"{shop}data")
