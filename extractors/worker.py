"""One model reading one page: passage, prompt, constrained answer, values with evidence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from extractors.answer import RawCell, RawRecord, RawValue, read_answer
from extractors.blocks import Link, ParsedPage
from extractors.decode import Answer, GrammarCompiler, Question, decode
from extractors.drafts import PageDrafter
from extractors.evidence import Locator
from extractors.grammar import GAP, build_grammar
from extractors.normalise import normalise
from extractors.passages import Passage, choose_passage
from extractors.prompt import build_prompt
from schemas.document import Span
from schemas.errors import DecodeFailed
from schemas.record import ABSENT, Cell, Evidence, Record, Tier, Tokens, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.runtime import Runtime

__all__ = ["Budget", "Extraction", "Worker"]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one page, in tokens. `page`: how much of its text is shown; `answer`: how long
    the answer may grow."""

    page: int = 800
    answer: int = 1024

    @property
    def room(self) -> int:
        """What a context must hold: the page, the answer, instructions and schema."""
        return self.page + self.answer + _INSTRUCTIONS


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a worker made of a page.

    `cut` says what was left out, in words for the user; `None` when nothing was.
    `seconds`: wall time of "prompt" (reading it) and "decode".
    """

    records: tuple[Record, ...]
    cut: str | None
    tokens: Tokens
    seconds: dict[str, float] = field(default_factory=dict)


class Worker:
    """A model that fills schemas from pages. Not thread-safe: it holds one KV cache."""

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: PreTrainedTokenizerFast,
        *,
        tier: Tier,
        budget: Budget | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._tier = tier
        self._budget = budget or Budget()
        self._compiler = GrammarCompiler(tokenizer, vocab=runtime.config.vocab)
        self._context = runtime.context(self._budget.room)

    def extract(
        self,
        page: ParsedPage,
        schema: Schema,
        *,
        check_stop: Callable[[], None] = lambda: None,
    ) -> Extraction:
        """The records that *page* states: one, or as many as it lists where *schema* is `many`.

        *check_stop* is called before every forward pass and may raise to cancel.

        Raises:
            DecodeFailed: the schema's own text does not fit the context, or the runtime stopped.
        """
        started = time.perf_counter()
        passage = self._passage(page, schema)
        grammar = build_grammar(schema, _text(page, passage), links=list(passage.links))
        matcher = self._compiler.matcher(grammar)
        prompt = build_prompt(self._tokenizer, schema, passage.shown)
        if len(prompt) + self._budget.answer > self._context.capacity:
            raise DecodeFailed(
                f"the schema takes {len(prompt) - self._budget.page} tokens to describe",
                hint="use fewer fields or shorter descriptions",
            )
        question = Question(prompt, matcher, PageDrafter(self._tokenizer, schema, passage.shown))
        answer = decode(
            self._context, question, max_tokens=self._budget.answer, check_stop=check_stop
        )
        seconds = {"worker": time.perf_counter() - started}
        records = self._records(page, passage, schema, answer)
        tokens = Tokens(answer.prompt_read, len(answer.tokens), answer.steps)
        return Extraction(records, _cut(page, passage, answer), tokens, seconds)

    def _passage(self, page: ParsedPage, schema: Schema) -> Passage:
        wants_links = any(field.kind is Kind.URL for field in schema.walk())
        return choose_passage(
            page.document,
            schema,
            links=page.links if wants_links else (),
            budget=self._budget.page,
            count_tokens=self._count_tokens,
        )

    def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        backend = self._tokenizer.backend_tokenizer
        return [len(e.ids) for e in backend.encode_batch(list(texts), add_special_tokens=False)]

    def _records(
        self, page: ParsedPage, passage: Passage, schema: Schema, answer: Answer
    ) -> tuple[Record, ...]:
        transcript = _Transcript(answer, self._compiler)
        grounder = _Grounder(page, passage, transcript, self._tier)
        records: list[Record] = []
        for raw in read_answer(schema, transcript.text):
            cells = grounder.record(schema, raw)
            if not schema.many or any(_said(cell) for cell in cells.values()):
                records.append(Record(cells, page.document.url, len(records)))
        return tuple(records)


_DEAD_END = math.log(0.005)  # nats; likelier tokens than this the model does choose by itself
# Of other kinds the model often wants another notation than the page's; these can be checked.
_COPIED = frozenset({Kind.TEXT, Kind.CHOICE, Kind.BOOLEAN})
_INSTRUCTIONS = 1024  # tokens kept free for the instructions and the schema's own text


def _text(page: ParsedPage, passage: Passage) -> str:
    return GAP.join(page.document.quote(span) for span in passage.spans)


def _cut(page: ParsedPage, passage: Passage, answer: Answer) -> str | None:
    reasons = []
    if passage.cut:
        shown, whole = len(passage), len(page.document.text)
        reasons.append(f"{shown:,} of {whole:,} characters were read, those likeliest to matter")
    if not answer.complete:
        reasons.append("the answer reached its token budget and the rest of it is missing")
    return "; ".join(reasons) or None


def _said(cell: Cell) -> bool:
    if isinstance(cell, Value):
        return cell.status is not ValueStatus.ABSENT
    return any(_said(part) for part in (cell if isinstance(cell, tuple) else cell.values()))


class _Transcript:
    """An answer as text, and how sure the model was of any stretch of it."""

    def __init__(self, answer: Answer, compiler: GrammarCompiler) -> None:
        pieces = [compiler.decode_bytes(chosen.token) for chosen in answer.tokens]
        self._logprobs = [chosen.logprob for chosen in answer.tokens]
        self._ends = list(accumulate(map(len, pieces)))
        raw = b"".join(pieces)
        self.text = raw.decode("utf-8", errors="ignore")
        # Character to byte offsets: equal for the ASCII answers that most pages get.
        self._bytes = None if len(raw) == len(self.text) else _byte_offsets(self.text)

    def confidence(self, place: Span) -> float:
        """The geometric mean of the probabilities of the tokens chosen in *place*."""
        chosen = self._chosen(place)
        return float(np.exp(np.mean(chosen))) if chosen else 1.0

    def is_dead_end(self, place: Span) -> bool:
        """Whether the grammar had to push the model where it would hardly ever have gone."""
        return min(self._chosen(place), default=0.0) < _DEAD_END

    def _chosen(self, place: Span) -> list[float]:
        """Log-probabilities of the tokens in *place* that were not forced."""
        start, end = (self._bytes[i] if self._bytes else i for i in (place.start, place.end))
        first, last = np.searchsorted(self._ends, [start + 1, end + 1])
        # The token after the value counts too: it is the choice to end there.
        return [p for p in self._logprobs[first : last + 1] if p is not None]


def _byte_offsets(text: str) -> list[int]:
    return [0, *accumulate(len(char.encode("utf-8")) for char in text)]


class _Grounder:
    """Turns raw answers into values that cite the page."""

    def __init__(
        self, page: ParsedPage, passage: Passage, transcript: _Transcript, tier: Tier
    ) -> None:
        self._url = page.document.url
        self._links = passage.links
        self._locator = Locator(page.document, passage.spans)
        self._transcript = transcript
        self._tier = tier

    def record(self, schema: Schema, raw: RawRecord) -> dict[str, Cell]:
        return {field.name: self._cell(field, raw[field.name]) for field in schema}

    def _cell(self, field: Field, raw: RawCell) -> Cell:
        if isinstance(raw, RawValue):
            return self._value(field, raw, taken=[])
        if isinstance(raw, tuple):
            return self._items(field, raw)
        return {part.name: self._cell(part, raw[part.name]) for part in field.fields}

    def _items(self, field: Field, raws: tuple[RawCell, ...]) -> Cell:
        """A list's items, each citing a place of its own: a repeated item needs a second place."""
        if field.kind is Kind.OBJECT:
            return tuple(self._cell(replace(field, many=False), raw) for raw in raws)
        taken: list[Span] = []
        items = []
        for raw in raws:
            value = self._value(field, raw, taken) if isinstance(raw, RawValue) else ABSENT
            if value.evidence is not None:
                taken.append(value.evidence.span)
                items.append(value)
        return tuple(items)

    def _value(self, field: Field, raw: RawValue, taken: list[Span]) -> Value:
        confidence = self._transcript.confidence(raw.place)
        absent = Value(tier=self._tier, confidence=confidence)
        if raw.text is None or (field.kind in _COPIED and self._transcript.is_dead_end(raw.place)):
            return absent
        link = self._links.get(raw.text) if field.kind is Kind.URL else None
        evidence = self._cite_link(link) if link else self._find(field, raw, taken)
        if evidence is None:
            return absent
        said = link.href if link else self._what_is_said(field, raw, evidence)
        data = normalise(said, field, base_url=self._url)
        if data is None and field.kind is not Kind.TEXT:
            return absent
        return Value(said, data, evidence, self._tier, confidence, ValueStatus.FOUND)

    def _cite_link(self, link: Link) -> Evidence:
        return self._locator.cite(link.span)

    def _find(self, field: Field, raw: RawValue, taken: list[Span]) -> Evidence | None:
        words = raw.quote if raw.quote is not None else str(raw.text)
        return self._locator.find(words, labels=field.labels, taken=taken, heading=field.is_heading)

    def _what_is_said(self, field: Field, raw: RawValue, evidence: Evidence) -> str:
        """A choice or boolean is the model's reading of the quote; all else is the quote."""
        if field.kind in (Kind.CHOICE, Kind.BOOLEAN):
            return str(raw.text)
        return evidence.quote
