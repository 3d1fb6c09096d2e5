"""A worker for demonstrations and tests: answers by a rule, no model.

A page that says `Label: value` in one block answers the field named `label`; a field that no block
is labelled with is answered as absent. What is answered cites the page, as a model's answers do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from extractors.parsing.blocks import ParsedPage
from extractors.values.customs import Customs
from extractors.values.normalise import normalise
from extractors.worker import Extraction
from schemas.document import Document, Span
from schemas.errors import DecodeFailed
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    Record,
    Tier,
    Tokens,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema

__all__ = ["ScriptedWorker"]

ITEM_SEPARATOR = ", "


class ScriptedWorker:
    """Answers each field by the block that its name labels. An object's parts are fields too.

    `seconds`: how long it seems to think about a page. It may be stopped meanwhile. `tier`: who it
    stands in for; `confidence`: that of the values it finds.
    """

    def __init__(
        self, *, seconds: float = 0.0, tier: Tier = Tier.LARGE, confidence: float = 1.0
    ) -> None:
        self._seconds = seconds
        self._tier = tier
        self._confidence = confidence

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        """One record. Raises DecodeFailed for a page that says `Fail: reason`."""
        page = replace(page, document=page.document.without_hidden)
        started = time.perf_counter()
        check_stop()
        while time.perf_counter() - started < self._seconds:
            time.sleep(0.02)
            check_stop()
        if reason := _said(page.document, "fail"):
            raise DecodeFailed(page.document.quote(reason))
        cells = {field.name: self._cell(page.document, field) for field in schema}
        record = Record(cells, page.document.url)
        seconds = {"worker": time.perf_counter() - started}
        return Extraction((record,), None, Tokens(), seconds)

    def _cell(self, document: Document, field: Field) -> Cell:
        if field.kind is Kind.OBJECT:
            parts: Cell = {part.name: self._cell(document, part) for part in field.fields}
            return (parts,) if field.many else parts
        if field.kind is Kind.GENERATED:
            return () if field.many else self._generated(document)
        span = _said(document, field.name)
        if span is None:
            return () if field.many else ABSENT
        if field.many:
            return tuple(self._value(document, field, item) for item in _items(document, span))
        return self._value(document, field, span)

    def _generated(self, document: Document) -> Cell:
        """Words of the worker's own, which no block says."""
        words = f"A page of {len(document.blocks)} blocks."
        return Value(words, words, None, self._tier, self._confidence, ValueStatus.GENERATED)

    def _value(self, document: Document, field: Field, span: Span) -> Value:
        quote = document.quote(span)
        data = normalise(quote, field, base_url=document.url, customs=Customs.of(document))
        if data is None:
            return ABSENT
        evidence = Evidence(quote, span, document.block_at(span.start).xpath)
        return Value(quote, data, evidence, self._tier, self._confidence, ValueStatus.FOUND)


def _said(document: Document, name: str) -> Span | None:
    """What follows `name:` in the first block that opens with it."""
    label = f"{name.replace('_', ' ')}: "
    for block in document.blocks:
        text = document.quote(block.span)
        if text[: len(label)].casefold() == label.casefold() and len(text) > len(label):
            return Span(block.span.start + len(label), block.span.end)
    return None


def _items(document: Document, span: Span) -> list[Span]:
    items, start = [], span.start
    for item in document.quote(span).split(ITEM_SEPARATOR):
        items.append(Span(start, start + len(item)))
        start += len(item) + len(ITEM_SEPARATOR)
    return items
