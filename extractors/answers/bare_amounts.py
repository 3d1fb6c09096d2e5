"""Amounts quoted as texts: with the currency that stands beside them."""

from __future__ import annotations

import re

from extractors.relevance.looks import Form, forms_of
from extractors.values.currencies import find_currencies
from schemas.document import Document, Span
from schemas.schema import Field, Kind

__all__ = ["with_currency"]

_BARE = re.compile(r"\d[\d.,'’ \u202f]*")
_NEAR = 6  # characters; longer names of currencies are words


def with_currency(field: Field, document: Document, span: Span) -> Span:
    """*span*, or where it quotes a bare number as the text of an amount, the same with the currency
    right before or after it in its block: "1,200" of `€ 1,200` says less than the page does."""
    if field.kind is not Kind.TEXT or Form.AMOUNT not in forms_of(field):
        return span
    if not _BARE.fullmatch(document.quote(span)):
        return span
    block = document.block_at(span.start).span
    before = document.text[max(block.start, span.start - _NEAR) : span.start]
    after = document.text[span.end : min(block.end, span.end + _NEAR)]
    for mention in find_currencies(before):
        if not before[mention.end :].strip():
            return Span(span.start - len(before) + mention.start, span.end)
    for mention in find_currencies(after):
        if not after[: mention.start].strip():
            return Span(span.start, span.end + mention.end)
    return span
