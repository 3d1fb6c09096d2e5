"""What robots.txt allows, and what happens where it cannot be read."""

from __future__ import annotations

import time

import httpx
import pytest

from extractors.pages import Limits, Manners, Reader, Source
from extractors.web.clock import SkippedClock
from schemas.errors import FetchFailed, FetchRefused
from tests.extractors.site import PAGE

RULES = "User-agent: *\nDisallow: /private\nCrawl-delay: 7\n\nUser-agent: other\nDisallow: /\n"


class Site:
    """A site with the robots.txt *answer*, one for each time it is asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.clock = SkippedClock()

    def reader(self, **manners: bool | int) -> Reader:
        return Reader(
            limits=Limits(),
            manners=Manners(**manners),  # type: ignore[arg-type]
            transport=httpx.MockTransport(self._answer),
            clock=self.clock,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if request.url.path in ("/robots.txt", "/rules"):
            return self.answers.pop(0)
        if request.url.path == "/moved":
            return httpx.Response(302, headers={"Location": "/private/page"})
        return httpx.Response(200, content=PAGE)


def rules(text: str = RULES) -> httpx.Response:
    return httpx.Response(200, text=text)


def page(reader: Reader, path: str) -> bytes:
    url = f"https://ex.org{path}"
    return reader.read(Source(url, url=url)).body


def test_a_forbidden_page_is_refused_unasked_with_what_to_do() -> None:
    site = Site(rules())
    with site.reader() as reader, pytest.raises(FetchRefused, match=r"robots\.txt") as caught:
        page(reader, "/private/a")

    assert site.asked == ["https://ex.org/robots.txt"]
    assert "ignore robots.txt" in caught.value.hint


def test_rules_hold_for_a_page_that_is_drawn_and_not_for_its_parts() -> None:
    site = Site(rules())
    with site.reader() as reader:
        web = reader.web
        assert web.part("GET", "https://ex.org/private/logo", headers={}).body == PAGE
        with pytest.raises(FetchRefused, match=r"robots\.txt"):
            web.part("GET", "https://ex.org/private/a", headers={}, document=True)


def test_a_redirect_to_a_forbidden_page_is_refused() -> None:
    site = Site(rules())
    with site.reader() as reader, pytest.raises(FetchRefused, match=r"robots\.txt"):
        page(reader, "/moved")
    assert site.asked[-1] == "https://ex.org/moved"


def test_rules_are_read_once_a_host_and_again_a_day_later() -> None:
    site = Site(rules(), rules("User-agent: fieldwise\nDisallow: /"))
    with site.reader() as reader:
        page(reader, "/a")
        page(reader, "/b")
        assert sum("robots" in url for url in site.asked) == 1
        site.clock.wait(25 * 3600, unless=reader.web.over)
        with pytest.raises(FetchRefused):
            page(reader, "/a")


def test_rules_that_name_us_go_before_those_for_all() -> None:
    site = Site(rules("User-agent: *\nDisallow: /\n\nUser-agent: Fieldwise\nAllow: /"))
    with site.reader() as reader:
        assert page(reader, "/a") == PAGE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_site_without_robots_allows_everything(status: int) -> None:
    with Site(httpx.Response(status)).reader() as reader:
        assert page(reader, "/private") == PAGE


@pytest.mark.parametrize("status", [429, 500, 503])
def test_rules_that_cannot_be_read_forbid_for_now(status: int) -> None:
    site = Site(*[httpx.Response(status)] * 3, rules())
    with site.reader() as reader:
        for _ in range(2):  # the second page does not ask again
            with pytest.raises(FetchFailed, match=r"robots\.txt could not be read") as caught:
                page(reader, "/a")
            assert caught.value.retryable
        site.clock.wait(100, unless=reader.web.over)
        assert page(reader, "/a") == PAGE


def test_a_delay_that_the_site_asks_for_is_kept_up_to_a_cap() -> None:
    for asked, kept in ((7, 7), (3600, 10)):
        site = Site(rules(f"User-agent: *\nCrawl-delay: {asked}"))
        with site.reader() as reader:
            page(reader, "/a")
            page(reader, "/b")
        assert max(site.clock.waits) == pytest.approx(kept, abs=0.2)


def test_robots_can_be_ignored() -> None:
    site = Site()
    with site.reader(obey_robots=False) as reader:
        assert page(reader, "/private") == PAGE


def test_a_huge_robots_file_is_read_in_part() -> None:
    text = "User-agent: *\nDisallow: /a\n" + "# filler\n" * 200_000 + "Disallow: /b\n"
    with Site(rules(text)).reader() as reader:
        with pytest.raises(FetchRefused):
            page(reader, "/a")
        assert page(reader, "/b") == PAGE


def moved(to: str) -> httpx.Response:
    return httpx.Response(301, headers={"Location": to})


@pytest.mark.parametrize("to", ["/rules", "https://www.ex.org/robots.txt"])
def test_rules_that_moved_are_followed(to: str) -> None:
    site = Site(moved(to), rules())
    with site.reader() as reader, pytest.raises(FetchRefused, match=r"robots\.txt"):
        page(reader, "/private/a")
    assert len(site.asked) == 2


@pytest.mark.parametrize("to", ["/robots.txt", "http://127.0.0.1/robots.txt", "file:///x"])
def test_rules_that_lead_nowhere_are_none(to: str) -> None:
    with Site(*[moved(to)] * 6).reader() as reader:
        assert page(reader, "/private") == PAGE


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        *(("fieldwise", True), ("FieldWise", True), ("fieldwise/2.1", True), ("fieldwise*", True)),
        *(("*", True), ("field", False), ("f", False), ("fieldwiser", False), ("wise", False)),
    ],
)
def test_rules_are_ours_by_our_whole_name(name: str, is_ours: bool) -> None:
    with Site(rules(f"User-agent: {name}\nDisallow: /")).reader() as reader:
        if is_ours:
            with pytest.raises(FetchRefused):
                page(reader, "/a")
        else:
            assert page(reader, "/a") == PAGE


def test_a_longer_name_that_allows_all_allows_us_nothing() -> None:
    text = "User-agent: f\nAllow: /\n\nUser-agent: *\nDisallow: /"
    with Site(rules(text)).reader() as reader, pytest.raises(FetchRefused):
        page(reader, "/a")


def test_several_agents_share_the_rules_below_them() -> None:
    text = "user-agent : a\nUSER-AGENT:fieldwise # us\nDisallow: /x\n\nUser-agent: b\nDisallow: /"
    with Site(rules(text)).reader() as reader:
        assert page(reader, "/a") == PAGE
        with pytest.raises(FetchRefused):
            page(reader, "/x")


def test_rules_made_to_take_hours_take_no_time() -> None:
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    started = time.monotonic()
    with Site(rules(agents + "Disallow: /\n" * 15_000)).reader() as reader:
        assert page(reader, "/a") == PAGE
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("delay", ["nan", "inf", "-5", "1e999", "soon"])
def test_a_delay_that_is_no_number_is_none(delay: str) -> None:
    site = Site(rules(f"User-agent: *\nCrawl-delay: {delay}"))
    with site.reader() as reader:
        page(reader, "/a")
        page(reader, "/b")
    assert max(site.clock.waits, default=0) <= 0.3


def test_a_rate_is_a_delay() -> None:
    site = Site(rules("User-agent: *\nRequest-rate: 1/6"))
    with site.reader() as reader:
        page(reader, "/a")
        page(reader, "/b")
    assert max(site.clock.waits) == pytest.approx(6, abs=0.2)


def test_rules_that_we_cannot_unpack_are_not_taken_for_none() -> None:
    packed = httpx.Response(
        200, headers={"Content-Encoding": "br"}, stream=httpx.ByteStream(b"\x0b\x02\x80")
    )
    with Site(*[packed] * 3).reader() as reader:
        with pytest.raises(FetchFailed, match=r"robots\.txt could not be read"):
            page(reader, "/a")


def test_slow_rules_leave_the_page_its_time() -> None:
    site = Site(rules())

    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            site.clock.wait(0.9 * Limits().timeout_s, unless=reader.web.over)
        else:
            site.clock.wait(0.5 * Limits().timeout_s, unless=reader.web.over)
        return site._answer(request)

    with Reader(transport=httpx.MockTransport(slow), clock=site.clock) as reader:
        assert page(reader, "/a") == PAGE


def test_a_page_of_any_kind_in_the_place_of_rules_forbids_nothing() -> None:
    for text in ("<html><body>Disallow: /", "\0\ufffd" * 99, "Disallow: /"):
        with Site(rules(text)).reader() as reader:
            assert page(reader, "/a") == PAGE
