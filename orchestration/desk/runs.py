"""Jobs that run behind the app: they go on when the visitor leaves, and any tab can look.

One job runs at a time, since all share one model; the others wait in line.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchestration.desk.readiness import Readiness, Stage
from orchestration.desk.sheet import Sheet
from orchestration.engine import Engine
from orchestration.events import Event, JobEnded, JobStarted, PageDone
from orchestration.orders import Orders
from orchestration.storage.store import Job
from schemas.errors import FieldwiseError
from schemas.plan import Plan
from schemas.record import PageResult, PageStatus, Tier
from schemas.schema import Schema

__all__ = ["MOST_OF_ONE", "MOST_WAITING", "Asked", "Run", "RunState", "Runs"]

MOST_WAITING = 8  # jobs in line, of all users
MOST_OF_ONE = 3  # jobs of one user that wait or run


class RunState(StrEnum):
    WAITING = "waiting"
    LOADING = "loading"  # the model is not there yet
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run; the rest as in `Engine.run` and `Orders`. `plan`: how all pages are read, its
    schema being *schema*. `again`: the job whose pages are read once more, without a plan."""

    sources: Sequence[str]
    schema: Schema
    job: str | None = None
    tier: Tier | None = None
    max_tokens: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    again: Job | None = None
    plan: Plan | None = None

    @property
    def wanted(self) -> Schema | Plan:
        """As `Engine.run` takes it."""
        return self.plan or self.schema


