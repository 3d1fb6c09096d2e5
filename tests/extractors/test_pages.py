from __future__ import annotations

import gzip
import os
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from extractors.pages import CheckedTransport, Limits, Page, Reader, Source, discover
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError

PAGE = b"<h1>Oslo</h1>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
OWN_NETWORK = Limits(allow_private=True, timeout_s=5)
Answer = Callable[[httpx.Request], httpx.Response]


def fetched(answer: Answer, url: str = "https://ex.org/", limits: Limits | None = None) -> Page:
    transport = httpx.MockTransport(answer)
    with Reader(limits=limits or Limits(), transport=transport) as reader:
        return reader.read(Source(url, url=url))


def read(source: str | Path, limits: Limits | None = None) -> Page:
    with Reader(limits=limits or Limits()) as reader:
        return reader.read(next(discover([str(source)])))


class _Server(BaseHTTPRequestHandler):
    """Answers by path, over a real connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        match self.path.split("?")[0]:
            case "/drip":
                self._drip()
            case "/away":
                self._answer(302, b"", Location="http://192.0.2.1/")
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(PAGE)
                self.close_connection = True
            case "/packed":
                self._answer(200, gzip.compress(PAGE), **{"Content-Encoding": "gzip"})
            case _:
                seen = f"{self.headers['User-Agent']} {self.headers['Host']} {self.path}"
                self._answer(200, PAGE + seen.encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in (HTML | headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"<p>")
                time.sleep(0.05)
        except OSError:  # the reader has had enough, as it should
            pass
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a running server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_a_file_is_a_page_without_url_or_header(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE)

    assert read(path) == Page(str(path), "", PAGE, None)


def test_a_member_of_an_archive_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.html", PAGE)
        archive.writestr("two.html", PAGE + b"2")
    with Reader() as reader:
        pages = [reader.read(source) for source in discover([str(path)])]

    assert [page.body for page in pages] == [PAGE, PAGE + b"2"]
    assert pages[1].source == f"{path}::two.html"


def test_the_error_of_a_source_is_raised() -> None:
    with pytest.raises(FetchFailed, match="no such file"):
        read("no/such/file.html")


@pytest.mark.parametrize("body", [b"", b"  \n", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"PK\x03\x04.."])
def test_what_is_named_html_may_still_be_no_page(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(body)

    with pytest.raises(NotAPage):
        read(path)


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE)

    with pytest.raises(FetchRefused, match="larger than 12 bytes"):
        read(path, Limits(max_bytes=len(PAGE) - 1))
    assert read(path, Limits(max_bytes=len(PAGE))).body == PAGE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.html")

    with pytest.raises(FetchRefused, match="not a plain file"):
        read(tmp_path / "a.html")


def test_a_file_that_went_away_is_not_worth_a_retry(tmp_path: Path) -> None:
    with Reader() as reader, pytest.raises(FetchFailed) as caught:
        reader.read(Source("a.html", path=tmp_path / "a.html"))

    assert not caught.value.retryable


def test_a_page_keeps_its_final_url_and_header() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(301, headers={"Location": "/there?a=1"})
        return httpx.Response(200, headers=HTML, content=PAGE)

    page = fetched(answer, "https://ex.org/#part")

    assert page == Page(
        "https://ex.org/#part", "https://ex.org/there?a=1", PAGE, HTML["Content-Type"]
    )


def test_redirects_end() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(302, headers={"Location": f"/{len(asked)}"})

    with pytest.raises(FetchRefused, match="more than 3 redirects"):
        fetched(answer, limits=Limits(max_redirects=3))
    assert len(asked) == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://me@ex.org/",
        "//10.0.0.1/",
    ],
)
def test_a_redirect_leads_nowhere_that_a_user_could_not_go(target: str) -> None:
    with pytest.raises(FetchRefused):
        fetched(lambda request: httpx.Response(302, headers={"Location": target}))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://api.localhost./",
        "http://127.0.0.1:8080/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://192.0.0.192/",
        "http://168.63.129.16/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://[ff02::1]/",
        "ftp://ex.org/",
        "file:///etc/passwd",
        "gopher://ex.org/",
        "https://user:word@ex.org/",
        "http://",
        "http:///path",
        "http://[::1",
        "http://ex.org:99999999/",
    ],
)
def test_an_address_that_is_not_on_the_public_web_is_refused(url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked for {request.url}")

    with pytest.raises(FetchRefused):
        fetched(never, url)


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/", "http://[2606:4700::1111]/", "http://[64:ff9b::808:808]/"]
)
def test_public_addresses_are_allowed(url: str) -> None:
    assert fetched(lambda request: httpx.Response(200, content=PAGE), url).body == PAGE


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        *((status, False) for status in (304, 400, 403, 404, 410)),
        *((status, True) for status in (408, 429, 500, 503)),
    ],
)
def test_a_status_says_whether_to_try_again(status: int, retryable: bool) -> None:
    with pytest.raises(FetchFailed, match=f"HTTP {status}") as caught:
        fetched(lambda request: httpx.Response(status, headers=HTML, content=PAGE))

    assert caught.value.retryable is retryable


@pytest.mark.parametrize(
    "content_type", ["image/png", "application/pdf", "Application/JSON; charset=utf-8", "video/mp4"]
)
def test_the_server_may_say_that_it_is_no_page(content_type: str) -> None:
    with pytest.raises(NotAPage, match=content_type.split(";")[0].lower()):
        fetched(
            lambda request: httpx.Response(
                200, headers={"Content-Type": content_type}, content=PAGE
            )
        )


@pytest.mark.parametrize(
    "headers",
    [{}]
    + [
        {"Content-Type": kind}
        for kind in ("text/plain", "application/xhtml+xml", "application/xml", "odd", "")
    ],
)
def test_any_other_content_type_is_read(headers: dict[str, str]) -> None:
    assert fetched(lambda request: httpx.Response(200, headers=headers, content=PAGE)).body == PAGE


def test_a_body_is_cut_off_at_the_limit_whatever_it_declares() -> None:
    sent: list[bytes] = []

    def endless() -> Iterator[bytes]:
        while len(sent) < 1000:
            sent.append(bytes(1000))
            yield sent[-1]

    with pytest.raises(FetchRefused, match="larger than 10,000"):
        fetched(
            lambda request: httpx.Response(200, content=endless()), limits=Limits(max_bytes=10_000)
        )
    assert len(sent) <= 11


def test_a_declared_size_over_the_limit_is_refused_unread() -> None:
    headers = {"Content-Length": "99999999999"}

    with pytest.raises(FetchRefused, match="larger than"):
        fetched(lambda request: httpx.Response(200, headers=headers, content=PAGE))


def test_a_gzip_bomb_is_cut_off() -> None:
    bomb = gzip.compress(bytes(20_000_000))

    with pytest.raises(FetchRefused, match="larger than"):
        fetched(
            lambda request: httpx.Response(
                200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(bomb)
            )
        )


@pytest.mark.parametrize("packing", ["br", "gzip, gzip", "zstd"])
def test_packings_that_grow_unseen_are_refused(packing: str) -> None:
    with pytest.raises(FetchRefused, match="packed"):
        fetched(
            lambda request: httpx.Response(
                200, headers={"Content-Encoding": packing}, stream=httpx.ByteStream(b"x")
            )
        )


def test_broken_packing_is_a_failure() -> None:
    with pytest.raises(FetchFailed):
        fetched(
            lambda request: httpx.Response(
                200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip")
            )
        )


def test_cookies_last_for_one_page() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        if request.url.path == "/":
            return httpx.Response(302, headers={"Location": "/in", "Set-Cookie": "a=1"})
        return httpx.Response(200, content=PAGE)

    with Reader(transport=httpx.MockTransport(answer)) as reader:
        for _ in range(2):
            reader.read(Source("x", url="https://ex.org/"))

    assert seen == [None, "a=1", None, "a=1"]


def test_a_real_server_is_read_and_told_who_asks(server: str) -> None:
    page = read(f"{server}/a?b=%20c", OWN_NETWORK)

    assert page.url == f"{server}/a?b=%20c"
    assert page.content_type == HTML["Content-Type"]
    assert b"fieldwise/" in page.body
    assert page.body.endswith(f"{server.removeprefix('http://')} /a?b=%20c".encode())


def test_a_packed_answer_is_unpacked(server: str) -> None:
    assert read(f"{server}/packed", OWN_NETWORK).body == PAGE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST."])
def test_this_machine_is_not_asked_unless_allowed(server: str, host: str) -> None:
    with pytest.raises(FetchRefused, match="not on the public internet"):
        read(server.replace("127.0.0.1", host))


def test_a_name_is_judged_by_the_addresses_it_has(server: str) -> None:
    request = httpx.Request("GET", server.replace("127.0.0.1", "localhost"))

    with CheckedTransport(allow_private=False) as transport:
        with pytest.raises(FetchRefused, match="localhost is not on the public internet"):
            transport.handle_request(request)


def test_a_slow_drip_is_timed_out(server: str) -> None:
    started = time.monotonic()

    with pytest.raises(FetchFailed, match="within 1 seconds") as caught:
        read(f"{server}/drip", Limits(allow_private=True, timeout_s=1))
    assert caught.value.retryable
    assert time.monotonic() - started < 3


def test_an_answer_that_breaks_off_is_a_failure(server: str) -> None:
    with pytest.raises(FetchFailed, match="connection failed"):
        read(f"{server}/cut", OWN_NETWORK)


def test_a_closed_port_and_an_unknown_name_are_failures() -> None:
    for url in ("http://127.0.0.1:1/", "http://no-such-host.invalid/"):
        with pytest.raises(FetchFailed):
            read(url, OWN_NETWORK)


@pytest.mark.parametrize("url", ["http://ex.org\\@127.0.0.1/", "http://${X}/", "http://%zz/"])
def test_a_trick_address_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(SourceError):
        read(url, Limits(timeout_s=2))
