"""What a person at a terminal sees of a running job; nothing at all when nobody is looking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from extractors.weights import Progress as ModelProgress
from orchestration.events import Event, JobEnded, JobStarted, PageDone
from schemas.record import PageResult, PageStatus

__all__ = ["Watcher", "say"]

_STAGES = {"download": "Fetching", "verify": "Checking", "compile": "Compiling"}

_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line on standard error. Control characters in it cannot reach the terminal."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    _errors.print(escape(shown))


class Watcher:
    """Draws progress on standard error: a bar for the pages, one for each model being readied.

    Bars appear only on a terminal, and never when *quiet*. Pages that failed are named in any
    case unless *quiet*. Use as a context manager; `close` ends the drawing early.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(),
            console=_errors,
            disable=quiet or not _errors.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the drawing; what is printed afterwards stands below it."""
        self._bars.stop()

    def progress(self, progress: ModelProgress) -> None:
        """Draw how far a model's download, check or compilation is."""
        bytes_ = progress.stage != "compile"
        scale = 2**20 if bytes_ else 1
        what = f"{_STAGES[progress.stage]} {progress.model}"
        total = None if progress.total_bytes is None else progress.total_bytes // scale
        self._draw(what, progress.done_bytes // scale, total, "MiB" if bytes_ else "layers")

    def follow(self, events: Iterable[Event]) -> tuple[JobEnded, Counter[PageStatus]]:
        """Draw a job to its end; returns how it ended and how its pages did."""
        counts: Counter[PageStatus] = Counter()
        total = done = 0
        for event in events:
            match event:
                case JobStarted(total=total, done=done):
                    self._draw("Pages", done, total, "pages")
                case PageDone(result=result):
                    counts[result.status] += 1
                    done += 1
                    self._draw("Pages", done, total, "pages")
                    self._name_failure(result)
                case JobEnded():
                    return event, counts
        raise RuntimeError("a job's events always end with JobEnded")

    def _draw(self, what: str, done: int, total: int | None, unit: str) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, unit=unit)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def _name_failure(self, result: PageResult) -> None:
        if not self._quiet and result.status in (PageStatus.FAILED, PageStatus.BAD):
            say(f"{result.source}: {result.status}: {result.reason}")
