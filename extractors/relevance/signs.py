"""Signs that a block of a page states something a schema asks for.

Words that the schema and the block share (weighted as BM25 does, Robertson & Zaragoza 2009, so that
a word on every line counts for nothing), the form of values, what the elements are and are called,
where the block stands, how long it is. None decides by itself; `ranking` weighs them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import median

from extractors.parsing.blocks import ParsedPage
from extractors.parsing.paths import without_numbers
from extractors.relevance.looks import (
    BYLINE,
    FORMS,
    ITEM,
    LABEL,
    Form,
    asks_for_items,
    forms_of,
    stem_words,
)
from extractors.relevance.naming import Named, names_of_blocks
from extractors.relevance.surroundings import whole_forms, without_forms
from schemas.document import Document
from schemas.schema import Field, Schema

__all__ = ["HEADINGS", "SIGNS", "PageSigns"]

HEADINGS = frozenset({"title", "h1", "h2", "h3", "h4", "h5", "h6"})
_TAGS = ("title", "h1", "h2", "h3", "dt", "dd", "th", "td", "li", "p", "tr")
_PLACES = ("nav", "footer", "header", "form", "button", "article", "main", "aside")
_STEPS = re.compile(rf"/({'|'.join(_PLACES)})\b")
_COUNT_NEAR = ("person", "date", "amount", "number_alone", "links", "length", "named")
_MORE_NEAR = {sign: f"{sign}_near" for sign in _COUNT_NEAR}
# Addresses and numbers to call are written as exactly as codes are, and count as such.
_SIGN_OF = {Form.MAIL: "code", Form.PHONE: "code"} | {
    form: form.value for form in Form if form not in (Form.MAIL, Form.PHONE)
}
_ALONE = frozenset({"amount", "code", "number"})
SIGNS = (
    *("words", "heading_words", "label_words", "named", "named_around"),
    *sorted(set(_SIGN_OF.values())),
    *(f"{sign}_alone" for sign in sorted(_ALONE)),
    *("byline", "forms", "colon", "item", "listed_item", "digit", "capital", "sentence"),
    *_TAGS,
    "small_heading",
    *_PLACES,
    *("called_aside", "called_subject", "called_meta"),
    *("length", "length_squared", "long", "few_words", "words_of_few"),
    *("before", "near", "top", "far", "repeated", "repeats_heading", "links"),
    *_MORE_NEAR.values(),
)
"""Every sign there is; each is a number of about 0 to 5, and most blocks have few of them."""

_FEW, _ALONE_WORDS = 3, 4  # words of a block that is nothing but a value
_LABEL_WORDS, _TOLD_WORDS, _TOLD = 4, 12, 0.8  # of a label's words, by the number after it
_FADES, _FADES_FAST = 25.0, 4.0  # blocks
_LONG, _LONGEST = 30.0, 5.0  # words; and no block counts as longer than five times that
_ITEM_CHARS = 80
_ITEM_PATH = re.compile(r"(.*)/(?:li|tr|dd)(?:\[\d+\])?(?:/|$)")  # up to the list it is in
_ENDS = (".", "!", "?", "…", "。")
_DIGIT = re.compile(r"\d")


class PageSigns:
    """The signs of *page*'s visible blocks."""

    def __init__(self, page: ParsedPage) -> None:
        document = self._document = page.document.visible
        self._tags = [block.tag for block in document.blocks]
        self._texts = [document.quote(block.span) for block in document.blocks]
        self._words = [stem_words(text) for text in self._texts]
        self._named = names_of_blocks(page)
        # Where the page's own subject begins: its first `h1`, else the top.
        self._start = self._tags.index("h1") if "h1" in self._tags else 0
        self._items = _items(document, self._texts)
        self._links = _link_shares(page)

    def of(self, schema: Schema) -> Iterator[dict[str, float]]:
        """For each block, its signs that are not 0, for *schema*."""
        fields = list(schema.walk())
        asked = _Asked(fields, self._words, self._named)
        forms = sorted({form for field in fields for form in forms_of(field)})
        items = asks_for_items(fields)
        shared = asked.words
        told = shared if items else self._told(shared)
        under = 0.0
        for place, plain in enumerate(self._plain()):  # a page may have half a million blocks
            heading = self._tags[place] in HEADINGS
            under = shared[place] if heading else under
            signs = plain | self._forms(place, forms)
            signs["words"] = shared[place]
            signs["heading_words"] = 0.0 if heading else max(0.0, under - shared[place])
            signs["label_words"] = told[place] - shared[place]
            signs["named"], signs["named_around"] = asked.named[place]
            if items:
                signs["item"] = float(bool(ITEM.match(self._texts[place])))
                signs["listed_item"] = float(place in self._items)
            yield _with_company(signs)

    def _plain(self) -> Iterator[dict[str, float]]:
        """What holds of each block whatever is asked; 0 is what does not."""
        whole, said = whole_forms(self._document), set[str]()
        heading = self._heading()
        for place, block in enumerate(self._document.blocks):
            text = self._texts[place]
            signs = {**_looks(text), **self._position(place)}
            tag = self._tags[place]
            if tag in _TAGS or tag in HEADINGS:
                signs[tag if tag in _TAGS else "small_heading"] = 1.0
            signs |= dict.fromkeys(_STEPS.findall(without_forms(block.xpath, whole)), 1.0)
            named = self._named[place]
            signs["called_aside"] = float(named.aside)
            signs["called_subject"] = float(named.subject)
            signs["called_meta"] = float(named.meta)
            signs["links"] = self._links[place]
            signs["repeated"] = float(text in said and tag not in HEADINGS)
            signs["repeats_heading"] = float(place != self._start and self._words[place] == heading)
            said.add(text)
            yield signs

    def _heading(self) -> list[str] | None:
        return self._words[self._start] if "h1" in self._tags else None

    def _position(self, place: int) -> dict[str, float]:
        distance = place - self._start
        far = {"far": place / len(self._texts)}
        if distance < 0:
            return {"before": 1.0, **far}
        near, top = math.exp(-distance / _FADES), math.exp(-distance / _FADES_FAST)
        return {"near": near, "top": top, **far}

    def _forms(self, place: int, forms: Sequence[Form]) -> dict[str, float]:
        """Those asked for that the block has."""
        text = self._texts[place]
        if not forms:
            return {}
        held = [form for form in forms if FORMS[form].search(text)]
        signs = {_SIGN_OF[form]: 1.0 for form in held}
        if len(text.split()) <= _ALONE_WORDS:
            signs |= {f"{sign}_alone": 1.0 for sign in signs if sign in _ALONE}
        if Form.PERSON in forms and BYLINE.search(text):
            signs["byline"] = 1.0
        return signs | {"forms": float(len(held))}

    def _told(self, shared: Sequence[float]) -> list[float]:
        """A short block that names a field is the label of a number in the next one."""
        told = list(shared)
        for place, worth in enumerate(shared[:-1]):
            then = place + 1
            few = len(self._words[place]) <= _LABEL_WORDS and len(self._words[then]) <= _TOLD_WORDS
            label = few and self._tags[place] not in ("h1", "title")
            if worth and label and not _DIGIT.search(self._texts[place]):
                counts = _DIGIT.search(self._texts[then]) is not None
                told[then] = max(shared[then], _TOLD * worth * counts)
        return told


