"""One model reading one page: passages, prompts, constrained answers, values with evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractors.blocks import ParsedPage
from extractors.calibration import Calibration
from extractors.decode import (
    GrammarCompiler,
    Question,
    decode,
)
from extractors.list_reading import ListReading
from extractors.merging import (
    is_absent,
    make_of,
    make_without_numbers,
    merge_cells,
    merge_records,
)
from extractors.passages import Passage
from extractors.ranking import promising_blocks
from extractors.reading import Interrupted, Reading
from extractors.records import Listing, list_records
from schemas.errors import DecodeFailed
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

    page: int = 800
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
    `failed`: what could not be answered, and why; `None`: nothing failed.
    """

    records: tuple[Record, ...]
    cut: str | None
    tokens: Tokens
    seconds: dict[str, float] = field(default_factory=dict)
    seen: int | None = None
    stopped: bool = False
    failed: str | None = None


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
        reading: _WholeReading | ListReading
        if listed.entries:
            reading = ListReading(self, page, schema, listed.entries, check_stop)
        else:
            reading = _WholeReading(self, page, schema, check_stop)
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


class _WholeReading(Reading):
    """A page as a whole, in one window or several."""

    def records(self) -> tuple[Record, ...]:
        """Records from the likeliest part, and from others where they may say what is missing."""
        budget = self._worker.budget
        passage = self._shown.choose(self._schema, budget=budget.page)
        records = self._read(passage)
        read, partly = len(passage), self._is_part(passage)
        unseen = set(range(len(self._page.document.visible.blocks))) - set(passage.blocks)
        for _ in range(budget.windows - 1):
            wanted = self._worth_reading(records, unseen) if passage.cut else []
            if not wanted:
                break
            passage = self._shown.choose(self._schema, budget=budget.page, among=wanted)
            try:
                records = self._joined(records, self._read(passage))
            except (Interrupted, DecodeFailed) as end:  # what was read before stands
                self.stopped = isinstance(end, Interrupted)
                self.failed = None if self.stopped else f"only its first part was read: {end}"
                break
            read, partly = read + len(passage), partly or self._is_part(passage)
            unseen -= set(passage.blocks)
        if unseen or partly:
            whole = len(self._page.document.visible.text)
            what = "characters were read, those likeliest to matter"
            self.cuts.insert(0, f"{read:,} of {whole:,} {what}")
        return records

    def _is_part(self, passage: Passage) -> bool:
        """Whether a block of *passage* is longer than what was shown of it."""
        blocks = self._page.document.blocks
        return len(passage) < sum(len(blocks[place].span) for place in passage.blocks)

    def _worth_reading(self, records: Sequence[Record], unseen: set[int]) -> list[int]:
        """Unread blocks that look as if they said what *records* leave open, or go on a list."""
        document = self._page.document
        if self._schema.many:
            return sorted(promising_blocks(document, self._schema) & unseen)
        cells = records[0].cells if records else {}
        lacking = tuple(f for f in self._schema if f.name not in cells or is_absent(cells[f.name]))
        wanted = (
            promising_blocks(document, replace(self._schema, fields=lacking)) if lacking else set()
        )
        for cell in cells.values():
            make = make_of(cell)
            wanted |= {
                i for i in unseen if make and make_without_numbers(document.blocks[i].xpath) == make
            }
        return sorted(wanted & unseen)

    def _joined(self, first: Sequence[Record], then: Sequence[Record]) -> tuple[Record, ...]:
        """What the first window answered stands; lists grow."""
        if self._schema.many or not first or not then:
            return merge_records(self._schema, [first, then])
        known, new = first[0].cells, then[0].cells
        cells = {
            f.name: merge_cells(f, [known[f.name], new[f.name]])
            if is_absent(known[f.name]) or make_of(known[f.name])
            else known[f.name]
            for f in self._schema
        }
        return (replace(first[0], cells=cells),)

    def _read(self, passage: Passage) -> tuple[Record, ...]:
        worker = self._worker
        question = self._question(self._schema, passage)
        self._make_sure_it_fits(question)
        answer = decode(
            worker.context,
            question,
            max_tokens=worker.budget.answer,
            check_stop=self._check_stop,
        )
        self._count([answer], steps=answer.steps)
        if not answer.complete:
            self.cuts.append("the answer reached its token budget and the rest of it is missing")
        return tuple(self._ground(self._schema, passage, answer))

    def _make_sure_it_fits(self, question: Question) -> None:
        budget, capacity = self._worker.budget, self._worker.context.capacity
        if len(question.prompt) + budget.answer > capacity:
            raise DecodeFailed(
                f"the schema takes {len(question.prompt) - budget.page} tokens to describe",
                hint="use fewer fields or shorter descriptions",
            )
