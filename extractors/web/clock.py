"""Time that can be waited for, cut short, and in tests skipped."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

__all__ = ["Clock", "SkippedClock"]


class Clock:
    """The system's clock. Threads may share one."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def date(self) -> datetime:
        """The date and time in UTC."""
        return datetime.now(UTC)

    def wait(self, seconds: float, *, unless: threading.Event) -> None:
        """Return after *seconds*, or as soon as *unless* is set."""
        if seconds > 0:
            unless.wait(seconds)


class SkippedClock(Clock):
    """For tests: a wait takes no time, and the clock then says that it did.

    `waits`: the seconds of each wait that was asked for, in order.
    """

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return super().now() + self._skipped

    def wait(self, seconds: float, *, unless: threading.Event) -> None:
        if seconds > 0:
            with self._lock:
                self.waits.append(seconds)
                self._skipped += seconds
