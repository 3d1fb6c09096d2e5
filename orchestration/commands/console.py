"""What a person at a terminal sees of a running job; nothing at all when nobody is looking."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich import box
from rich.cells import cell_len
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
from rich.table import Table

from orchestration.events import Event, JobEnded, JobStarted, LayoutPlanned, PageDone
from schemas.errors import FieldwiseError
from schemas.record import PageResult, PageStatus

if TYPE_CHECKING:
    from extractors.model.weights import Progress as ModelProgress
    from orchestration.evaluation.evaluate import Report
    from orchestration.evaluation.scoring import Score

__all__ = ["Watcher", "print_jobs", "print_pairs", "print_report", "say"]

_STAGES = {"download": "Fetching", "verify": "Checking", "compile": "Compiling"}

_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line on standard error. Control characters in it cannot reach the terminal."""
    _errors.print(escape(_printable(text)))


def named_when_broken(events: Iterable[Event]) -> Iterator[Event]:
    """*events*; an error that breaks them off says how to go on with their job."""
    job: str | None = None
    try:
        for event in events:
            if isinstance(event, JobStarted):
                job = event.job.name
            yield event
    except FieldwiseError as error:
        if job is not None:
            go_on = f"`fieldwise jobs resume {shlex.quote(job)}` then goes on with it"
            error.hint = f"{error.hint}; {go_on}" if error.hint else go_on
        raise


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
        for event in named_when_broken(events):
            match event:
                case JobStarted(total=total, done=done):
                    self._draw("Pages", done, total, "pages")
                case PageDone(result=result):
                    counts[result.status] += 1
                    done += 1
                    self._draw("Pages", done, total, "pages")
                    self._name_failure(result)
                case LayoutPlanned(source=source, plan=plan) if not self._quiet:
                    say(f"{source}: {plan.origin.explain()}")
                case JobEnded(cost=cost):
                    if cost.spent and not self._quiet:
                        say(cost.explain())
                    return event, counts
        raise RuntimeError("a job's events always end with JobEnded")

    def _draw(self, what: str, done: int, total: int | None, unit: str) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, unit=unit)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def _name_failure(self, result: PageResult) -> None:
        if self._quiet:
            return
        if result.status in (PageStatus.FAILED, PageStatus.PARTIAL, PageStatus.BAD):
            say(f"{result.source}: {result.status}: {result.reason}")
        elif result.seen is not None and len(result.records) < result.seen:
            say(f"{result.source}: {len(result.records):,} of {result.seen:,} records")


def print_jobs(jobs: Iterable[Mapping[str, Any]]) -> None:
    """Print a line a job, on standard output. No name is cut: other commands take it."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _ENDLESS  # for other programs, a line is a line
    table = _table("no.", "name", "created (UTC)", "state", "pages", "schema")
    for job in jobs:
        day = str(job["created"])[:16].replace("T", " ")
        pages = _pages(job["pages"])
        cells = (str(job["number"]), job["name"], day, job["state"], pages, job["schema"])
        table.add_row(*(escape(_printable(cell)) for cell in cells))
    name = table.columns[1]
    longest = max((cell_len(str(cell)) for cell in name.cells), default=0)
    name.min_width = min(longest, console.width // 2)
    console.print(table)


_ENDLESS = 100_000  # columns


def print_pairs(pairs: Mapping[str, Any]) -> None:
    """Print what *pairs* name, a line each; more lines of one are set in."""
    for name, value in pairs.items():
        text = _pages(value) if isinstance(value, Mapping) else str(value)
        first, *rest = text.split("\n")
        print(f"{name + ':':<12}{_printable(first)}")
        for line in rest:
            print(f"{'':<12}{_printable(line)}")


def _pages(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {status}" for status, count in counts.items()) or "none"


def _printable(text: str) -> str:
    """*text* without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def print_report(report: Report, *, groups: bool = True) -> None:
    """Print how well a run did, as tables on standard output."""
    out = Console(highlight=False)
    score, (low, high) = report.score, report.interval
    out.print(
        f"{score.pages} pages, {score.page_success:.1%} of them all right; micro-F1 "
        f"{score.micro.f1:.3f} (95 %: {low:.3f} to {high:.3f}), macro-F1 {score.macro_f1:.3f}"
    )
    if score.record_recall is not None:
        out.print(
            f"records: {score.given_records} of {score.gold_records} given, "
            f"{score.record_recall:.1%} found by their first field"
        )
    if score.ungrounded:
        out.print(f"{score.ungrounded} of {score.values} values cite no place on the page")
    if report.seconds is not None:
        out.print(f"{report.seconds:.2f} s and {report.tokens or 0:,.0f} tokens a page")
    for name in report.unanswered[:_NAMED]:
        out.print(escape(f"no result for {name}: counted as saying nothing"))
    if len(report.unanswered) > _NAMED:
        out.print(f"... nor for {len(report.unanswered) - _NAMED} more")
    for note in report.notes:
        out.print(escape(note))
    out.print(_fields_table(score))
    if groups and len(report.groups) > 1:
        out.print(_groups_table(report))


_NAMED = 5  # pages without a result that are named


def _fields_table(score: Score) -> Table:
    table = _table("field", "precision", "recall", "F1", "right", "wrong", "missed", "asked")
    rows = {name: counts for name, counts in score.fields.items() if counts.asked}
    for name, counts in {**rows, "together": score.micro}.items():
        shares = (counts.precision, counts.recall, counts.f1)
        whole = (counts.right, counts.wrong, counts.missed, counts.asked)
        table.add_row(escape(name), *(f"{share:.3f}" for share in shares), *map(str, whole))
    return table


def _groups_table(report: Report) -> Table:
    table = _table("template or site", "pages", "all right", "micro-F1")
    for name, group in sorted(report.groups.items(), key=lambda entry: -entry[1].pages):
        table.add_row(
            escape(name), str(group.pages), f"{group.page_success:.0%}", f"{group.micro.f1:.3f}"
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table
