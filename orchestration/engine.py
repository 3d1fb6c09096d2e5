"""Runs jobs: reads each page, extracts, stores, and tells the watcher."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from extractors.blocks import ParsedPage
from extractors.model.compile import Precision
from extractors.model.machine import read_machine
from extractors.model.models import ModelLibrary
from extractors.model.weights import Progress, WeightStore, ignore
from extractors.pages import Limits, Manners, Page, Reader, discover
from extractors.sources import Sources, sources_of
from extractors.web.rendering import Renderer, can_draw
from extractors.worker import Budget, Extraction
from orchestration.cost import Estimate, estimated, spread
from orchestration.events import Event, LayoutPlanned, LeftOut, PageDone
from orchestration.intake import UPLOADS, Intake, shown
from orchestration.job_run import JobRun, Orders
from orchestration.pipeline import PageWorker, Pipeline, Stop, Stopped
from orchestration.planning.available import Planning
from orchestration.planning.layouts import Ahead, GivenPlan, PlanSource, each_layout
from orchestration.settings import Settings
from orchestration.storage.codec import decode, encode
from orchestration.storage.store import Job, JobState, Store
from schemas.errors import StoreError
from schemas.plan import Origin, Plan
from schemas.plan_json import parse_plan, plan_to_json
from schemas.record import PageResult, PageStatus, Tier
from schemas.schema import Schema
from schemas.source import AnySchema, as_schema

if TYPE_CHECKING:
    from extractors.outlines_model import OutlinesModel

__all__ = ["Engine", "PageWorker", "extract"]

_PLAN = "plan"  # among a job's options


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
        self._progress = progress
        self._open_worker = open_worker or self._load_worker
        self._workers: dict[Tier, PageWorker] = {}
        self._model_lock = threading.Lock()
        self._open = ExitStack()
        self._reader = self._open.enter_context(reader or self._open_reader())
        renderer = self._open.enter_context(Renderer(self._reader.web, limits=self._limits()))
        draws = can_draw(wanted=self.settings.render)
        ours = None if open_worker else self._worker
        planning = Planning(self.settings, self.weights, ours, turn=self._model_lock)
        self._planning = self._open.enter_context(closing(planning))
        self._pipeline = Pipeline(
            self._ask,
            draw=renderer.render if draws else None,
            small_first=self.settings.small_first,
            least=self.settings.least_sure,
            repair=self._planning.repair,
        )
        self.store = self._open.enter_context(store or Store(self.settings.results_file))
        self._intake = Intake(self.store, self._reader, self._limits())

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
        with self._model_lock:
            self._worker(tier)

    def run(
        self,
        sources: Sources,
        schema: Schema,
        *,
        job: str | None = None,
        tier: Tier | None = None,
        max_tokens: int | None = None,
        names: Mapping[str, str] | None = None,
        plan: Plan | None = None,
        stop: Stop = lambda: False,
        owner: str = "",
    ) -> Iterator[Event]:
        """Read, extract and store; yields JobStarted, a PageDone a page, and JobEnded.

        Where a planner is set, a LayoutPlanned comes before the first page of each layout. A page
        that cannot be read or answered is a PageDone whose result says why; the job goes on. An
        unfinished job of the same name and schema is taken up where it stopped.

        Args:
            sources: URLs, HTML files, folders, archives; one, or several.
            job: its name; `None` makes one up.
            tier: the worker that reads the pages, or MARKUP for none; `None`: their markup answers
                what it can, the large worker the rest.
            max_tokens: the job ends before the page after this many tokens were spent.
            names: of uploaded files, path to the name that people know; the job and its results
                say that name alone, and the pages' bytes are kept.
            plan: how all pages are read, made or edited before; its schema must be *schema*.
            stop: asked before every forward pass; when true, the page at hand is left unfinished.
            owner: whose job it is, where people sign in; kept in its options.

        Raises:
            ModelMissing: no weights, before the first readable page; the job can be resumed.
            NoMemory: the model does not fit into what is left; the same holds.
            StoreError: the results cannot be kept, *job* reads as a number, or is the name of
                another job: finished, or of another schema or plan.
            PlanError: a layout has no plan, and the settings let no lesser planner make one.
        """
        given, names = sources_of(sources), names or {}
        more: dict[str, Any] = {"owner": owner} if owner else {}
        more |= {_PLAN: plan_to_json(plan)} if plan else {}
        current = self._job(job, schema, [shown(one, names) for one in given], tier, names, more)
        yield from self._run(current, given, Orders(tier, max_tokens, stop, names))

    def run_again(
        self,
        earlier: Job,
        schema: Schema,
        *,
        job: str | None = None,
        tier: Tier | None = None,
        max_tokens: int | None = None,
        stop: Stop = lambda: False,
    ) -> Iterator[Event]:
        """Read the pages of an *earlier* job with another *schema*, as a job of its own.

        Pages whose bytes were kept are not fetched again; others are read from where they came.
        Arguments, events and errors are those of `run`.
        """
        sources = [source for source, _ in self.store.places(earlier.id)]
        found = self._intake.found(earlier, earlier.sources, {})
        sources += [one.name for one in found if one.name not in sources and one.error is None]
        uploads = {name: name for name in earlier.options.get(UPLOADS, ())}
        more = {name: kept for name, kept in earlier.options.items() if name == "owner"}
        current = self._job(job, schema, sources, tier, uploads, more)
        self.store.copy_kept(earlier.id, current.id)
        yield from self._run(current, sources, Orders(tier, max_tokens, stop))

    def resume(
        self, job: Job, *, max_tokens: int | None = None, stop: Stop = lambda: False
    ) -> Iterator[Event]:
        """Go on with *job* where it stopped, or where pages of it failed.

        Events and errors are those of `run`.
        """
        failed = {PageStatus.FAILED, PageStatus.PARTIAL} & self.store.counts(job.id).keys()
        if job.state is JobState.DONE and not failed:
            raise StoreError(f"the job {job.name!r} is finished", hint="export it, or run it again")
        tier = Tier(job.options["tier"]) if job.options.get("tier") else None
        yield from self._run(job, job.sources, Orders(tier, max_tokens, stop))

    def page(self, job: Job, source: str) -> Page:
        """The bytes behind one page of *job*. Raises SourceError where they cannot be had again."""
        return self._intake.page(job, source)

    def estimate(
        self,
        sources: Sources,
        schema: Schema,
        *,
        tier: Tier | None = None,
        sample: int = 3,
        plan: Plan | None = None,
        stop: Stop = lambda: False,
    ) -> Estimate:
        """What a job over *sources* is likely to take, from reading *sample* of its pages.

        Nothing is stored. Raises ModelMissing and NoMemory as `run` does.
        """
        found = list(discover(sources_of(sources), limits=self._limits()))
        chosen = [found[place] for place in spread(len(found), sample)]
        results = []
        with closing(self._reader.read_all(chosen, stop=stop)) as pages:
            for page in pages:
                if isinstance(page, Page):
                    try:
                        results.append(self._pipeline.result(page, schema, tier, stop, plan=plan))
                    except Stopped:
                        break
                else:
                    results.append(PageResult("", PageStatus.FAILED))
        return estimated(results, len(found))

    def _run(self, job: Job, given: Sequence[str], orders: Orders) -> Iterator[Event]:
        run = JobRun(
            job,
            orders,
            self._planned(job),
            store=self.store,
            intake=self._intake,
            pipeline=self._pipeline,
            keep_fetched=self.settings.http_cache,
            selectors=self.settings.selectors == "all",
        )
        yield from run.events(given)

    def _planned(self, job: Job) -> PlanSource:
        """How the pages of *job* are read: by the plan it was given, or one a layout."""
        if job.options.get(_PLAN):
            return GivenPlan(parse_plan(job.options[_PLAN]))
        return self._planning.layouts(job.schema) or GivenPlan(None)

    def _job(
        self,
        name: str | None,
        schema: Schema,
        sources: Sequence[str],
        tier: Tier | None,
        names: Mapping[str, str],
        more: Mapping[str, Any],
    ) -> Job:
        """The open job called *name*, or a new one."""
        if name is None:
            name = f"{schema.name} {datetime.now():%Y-%m-%d %H:%M:%S.%f}"
        known = self.store.job(name)
        if known is None:
            options = {
                "tier": tier.value if tier else None,
                "folder": str(Path.cwd()),
                UPLOADS: sorted(names.values()),
                **more,
            }
            return self.store.create_job(name, schema, sources=sources, options=options)
        if known.options.get("owner", "") != more.get("owner", ""):
            raise StoreError(f"there is a job named {name!r} already", hint="choose another name")
        if known.state is JobState.DONE:
            what = "is finished"
        elif known.schema != schema:
            what = "has another schema"
        elif _PLAN in more and decode(encode(more[_PLAN])) != known.options.get(_PLAN):
            what = "has another plan"
        else:
            return known
        raise StoreError(f"the job {name!r} {what}", hint="choose another name for this one")

    def _ask(self, tier: Tier, page: ParsedPage, schema: Schema, stop: Stop) -> Extraction:
        def check_stop() -> None:
            if stop():
                raise Stopped

        with self._model_lock:
            check_stop()
            return self._worker(tier).extract(page, schema, check_stop=check_stop)

    def _worker(self, tier: Tier) -> PageWorker:
        if tier not in self._workers:
            self._workers[tier] = self._open_worker(tier)
        return self._workers[tier]

    def _load_worker(self, tier: Tier) -> PageWorker:
        settings = self.settings
        return self.models().worker(
            tier,
            model=self._model_name(tier),
            budget=Budget(
                page=settings.page_tokens,
                answer=settings.answer_tokens,
                selectors=settings.selectors != "off",
            ),
            threads=settings.threads,
            device=settings.device,
        )

    def outlines_model(self, tier: Tier = Tier.LARGE) -> OutlinesModel:
        """The model of *tier*, loaded for `outlines.Generator`: any prompt, any output type.

        Answers grow to the settings' `answer_tokens`. Raises as `warm_up` does.
        """
        return self.models().outlines_model(
            tier,
            model=self._model_name(tier),
            max_tokens=self.settings.answer_tokens,
            threads=self.settings.threads,
            device=self.settings.device,
        )

    def plan(
        self, sources: Sources, schema: Schema, *, stop: Stop = lambda: False
    ) -> Iterator[LayoutPlanned | LeftOut]:
        """Plans for the layouts of *sources*, as their first pages come; and pages left out.

        Raises:
            PlanError: a layout has no plan, and the settings let no lesser planner make one.
        """
        planned = self._planning.layouts(schema, asked_for=True) or GivenPlan(None)
        found = list(discover(sources_of(sources), limits=self._limits()))
        with closing(self._reader.read_all(found, stop=stop)) as pages:
            for number, made in each_layout(planned, Ahead(pages)):
                name = found[number].name
                yield LayoutPlanned(name, made) if isinstance(made, Plan) else LeftOut(name, made)

    def fields(self, ask: str) -> tuple[Schema, Origin]:
        """The schema that plain words ask for, and who read them. Raises PlanError."""
        return self._planning.planner(asked_for=True).fields(ask)

    def _model_name(self, tier: Tier) -> str | None:
        settings = self.settings
        return settings.small_model if tier is Tier.SMALL else settings.large_model

    def weights(self) -> WeightStore:
        """Where this engine's weights come from."""
        return WeightStore(
            self.settings.cache_dir,
            hub_endpoint=self.settings.hub_endpoint,
            offline=self.settings.offline,
            progress=self._progress,
        )

    def compile_model(
        self, name: str, *, via_optimum: bool = False, precision: str | None = None
    ) -> Path:
        """The folder of the model *name* compiled for this machine, built where it is not there.

        `via_optimum`: as Optimum's standard graph, which needs the extra `export`. `precision` of
        our own graph: "w8a8" (`None` is this), "float16", "float32". Raises as `warm_up` does.
        """
        weights = self.weights().resolve(name)
        if via_optimum:
            return self.models().exported(weights).path
        return self.models().compiled(weights, precision=Precision(precision or "w8a8")).path

    def models(self) -> ModelLibrary:
        """Where this engine's compiled models are kept."""
        return ModelLibrary(
            self.settings.cache_dir,
            self.weights(),
            progress=self._progress,
            memory_left=self._memory_left,
            share=self.settings.share_weights,
        )

    def _memory_left(self) -> int | None:
        return read_machine().memory_left if self.settings.check_memory else None

    def _open_reader(self) -> Reader:
        settings = self.settings
        manners = Manners(
            attempts=settings.attempts,
            per_host=settings.per_host,
            host_delay_s=settings.host_delay_s,
            ahead=settings.fetch_ahead,
            obey_robots=settings.obey_robots,
        )
        cache = settings.cache_dir / "http" if settings.http_cache else None
        return Reader(limits=self._limits(), manners=manners, cache=cache)

    def _limits(self) -> Limits:
        own = self.settings
        return Limits(
            max_bytes=own.page_bytes, timeout_s=own.timeout_s, allow_private=own.allow_private
        )


def extract(
    sources: Sources, *, schema: AnySchema, settings: Settings | None = None
) -> list[PageResult]:
    """The results of *sources*, a page each, in the order given.

    *schema*: a `Schema`, text as on the command line, a Pydantic class, or decoded JSON, which is a
    JSON Schema or an example of a record. Raises as `as_schema` and `Engine.run` do.
    """
    wanted = as_schema(schema)
    with Engine(settings) as engine:
        events = engine.run(sources, wanted)
        return [event.result for event in events if isinstance(event, PageDone)]
