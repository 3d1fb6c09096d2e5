"""One model reading one page: passages, prompts, constrained answers, values with evidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractors.answers.calibration import Calibration
from extractors.answers.decode import GrammarCompiler
from extractors.list_reading import ListReading
from extractors.lists.records import Listing, list_records
from extractors.parsing.blocks import ParsedPage
from extractors.reading import Interrupted
from extractors.whole_reading import WholeReading
from schemas.record import Record, Tier, Tokens
from schemas.schema import Schema

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.model.runtime import Runtime

__all__ = ["Budget", "Extraction", "Interrupted", "Worker"]

_INSTRUCTIONS = 1024  # tokens kept free for the instructions and the schema's own text


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one page. `page`: tokens of its text shown at a time; `answer`: how many the answer
    may grow to; `windows`: how often another part of a long page is looked at.
    `selectors`: most records of a long list are read by selectors learned from some."""

    page: int = 600
    answer: int = 1024
    windows: int = 3
    selectors: bool = False

    @property
    def room(self) -> int:
        """What a context must hold: the page, the answer, instructions and schema."""
        return self.page + self.answer + _INSTRUCTIONS


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a worker made of a page.

    `cut` says what was left out, in words for the user; `None` when nothing was. `seen`: records
    that the page was found to list; `None` where no list was recognised.
    `seconds`: wall time by stage. `stopped`: it was interrupted; the records finished are there.
    `failed`: what could not be answered, and why; `None`: nothing failed. `noted`: what else the
    user is to know of answers that stand.
    """

    records: tuple[Record, ...]
    cut: str | None
    tokens: Tokens
    seconds: dict[str, float] = field(default_factory=dict)
    seen: int | None = None
    stopped: bool = False
    failed: str | None = None
    noted: str | None = None


class Worker:
    """A model that fills schemas from pages. Not thread-safe: it holds one KV cache.

    `calibration`: of this very model; `None` where it was never fitted on it.
    """

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: PreTrainedTokenizerFast,
        *,
        tier: Tier,
        budget: Budget | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.tier = tier
        self.calibration = calibration
        self.budget = budget or Budget()
        self.tokenizer = tokenizer
        self.compiler = GrammarCompiler(tokenizer, vocab=runtime.config.vocab)
        self.runtime = runtime
        self.context = runtime.context(self.budget.room)

    def extract(
        self,
        page: ParsedPage,
        schema: Schema,
        *,
        check_stop: Callable[[], None] = lambda: None,
    ) -> Extraction:
        """The records that *page* states: one, or as many as it lists where *schema* is `many`.

        Each record of a list is read by itself. Of a page longer than the budget the likeliest
        part is read, then others while fields are open that they may answer. A record of a list
        whose answer fails is left out, and counted in `failed`. *check_stop* is called before every
        forward pass and may raise to cancel; see `Interrupted`.

        Raises:
            DecodeFailed: the schema's own text does not fit the context, or the runtime stopped.
        """
        started = time.perf_counter()
        listed = list_records(page, schema) if schema.many else Listing(())
        reading: WholeReading | ListReading
        if listed.entries:
            reading = ListReading(self, page, schema, listed.entries, check_stop)
        else:
            reading = WholeReading(self, page, schema, check_stop)
        records = reading.records()
        reading.cuts += [listed.note] if listed.note else []
        return Extraction(
            records,
            "; ".join(reading.cuts) or None,
            reading.tokens,
            {"worker": time.perf_counter() - started},
            len(listed.entries) or None,
            reading.stopped,
            reading.failed,
        )
