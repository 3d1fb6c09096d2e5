"""How likely each block of a page is to state what a schema asks for.

Four kinds of sign are added up: words that the schema and the block share (weighted as BM25 does,
Robertson & Zaragoza 2009, so that a word on every line counts for nothing), the form of values
(an amount with a currency, a date), structure (headings, label and value, lists; navigation and
footers count against), and the order of reading. A heading that matches passes some of its worth
on to what stands under it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from schemas.document import Block, Document
from schemas.schema import Field, Kind, Schema

__all__ = ["rank_blocks"]

_HEADINGS = {"title": 4.0, "h1": 5.0, "h2": 1.5, "h3": 1.0, "h4": 0.5}
_LABELLED = {"dt": 1.0, "dd": 1.0, "th": 1.0, "td": 0.7, "li": 0.3, "time": 1.0, "label": 0.5}
# A header within an article or a main part is the subject's own.
_AROUND = re.compile(
    r"/(?:nav|footer|aside|form|button|select)\b|^/html/body(?:/div(?:\[\d+\])?)*/header\b"
)
_AROUND_COST = 3.0
_LABEL = re.compile(r"^[^:：]{2,40}[:：]")
_MONEY = re.compile(r"[$€£¥₹₽]|\b[A-Z]{3}\b ?\d|\d ?(?:[A-Z]{3}\b|kr\b|Kč|zł|%)")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_FORMS = {
    Kind.MONEY: re.compile(rf"(?=.*\d)(?:{_MONEY.pattern})"),
    Kind.DATE: _DATE,
    Kind.DATETIME: _DATE,
    Kind.NUMBER: re.compile(r"\d"),
    Kind.INTEGER: re.compile(r"\d"),
}
_FORM_WORTH = {Kind.MONEY: 2.0, Kind.DATE: 1.5, Kind.DATETIME: 1.5}
_SHARED_WORTH = 1.2
_INHERITED = 0.6  # of a heading's shared words, by each block under it
_START_WORTH, _START_BLOCKS = 3.0, 25.0  # the first blocks of the main part, and how fast it fades
_TOP_WORTH, _TOP_BLOCKS = 2.0, 4.0
_LONG = 40.0  # words; a longer block must be worth more to earn its room


def rank_blocks(document: Document, schema: Schema) -> list[float]:
    """A score for every block of *document*; only their order means something."""
    words = [_words(document.quote(block.span)) for block in document.blocks]
    fields = list(_flat(schema.fields))
    shared = _shared(words, [_query(field) for field in fields])
    kinds = {field.kind for field in fields} & set(_FORMS)
    start = _main_start(document.blocks)
    scores, under = [], 0.0
    for place, block in enumerate(document.blocks):
        if block.tag in _HEADINGS:
            under = shared[place]
        text = document.quote(block.span)
        score = (
            _SHARED_WORTH * max(shared[place], _INHERITED * under)
            + _structure(block, text)
            + sum(_FORM_WORTH.get(kind, 0.3) for kind in kinds if _FORMS[kind].search(text))
            + _nearness(place - start)
        )
        scores.append(score / (1 + len(words[place]) / _LONG) if score > 0 else score)
    return scores


def _words(text: str) -> list[str]:
    """Lower-case words, cut so that "posted" meets "posting"."""
    return [word[:5] for word in re.findall(r"[^\W_]+", text.lower())]


def _flat(fields: Iterable[Field]) -> Iterable[Field]:
    for field in fields:
        yield field
        yield from _flat(field.fields)


def _query(field: Field) -> frozenset[str]:
    return frozenset(_words(" ".join([*field.labels, field.description, *field.choices])))


def _shared(blocks: Sequence[list[str]], queries: Sequence[frozenset[str]]) -> list[float]:
    """The best match of each block with any field's words, each rated within the page."""
    asked = frozenset().union(*queries)
    hits = [Counter(word for word in words if word in asked) for words in blocks]
    seen = Counter(word for counts in hits for word in counts)
    rarity = {w: math.log(1 + (len(blocks) - n + 0.5) / (n + 0.5)) for w, n in seen.items()}
    mean = sum(map(len, blocks)) / max(1, len(blocks)) or 1.0

    def match(counts: Counter[str], query: frozenset[str], length: int) -> float:
        damping = 1.2 * (0.25 + 0.75 * length / mean)
        return sum(rarity[w] * n * 2.2 / (n + damping) for w, n in counts.items() if w in query)

    return [
        max(match(counts, query, len(words)) for query in queries) if counts else 0.0
        for counts, words in zip(hits, blocks, strict=True)
    ]


def _structure(block: Block, text: str) -> float:
    worth = _HEADINGS.get(block.tag, 0.0) + _LABELLED.get(block.tag, 0.0)
    if _LABEL.match(text):
        worth += 1.0
    if _AROUND.search(block.xpath):
        worth -= _AROUND_COST
    return worth


def _main_start(blocks: Sequence[Block]) -> int:
    """Where the page's own subject begins: its first `h1`, else the top."""
    return next((i for i, block in enumerate(blocks) if block.tag == "h1"), 0)


def _nearness(distance: int) -> float:
    """Worth of standing *distance* blocks into the main part: bylines and summaries come first."""
    if distance < 0:
        return 0.0
    start = _START_WORTH * math.exp(-distance / _START_BLOCKS)
    return start + _TOP_WORTH * math.exp(-distance / _TOP_BLOCKS)
