"""Pages from the web: what is taken, what is refused, what fails."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from extractors.pages import Limits, Manners, Page, Reader, Source
from extractors.web.clock import SkippedClock
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError
from tests.extractors.site import (
    HTML,
    OWN_NETWORK,
    PAGE,
    RESET,
    PageServer,
    fetched,
    read,
    saying,
    serving,
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(PageServer) as address:
        yield address


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
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        leads = {"Location": target} if len(asked) == 1 else {}
        return httpx.Response(302 if leads else 200, headers=leads, content=PAGE)

    with pytest.raises(FetchRefused):
        fetched(answer)
    assert asked == ["https://ex.org/"], "refused before it is asked"


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


def test_a_body_that_takes_longer_than_there_is_time_is_given_up() -> None:
    clock = SkippedClock()

    def slow() -> Iterator[bytes]:
        for _ in range(10):
            clock.wait(7, unless=threading.Event())
            yield b"<p>"

    with pytest.raises(FetchFailed, match="no full answer within 20 seconds"):
        fetched(lambda request: httpx.Response(200, content=slow()), clock=clock)
    assert clock.waits.count(7) == 3


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


def test_cookies_are_off() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        if request.url.path == "/":
            return httpx.Response(302, headers={"Location": "/in", "Set-Cookie": "a=1"})
        return httpx.Response(200, content=PAGE)

    fetched(answer)

    assert seen == [None, None]


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


def test_a_slow_drip_is_timed_out(server: str) -> None:
    started = time.monotonic()

    with pytest.raises(FetchFailed, match="within 1 seconds") as caught:
        read(f"{server}/drip", Limits(allow_private=True, timeout_s=1))
    assert caught.value.retryable
    assert time.monotonic() - started < 3


def test_headers_that_drip_are_timed_out_too(server: str) -> None:
    started = time.monotonic()

    with pytest.raises(FetchFailed, match="within 1 seconds"):
        read(f"{server}/slow-head", Limits(allow_private=True, timeout_s=1))
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


WHOLE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 13\r\n\r\n" + PAGE
PACKED = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n"


def read_twice(url: str) -> Page:
    """The page at *url*, asked for twice at most."""
    manners = Manners(attempts=2, obey_robots=False, host_delay_s=0)
    with Reader(limits=OWN_NETWORK, manners=manners, clock=SkippedClock()) as reader:
        return reader.read(Source(url, url=url))


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<p>half" + RESET,
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<p>half",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>ha\r\n",
        PACKED + gzip.compress(PAGE, mtime=0)[:-9],
        b"HTTP/1.1 200 OK\r\nContent-Le" + RESET,
        RESET,
        b"",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_anywhere_is_asked_for_again(broken: bytes) -> None:
    with saying(broken, WHOLE) as (url, asked):
        assert read_twice(url).body == PAGE
        assert len(asked) == 2


def test_half_of_a_packed_page_is_not_taken_for_the_page() -> None:
    with saying(PACKED + gzip.compress(PAGE * 999, mtime=0)[:-9]) as (url, _):
        with pytest.raises(FetchFailed, match="ends too early"):
            read_twice(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n<p>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n<p>",
        b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n<p>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_an_error_of_ours(answer: bytes) -> None:
    with saying(answer) as (url, _), pytest.raises(SourceError):
        read(url, OWN_NETWORK)


def test_interim_answers_without_end_are_timed_out() -> None:
    with saying(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 2_000_000) as (url, _):
        started = time.monotonic()
        with pytest.raises(FetchFailed):
            read(url, Limits(allow_private=True, timeout_s=1))
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_a_proxy_in_the_environment_is_not_asked(
    server: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It would look names up itself, and reach whatever it can."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    with saying(WHOLE) as (proxy, asked):
        monkeypatch.setenv(name, proxy)
        assert read(f"{server}/a", OWN_NETWORK).body.startswith(PAGE)
        with pytest.raises(FetchRefused, match="not on the public internet"):
            read(f"{server}/a")
        assert asked == []


def test_a_password_file_for_the_host_is_not_used(
    server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password word")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with saying(WHOLE) as (url, asked):
        read(url, OWN_NETWORK)
    assert b"authorization" not in asked[-1].lower()
