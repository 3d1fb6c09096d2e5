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
_NEAR = 12  # characters; "francs" cut short would be another word
# How people name currencies where they use no sign: "Canadian Dollars", "Peso".
_NAMED = re.compile(
    r"\b(?:baht|bitcoin|dinar|dirham|dollar|dólar|euro|forint|franc|frank|hryvn|koron|korun|kron|"
    r"krón|lira|livre|peso|pfund|pound|rand\b|real\b|ringgit|riyal|rubl|rupee|rupi|shekel|shilling|"
    r"sterling|won\b|yen|yuan|zlot|złot)"
)


def with_currencies(
    schema: Schema, cells: Mapping[str, Cell], document: Document
) -> dict[str, Cell]:
    """*cells* of one record, where a field asks for a currency and what was found names none, with
    the one beside the first price that was found."""
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
    """Where a currency stands in *span*, or right before or after it in its block. Of two the one
    that can hardly be anything else, nor another number's: "€" of `size L 25 €`."""
    block = document.block_at(span.start).span
    start, end = max(block.start, span.start - _NEAR), min(block.end, span.end + _NEAR)
    text = document.text[start:end]
    found: list[tuple[bool, bool, Span]] = []
    for mention in find_currencies(text):
        place = Span(start + mention.start, start + mention.end)
        between = document.text[place.end : span.start] or document.text[span.end : place.start]
        sure, taken = _is_sure(mention), text[: mention.start].rstrip()[-1:].isdecimal()
        if (sure or place.end <= span.start) and not between.strip():
            found.append((not sure, taken and place.end <= span.start, place))
    return min(found)[-1] if found else None


def _asks_for_currency(field: Field) -> bool:
    return field.kind is Kind.TEXT and not field.many and not _CURRENCY.isdisjoint(field.words)


def _names_currency(cell: Cell | None) -> bool:
    words = cell.raw or "" if isinstance(cell, Value) else ""
    return any(find_currencies(words)) or _NAMED.search(words.casefold()) is not None


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
