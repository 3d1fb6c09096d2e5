"""An engine at work for a command: its progress is drawn, and Ctrl-C stops it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.commands.console import Watcher
from orchestration.commands.shared import stop_on_ctrl_c
from orchestration.events import Event, JobEnded
from orchestration.settings import Settings
from schemas.record import PageStatus

if TYPE_CHECKING:
    from orchestration.engine import Engine

__all__ = ["Running", "running"]


@dataclass(frozen=True, slots=True)
class Running:
    """`stop`: whether Ctrl-C was pressed."""

    engine: Engine
    watcher: Watcher
    stop: Callable[[], bool]

    def follow(self, events: Iterable[Event]) -> tuple[JobEnded, Counter[PageStatus]]:
        """Draw a job to its end; returns how it ended and how its pages did.

        What is printed afterwards stands below the drawing.
        """
        ended, counts = self.watcher.follow(events)
        self.watcher.close()
        return ended, counts


@contextmanager
def running(*, quiet: bool, settings: Settings | None = None) -> Iterator[Running]:
    """Yields an open engine. *settings*: `None`: the environment's."""
    from orchestration.engine import Engine  # `--help` need not load it

    watcher = Watcher(quiet=quiet)
    with watcher, Engine(settings, progress=watcher.progress) as engine, stop_on_ctrl_c() as stop:
        yield Running(engine, watcher, stop)