class _Asked:
    """How well each block's words match what *fields* ask for, by the best field: `words`, those of
    its text, and `named`, those of its elements' names and of the names around it."""

    def __init__(
        self, fields: Sequence[Field], words: Sequence[list[str]], names: Sequence[Named]
    ) -> None:
        said = [" ".join([*field.labels, field.description, *field.choices]) for field in fields]
        self.words = _matches(words, [frozenset(stem_words(text)) for text in said])
        labels = [" ".join([field.name.replace("_", " "), *field.labels]) for field in fields]
        asked = frozenset(word for label in labels for word in stem_words(label))
        hits = [(named.own & asked, named.around & asked) for named in names]
        known = _rarity([own | around for own, around in hits if own or around], len(names))
        self.named = [
            (_rarest(own, known), max(0.0, _rarest(around, known) - _rarest(own, known)))
            for own, around in hits
        ]


def _matches(blocks: Sequence[list[str]], queries: Sequence[frozenset[str]]) -> list[float]:
    """The best match of each block with any of *queries*, by BM25 within the page."""
    asked = frozenset().union(*queries)
    hits = [Counter(word for word in words if word in asked) for words in blocks]
    rarity = _rarity(hits, len(blocks))
    mean = sum(map(len, blocks)) / max(1, len(blocks)) or 1.0

    def match(counts: Counter[str], query: frozenset[str], length: int) -> float:
        damping = 1.2 * (0.25 + 0.75 * length / mean)
        return sum(rarity[w] * n * 2.2 / (n + damping) for w, n in counts.items() if w in query)

    return [
        max(match(counts, query, len(words)) for query in queries) if counts else 0.0
        for counts, words in zip(hits, blocks, strict=True)
    ]


