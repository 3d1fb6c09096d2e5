"""What robots.txt allows, and what happens where it cannot be read."""

from __future__ import annotations

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
        if request.url.path == "/robots.txt":
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
