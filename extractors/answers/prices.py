"""The currency beside a price: a part of an amount asked for as text, or a field's own answer.

"€ 1,200" answers `price` and `currency`; a small model that has quoted the number often says that
there is no currency. The page says it right beside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from extractors.relevance.looks import Form, forms_of
from extractors.values.currencies import Mention, find_currencies, may_mean
from schemas.document import Document, Span
from schemas.record import Cell, Evidence, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = ["mention_beside", "with_currencies", "with_currency"]

_CURRENCY = frozenset(["currency", "devise", "währung", "moneda", "moeda", "valuta"])
_BARE = re.compile(r"\d[\d.,'’ \u202f]*")
_NEAR = 6  # characters; longer names of currencies are words


def with_currencies(
    schema: Schema, cells: Mapping[str, Cell], document: Document
) -> dict[str, Cell]:
    """*cells* of one record, where a field asks for a currency and none was found, with the one
    beside the first price that was."""
    filled = dict(cells)
    for field in filter(_asks_for_currency, schema):
        if not _names_currency(filled.get(field.name)):
            found = _beside_price(schema, cells, document)
            filled.update({field.name: found} if found else {})
    return filled


def with_currency(field: Field, document: Document, span: Span) -> Span:
    """*span*, or where it quotes a bare number as the text of an amount, the same with the currency
    right before or after it in its block: "1,200" of `€ 1,200` says less than the page does."""
    if field.kind is not Kind.TEXT or Form.AMOUNT not in forms_of(field):
        return span
    if not _BARE.fullmatch(document.quote(span)):
        return span
    place = mention_beside(document, span) or span
    return Span(min(place.start, span.start), max(place.end, span.end))


def mention_beside(document: Document, span: Span) -> Span | None:
    """Where a currency stands in *span*, or right before or after it in its block."""
    block = document.block_at(span.start).span
    start, end = max(block.start, span.start - _NEAR), min(block.end, span.end + _NEAR)
    for mention in find_currencies(document.text[start:end]):
        place = Span(start + mention.start, start + mention.end)
        between = document.text[place.end : span.start] or document.text[span.end : place.start]
        sure = place.end <= span.start or _is_sure(mention)
        if sure and not between.strip():
            return place
    return None


def _asks_for_currency(field: Field) -> bool:
    words = re.findall(r"[^\W\d_]+", field.name.lower())
    return field.kind is Kind.TEXT and not field.many and not _CURRENCY.isdisjoint(words)


def _names_currency(cell: Cell | None) -> bool:
    return isinstance(cell, Value) and any(find_currencies(cell.raw or ""))


def _beside_price(schema: Schema, cells: Mapping[str, Cell], document: Document) -> Value | None:
    for field in schema:
        price = cells.get(field.name)
        if not _is_price(field) or not isinstance(price, Value) or price.evidence is None:
            continue
        if price.evidence.is_visible and (place := mention_beside(document, price.evidence.span)):
            return _quoting(document, place, price)
    return None


def _is_price(field: Field) -> bool:
    return Form.AMOUNT in forms_of(field) and not _asks_for_currency(field)


def _quoting(document: Document, place: Span, price: Value) -> Value:
    words = document.quote(place)
    evidence = Evidence(words, place, document.block_at(place.start).xpath)
    return Value(words, words, evidence, price.tier, price.confidence, ValueStatus.FOUND)


def _is_sure(mention: Mention) -> bool:
    """Whether it can hardly be anything else: no single letter, as of measures, behind a number."""
    is_sign = any(unicodedata.category(char) == "Sc" for char in mention.sign)
    return is_sign or (len(mention.sign) > 1 and bool(may_mean(mention.sign)))
