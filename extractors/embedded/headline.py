"""The page's own headline, which names what a page of one record is about.

A small model asked for a title often takes what stands beside a label that sounds like it. Authors
say it twice: in the first-level heading for readers, and in `<title>` or `og:title` for everybody
else (HTML, 4.3.11; the Open Graph protocol). Where both say the same, no model is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.embedded.markup import read_metas
from extractors.embedded.visible import folded
from extractors.embedded.vocabulary import Family, family_of, places, words_of
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from extractors.parsing.encoding import decode
from schemas.document import Document, Span
from schemas.record import ABSENT, Cell, Evidence, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Schema

__all__ = ["with_headline"]

SURE = 0.9  # share of such answers that are right, by docs/LOG.md
MAX_HEADLINE = 300  # characters
MAX_HEADINGS = 20  # first-level headings of a page; one with more names nothing by them
_NAMES = frozenset({"name", "headline", "title"})  # schema.org's properties for it
_TITLES = frozenset({"title", "headline"})  # what needs no schema.org to be understood


@dataclass(frozen=True, slots=True)
class _Heading:
    """`text`: folded. `markup`: where the page repeats it."""

    text: str
    span: Span
    xpath: str
    markup: str = "html.title"


def with_headline(
    page: Page, parsed: ParsedPage, schema: Schema, found: Sequence[Record]
) -> tuple[Record, ...]:
    """*found*, the markup's answer, with the headline where it leaves a field for it open.

    Only for a schema of one record, and a field that asks for the name of the whole: a `title`, the
    `job_title` of a job. A field whose labels a plan names is looked for there. Never raises.
    """
    asked = [field for field in schema if _names_the_whole(field, family_of(schema))]
    cells: dict[str, Cell] = {field.name: () if field.many else ABSENT for field in schema}
    record = found[0] if found else Record(cells, parsed.document.url)
    open_ = [field for field in asked if record.cells.get(field.name) == ABSENT]
    if schema.many or not open_ or len(found) > 1:
        return tuple(found)
    heading = _headline(page, parsed.document.visible)
    if heading is None:
        return tuple(found)
    value = _value(parsed.document, heading)
    answers = dict.fromkeys((field.name for field in open_), value)
    return (replace(record, cells={**record.cells, **answers}),)


def _value(document: Document, heading: _Heading) -> Value:
    quote = document.quote(heading.span)
    text = " ".join(quote.split())
    evidence = Evidence(quote, heading.span, heading.xpath, heading.markup)
    return Value(text, text, evidence, Tier.MARKUP, SURE, ValueStatus.FOUND)


def _names_the_whole(field: Field, family: Family | None) -> bool:
    if not field.is_heading or field.cues:
        return False
    if family is None:
        return words_of(field.name) in _TITLES
    return words_of(field.name) in family.places and places(field, family)[0] in _NAMES


def _headline(page: Page, document: Document) -> _Heading | None:
    """The one heading that the page's title, or else `og:title`, repeats."""
    headings = _headings(document)
    alone = len({heading.text for heading in headings}) == 1
    title = _title(document)
    repeated = [one for one in headings if _begins(title, one.text, alone=alone)]
    if headings and not repeated:
        text, _ = decode(page.body, page.content_type)
        shared = {folded(meta.content) for meta in read_metas(text, "og:title")}
        repeated = [
            replace(one, markup="opengraph.og:title") for one in headings if one.text in shared
        ]
    return repeated[0] if len({one.text for one in repeated}) == 1 else None


def _title(document: Document) -> str:
    titles = (block.span for block in document.blocks if block.tag == "title")
    return next((_text(document, span) for span in titles), "")


def _begins(title: str, heading: str, *, alone: bool) -> bool:
    """Whether *title* is *heading*, or that and the site's name.

    A single word may be a section ("News: ..."). Beside other headings, one that is the whole title
    is as likely the site's.
    """
    if title == heading:
        return alone
    return title.startswith(f"{heading} ") and " " in heading


def _headings(document: Document) -> list[_Heading]:
    """The first-level headings that are short enough; [] where there are too many."""
    spans: dict[str, Span] = {}
    for block in document.blocks:
        if block.tag == "h1":
            first = spans.get(block.xpath, block.span)
            spans[block.xpath] = Span(first.start, block.span.end)
    if len(spans) > MAX_HEADINGS:
        return []
    return [
        _Heading(text, span, xpath)
        for xpath, span in spans.items()
        if span.end - span.start <= MAX_HEADLINE and (text := _text(document, span))
    ]


def _text(document: Document, span: Span) -> str:
    return folded(document.quote(span))
