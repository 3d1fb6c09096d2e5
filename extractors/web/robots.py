"""What a site's robots.txt allows us (RFC 9309)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from protego import Protego

from extractors.web.clock import Clock
from schemas.errors import FetchFailed, FetchRefused

__all__ = ["MAX_BYTES", "Robots"]

MAX_BYTES = 512 * 1024  # what lies beyond is not read; the RFC asks for 500 KiB at least
_GOOD_FOR_S = 24 * 3600.0
_FAILED_FOR_S = 60.0
_AGENT_LINE = re.compile(r"\s*user(?:-|\s*)agent\s*(?::|\s)(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")  # RFC 9309's product token; a version may follow
_OTHERS = "another-agent"


class Robots:
    """The rules of each site, read once a day. Threads may share one.

    *agent*: our product token. *fetch*: an origin ("https://ex.org") to the text of its
    robots.txt; `None` where it has none. It raises FetchFailed: an unreachable robots.txt
    forbids everything until it can be read.
    """

    def __init__(self, agent: str, fetch: Callable[[str], str | None], *, clock: Clock) -> None:
        self._agent = agent
        self._fetch = fetch
        self._clock = clock
        self._sites: dict[str, _Site] = {}
        self._lock = threading.Lock()

    def check(self, origin: str, url: str) -> float:
        """The seconds that the site wants between requests, 0 where it does not say.

        Raises:
            FetchRefused: it does not want *url* read.
            FetchFailed: its rules could not be read.
        """
        site = self._site(origin)
        with site.lock:
            if site.until <= self._clock.now():
                self._learn(site, origin)
        if site.failure is not None:
            raise _copy(site.failure)
        if site.rules is None:
            return 0.0
        if not site.rules.can_fetch(url, self._agent):
            hint = "ignore robots.txt only where its owner allows it"
            raise FetchRefused("the site's robots.txt asks not to read this page", hint=hint)
        rate = site.rules.request_rate(self._agent)
        spacing = rate.seconds / rate.requests if rate else 0.0
        return max(site.rules.crawl_delay(self._agent) or 0.0, spacing)

    def _site(self, origin: str) -> _Site:
        with self._lock:
            return self._sites.setdefault(origin, _Site())

    def _learn(self, site: _Site, origin: str) -> None:
        site.rules = site.failure = None
        good_for = _GOOD_FOR_S
        try:
            if (text := self._fetch(origin)) is not None:
                site.rules = Protego.parse(_for_us(text, self._agent))
        except FetchFailed as error:
            site.failure = error
            good_for = _FAILED_FOR_S
        site.until = self._clock.now() + good_for


@dataclass(slots=True, eq=False)
class _Site:
    lock: threading.Lock = field(default_factory=threading.Lock)
    until: float = float("-inf")  # on the clock
    rules: Protego | None = None
    failure: FetchFailed | None = None


def _for_us(text: str, agent: str) -> str:
    """*text* with one name for all agents but ours and `*`.

    Protego takes the start of our name for our name, ours with a version for another, and the
    time of agents times rules, which a hostile file makes hours of.
    """
    return "\n".join(_renamed(line, agent) for line in text.splitlines())


def _renamed(line: str, agent: str) -> str:
    found = _AGENT_LINE.match(line)
    if found is None:
        return line
    named = found[1].partition("#")[0].strip()
    token = _TOKEN.match(named)
    ours = token is not None and token[0].lower() == agent
    everyone = bool(named) and not named.strip("*")
    return f"User-agent: {agent if ours else '*' if everyone else _OTHERS}"


def _copy(failure: FetchFailed) -> FetchFailed:
    """A new error that says the same: one that several threads raise would grow their traces."""
    fresh = FetchFailed(f"its robots.txt could not be read: {failure}", hint=failure.hint)
    fresh.retryable = failure.retryable
    return fresh
