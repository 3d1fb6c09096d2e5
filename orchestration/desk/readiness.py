"""Loads the model in the background, and says how far that is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors.model.weights import Progress
from schemas.errors import FieldwiseError

if TYPE_CHECKING:
    from orchestration.engine import Engine

__all__ = ["Readiness", "Stage"]

_DOING = {"download": "Fetching", "verify": "Checking", "compile": "Compiling"}
_LOADING = "Loading the model"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where loading is. `text`: for people; `part`: how much of it is done, `None`: unknown.

    `over`: nothing more will happen by itself, since the model is ready or could not be had.
    """

    text: str
    part: float | None = None
    over: bool = False


class Readiness:
    """Watches an engine's model: give `progress` to the engine, then call `start` with it."""

    def __init__(self) -> None:
        self.stage = Stage("The model is not loaded yet")
        self._error: FieldwiseError | None = None
        self._ready = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def progress(self, progress: Progress) -> None:
        """Take what the engine reports of a download, check or compilation."""
        done, total = progress.done_bytes, progress.total_bytes
        amount = _layers(done, total) if progress.stage == "compile" else _mebibytes(done, total)
        part = done / total if total else None
        self.stage = Stage(f"{_DOING[progress.stage]} {progress.model}: {amount}", part)

    def start(self, engine: Engine) -> None:
        """Begin to load, unless it is ready or on its way; after a failure, begin again."""
        with self._lock:
            if self._ready or (self._thread and self._thread.is_alive()):
                return
            self._error = None
            self.stage = Stage(_LOADING)
            self._thread = threading.Thread(
                target=self._load, args=[engine], name="model", daemon=True
            )
            self._thread.start()

    def wait(self, engine: Engine, *, stop: Callable[[], bool]) -> Iterator[Stage]:
        """Load if need be; yields the stage now and then until the model is ready or *stop* is.

        Raises:
            FieldwiseError: what `Engine.warm_up` raised.
        """
        self.start(engine)
        while self._thread and self._thread.is_alive() and not stop():
            yield self.stage
            self._thread.join(_NOW_AND_THEN)
        if self._error and not stop():
            raise self._error

    def _load(self, engine: Engine) -> None:
        try:
            engine.warm_up()
        except FieldwiseError as error:
            self._error = error
            self.stage = Stage(f"No model: {error.explain()}", over=True)
        except Exception as error:  # our own mistake: a thread's end would tell nobody
            logging.getLogger(__name__).exception("the model could not be loaded")
            self._error = FieldwiseError(f"the model could not be loaded: {error!r}")
            self.stage = Stage(str(self._error), over=True)
        else:
            self._ready = True
            self.stage = Stage("Model ready", 1.0, over=True)


_NOW_AND_THEN = 0.4  # seconds


def _mebibytes(done: int, total: int | None) -> str:
    shown = f"{done / 2**20:,.0f}"
    return f"{shown} of {total / 2**20:,.0f} MiB" if total else f"{shown} MiB"


def _layers(done: int, total: int | None) -> str:
    return f"layer {done} of {total}"
