"""The models of one engine, as the settings name them: loaded when they are first asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from extractors.model.compile import Precision
from extractors.model.machine import read_machine
from extractors.model.models import ModelLibrary
from extractors.model.weights import Progress, WeightStore, ignore
from extractors.parsing.blocks import ParsedPage
from extractors.worker import Budget, Extraction
from orchestration.settings import Settings
from orchestration.task import Stop, Stopped
from schemas.record import Tier
from schemas.schema import Schema

if TYPE_CHECKING:
    from extractors.outlines_model import OutlinesModel

__all__ = ["PageWorker", "Workers"]


class PageWorker(Protocol):
    """Whatever fills a schema from a page: a model, or a script in tests."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None]
    ) -> Extraction:
        """See `extractors.worker.Worker.extract`."""


class Workers:
    """`progress` is called while a model is fetched, compiled or checked. `open_worker` makes the
    worker of a tier, at its first page; `None` loads the settings' models.

    Pages of several threads take turns: `turn` is held while a model reads.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        progress: Callable[[Progress], None] = ignore,
        open_worker: Callable[[Tier], PageWorker] | None = None,
    ) -> None:
        self.turn = threading.Lock()
        self._settings = settings
        self._progress = progress
        self._open = open_worker or self._load
        self._opened: dict[Tier, PageWorker] = {}

    def ask(self, tier: Tier, page: ParsedPage, schema: Schema, stop: Stop) -> Extraction:
        """What the worker of *tier* makes of *page*. Raises Stopped when *stop* says so."""

        def check_stop() -> None:
            if stop():
                raise Stopped

        with self.turn:
            check_stop()
            return self.of(tier).extract(page, schema, check_stop=check_stop)

    def warm_up(self, tier: Tier) -> None:
        """Load the model of *tier* now instead of at its first page.

        Raises:
            ModelMissing: it has no weights.
            NoMemory: it does not fit into what is left.
        """
        with self.turn:
            self.of(tier)

    def of(self, tier: Tier) -> PageWorker:
        """The worker of *tier*, for who holds the turn. Raises as `warm_up`."""
        if tier not in self._opened:
            self._opened[tier] = self._open(tier)
        return self._opened[tier]

    def outlines_model(self, tier: Tier) -> OutlinesModel:
        """The model of *tier*, loaded for `outlines.Generator`. Raises as `warm_up`."""
        return self.library().outlines_model(
            tier,
            model=self._named(tier),
            max_tokens=self._settings.answer_tokens,
            threads=self._settings.threads,
            device=self._settings.device,
        )

    def compiled(
        self, name: str, *, via_optimum: bool = False, precision: str | None = None
    ) -> Path:
        """The folder of the model *name* compiled for this machine, built where it is not there.

        `via_optimum`: as Optimum's standard graph, which needs the extra `export`. `precision` of
        our own graph: "w8a8" (`None` is this), "float16", "float32". Raises as `warm_up`.
        """
        weights, library = self.weights().resolve(name), self.library()
        if via_optimum:
            return library.exported(weights).path
        return library.compiled(weights, precision=Precision(precision or "w8a8")).path

    def weights(self) -> WeightStore:
        """Where the weights come from."""
        return WeightStore(
            self._settings.cache_dir,
            hub_endpoint=self._settings.hub_endpoint,
            offline=self._settings.offline,
            progress=self._progress,
        )

    def library(self) -> ModelLibrary:
        """Where the compiled models are kept."""
        return ModelLibrary(
            self._settings.cache_dir,
            self.weights(),
            progress=self._progress,
            memory_left=self._memory_left,
            share=self._settings.share_weights,
        )

    def _load(self, tier: Tier) -> PageWorker:
        settings = self._settings
        return self.library().worker(
            tier,
            model=self._named(tier),
            budget=Budget(
                page=settings.page_tokens,
                answer=settings.answer_tokens,
                selectors=settings.selectors != "off",
            ),
            threads=settings.threads,
            device=settings.device,
        )

    def _named(self, tier: Tier) -> str | None:
        settings = self._settings
        return settings.small_model if tier is Tier.SMALL else settings.large_model

    def _memory_left(self) -> int | None:
        return read_machine().memory_left if self._settings.check_memory else None
