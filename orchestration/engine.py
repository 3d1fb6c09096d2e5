"""Runs jobs: reads each page, extracts, stores, and tells the watcher."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from extractors.blocks import ParsedPage, parse_page
from extractors.compile import Precision
from extractors.markup_answers import answer_from_markup
from extractors.models import ModelLibrary
from extractors.pages import Limits, Page, Reader, Source, discover
from extractors.weights import Progress, WeightStore, ignore
from extractors.worker import Budget, Extraction
from orchestration.cheapest import answered, merged, remaining
from orchestration.events import Event, JobEnded, JobStarted, PageDone
from orchestration.settings import Settings
from orchestration.store import Job, JobState, Store
from schemas.errors import FieldwiseError, ModelMissing, StoreError
from schemas.fitting import fitted
from schemas.record import PageResult, PageStatus, Record, Tier, Tokens
from schemas.schema import Schema

if TYPE_CHECKING:
    from extractors.outlines_model import OutlinesModel

__all__ = ["Engine", "PageWorker", "extract"]

Stop = Callable[[], bool]


class PageWorker(Protocol):
    """Whatever fills a schema from a page: a model, or a script in tests."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None]
    ) -> Extraction:
        """See `extractors.worker.Worker.extract`."""


class _Stopped(Exception):
    """Raised inside a worker to leave a page unfinished."""


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
        self._reader = self._open.enter_context(reader or Reader(limits=self._limits()))
        self.store = self._open.enter_context(store or Store(self.settings.results_file))

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
        sources: Iterable[str],
        schema: Schema,
        *,
        job: str | None = None,
        tier: Tier = Tier.LARGE,
        markup: bool = False,
        max_tokens: int | None = None,
        stop: Stop = lambda: False,
    ) -> Iterator[Event]:
        """Read, extract and store; yields JobStarted, a PageDone a page, and JobEnded.

        A page that cannot be read or answered is a PageDone whose result says why; the job goes
        on. An unfinished job of the same name and schema is taken up where it stopped.

        Args:
            sources: URLs, HTML files, folders, zips.
            job: its name; `None` makes one up.
            tier: which worker reads the pages; `Tier.MARKUP`: none, their markup alone answers.
            markup: let the page's markup answer first; the worker is asked for the other fields.
            max_tokens: the job ends before the page after this many tokens were spent.
            stop: asked before every forward pass; when true, the page at hand is left unfinished.

        Raises:
            ModelMissing: no weights, before the first readable page; the job can be resumed.
            StoreError: the results cannot be kept, or *job* is another job's name.
        """
        given = tuple(sources)
        found = list(discover(given, limits=self._limits()))
        current = self._job(job, schema, given)
        finished = self.store.finished(current.id)
        yield JobStarted(current, len(found), sum(source.name in finished for source in found))
        spent = 0
        for position, source in enumerate(found):
            if source.name in finished:
                continue
            reason = _why_to_stop(stop, spent, max_tokens)
            result = None if reason else self._page(source, schema, tier, stop, markup)
            if result is None:
                yield JobEnded(current, reason or "stopped")
                return
            self.store.save(current.id, position, result)
            spent += result.tokens.prompt + result.tokens.output
            yield PageDone(position, result)
        self.store.set_state(current.id, JobState.DONE)
        yield JobEnded(replace(current, state=JobState.DONE))

    def _job(self, name: str | None, schema: Schema, sources: Sequence[str]) -> Job:
        """The open job called *name*, or a new one."""
        if name is None:
            name = f"{schema.name} {datetime.now():%Y-%m-%d %H:%M:%S.%f}"
        known = self.store.job(name)
        if known is None:
            return self.store.create_job(name, schema, sources=sources)
        if known.state is JobState.OPEN and known.schema == schema:
            return known
        what = "is finished" if known.state is JobState.DONE else "has another schema"
        raise StoreError(f"the job {name!r} {what}", hint="choose another name for this one")

    def _page(
        self, source: Source, schema: Schema, tier: Tier, stop: Stop, markup: bool
    ) -> PageResult | None:
        """How one page ends; `None` when it was stopped."""
        started = time.perf_counter()
        try:
            if source.error:
                raise source.error
            raw = self._reader.read(source)
            page = parse_page(raw)
            read = time.perf_counter() - started
            if not page.document.blocks:
                return PageResult(source.name, PageStatus.BAD, reason=_NO_TEXT)
            if markup or tier is Tier.MARKUP:
                extraction = self._cheapest(raw, page, schema, tier, stop)
            else:
                extraction = self._extract(page, schema, tier, stop)
        except _Stopped:
            return None
        except (ModelMissing, StoreError):
            raise
        except FieldwiseError as error:
            return PageResult(source.name, PageStatus.FAILED, reason=error.explain())
        return PageResult(
            source.name,
            PageStatus.TRUNCATED if extraction.cut else PageStatus.OK,
            fitted(schema, extraction.records),
            extraction.cut,
            extraction.tokens,
            {"read": read, **extraction.seconds},
            page.document.text,
        )

    def _cheapest(
        self, raw: Page, page: ParsedPage, schema: Schema, tier: Tier, stop: Stop
    ) -> Extraction:
        """The markup's answers, and of *tier* those that it leaves open."""
        started = time.perf_counter()
        found = answer_from_markup(raw, page, schema)
        seconds = {"markup": time.perf_counter() - started}
        if tier is Tier.MARKUP or (found and answered(schema, found)):
            records = merged(schema, found, ()) or ((Record({}, page.document.url),))
            return Extraction(() if schema.many and not found else records, None, Tokens(), seconds)
        extraction = self._extract(page, remaining(schema, found), tier, stop)
        records = merged(schema, found, extraction.records)
        return replace(extraction, records=records, seconds={**seconds, **extraction.seconds})

    def _extract(self, page: ParsedPage, schema: Schema, tier: Tier, stop: Stop) -> Extraction:
        def check_stop() -> None:
            if stop():
                raise _Stopped

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
            budget=Budget(page=settings.page_tokens, answer=settings.answer_tokens),
            threads=settings.threads,
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
        )

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

        `via_optimum`: as Optimum's standard graph, which needs the extra `export`. `precision`:
        "w8a8" or "float32", of our own graph; `None` is the former. Raises as `warm_up` does.
        """
        weights = self.weights().resolve(name)
        if via_optimum:
            return self.models().exported(weights).path
        return self.models().compiled(weights, precision=Precision(precision or "w8a8")).path

    def models(self) -> ModelLibrary:
        """Where this engine's compiled models are kept."""
        return ModelLibrary(self.settings.cache_dir, self.weights(), progress=self._progress)

    def _limits(self) -> Limits:
        settings = self.settings
        return Limits(
            max_bytes=settings.page_bytes,
            timeout_s=settings.timeout_s,
            allow_private=settings.allow_private,
        )


_NO_TEXT = "the page has no visible text; it may need a browser to draw itself"


def _why_to_stop(stop: Stop, spent: int, max_tokens: int | None) -> str | None:
    if stop():
        return "stopped"
    if max_tokens is not None and spent >= max_tokens:
        return f"the limit of {max_tokens:,} tokens was reached"
    return None


def extract(
    sources: Iterable[str], *, schema: Schema, settings: Settings | None = None
) -> list[PageResult]:
    """The results of *sources*, a page each, in the order given. Raises as `Engine.run` does."""
    with Engine(settings) as engine:
        events = engine.run(sources, schema)
        return [event.result for event in events if isinstance(event, PageDone)]
