"""Pages and their parts from the web: limits, redirects, second tries, manners, the cache."""

from __future__ import annotations

import importlib.metadata
import sqlite3
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TypeVar

import httpx

from extractors.sources import Limits
from extractors.web.addresses import allowed_url
from extractors.web.bodies import no_page, packing, unpacked
from extractors.web.clock import Clock
from extractors.web.http_cache import cached
from extractors.web.manners import Lanes, Manners, pause, retry_after
from extractors.web.robots import MAX_BYTES, Robots
from extractors.web.transport import CheckedTransport, within
from schemas.errors import FetchFailed, FetchRefused, NotAPage

__all__ = ["AGENT", "Answer", "Web", "user_agent"]

AGENT = "fieldwise"  # the name that a robots.txt can forbid or allow

_RETRYABLE_STATUSES = frozenset({408, 425, 429})

T = TypeVar("T")
_Take = Callable[[httpx.Response, "_Budget"], T]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `url`: after redirects. `headers`: names in lower case.

    `content_type`: the header as received; `None` where there was none.
    """

    url: str
    body: bytes
    status: int
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")


class Web:
    """Asks the web. A context manager of open connections; threads may share one.

    *transport*: what carries HTTP requests, as in httpx. `None`: real connections, made only to
    addresses that were looked up and checked, so that a name cannot change in between.
    *cache*: the folder of pages fetched before; `None`: nothing is kept.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        manners: Manners,
        transport: httpx.BaseTransport | None = None,
        cache: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._limits = limits
        self._manners = manners
        self._clock = clock or Clock()
        self.over = threading.Event()
        self._lanes = Lanes(per_host=manners.per_host, clock=self._clock, over=self.over)
        self._robots = Robots(AGENT, self._robots_text, clock=self._clock)
        self._wire = transport or CheckedTransport(allow_private=limits.allow_private)
        self._client = _client_over(self._remembering(cache) if cache is not None else self._wire)

    def _remembering(self, cache: Path) -> httpx.BaseTransport:
        limits = self._limits
        return cached(
            self._wire, cache, max_bytes=limits.max_bytes, allow_private=limits.allow_private
        )

    def close(self) -> None:
        """End every wait and every exchange, those of other threads too."""
        self.interrupt()
        self._client.close()

    def interrupt(self) -> None:
        """Make whatever is under way fail soon, and all that comes after."""
        self.over.set()
        if isinstance(self._wire, CheckedTransport):
            self._wire.interrupt()

    def page(self, address: str) -> Answer:
        """The web page at *address*, by GET.

        The time limit holds for its redirects and second tries together, not for queueing; a
        robots.txt that has to be read first has as much again.

        Raises:
            FetchRefused: its address, size, redirects or robots.txt do not allow it.
            FetchFailed: the network or the server failed; see its `retryable`.
            NotAPage: the server says that it is something else.
        """
        request = self._request("GET", address)
        return self._follow(request, self._page, robots=self._manners.obey_robots)

    def part(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        document: bool = False,
    ) -> Answer:
        """What *address* answers to a page that is being drawn: any kind, any status.

        The same addresses, limits and redirects are allowed as for a page. `document`: it is a
        page itself, so that robots.txt holds too. Raises as `page` does.
        """
        request = self._request(method, address, headers=headers, content=content)
        return self._follow(request, self._any, robots=document and self._manners.obey_robots)

    def _request(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Request:
        with _refused_where_no_address():
            return self._client.build_request(method, address, headers=headers, content=content)

    def _follow(self, request: httpx.Request, take: _Take[T], *, robots: bool) -> T:
        """What *take* makes of the answer after the last redirect."""
        budget = _Budget(self._clock, self._limits.timeout_s)
        for _ in range(self._limits.max_redirects + 1):
            with _refused_where_no_address():
                request.url = allowed_url(request.url, allow_private=self._limits.allow_private)
                delay = self._asked_delay(request.url, budget) if robots else 0.0
                outcome = self._patiently(request, budget, take, delay)
            if not isinstance(outcome, httpx.Request):
                return outcome
            request = outcome
        raise FetchRefused(f"more than {self._limits.max_redirects} redirects")

    def _asked_delay(self, url: httpx.URL, budget: _Budget) -> float:
        origin = str(url.copy_with(raw_path=b"/")).rstrip("/")
        started = self._clock.now()
        delay = self._robots.check(origin, str(url))
        budget.extend(self._clock.now() - started)  # the rules have a time limit of their own
        return min(delay, self._manners.max_crawl_delay_s)

    def _robots_text(self, origin: str) -> str | None:
        """See `Robots`. A site whose robots.txt is refused or missing has none."""
        try:
            request = self._request("GET", f"{origin}/robots.txt")
            return self._follow(request, self._rules, robots=False)
        except FetchRefused:
            return None

    def _patiently(
        self, request: httpx.Request, budget: _Budget, take: _Take[T], delay: float
    ) -> T | httpx.Request:
        """One exchange, made again where that may help and time is left."""
        host = request.url.host
        delay = max(delay, self._manners.host_delay_s)
        for attempt in range(1, self._manners.attempts + 1):
            try:
                with self._lanes.turn(host, delay=delay) as waited:
                    budget.extend(waited)  # queueing is our choice, not the server's slowness
                    return self._exchange(request, budget, take)
            except FetchFailed as failure:
                self._lanes.hold(host, failure.retry_after_s or 0.0)
                wait = pause(attempt, failure.retry_after_s)
                last = attempt == self._manners.attempts or request.method == "POST"
                if last or not failure.retryable or self.over.is_set() or wait >= budget.left:
                    raise
            self._lanes.hold(host, wait)
            self._clock.wait(wait, unless=self.over)
        raise AssertionError("the last attempt returns or raises")

    def _exchange(
        self, request: httpx.Request, budget: _Budget, take: _Take[T]
    ) -> T | httpx.Request:
        """What *take* makes of the answer, or the request that it redirects to."""
        left = budget.left
        if left <= 0 or self.over.is_set():
            raise self._timed_out()
        # A lost packet is worth a second connection; a server that thinks long is not.
        timeout = httpx.Timeout(left, connect=max(left / 3, 1.0))
        request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
        try:
            with within(left):
                response = self._sent(request)
                try:
                    return response.next_request or take(response, budget)
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise self._timed_out() from error
        except httpx.UnsupportedProtocol:
            raise
        except httpx.HTTPError as error:
            raise _broken_off(error) from error
        except (sqlite3.Error, RuntimeError) as error:  # the cache was cleared while it was read
            raise FetchFailed(f"the connection failed: {error}") from error

    def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request, stream=True)
        except ValueError as error:  # httpx leaves some of a Location's addresses to urllib
            raise FetchFailed(f"it redirects to what is no address: {error}") from error

    def _page(self, response: httpx.Response, budget: _Budget) -> Answer:
        if not response.is_success:
            raise self._bad_status(response)
        if (kind := no_page(response.headers.get("content-type", ""))) is not None:
            raise NotAPage(f"the server says it is {kind}, not a web page")
        return self._any(response, budget)

    def _any(self, response: httpx.Response, budget: _Budget) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = self._body(response, budget)
        return Answer(str(response.url), body, response.status_code, headers)

    def _bad_status(self, response: httpx.Response) -> FetchFailed:
        status = response.status_code
        retryable = status >= 500 or status in _RETRYABLE_STATUSES
        asked = retry_after(response.headers.get("retry-after"), now=self._clock.date())
        hint = None if retryable else "check the address"
        if retryable and asked:
            hint = f"the server asks to wait {asked:.0f} seconds"
        failure = FetchFailed(f"HTTP {status} {response.reason_phrase}".strip(), hint=hint)
        failure.retryable = retryable
        failure.retry_after_s = asked if retryable else None
        return failure

    def _body(self, response: httpx.Response, budget: _Budget) -> bytes:
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._limits.max_bytes:
            raise self._too_large()
        body = bytearray()
        for piece in self._pieces(response, budget):
            body += piece
            if len(body) > self._limits.max_bytes:
                raise self._too_large()
        return bytes(body)

    def _pieces(self, response: httpx.Response, budget: _Budget) -> Iterator[bytes]:
        """The body, unpacked, until the time is over."""
        said = response.headers.get("content-encoding", "")
        if (how := packing(said)) is None:
            raise FetchRefused(f"packed as {said.strip().lower()}, which was not asked for")
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise TypeError("an answer of an asynchronous client")
        try:
            # Not by httpx: it unpacks without a limit, and takes half a body for a whole one.
            for piece in unpacked(response.stream, how):
                yield piece
                if budget.left <= 0 or self.over.is_set():
                    raise self._timed_out()
        except (zlib.error, EOFError) as error:
            failure = FetchFailed(f"its {how} data is damaged: {error}")
            failure.retryable = isinstance(error, EOFError)  # the rest may come next time
            raise failure from error

    def _rules(self, response: httpx.Response, budget: _Budget) -> str | None:
        """The text of a robots.txt; `None` where the site has none."""
        status = response.status_code
        if status >= 500 or status == 429:
            raise self._bad_status(response)
        if not response.is_success:
            return None
        text = bytearray()
        try:
            for piece in self._pieces(response, budget):
                text += piece
                if len(text) >= MAX_BYTES:
                    break
        except FetchRefused as error:  # rules that are there, and that we cannot read
            raise FetchFailed(str(error)) from error
        return bytes(text[:MAX_BYTES]).decode("utf-8-sig", errors="replace")

    def _too_large(self) -> FetchRefused:
        return FetchRefused(f"larger than {self._limits.max_bytes:,} bytes")

    def _timed_out(self) -> FetchFailed:
        return FetchFailed(f"no full answer within {self._limits.timeout_s:g} seconds")


class _Budget:
    """The seconds that one page may still take."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now() + seconds

    @property
    def left(self) -> float:
        return self._end - self._clock.now()

    def extend(self, seconds: float) -> None:
        self._end += seconds


def _client_over(transport: httpx.BaseTransport) -> httpx.Client:
    return httpx.Client(
        transport=transport,
        # A proxy would look names up itself, past the address check.
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={
            "User-Agent": user_agent(),
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.1",
            "Accept-Encoding": "gzip, deflate",
        },
    )


@contextmanager
def _refused_where_no_address() -> Iterator[None]:
    try:
        yield
    # UnicodeError: a host that only looks like an international name.
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise FetchRefused(f"not a web address: {error}") from error


def _broken_off(error: httpx.HTTPError) -> FetchFailed:
    failure = FetchFailed(f"the connection failed: {error}")
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        failure.retryable = False
        failure.hint = "the server cannot prove who it is; check the address"
    return failure


def user_agent() -> str:
    """Who we say we are: product, version, and what we do."""
    return f"{AGENT}/{_version()} (reads pages into tables)"


def _version() -> str:
    try:
        return importlib.metadata.version("fieldwise")
    except importlib.metadata.PackageNotFoundError:  # a bare checkout, not set up
        return "0"
