"""One model reading one page: passages, prompts, constrained answers, values with evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractors.answer import longest_answer
from extractors.blocks import ParsedPage
from extractors.calibration import Calibration
from extractors.decode import (
    Answer,
    GrammarCompiler,
    Question,
    common_prefix,
    decode,
    decode_together,
)
from extractors.drafts import PageDrafter
from extractors.grammar import GAP, build_grammar
from extractors.grounding import ground
from extractors.hidden import hidden_passage
from extractors.long_lists import read_list
from extractors.merging import (
    is_absent,
    make_of,
    make_without_numbers,
    merge_cells,
    merge_records,
    say_nothing,
)
from extractors.model.tokenizer import token_counter
from extractors.passages import Passage, Shown
from extractors.pieces import line_starts
from extractors.prompt import build_prompt
from extractors.records import Entry, Listing, list_records
from schemas.errors import DecodeFailed
from schemas.record import Cell, Record, Tier, Tokens
from schemas.schema import Kind, Schema

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.model.runtime import Runtime

__all__ = ["Budget", "Extraction", "Interrupted", "Worker"]

_INSTRUCTIONS = 1024  # tokens kept free for the instructions and the schema's own text
_TOGETHER = 8  # records of a list answered in one go; more gain little and must fit the context
_SILENT = Answer((), complete=True, steps=0, prompt_read=0)
_MISSED = 0.1  # values that unread text is held to state, from which on a page was not read whole


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


class Interrupted(Exception):
    """What a `check_stop` raises that wants the records of a list that were finished before."""


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
        reading = _Reading(self, page, schema, listed.entries, check_stop)
        records = reading.entries() if listed.entries else reading.windows()
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


class _Reading:
    """One page being read, or the *entries* of its list. `tokens`: what it took; `cuts`, `failed`:
    what is missing, so far."""

    def __init__(
        self,
        worker: Worker,
        page: ParsedPage,
        schema: Schema,
        entries: Sequence[Entry],
        check_stop: Callable[[], None],
    ) -> None:
        self.tokens = Tokens()
        self.cuts: list[str] = []
        self.stopped = False
        self.failed: str | None = None
        self._overlong = 0  # records of a list that were not read whole
        self._answered = self._unread = 0  # records of a list
        self._failures: list[DecodeFailed] = []
        self._worker = worker
        self._page = page
        self._schema = schema
        self._entries = entries
        self._check_stop = check_stop
        links = page.links if any(field.kind is Kind.URL for field in schema.walk()) else ()
        lines = line_starts(page, entries)
        self._tokens_in = token_counter(worker.tokenizer)
        self._shown = Shown(page, links=links, lines=lines, count_tokens=self._tokens_in)

    # A page as a whole, in one window or several

    def windows(self) -> tuple[Record, ...]:
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
        if say_nothing(records) and not (self.stopped or self.failed):
            records = self._from_hidden(records)
        if partly or self._shown.expected(self._open(records), unseen) >= _MISSED:
            whole = len(self._page.document.visible.text)
            what = "characters were read, those likeliest to matter"
            self.cuts.insert(0, f"{read:,} of {whole:,} {what}")
        return records

    def _from_hidden(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """*records*, with what the page hides; a failure costs nothing that it shows."""
        document, limit = self._page.document, self._worker.budget.page
        passage = hidden_passage(document, self._schema, budget=limit, count_tokens=self._tokens_in)
        try:
            return self._joined(records, self._read(passage)) if passage else records
        except (Interrupted, DecodeFailed) as end:
            self.stopped = isinstance(end, Interrupted)
            return records

    def _is_part(self, passage: Passage) -> bool:
        """Whether a block of *passage* is longer than what was shown of it."""
        blocks = self._page.document.blocks
        return len(passage) < sum(len(blocks[place].span) for place in passage.blocks)

    def _worth_reading(self, records: Sequence[Record], unseen: set[int]) -> list[int]:
        """Unread blocks that look as if they said what *records* leave open, or go on a list."""
        document = self._page.document
        if self._schema.many:
            return sorted(self._shown.promising(self._schema) & unseen)
        wanted = self._shown.promising(self._open(records))
        for cell in records[0].cells.values() if records else ():
            make = make_of(cell)
            wanted |= {
                i for i in unseen if make and make_without_numbers(document.blocks[i].xpath) == make
            }
        return sorted(wanted & unseen)

    def _open(self, records: Sequence[Record]) -> Schema:
        """What is still asked for: of one record, the fields that nothing was found for."""
        if self._schema.many:
            return self._schema
        cells = records[0].cells if records else {}
        lacking = (f for f in self._schema if f.name not in cells or is_absent(cells[f.name]))
        return replace(self._schema, fields=tuple(lacking))

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

    # The records of a list, one by one

    def entries(self) -> tuple[Record, ...]:
        """A record for each of the list's that says something, several read at a time."""
        taken = self._entries[: self._schema.max_records]
        if (count := len(self._entries)) > len(taken):
            self.cuts.append(f"the first {len(taken):,} of {count:,} records were read")
        one = replace(self._schema, many=False)
        if self._worker.budget.selectors:
            found = read_list(self._page, one, taken, self._by_model)
        else:
            found = self._by_model(one, taken)
        url = self._page.document.url
        records = [Record(c, url) for c in found if not all(map(is_absent, c.values()))]
        self._say_what_is_missing()
        return tuple(replace(record, index=i) for i, record in enumerate(records))

    def _say_what_is_missing(self) -> None:
        """Raises DecodeFailed when no record could be answered."""
        if self._failures and not self._answered:
            raise self._failures[0]
        if self._unread:
            self.cuts.append(f"stopped with {self._unread:,} records unread")
        if self._failures:
            count, reason = len(self._failures), self._failures[0]
            self.failed = f"{count:,} records could not be answered: {reason}"
        if self._overlong:
            self.cuts.append(f"{self._overlong:,} records are longer than was read of them")

    def _by_model(self, one: Schema, entries: Sequence[Entry]) -> list[Mapping[str, Cell]]:
        """The cells of each of *entries*; none where it could not be answered."""
        found: list[Mapping[str, Cell]] = []
        for start in range(0, len(entries), _TOGETHER):
            found += self._together(one, entries[start : start + _TOGETHER])
        return found

    def _together(self, one: Schema, entries: Sequence[Entry]) -> list[Mapping[str, Cell]]:
        budget = self._worker.budget.page
        passages = [
            self._shown.part(
                [*entry.context, *entry.columns, *entry.blocks, *entry.asides],
                budget=budget,
                unquoted=frozenset(entry.columns),
            )
            for entry in entries
        ]
        found: list[Mapping[str, Cell]] = []
        for passage, answer in zip(passages, self._told(one, passages), strict=True):
            (record,) = self._ground(one, passage, answer)
            found.append({} if answer is _SILENT else record.cells)
            self._overlong += passage.cut or not answer.complete
        return found

    def _told(self, schema: Schema, passages: Sequence[Passage]) -> list[Answer]:
        """As `_answers`; what fails, or is left after a stop, is an answer that says nothing."""
        silence = [_SILENT] * len(passages)
        try:
            if not self.stopped:
                answers = self._answers(schema, passages)
                self._answered += len(answers)
                return answers
        except Interrupted:
            if not self._answered:
                raise
            self.stopped = True
        except DecodeFailed as error:
            if len(passages) > 1:  # who failed?
                return [one for passage in passages for one in self._told(schema, [passage])]
            self._failures.append(error)
            return silence
        self._unread += len(passages)
        return silence

    def _answers(self, schema: Schema, passages: Sequence[Passage]) -> list[Answer]:
        """Answers for *passages* in one go, or in two where all do not fit the context."""
        worker = self._worker
        questions = [self._question(schema, passage) for passage in passages]
        limit = min(worker.budget.answer, longest_answer(schema))
        if len(questions) == 1 or not worker.context.packable:
            answers = [
                decode(worker.context, question, max_tokens=limit, check_stop=self._check_stop)
                for question in questions
            ]
            self._count(answers, steps=sum(answer.steps for answer in answers))
            return answers
        if not self._fit_together(questions, limit):
            half = len(passages) // 2
            return self._answers(schema, passages[:half]) + self._answers(schema, passages[half:])
        answers = decode_together(
            worker.context, questions, max_tokens=limit, check_stop=self._check_stop
        )
        self._count(answers, steps=max(answer.steps for answer in answers))
        return answers

    def _fit_together(self, questions: Sequence[Question], limit: int) -> bool:
        """Whether there is room even if every answer grows to its *limit*."""
        prompts = [question.prompt for question in questions]
        needed = sum(map(len, prompts)) + len(prompts) * limit
        twice = (len(prompts) - 1) * len(common_prefix(prompts))
        return needed - twice <= self._worker.context.capacity

    # Both

    def _question(self, schema: Schema, passage: Passage) -> Question:
        tokenizer = self._worker.tokenizer
        text = GAP.join(self._page.document.quote(span) for span in passage.spans)
        grammar = build_grammar(schema, text, links=list(passage.links))
        return Question(
            build_prompt(tokenizer, schema, passage.shown),
            self._worker.compiler.matcher(grammar),
            PageDrafter(tokenizer, schema, passage.shown),
        )

    def _ground(self, schema: Schema, passage: Passage, answer: Answer) -> list[Record]:
        worker = self._worker
        return ground(
            answer,
            page=self._page,
            passage=passage,
            schema=schema,
            tier=worker.tier,
            compiler=worker.compiler,
            calibration=worker.calibration,
        )

    def _count(self, answers: Sequence[Answer], *, steps: int) -> None:
        self.tokens += Tokens(
            sum(answer.prompt_read for answer in answers),
            sum(len(answer.tokens) for answer in answers),
            steps,
        )