@dataclass(slots=True)
class Run:
    """A job on its way; written by one thread, read by any. `owner`: the user, "" for anybody.

    `ended`: why it ended, in words, once it has. `trouble`: whether that is an error.
    `seconds`: since its first page was begun, until the end.
    """

    owner: str
    asked: Asked
    state: RunState = RunState.WAITING
    stage: Stage | None = None
    job: Job | None = None
    sheet: Sheet | None = None
    total: int = 0
    before: int = 0
    ended: str | None = None
    trouble: bool = False
    counts: Counter[PageStatus] = field(default_factory=Counter)
    tokens: Counter[Tier] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    _began: float | None = None
    _over: float | None = None
    version: int = 0

    @property
    def done(self) -> int:
        """Pages that have ended, those of an earlier run of the job too."""
        return self.before + self.counts.total()

    @property
    def seconds(self) -> float:
        if self._began is None:
            return 0.0
        return (self._over or time.monotonic()) - self._began

    @property
    def pages_a_minute(self) -> float | None:
        """Of this run; `None` before its first page."""
        return self.counts.total() * 60 / self.seconds if self.counts and self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; `None` where there is none yet."""
        pace = self.pages_a_minute
        return (self.total - self.done) * 60 / pace if pace else None

    @property
    def is_over(self) -> bool:
        return self.state is RunState.ENDED

    def end(self, reason: str, *, trouble: bool = False) -> None:
        self.ended, self.trouble, self._over = reason, trouble, time.monotonic()
        self.state = RunState.ENDED
        self.version += 1

    def take(self, event: Event) -> None:
        """Follow *event*."""
        match event:
            case JobStarted(job=job, total=total, done=done):
                self.job, self.total, self.before = job, total, done
                self.sheet = Sheet(job.schema)
                self._began = time.monotonic()
            case PageDone(position=position, result=result):
                self._add(position, result)
            case JobEnded(stopped=stopped):
                self.end(stopped or "done")
        self.version += 1

    def _add(self, position: int, result: PageResult) -> None:
        assert self.job is not None
        assert self.sheet is not None
        self.counts[result.status] += 1
        self.tokens.update({tier: cost.count for tier, cost in result.spent.items()})
        self.sheet.put(position, result)


class Runs:
    """The jobs of one engine's users, run one after the other by a thread. Close it in the end."""

    def __init__(self, engine: Engine, readiness: Readiness) -> None:
        self._engine = engine
        self._readiness = readiness
        self._line: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._all: list[Run] = []
        self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
        self._thread.start()

    def start(self, asked: Asked, *, owner: str = "") -> Run:
        """Put a job in line. Raises FieldwiseError when too many wait already."""
        with self._lock:
            waiting = [run for run in self._all if not run.is_over]
            if len(waiting) >= MOST_WAITING or _count(waiting, owner) >= MOST_OF_ONE:
                hint = "wait for one to end, or stop it"
                raise FieldwiseError("too many jobs are waiting already", hint=hint)
            run = Run(owner, asked)
            self._all = [*self._worth_keeping(), run]
        self._line.put(run)
        return run

    def latest(self, owner: str = "") -> Run | None:
        """The run of *owner* that is on its way, or else the one that was last."""
        mine = [run for run in self._all if run.owner == owner]
        return next((run for run in mine if not run.is_over), mine[-1] if mine else None)

    def of_job(self, job_id: int) -> Run | None:
        """The run that fills the job now."""
        runs = (run for run in self._all if run.job and run.job.id == job_id)
        return next((run for run in runs if not run.is_over), None)

    def sheet_of(self, job_id: int) -> Sheet | None:
        """The rows of a job whose pages all ended in a run that is still known."""
        runs = [run for run in self._all if run.job and run.job.id == job_id and not run.before]
        return runs[-1].sheet if runs else None

    def forget(self, job_id: int) -> None:
        """Keep nothing of a deleted job's rows."""
        for run in tuple(self._all):
            if run.job and run.job.id == job_id:
                run.job = run.sheet = None
                run.end("the job was deleted")

    def behind(self, run: Run) -> int:
        """How many other jobs of the same owner wait."""
        waiting = [other for other in self._all if other.state is RunState.WAITING]
        return _count([other for other in waiting if other is not run], run.owner)

    def ahead_of(self, run: Run) -> int:
        """How many jobs run or wait before *run*."""
        waiting = [other for other in self._all if not other.is_over]
        return waiting.index(run) if run in waiting else 0

    def close(self) -> None:
        """Stop what runs and what waits; returns when the thread has ended."""
        for run in tuple(self._all):
            run.stop.set()
        self._line.put(None)
        self._thread.join()

    def _worth_keeping(self) -> list[Run]:
        """In order: those that are on their way, the last of each user, and some more."""
        over = [run for run in self._all if run.is_over]
        last = {run.owner: run for run in self._all}
        kept = [*last.values(), *over[-MOST_WAITING:]]
        gone = {id(run) for run in over} - {id(run) for run in kept}
        return [run for run in self._all if id(run) not in gone]

    def _work(self) -> None:
        while (run := self._line.get()) is not None:
            try:
                self._follow(run)
            except FieldwiseError as error:
                run.end(error.explain(), trouble=True)
            except Exception as error:  # our own mistake: a thread's end would tell nobody
                logging.getLogger(__name__).exception("a job of the app ended")
                run.end(f"Fieldwise itself failed: {error!r} (the rows are kept)", trouble=True)

    def _follow(self, run: Run) -> None:
        run.state = RunState.LOADING
        if run.asked.tier is not Tier.MARKUP:
            for stage in self._readiness.wait(self._engine, stop=run.stop.is_set):
                run.stage = stage
                run.version += 1
        if run.stop.is_set():
            run.end("stopped before the first page")
            return
        run.state = RunState.RUNNING
        for event in self._events(run, run.asked):
            run.take(event)

    def _events(self, run: Run, asked: Asked) -> Iterator[Event]:
        orders = Orders(
            job=asked.job,
            tier=asked.tier,
            max_tokens=asked.max_tokens,
            stop=run.stop.is_set,
            names=asked.names,
            owner=run.owner,
        )
        if asked.again is not None:
            return self._engine.run_again(asked.again, asked.schema, orders)
        return self._engine.run(asked.sources, asked.wanted, orders)


def _count(runs: Sequence[Run], owner: str) -> int:
    return sum(run.owner == owner for run in runs)
