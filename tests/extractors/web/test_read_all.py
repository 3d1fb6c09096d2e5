"""Many pages, read ahead of need."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from extractors.pages import Limits, Manners, Page, Reader, Source, discover
from extractors.web.clock import SkippedClock
from schemas.errors import FetchFailed, SourceError
from tests.extractors.site import PAGE, site


def reader(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    ahead: int = 8,
    per_host: int = 2,
) -> Reader:
    manners = Manners(ahead=ahead, per_host=per_host)
    return Reader(limits=Limits(), manners=manners, transport=site(answer), clock=SkippedClock())


def urls(count: int) -> list[Source]:
    return [Source(str(n), url=f"https://h{n % 3}.org/{n}") for n in range(count)]


def named(outcomes: list[Page | SourceError]) -> list[str]:
    return [page.source if isinstance(page, Page) else str(page) for page in outcomes]


def test_pages_come_in_the_order_of_their_sources_and_none_is_lost() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.path[1:])
        time.sleep(0.02 if number % 4 == 0 else 0)
        return httpx.Response(404 if number == 7 else 200, content=PAGE)

    with reader(answer) as open_reader:
        names = named(list(open_reader.read_all(urls(30))))

    assert names == [*map(str, range(7)), "HTTP 404 Not Found", *map(str, range(8, 30))]


def test_files_archives_and_errors_keep_their_place_among_urls(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(PAGE)
    sources = list(discover(["https://h.org/1", str(tmp_path), "none.html", "https://h.org/2"]))

    with reader(lambda request: httpx.Response(200, content=PAGE)) as open_reader:
        first, second, third, fourth = open_reader.read_all(sources)

    assert isinstance(first, Page)
    assert isinstance(second, Page)
    assert isinstance(third, FetchFailed)
    assert isinstance(fourth, Page)
    assert [first.source, second.source] == ["https://h.org/1", str(tmp_path / "a.html")]


def test_no_more_is_fetched_than_the_window_holds() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=PAGE)

    with reader(answer, ahead=3) as open_reader:
        pages = open_reader.read_all(iter(urls(20)))
        next(pages)
        time.sleep(0.3)
        assert len(asked) <= 3
        pages.close()


def test_pages_are_fetched_together() -> None:
    together = threading.Barrier(4, timeout=5)

    def answer(request: httpx.Request) -> httpx.Response:
        together.wait()
        return httpx.Response(200, content=PAGE)

    with reader(answer, ahead=4, per_host=4) as open_reader:
        assert len(list(open_reader.read_all(urls(4)))) == 4


def test_no_host_has_more_requests_than_it_should() -> None:
    lock = threading.Lock()
    inside: dict[str, int] = {}
    most = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal most
        with lock:
            inside[request.url.host] = inside.get(request.url.host, 0) + 1
            most = max(most, *inside.values())
        time.sleep(0.01)
        with lock:
            inside[request.url.host] -= 1
        return httpx.Response(200, content=PAGE)

    with reader(answer, ahead=8, per_host=1) as open_reader:
        list(open_reader.read_all(urls(12)))

    assert most == 1


def test_a_stop_ends_the_wait_for_the_network() -> None:
    over = threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        over.wait(10)
        return httpx.Response(200, content=PAGE)

    started = time.monotonic()
    with reader(answer) as open_reader:
        outcomes = list(open_reader.read_all(urls(9), stop=lambda: True))
        waited = time.monotonic() - started
        over.set()

    assert outcomes == []
    assert waited < 3


def test_a_closed_reader_leaves_no_thread_behind() -> None:
    with reader(lambda request: httpx.Response(503)) as open_reader:
        next(open_reader.read_all(urls(20)))

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
