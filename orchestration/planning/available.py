"""Which planners there are by the settings, opened when they are first needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from extractors.model.tokenizer import do_without_torch
from extractors.worker import Extraction, Worker
from orchestration.planning.layouts import LayoutPlans
from orchestration.planning.planner import (
    LocalModel,
    ModelPlanner,
    Planner,
    Planners,
    SchemaPlanner,
)
from orchestration.planning.repair import Repair
from schemas.errors import PlannerFailed, WorkerError
from schemas.plan import PlannedBy
from schemas.record import Record, Tier
from schemas.schema import Schema

if TYPE_CHECKING:
    from extractors.model.weights import WeightStore
    from extractors.outlines_model import OutlinesModel
    from extractors.parsing.blocks import ParsedPage
    from orchestration.planning.cache import PlanCache
    from orchestration.planning.endpoint import Endpoint
    from orchestration.settings import Settings

__all__ = ["Planning"]

log = logging.getLogger(__name__)

_ANSWER = 2048  # tokens of a plan by the local worker


class Planning:
    """*weights* finds the local worker's name, *worker* loads the one of a tier; `None`: workers
    are not ours to plan with. *turn*: held while the worker is asked."""

    def __init__(
        self,
        settings: Settings,
        weights: Callable[[], WeightStore],
        worker: Callable[[Tier], object] | None,
        *,
        turn: threading.Lock,
    ) -> None:
        self._settings = settings
        self._weights = weights
        self._load = worker
        self._turn = turn
        self._open = ExitStack()
        self._opening = threading.RLock()
        self._asked: Endpoint | None = None
        self._cache: PlanCache | None = None
        self._repair: Repair | None = None

    def close(self) -> None:
        """Let go of the endpoint and of the kept plans."""
        self._open.close()

    def planner(self, *, asked_for: bool) -> Planners:
        """The planners that the settings name, the best first; the schema alone comes last.

        *asked_for*: a plan is what the user wants; else the local worker is not asked, since
        planning costs as much as it reads in a few pages.

        Raises:
            PlannerFailed: an endpoint is named, but the openai package or its address is missing.
            WorkerError: the worker has no weights, and nobody may take its place.
        """
        settings = self._settings
        chosen = PlannedBy.SCHEMA
        if settings.planner != "auto":
            chosen = PlannedBy(settings.planner)
        elif settings.planner_url:
            chosen = PlannedBy.ENDPOINT
        elif asked_for:
            chosen = PlannedBy.WORKER
        planners: list[Planner] = []
        notes: list[str] = []
        strict = not settings.planner_fallback
        if chosen is PlannedBy.ENDPOINT:
            planners.append(ModelPlanner(self._endpoint(), attempts=settings.planner_attempts))
        if chosen is PlannedBy.WORKER or (planners and asked_for):
            try:
                planners.append(self._worker())
            except WorkerError as error:
                if strict:
                    raise
                notes.append(f"no worker: {error}")
        return Planners([*planners, SchemaPlanner()], strict=strict, notes=notes)

    def layouts(self, schema: Schema, *, asked_for: bool = False) -> LayoutPlans | None:
        """The plans of a job's pages; `None` where nobody but the schema would make them."""
        planner = self.planner(asked_for=asked_for)
        if planner.by is PlannedBy.SCHEMA and not asked_for:
            return None
        cache = self._kept() if planner.name else None
        return LayoutPlans(planner, schema, cache=cache, samples=self._settings.planner_samples)

    def repair(
        self, page: ParsedPage, schema: Schema, unsure: Record | None = None
    ) -> Extraction | None:
        """What the endpoint makes of fields that no worker was sure of; `None` where the settings
        give it no budget for that, or where it cannot be asked. See `Repair.answer`.
        """
        budget = self._settings.repair_tokens
        if self._settings.planner_url is None or budget is None:
            return None
        with self._opening:
            if self._repair is None:
                try:
                    self._repair = Repair(self._endpoint(), budget=budget)
                except PlannerFailed as error:  # what the workers read is not to be lost for it
                    log.warning("unsure fields stay as they are: %s", error)
                    return None
        return self._repair.answer(page, schema, unsure)

    def _endpoint(self) -> Endpoint:
        """The endpoint: one for all jobs, which share its connections and its limit of tokens."""
        with self._opening:
            if self._asked is None:
                self._asked = self._open_endpoint()
                self._open.callback(self._asked.close)
            return self._asked

    def _open_endpoint(self) -> Endpoint:
        settings = self._settings
        key = settings.planner_api_key.get_secret_value() if settings.planner_api_key else None
        url = settings.planner_url or _missing_url()
        do_without_torch()
        from orchestration.planning.endpoint import (  # brings all of Outlines with it
            Address,
            Endpoint,
        )

        return Endpoint(
            Address(url, settings.planner_model, key, settings.planner_api),
            attempts=settings.planner_attempts,
            timeout_s=settings.planner_timeout_s,
            most=settings.planner_tokens,
        )

    def _worker(self) -> Planner:
        if (load := self._load) is None:
            raise WorkerError("the worker here makes no plans")
        named, weights = self._settings.large_model, self._weights()
        found = weights.resolve(named) if named else weights.resolve_tier(Tier.LARGE)
        model = LocalModel(found.name, lambda: _as_model(load(Tier.LARGE)), turn=self._turn)
        return ModelPlanner(model, attempts=self._settings.planner_attempts)

    def _kept(self) -> PlanCache:
        from orchestration.planning.cache import PlanCache

        with self._opening:
            if self._cache is None:
                self._cache = self._open.enter_context(PlanCache(self._settings.plans_file))
        return self._cache


def _as_model(worker: object) -> OutlinesModel:
    """*worker* for prompts of our own; it keeps its weights, which are not loaded twice."""
    do_without_torch()
    from extractors.outlines_model import OutlinesModel  # brings all of Outlines with it

    if not isinstance(worker, Worker):
        raise WorkerError("the worker here makes no plans")
    return OutlinesModel(worker.runtime, worker.tokenizer, max_tokens=_ANSWER)


def _missing_url() -> str:
    hint = "set FIELDWISE_PLANNER_URL, such as http://host:8000/v1, or FIELDWISE_PLANNER=worker"
    raise PlannerFailed("no address of a planning endpoint is set", hint=hint)
