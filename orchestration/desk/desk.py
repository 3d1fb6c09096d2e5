"""What the app's screens ask for: a user's jobs, their rows and pages, and their files.

A user sees the jobs that are theirs and no others; where nobody signs in, there is one user, "",
who sees all.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from extractors.pages import Page
from orchestration.charts import Bars, charts_of
from orchestration.cost import Estimate
from orchestration.desk.gold_desk import GoldDesk
from orchestration.desk.readiness import Readiness
from orchestration.desk.rendered import rendered
from orchestration.desk.review_queue import Item, Queue
from orchestration.desk.runs import Asked, Run, Runs
from orchestration.desk.sheet import Sheet, record_of, values_at
from orchestration.desk.where import what_runs_where
from orchestration.engine import Engine
from orchestration.events import LayoutPlanned, LeftOut
from orchestration.exports.export import ExportOptions, Format, file_name, write
from orchestration.intake import shown
from orchestration.orders import Orders
from orchestration.storage.corrections import Correction
from orchestration.storage.job_names import refuse_name
from orchestration.storage.review import Review
from orchestration.storage.store import Job
from schemas.errors import SourceError, StoreError
from schemas.plan import Plan
from schemas.record import ABSENT, PageResult, PageStatus, Value
from schemas.schema import Schema

__all__ = ["Desk", "JobLine"]

SAMPLE = 2  # pages read for an estimate
SHEETS = 4  # jobs whose rows are kept in memory


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the list shows it. `counts`: pages by how they ended."""

    job: Job
    counts: Mapping[PageStatus, int]
    running: bool


