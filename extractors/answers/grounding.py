"""From an answer's text to values that cite the page: which words, how sure, where they stand."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import accumulate
from statistics import fmean

import numpy as np

from extractors.answers.answer import RawCell, RawRecord, RawValue, read_answer
from extractors.answers.calibration import Calibration
from extractors.answers.decode import Answer, Chosen, GrammarCompiler
from extractors.answers.evidence import Found, Locator
from extractors.answers.merging import is_absent
from extractors.answers.prices import with_currency
from extractors.parsing.blocks import Link, ParsedPage
from extractors.relevance.passages import Passage
from extractors.values.customs import Customs
from extractors.values.normalise import normalise
from schemas.document import Span
from schemas.record import ABSENT, Cell, Evidence, Record, Signals, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = ["ground"]

_NO_RIVAL = 20.0  # nats; the lead of tokens that were the only ones allowed
_DEAD_END = math.log(0.005)  # nats; likelier tokens than this the model does choose by itself
# Share of such answers that are right, below which one costs more in F1 than it brings. With
# perfect confidences the best cut is half the best F1 there is (Lipton et al. 2014,
# https://arxiv.org/abs/1402.1892); measured in docs/LOG.md.
_LEAST_SURE = 0.2
# Of other kinds the model often wants another notation than the page's; these can be checked.
_COPIED = frozenset({Kind.TEXT, Kind.CHOICE, Kind.BOOLEAN})


def ground(
    answer: Answer,
    *,
    page: ParsedPage,
    passage: Passage,
    schema: Schema,
    tier: Tier,
    compiler: GrammarCompiler,
    calibration: Calibration | None = None,
) -> list[Record]:
    """The records of *answer*, each value with its place in *passage*.

    A value whose words are not found there is absent, and so is one that the grammar had to push
    the model into. Of a schema of many, records that say nothing are left out. *calibration*: of
    this model; `None` leaves the mean probability of a value's tokens as its confidence.
    """
    transcript = _Transcript(answer, compiler)
    grounder = _Grounder(page, passage, transcript, tier, calibration)
    records: list[Record] = []
    for raw in read_answer(schema, transcript.text):
        cells = grounder.record(schema, raw)
        if not schema.many or not all(map(is_absent, cells.values())):
            records.append(Record(cells, page.document.url, len(records)))
    return records


class _Transcript:
    """An answer as text, and how sure the model was of any stretch of it."""

    def __init__(self, answer: Answer, compiler: GrammarCompiler) -> None:
        tokens = [chosen.token for chosen in answer.tokens]
        # The last line may end with the answer instead of with a break.
        pieces = [b"\n" if t == compiler.end else compiler.decode_bytes(t) for t in tokens]
        self._tokens = answer.tokens
        self._ends = list(accumulate(map(len, pieces)))
        raw = b"".join(pieces)
        self.text = raw.decode("utf-8", errors="ignore")
        # Character to byte offsets: equal for the ASCII answers that most pages get.
        self._bytes = None if len(raw) == len(self.text) else _byte_offsets(self.text)

    def signals(self, place: Span) -> Signals | None:
        """How the tokens chosen in *place* stood; `None` when all were forced."""
        chosen = self._chosen(place)
        if not chosen:
            return None
        said = [token.logprob or 0.0 for token in chosen]
        leads = [(t.logprob or 0.0) - t.runner_up for t in chosen if t.runner_up is not None]
        return Signals(
            first=round(said[0], 4),
            runner_up=_rounded(chosen[0].runner_up),
            worst=round(min(said), 4),
            mean=round(fmean(said), 4),
            margin=round(min(leads, default=_NO_RIVAL), 4),
            kept=round(min(token.kept for token in chosen), 4),
        )

    def _chosen(self, place: Span) -> list[Chosen]:
        """The tokens in *place* that were not forced."""
        start, end = (self._bytes[i] if self._bytes else i for i in (place.start, place.end))
        first, last = np.searchsorted(self._ends, [start + 1, end + 1])
        # The token after the value counts too: it is the choice to end there.
        return [token for token in self._tokens[first : last + 1] if token.logprob is not None]


def _byte_offsets(text: str) -> list[int]:
    return [0, *accumulate(len(char.encode("utf-8")) for char in text)]


class _Grounder:
    """Turns raw answers into values that cite the page."""

    def __init__(
        self,
        page: ParsedPage,
        passage: Passage,
        transcript: _Transcript,
        tier: Tier,
        calibration: Calibration | None,
    ) -> None:
        self._url = page.document.url
        self._document = page.document
        self._customs = Customs.of(page.document)
        self._links = passage.links
        self._locator = Locator(page.document, passage.spans, passage.lines)
        self._transcript = transcript
        self._tier = tier
        self._calibration = calibration

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
            if value.status is not ValueStatus.ABSENT:
                items.append(value)
        return tuple(items)

    def _value(self, field: Field, raw: RawValue, taken: list[Span]) -> Value:
        signals = self._transcript.signals(raw.place)
        pushed = field.kind in _COPIED and _is_dead_end(signals)
        if raw.text is None or pushed:
            return self._absent(field, signals)
        if field.kind is Kind.GENERATED:
            return self._generated(field, raw.text, signals)
        link = self._links.get(raw.text) if field.kind is Kind.URL else None
        found = self._cite_link(link) if link else self._find(field, raw, taken)
        if found is None:
            return self._absent(field, signals)
        said = link.href if link else self._what_is_said(field, raw, found.evidence)
        data = normalise(said, field, base_url=self._url, customs=self._customs)
        if data is None and field.kind is not Kind.TEXT:
            return self._absent(field, signals)
        signals = _with_place(signals, found)
        sure = self._confidence(field, signals, absent=False)
        if self._calibration is not None and sure < _LEAST_SURE:
            return self._absent(field, signals)
        return Value(
            said, data, found.evidence, self._tier, sure, ValueStatus.FOUND, signals=signals
        )

    def _generated(self, field: Field, words: str, signals: Signals | None) -> Value:
        """The model's own words, which stand nowhere on the page and cite nothing."""
        data = normalise(words, field)
        sure = self._confidence(field, signals, absent=False)
        if self._calibration is not None and sure < _LEAST_SURE:
            return self._absent(field, signals)
        return Value(words, data, None, self._tier, sure, ValueStatus.GENERATED, signals=signals)

    def _absent(self, field: Field, signals: Signals | None) -> Value:
        confidence = self._confidence(field, signals, absent=True)
        return Value(tier=self._tier, confidence=confidence, signals=signals)

    def _confidence(self, field: Field, signals: Signals | None, *, absent: bool) -> float:
        """Calibrated; else the geometric mean of the probabilities of the tokens chosen."""
        if signals is None:  # all was forced
            return 1.0
        if self._calibration is None:
            return math.exp(signals.mean)
        return self._calibration.confidence(field, signals, absent=absent)

    def _cite_link(self, link: Link) -> Found:
        return Found(self._locator.cite(link.span), places=1, labelled=False, fills=True)

    def _find(self, field: Field, raw: RawValue, taken: list[Span]) -> Found | None:
        words = raw.quote if raw.quote is not None else str(raw.text)
        labels, heading = field.labels, field.is_heading
        found = self._locator.find(words, labels=labels, taken=taken, heading=heading)
        if found is None:
            return None
        whole = with_currency(field, self._document, found.evidence.span)
        return replace(found, evidence=self._locator.cite(whole))

    def _what_is_said(self, field: Field, raw: RawValue, evidence: Evidence) -> str:
        """A choice or boolean is the model's reading of the quote; all else is the quote."""
        if field.kind in (Kind.CHOICE, Kind.BOOLEAN):
            return str(raw.text)
        return evidence.quote


def _rounded(nats: float | None) -> float | None:
    return None if nats is None else round(nats, 4)


def _is_dead_end(signals: Signals | None) -> bool:
    """Whether the grammar had to push the model where it would hardly ever have gone."""
    return signals is not None and signals.worst < _DEAD_END


def _with_place(signals: Signals | None, found: Found) -> Signals | None:
    if signals is None:
        return None
    return replace(signals, places=found.places, labelled=found.labelled, fills=found.fills)