def _rarity(found: Sequence[Mapping[str, int] | frozenset[str]], blocks: int) -> dict[str, float]:
    """How much each word tells: the fewer of *blocks* have it, the more."""
    seen = Counter(word for words in found for word in words)
    return {word: math.log(1 + (blocks - n + 0.5) / (n + 0.5)) for word, n in seen.items()}


def _rarest(words: frozenset[str], rarity: Mapping[str, float]) -> float:
    return max([rarity[word] for word in words]) if words else 0.0


@lru_cache(2**14)  # what pages of one site have in common
def _looks(text: str) -> Mapping[str, float]:
    count = len(text.split())
    length = math.log1p(count)
    return {
        "length": length,
        "length_squared": length * length,
        "long": min(count / _LONG, _LONGEST),
        "few_words": float(count <= _FEW),
        "colon": float(bool(LABEL.match(text))),
        "digit": float(bool(_DIGIT.search(text))),
        "capital": float(text[:1].isupper()),
        "sentence": float(text.endswith(_ENDS)),
    }


def _with_company(signs: dict[str, float]) -> dict[str, float]:
    """*signs* and those that two of them make together."""
    if near := signs.get("near", 0.0):
        signs |= {both: near * signs[sign] for sign, both in _MORE_NEAR.items() if sign in signs}
    signs["words_of_few"] = signs["words"] * signs.get("few_words", 0.0)
    return {sign: value for sign, value in signs.items() if value}


def _link_shares(page: ParsedPage) -> list[float]:
    """How much of each block is words of links."""
    blocks = page.document.visible.blocks
    starts = [block.span.start for block in blocks]
    letters = [0] * len(blocks)
    for words in page.linked:
        place = bisect_right(starts, words.start) - 1
        if place >= 0:
            letters[place] += min(words.end, blocks[place].span.end) - words.start
    return [n / max(1, len(b.span)) for n, b in zip(letters, blocks, strict=True)]


def _items(document: Document, texts: Sequence[str]) -> set[int]:
    """Short blocks of lists of which many begin with a number: such come and go together."""
    lists: dict[str, list[int]] = defaultdict(list)
    for place, block in enumerate(document.blocks):
        inside = _ITEM_PATH.match(block.xpath)
        lists[inside[1] if inside else without_numbers(block.xpath)].append(place)
    found: set[int] = set()
    for places in lists.values():
        counted = sum(bool(ITEM.match(texts[place])) for place in places)
        brief = median(len(texts[place]) for place in places) <= _ITEM_CHARS
        if len(places) >= 3 and brief and counted >= len(places) / 3:
            found.update(places)
    return found