class Desk:
    """Serves all visitors of the app. Use it as a context manager: leaving stops its runs.

    `forget_served`: called with the names of a deleted job's files, for who hands out copies.

    Raises:
        StoreError: from whatever takes a job's id, when *owner* has no such job.
    """

    def __init__(self, engine: Engine, readiness: Readiness) -> None:
        self.readiness = readiness
        self.runs = Runs(engine, readiness)
        self.forget_served: Callable[[Sequence[str]], None] = lambda names: None
        self._engine = engine
        self._where: dict[bool, str] = {}
        self._queues: dict[int, Queue] = {}
        self._store = engine.store
        self._sheets: OrderedDict[int, Sheet] = OrderedDict()
        self._lock = threading.Lock()
        self._files = tempfile.TemporaryDirectory(prefix="fieldwise-")
        self.gold = GoldDesk(engine, Path(self._files.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.runs.close()
        self._files.cleanup()

    @property
    def where(self) -> str:
        """What runs where; looked up anew once the model is there, or could not be had."""
        over = self.readiness.stage.over
        if over not in self._where:
            self._where[over] = what_runs_where(self._engine.settings)
        return self._where[over]

    def start(self, asked: Asked, owner: str) -> Run:
        """Put a job in line. Raises FieldwiseError when too many wait, or its name is taken, or
        reads as a number."""
        if asked.job:
            refuse_name(asked.job)
        if asked.job and self._store.job(asked.job):
            raise StoreError(f"there is a job named {asked.job!r} already", hint="choose another")
        return self.runs.start(asked, owner=owner)

    def job(self, job_id: int, owner: str) -> Job:
        job = self._store.job(job_id)
        if job is None or not _may_see(job, owner):
            raise StoreError(
                f"there is no job {job_id} of yours", hint="look into the list of jobs"
            )
        return job

    def jobs(self, owner: str, find: str = "") -> list[JobLine]:
        """The jobs of *owner*, newest first, whose name, fields or sources hold all of *find*."""
        words = find.casefold().split()
        jobs = [job for job in self._store.jobs() if _may_see(job, owner)]
        found = [job for job in jobs if all(word in _about(job) for word in words)]
        return [
            JobLine(job, self._store.counts(job.id), self.runs.of_job(job.id) is not None)
            for job in found
        ]

    def damaged(self, owner: str) -> list[str]:
        """What is wrong with jobs that do not read back: nobody knows whose they are, so only who
        sees all is told."""
        return [] if owner else [f"{job.name}: {job.why}" for job in self._store.damaged_jobs()]

    def sheet(self, job: Job) -> Sheet:
        """The job's rows; those of one that runs still grow."""
        if rows := self.runs.sheet_of(job.id):
            return rows
        with self._lock:
            if job.id in self._sheets:
                self._sheets.move_to_end(job.id)
                return self._sheets[job.id]
        sheet = Sheet(job.schema)
        for position, page in enumerate(self._store.results(job.id)):
            sheet.put(position, page)
        with self._lock:  # another thread may have been faster, and its rows corrected since
            sheet = self._sheets.setdefault(job.id, sheet)
            while len(self._sheets) > SHEETS:
                self._sheets.popitem(last=False)
        return sheet

    def results(self, job: Job) -> Iterator[PageResult]:
        """The job's pages, as corrected."""
        return self._store.results(job.id)

    def page(self, job: Job, source: str) -> PageResult | None:
        """The job's page of *source*; `None`: there is none any more."""
        return self._store.page(job.id, source)

    def drawn(self, job: Job, source: str, places: Sequence[tuple[str, str]]) -> str | None:
        """The job's page as it looks, inert, with *places* marked; `None`: it is not at hand."""
        page = self._body(job, source)
        return rendered(page, places) if page else None

    def _body(self, job: Job, source: str) -> Page | None:
        """The bytes of the job's page, where they are kept or on this disk; nothing is fetched."""
        kept = self._store.kept_page(job.id, source)
        if kept or "://" in source:
            return kept
        try:
            return self._engine.page(job, source)
        except SourceError:
            return None

    def queue(self, job: Job, *, fresh: bool = False) -> Queue:
        """What nobody has looked at in the job; *fresh*: as of now, else as it was last asked."""
        with self._lock:
            known = self._queues.get(job.id)
        if known is not None and not fresh:
            return known
        queue = Queue.of(Review(self._store, job).open())
        with self._lock:
            self._queues[job.id] = queue
        return queue

    @contextmanager
    def reviewing(self, job: Job, item: Item, by: str) -> Iterator[Review]:
        """What is said of *item* in the block is in the job's rows after it."""
        queue = self.queue(job)
        yield Review(self._store, job, by=by)
        queue.done.add(item)
        page = self.page(job, item.source)
        if page is not None:
            self.sheet(job).replace(page)

    def values(self, page: PageResult, item: Item) -> tuple[Value, ...]:
        """What stands at *item*, of a list each item."""
        record = record_of(page, item.index)
        if record is None:
            return ()
        cell = record.cells.get(item.steps[0], ABSENT)
        return tuple(values_at(cell, tuple(item.steps[1:])))

    def corrections(self, job: Job) -> Sequence[Correction]:
        """What people said of the job's values."""
        return self._store.corrections(job.id)

    def folder(self, name: str) -> Path:
        """A folder for files that are gone when the app is closed."""
        folder = Path(self._files.name, name)
        folder.mkdir(exist_ok=True)
        return folder

    def export(
        self, job: Job, format: Format, *, evidence: bool = False, bom: bool = False
    ) -> Path:
        """The job as a file whose name says job and date. Raises StoreError as `write`."""
        options = ExportOptions(evidence=evidence, bom=bom)
        # files of other content have the same name, and may be on their way to somebody
        folder = self._exports(job) / f"file{'-evidence' * evidence}{'-bom' * bom}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / file_name(job.name, job.created, format)
        write(self.results(job), path, format=format, schema=job.schema, options=options)
        return path

    def copies(self, pages: Mapping[str, str]) -> Sequence[Path]:
        """*pages* (name to HTML) as files that the app may show as uploads."""
        folder = Path(self._files.name, "samples")
        folder.mkdir(exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, "utf-8")
        return [folder / name for name in pages]

    def delete(self, job: Job) -> None:
        """Delete the job for good: its rows, kept pages, exports and gold sets, served copies too.

        Raises StoreError while it runs.
        """
        if self.runs.of_job(job.id):
            raise StoreError("the job is still running", hint="stop it first")
        files = self.exported(job)
        self.runs.forget(job.id)
        self._forget(job)
        shutil.rmtree(self._exports(job), ignore_errors=True)
        self.gold.forget(job)
        self.forget_served(files)
        self._store.delete(job.id)

    def exported(self, job: Job) -> list[str]:
        """The names of the files that were made of the job, to be downloaded."""
        folder = self._exports(job)
        files = [file.name for file in folder.rglob("*") if file.is_file()]
        return [*files, *self.gold.saved(job)]

    def charts(self, job: Job) -> list[Bars]:
        """The job's figures."""
        pages = [replace(page, text="") for page in self.results(job)]
        return charts_of(job.schema, pages)

    def fields(self, words: str) -> tuple[Schema, str]:
        """The fields that plain *words* ask for, and who read them. Raises PlanError."""
        schema, origin = self._engine.fields(words)
        return schema, origin.explain()

    def plan(self, asked: Asked) -> tuple[str, Plan]:
        """The plan of the first layout of the pages *asked* for, and a page of that layout.

        Raises:
            PlanError: nobody could make one.
            SourceError: no page can be planned for.
        """
        with ExitStack() as stack:
            planned = self._engine.plan(asked.sources, asked.schema)
            if isinstance(planned, Generator):  # else pages would be read ahead for nobody
                stack.callback(planned.close)
            left_out: list[str] = []
            for event in planned:
                if isinstance(event, LayoutPlanned):
                    return shown(event.source, asked.names), event.plan
                left_out.append(f"{shown(event.source, asked.names)}: {event.why.explain()}")
        raise SourceError(_no_plan(left_out))

    def plans(self, asked: Asked) -> list[tuple[str, Plan]]:
        """The plan of each layout of the pages, and a page of it. Raises as `plan`."""
        events = list(self._engine.plan(asked.sources, asked.schema))
        made = [event for event in events if isinstance(event, LayoutPlanned)]
        if not made:
            left_out = [event for event in events if isinstance(event, LeftOut)]
            raise SourceError(
                _no_plan([f"{shown(e.source, asked.names)}: {e.why.explain()}" for e in left_out])
            )
        return [(shown(event.source, asked.names), event.plan) for event in made]

    def estimate(self, asked: Asked) -> Estimate:
        """What *asked* is likely to take, by its plan. Raises as `Engine.estimate`."""
        orders = Orders(tier=asked.tier)
        return self._engine.estimate(asked.sources, asked.wanted, orders, sample=SAMPLE)

    def _exports(self, job: Job) -> Path:
        return Path(self._files.name, str(job.id))

    def _forget(self, job: Job) -> None:
        with self._lock:
            self._sheets.pop(job.id, None)
            self._queues.pop(job.id, None)


def _no_plan(left_out: Sequence[str]) -> str:
    more = f"; and {len(left_out) - 1:,} more" if len(left_out) > 1 else ""
    return f"no page could be planned for: {''.join(left_out[:1])}{more}"


def _may_see(job: Job, owner: str) -> bool:
    return not owner or job.options.get("owner") == owner


def _about(job: Job) -> str:
    return "\n".join([job.name, job.schema.name, *job.schema.names, *job.sources]).casefold()
