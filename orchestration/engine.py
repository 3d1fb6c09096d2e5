"""Runs jobs: reads each page, extracts, stores, and tells the watcher."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from extractors.model.weights import Progress, ignore
from extractors.pages import Page, Reader, discover
from extractors.sources import Sources, sources_of
from extractors.web.rendering import Renderer, can_draw
from orchestration.cost import Estimate, estimated, spread
from orchestration.events import Event, LayoutPlanned, LeftOut, PageDone
from orchestration.intake import UPLOADS, Intake, limits_of, reader_of, shown
from orchestration.job_run import JobRun
from orchestration.job_start import begun, owner_of, plan_of, tier_of
from orchestration.orders import AS_USUAL, Orders
from orchestration.pipeline import Pipeline
from orchestration.planning.available import Planning
from orchestration.planning.layouts import Ahead, GivenPlan, PlanSource, each_layout
from orchestration.settings import Settings
from orchestration.storage.store import Job, JobState, Store
from orchestration.task import Stop, Stopped, Task
from orchestration.workers import PageWorker, Workers
from schemas.errors import SourceError, StoreError
from schemas.plan import Origin, Plan
from schemas.record import PageResult, PageStatus, Tier
from schemas.schema import Schema
from schemas.source import AnySchema, as_schema

if TYPE_CHECKING:
    from extractors.outlines_model import OutlinesModel

__all__ = ["Engine", "Orders", "PageWorker", "Wanted", "extract"]

Wanted = AnySchema | Plan
"""What is read from pages: the fields of a schema, as `as_schema` takes it (a ready name, a file,
one line, JSON, a Pydantic class), or those of a plan, in the way that it says."""


class Engine:
    """Holds the reader, the workers and the results file; use it as a context manager.

    `progress` is called while a model is fetched, compiled or checked. `open_worker` makes the
    worker of a tier, at its first page; `None` loads the settings' models. `reader` and `store`
    default to the network and to the settings' results file.

    Several threads may run jobs on one engine; their pages take turns on the model.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        progress: Callable[[Progress], None] = ignore,
        open_worker: Callable[[Tier], PageWorker] | None = None,
        reader: Reader | None = None,
        store: Store | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._workers = Workers(self.settings, progress=progress, open_worker=open_worker)
        self._limits = limits_of(self.settings)
        self._open = ExitStack()
        self._reader = self._open.enter_context(reader or reader_of(self.settings))
        plans_with = None if open_worker else self._workers.of
        planning = Planning(
            self.settings, self._workers.weights, plans_with, turn=self._workers.turn
        )
        self._planning = self._open.enter_context(closing(planning))
        self._pipeline = self._open_pipeline()
        self.store = self._open.enter_context(store or Store(self.settings.results_file))
        self._intake = Intake(
            self.store, self._reader, self._limits, keep_fetched=self.settings.http_cache
        )

    def _open_pipeline(self) -> Pipeline:
        settings = self.settings
        renderer = self._open.enter_context(Renderer(self._reader.web, limits=self._limits))
        return Pipeline(
            self._workers.ask,
            draw=renderer.render if can_draw(wanted=settings.render) else None,
            small_first=settings.small_first,
            least=settings.least_sure,
            repair=self._planning.repair,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def warm_up(self, tier: Tier = Tier.LARGE) -> None:
        """Load the model of *tier* now instead of at the first page. Raises as `run` does."""
        self._workers.warm_up(tier)

    def run(self, sources: Sources, wanted: Wanted, orders: Orders = AS_USUAL) -> Iterator[Event]:
        """Read, extract and store; yields JobStarted, a PageDone a page, and JobEnded.

        Where a planner is set, a LayoutPlanned comes before the first page of each layout. A page
        that cannot be read or answered is a PageDone whose result says why; the job goes on. An
        unfinished job of the same name and schema is taken up where it stopped.

        Args:
            sources: URLs, HTML files, folders, archives; one, or several.

        Raises:
            SchemaError: *wanted* is no schema, or asks for what cannot be honoured; at once, the
                others when the first event is asked for.
            ModelMissing: no weights, before the first readable page; the job can be resumed.
            NoMemory: the model does not fit into what is left; the same holds.
            StoreError: the results cannot be kept, the job's name reads as a number, or is that of
                another job: finished, or of another schema or plan.
            PlanError: a layout has no plan, and the settings let no lesser planner make one.
        """
        schema, plan = _read(wanted)
        return self._started(sources_of(sources), schema, plan, orders)

    def _started(
        self, given: Sequence[str], schema: Schema, plan: Plan | None, orders: Orders
    ) -> Iterator[Event]:
        named = [shown(one, orders.names) for one in given]
        yield from self._run(begun(self.store, schema, named, orders, plan=plan), given, orders)

    def run_again(
        self, earlier: Job, schema: AnySchema, orders: Orders = AS_USUAL
    ) -> Iterator[Event]:
        """Read the pages of an *earlier* job with another *schema*, as a job of its own.

        Pages whose bytes were kept are not fetched again; others are read from where they came.
        The names of uploads and the owner are the earlier job's. Events and errors are those of
        `run`.
        """
        wanted = as_schema(schema)
        sources = [source for source, _ in self.store.places(earlier.id)]
        found = self._intake.found(earlier, earlier.sources, {})
        sources += [one.name for one in found if one.name not in sources and one.error is None]
        uploads = {name: name for name in earlier.options.get(UPLOADS, ())}
        as_then = replace(orders, names=uploads, owner=owner_of(earlier))
        current = begun(self.store, wanted, sources, as_then, plan=None)
        self.store.copy_kept(earlier.id, current.id)
        yield from self._run(current, sources, replace(orders, names={}))

    def resume(self, job: Job, orders: Orders = AS_USUAL) -> Iterator[Event]:
        """Go on with *job* where it stopped, or where pages of it failed.

        Of *orders* only `max_tokens` and `stop` count: the rest is as it was begun. Events and
        errors are those of `run`.
        """
        failed = {PageStatus.FAILED, PageStatus.PARTIAL} & self.store.counts(job.id).keys()
        if job.state is JobState.DONE and not failed:
            raise StoreError(f"the job {job.name!r} is finished", hint="export it, or run it again")
        yield from self._run(job, job.sources, replace(orders, tier=tier_of(job), names={}))

    def page(self, job: Job, source: str) -> Page:
        """The bytes behind one page of *job*. Raises SourceError where they cannot be had again."""
        return self._intake.page(job, source)

    def estimate(
        self, sources: Sources, wanted: Wanted, orders: Orders = AS_USUAL, *, sample: int = 3
    ) -> Estimate:
        """What a job over *sources* is likely to take, from reading *sample* of its pages.

        Nothing is stored. Raises SchemaError, ModelMissing and NoMemory as `run` does.
        """
        schema, plan = _read(wanted)
        found = list(discover(sources_of(sources), limits=self._limits))
        chosen = [found[place] for place in spread(len(found), sample)]
        results: list[PageResult] = []
        with closing(self._reader.read_all(chosen, stop=orders.stop)) as pages:
            with suppress(Stopped):  # what was read until then is the sample
                for page in pages:
                    results.append(self._tried(page, schema, plan, orders))
        return estimated(results, len(found))

    def _tried(
        self, page: Page | SourceError, schema: Schema, plan: Plan | None, orders: Orders
    ) -> PageResult:
        if not isinstance(page, Page):
            return PageResult("", PageStatus.FAILED)
        task = Task(schema=schema, tier=orders.tier, stop=orders.stop, plan=plan)
        return self._pipeline.result(page, task)

    def _run(self, job: Job, given: Sequence[str], orders: Orders) -> Iterator[Event]:
        run = JobRun(
            job,
            orders,
            self._planned(job),
            store=self.store,
            intake=self._intake,
            pipeline=self._pipeline,
            selectors=self.settings.selectors == "all",
        )
        yield from run.events(given)

    def _planned(self, job: Job) -> PlanSource:
        """How the pages of *job* are read: by the plan it was given, or one a layout."""
        if plan := plan_of(job):
            return GivenPlan(plan)
        return self._planning.layouts(job.schema) or GivenPlan(None)

    def plan(
        self, sources: Sources, schema: AnySchema, *, stop: Stop = lambda: False
    ) -> Iterator[LayoutPlanned | LeftOut]:
        """Plans for the layouts of *sources*, as their first pages come; and pages left out.

        Raises:
            SchemaError: as `run`.
            PlanError: a layout has no plan, and the settings let no lesser planner make one.
        """
        planned = self._planning.layouts(as_schema(schema), asked_for=True) or GivenPlan(None)
        found = list(discover(sources_of(sources), limits=self._limits))
        with closing(self._reader.read_all(found, stop=stop)) as pages:
            for number, made in each_layout(planned, Ahead(pages)):
                name = found[number].name
                yield LayoutPlanned(name, made) if isinstance(made, Plan) else LeftOut(name, made)

    def fields(self, ask: str) -> tuple[Schema, Origin]:
        """The schema that plain words ask for, and who read them. Raises PlanError."""
        return self._planning.planner(asked_for=True).fields(ask)

    def outlines_model(self, tier: Tier = Tier.LARGE) -> OutlinesModel:
        """The model of *tier*, loaded for `outlines.Generator`: any prompt, any output type.

        Answers grow to the settings' `answer_tokens`. Raises as `warm_up` does.
        """
        return self._workers.outlines_model(tier)


def _read(wanted: Wanted) -> tuple[Schema, Plan | None]:
    """The fields of *wanted*, and how they are read where it says so. Raises SchemaError."""
    return (wanted.schema, wanted) if isinstance(wanted, Plan) else (as_schema(wanted), None)


def extract(
    sources: Sources, *, schema: Wanted, settings: Settings | None = None
) -> list[PageResult]:
    """The results of *sources*, a page each, in the order given.

    *schema*: a `Schema`, text as on the command line, a Pydantic class, decoded JSON (a JSON Schema
    or an example of a record), or a `Plan`. Raises as `Engine.run` does.
    """
    wanted = schema if isinstance(schema, Plan) else as_schema(schema)
    with Engine(settings) as engine:
        events = engine.run(sources, wanted)
        return [event.result for event in events if isinstance(event, PageDone)]
