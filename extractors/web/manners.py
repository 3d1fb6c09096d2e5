"""How we treat other people's servers: how many requests, how far apart, how often again."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from extractors.web.clock import Clock
from schemas.errors import FetchFailed

__all__ = ["Lanes", "Manners", "pause", "retry_after"]

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
LONGEST_HOLD_S = 60.0  # that a page is kept waiting since its host asked to be left alone
_POLL_S = 0.1  # how soon a thread that queues for a host sees that all is over


@dataclass(frozen=True, slots=True)
class Manners:
    """How servers are asked. Times are seconds.

    `attempts`: how often one request is made in all, where trying again may help.
    `per_host`: requests to one host at a time. `host_delay_s`: from one start to the next there;
    `max_crawl_delay_s`: what a site's robots.txt can raise that to.
    `ahead`: how many pages are read before they are asked for; as many threads, and at most as
        many pages in memory.
    `obey_robots`: read robots.txt and keep to it.
    """

    attempts: int = 3
    per_host: int = 2
    host_delay_s: float = 0.25
    max_crawl_delay_s: float = 10.0
    ahead: int = 8
    obey_robots: bool = True


class Lanes:
    """One queue a host. Threads may share one; *over*, once set, ends every wait."""

    def __init__(self, *, per_host: int, clock: Clock, over: threading.Event) -> None:
        self._per_host = per_host
        self._clock = clock
        self._over = over
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, host: str, *, delay: float) -> Iterator[float]:
        """Wait for a turn at *host*, and hold it; yields the seconds waited.

        `delay`: how long after this one's start the next may start.

        Raises:
            FetchFailed: the host asked to be left alone for longer than `LONGEST_HOLD_S`.
        """
        asked = self._clock.now()
        lane = self._lane(host)
        while not (held := lane.places.acquire(timeout=_POLL_S)) and not self._over.is_set():
            pass
        try:
            with lane.lock:
                start = max(self._clock.now(), lane.free_at)
                if lane.held_until - self._clock.now() > LONGEST_HOLD_S:
                    raise _left_alone(host, lane.held_until - self._clock.now())
                lane.free_at = start + delay
            self._clock.wait(start - self._clock.now(), unless=self._over)
            yield self._clock.now() - asked
        finally:
            if held:
                lane.places.release()

    def hold(self, host: str, seconds: float) -> None:
        """Nobody starts at *host* for so long: it asked for a pause."""
        lane = self._lane(host)
        with lane.lock:
            lane.held_until = max(lane.held_until, self._clock.now() + seconds)
            lane.free_at = max(lane.free_at, lane.held_until)

    def _lane(self, host: str) -> _Lane:
        host = host.rstrip(".")
        with self._lock:
            if host not in self._lanes:
                self._lanes[host] = _Lane(self._per_host)
            return self._lanes[host]


class _Lane:
    def __init__(self, places: int) -> None:
        self.places = threading.Semaphore(places)
        self.lock = threading.Lock()
        self.free_at = self.held_until = 0.0  # on the clock


def _left_alone(host: str, seconds: float) -> FetchFailed:
    failure = FetchFailed(f"{host} asked to be left alone for another {seconds:,.0f} seconds")
    failure.retry_after_s = seconds
    return failure


def pause(attempt: int, asked: float | None) -> float:
    """Seconds to wait after try number *attempt*, from 1, failed.

    Doubles each time, with a random part so that many clients do not return together; never less
    than *asked*, which is what the server wants. `None`: it does not say.
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * float(2 ** (attempt - 1)))
    return max(random.uniform(longest / 2, longest), asked or 0.0)


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for; `None` where it says nothing readable.

    >>> retry_after("120", now=datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after("Thu, 01 Jan 2026 00:00:09 GMT", now=datetime(2026, 1, 1, tzinfo=UTC))
    9.0
    """
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:10])
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    seconds: float = (date - now).total_seconds()
    return max(0.0, seconds)
