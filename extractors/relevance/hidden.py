"""What a page hides, as a passage for a model: for when the page shows nothing of what is asked."""

from __future__ import annotations

from dataclasses import replace

from extractors.model.tokenizer import TokenCounter
from extractors.parsing.blocks import ParsedPage
from extractors.relevance.passages import Passage, Shown
from extractors.relevance.signs import PageSigns
from schemas.document import Document, Span
from schemas.schema import Schema

__all__ = ["hidden_passage"]

_SAYING = frozenset({"words", "forms"})  # signs of what is asked, and not of where it stands


def hidden_passage(
    document: Document, schema: Schema, *, budget: int, count_tokens: TokenCounter
) -> Passage | None:
    """The blocks of what *document* hides that are likeliest to state what *schema* asks for,
    within *budget* tokens; `None` where none looks as if it did."""
    hidden = document.hidden
    page = ParsedPage(hidden, ())
    if _SAYING.isdisjoint(sign for signs in PageSigns(page).of(schema) for sign in signs):
        return None
    shown = Shown(page, count_tokens=count_tokens)
    passage = shown.choose(schema, budget=budget)
    start = len(document.text) - len(hidden.text)
    first = len(document.blocks) - len(hidden.blocks)
    return replace(
        passage,
        spans=tuple(Span(start + span.start, start + span.end) for span in passage.spans),
        blocks=tuple(first + place for place in passage.blocks),
    )
