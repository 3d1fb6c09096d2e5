"""A worker that answers when a test lets it, so that a job can be looked at halfway."""

from __future__ import annotations

import threading
from collections.abc import Callable

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from schemas.schema import Schema

__all__ = ["Gated"]


class Gated(ScriptedWorker):
    """Waits before each page until `let` has allowed for it; may be stopped meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._allowed = threading.Semaphore(0)

    def let(self, pages: int) -> None:
        """Allow so many more pages."""
        self._allowed.release(pages)

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        while not self._allowed.acquire(timeout=0.02):
            check_stop()
        return super().extract(page, schema, check_stop=check_stop)
