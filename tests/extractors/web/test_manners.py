"""Second tries, queues for hosts, and what a Retry-After says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest

from extractors.pages import Limits, Manners, Reader, Source
from extractors.web.client import Web
from extractors.web.clock import Clock, SkippedClock
from extractors.web.manners import Lanes, pause, retry_after
from schemas.errors import FetchFailed
from tests.extractors.site import PAGE, fetched, site

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def flaky(*answers: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    """Answers one after the other."""
    rest = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        now = next(rest)
        if isinstance(now, Exception):
            raise now
        return now

    return answer


def ok() -> httpx.Response:
    return httpx.Response(200, content=PAGE)


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503),
        httpx.ReadError("reset by peer"),
        httpx.RemoteProtocolError("hung up"),
        httpx.ConnectTimeout("no answer"),
    ],
)
def test_passing_trouble_is_waited_out(trouble: httpx.Response | Exception) -> None:
    clock = SkippedClock()

    assert fetched(flaky(trouble, trouble, ok()), clock=clock).body == PAGE
    first, second = [wait for wait in clock.waits if wait > 0.25][-2:]
    assert 0.25 <= first <= 0.5 <= second <= 1.0


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_what_will_not_pass_is_asked_once(status: int) -> None:
    with pytest.raises(FetchFailed, match=f"HTTP {status}"):
        fetched(flaky(httpx.Response(status)))


@pytest.mark.parametrize(("method", "tries"), [("POST", 1), ("GET", 3)])
def test_what_may_have_been_done_already_is_not_asked_for_again(method: str, tries: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise httpx.ReadError("reset by peer")

    web = Web(limits=Limits(), manners=Manners(), transport=site(answer), clock=SkippedClock())
    with closing(web), pytest.raises(FetchFailed):
        web.part(method, "https://ex.org/", headers={})
    assert len(asked) == tries


def test_tries_are_counted() -> None:
    answer = flaky(*[httpx.Response(503)] * 2, ok())

    with pytest.raises(FetchFailed, match="HTTP 503"):
        fetched(answer, manners=Manners(attempts=2))


@pytest.mark.parametrize("asked", ["7", "Thu, 01 Jan 2026 12:00:07 GMT"])
def test_the_server_says_when_to_come_back(asked: str) -> None:
    class AtNoon(SkippedClock):
        def date(self) -> datetime:
            return NOON

    clock = AtNoon()
    fetched(flaky(httpx.Response(429, headers={"Retry-After": asked}), ok()), clock=clock)

    assert max(clock.waits) == pytest.approx(7, abs=0.1)


def test_a_server_that_wants_more_time_than_there_is_is_left_alone() -> None:
    clock = SkippedClock()
    answer = flaky(httpx.Response(503, headers={"Retry-After": "21"}), ok())

    with pytest.raises(FetchFailed, match="HTTP 503") as caught:
        fetched(answer, limits=Limits(timeout_s=20), clock=clock)
    assert caught.value.hint == "the server asks to wait 21 seconds"
    assert max(clock.waits, default=0) < 1


@pytest.mark.parametrize("value", [None, "", "soon", "-3", "1.5", "Thu, 99 Jan 2026", "٣"])
def test_a_retry_after_that_says_nothing_readable(value: str | None) -> None:
    assert retry_after(value, now=NOON) is None


def test_pauses_grow_and_end_growing() -> None:
    assert pause(1, None) <= 0.5
    assert 1.0 <= pause(3, None) <= 2.0
    assert pause(50, None) <= 30
    assert pause(1, 3600) == 3600


def test_requests_to_one_host_keep_their_distance_and_others_do_not_wait() -> None:
    clock = SkippedClock()
    lanes = Lanes(per_host=2, clock=clock, over=threading.Event())
    for host in ("a.org", "a.org", "b.org"):
        with lanes.turn(host, delay=5):
            pass

    assert [round(wait, 1) for wait in clock.waits] == [5.0]


def test_so_many_at_a_host_and_no_more() -> None:
    lanes = Lanes(per_host=2, clock=Clock(), over=threading.Event())
    came, leave = threading.Semaphore(0), threading.Event()

    def visit() -> None:
        with lanes.turn("a.org", delay=0):
            came.release()
            leave.wait(5)

    threads = [threading.Thread(target=visit) for _ in range(3)]
    for thread in threads:
        thread.start()

    assert came.acquire(timeout=5)
    assert came.acquire(timeout=5)
    assert not came.acquire(timeout=0.3), "the third one waits"
    leave.set()
    assert came.acquire(timeout=5)
    for thread in threads:
        thread.join()


def test_the_end_ends_every_wait() -> None:
    over = threading.Event()
    lanes = Lanes(per_host=1, clock=Clock(), over=over)

    def visit() -> None:
        with lanes.turn("a.org", delay=60):
            pass

    threads = [threading.Thread(target=visit) for _ in range(3)]
    for thread in threads:
        thread.start()
    over.set()
    for thread in threads:
        thread.join(5)

    assert not any(thread.is_alive() for thread in threads)


def two_pages(answer: Callable[[httpx.Request], httpx.Response], clock: SkippedClock) -> list[str]:
    """What becomes of two pages of one host, one after the other."""
    outcomes = []
    with Reader(transport=site(answer), clock=clock) as reader:
        for number in range(2):
            try:
                outcomes.append(str(reader.read(Source("x", url=f"https://a.org/{number}")).body))
            except FetchFailed as failure:
                outcomes.append(str(failure))
    return outcomes


@pytest.mark.parametrize("asked", ["3600", "99999999999999999999", "9" * 5000])
def test_a_host_that_asks_for_hours_is_not_asked_for_the_next_page(asked: str) -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(429, headers={"Retry-After": asked})

    clock = SkippedClock()
    _, second = two_pages(answer, clock)

    assert paths == ["/0"]
    assert "a.org asked to be left alone for another" in second
    assert max(clock.waits, default=0) < 1


def test_a_host_that_asks_for_a_minute_gets_it_before_the_next_page() -> None:
    answer = flaky(httpx.Response(503, headers={"Retry-After": "45"}), ok())
    clock = SkippedClock()
    first, second = two_pages(answer, clock)

    assert "HTTP 503" in first
    assert "Oslo" in second
    assert max(clock.waits) == pytest.approx(45, abs=0.5)


def test_a_host_in_trouble_gets_its_pause_from_all_pages() -> None:
    class Meanwhile(SkippedClock):
        """Another page of the host is asked for as soon as the first one's pause begins."""

        def wait(self, seconds: float, *, unless: threading.Event) -> None:
            if seconds > 0 and not self.waits:
                self.waits.append(0.0)
                web.page("https://ex.org/b")
            super().wait(seconds, unless=unless)

    clock = Meanwhile()
    trouble = flaky(httpx.Response(503), ok(), ok())
    web = Web(
        limits=Limits(), manners=Manners(host_delay_s=0), transport=site(trouble), clock=clock
    )
    with closing(web):
        web.page("https://ex.org/a")
    assert len([wait for wait in clock.waits if wait > 0.2]) == 2


def test_a_redirect_to_another_host_waits_for_that_host_alone() -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if request.url.host == "a.org":
            return httpx.Response(302, headers={"Location": f"https://b.org{request.url.path}"})
        return ok()

    clock = SkippedClock()
    with Reader(transport=site(answer), clock=clock, manners=Manners(host_delay_s=5)) as reader:
        for number in range(2):
            reader.read(Source("x", url=f"https://a.org/{number}"))

    assert hosts == ["a.org", "b.org"] * 2
    # After their robots.txt both wait for their first page; a.org's second waits for both hosts'.
    assert [round(wait) for wait in clock.waits] == [5, 5, 5]


def test_a_dot_after_the_name_makes_no_other_host() -> None:
    clock = SkippedClock()
    lanes = Lanes(per_host=2, clock=clock, over=threading.Event())
    for host in ("a.org", "a.org."):
        with lanes.turn(host, delay=5):
            pass
    assert [round(wait, 1) for wait in clock.waits] == [5.0]
