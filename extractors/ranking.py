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
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from extractors.sections import blocks_to_skip
from schemas.document import Block, Document
from schemas.schema import Field, Kind, Schema

__all__ = ["AROUND", "Form", "forms_of", "promising_blocks", "rank_blocks", "telling_attributes"]

_NUMBERED = frozenset({"number", "no", "nr", "id", "code", "sku", "docket", "reference", "isbn"})

Form = tuple[re.Pattern[str], float]
"""What a value looks like, and what a block that holds such a thing is worth."""


_HEADINGS = {"title": 4.0, "h1": 5.0, "h2": 1.5, "h3": 1.0, "h4": 0.5}
_LABELLED = {"dt": 1.0, "dd": 1.0, "th": 1.0, "td": 0.7, "li": 0.3, "time": 1.0, "label": 0.5}
AROUND = re.compile(
    r"/(?:nav|footer|aside|form|button|select)\b|^/html/body(?:/div(?:\[\d+\])?)*/header\b"
)
"""Paths of what stands around a page's subject. The header of an article is its own. So is a form
that holds the page, which `_around` knows."""
_FORM_STEP = re.compile(r"/form(?:\[\d+\])?(?=/|$)")
_FORM_SHARE = 0.3  # of a page's text, from which on a form is no form of the page but holds it
_AROUND_COST = 3.0
_SKIPPED_COST = 6.0
_LABEL = re.compile(r"^[^:：]{2,40}[:：]")
_MONEY = re.compile(r"[$€£¥₹₽]|\b[A-Z]{3}\b ?\d|\d ?(?:[A-Z]{3}\b|kr\b|Kč|zł|%)")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_AMOUNT = re.compile(rf"^(?=.*\d).*?(?:{_MONEY.pattern})", re.DOTALL)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w")
_PHONE = re.compile(r"\+?\d[\d ()/.-]{6,}\d")
_CODE = re.compile(r"\b(?=[A-Z-]*\d)[A-Z\d][A-Z\d-]{4,}\b")
_BYLINE = r"(?i:by|von|par|por|di|door|av|af)\b.{0,60}"
_PERSON = re.compile(rf"^(?:{_BYLINE}|(?:[A-ZÀ-Þ][\w.’'-]+ ?){{2,4}})$")
_NAME = (_PERSON, 1.5)
_NUMBER = re.compile(r"\d")
_ITEM = re.compile(r"^\W*[\d½¼¾⅓⅔]")
# How a block that states a field of the kind looks, and what that is worth.
_FORMS = {
    Kind.MONEY: (_AMOUNT, 2.0),
    Kind.DATE: (_DATE, 1.5),
    Kind.DATETIME: (_DATE, 1.5),
    Kind.NUMBER: (_NUMBER, 0.3),
    Kind.INTEGER: (_NUMBER, 0.3),
}
# Plain text fields are often amounts, dates and codes too; their own words say so.
_FORM_WORDS = (
    ("price cost salar pay wage fee rent budge compe", (_AMOUNT, 2.0)),
    ("date day poste publi deadl", (_DATE, 1.5)),
    ("autho write bylin", _NAME),
    ("email mail conta", (_MAIL, 2.0)),
    ("phone telep tel mobil conta", (_PHONE, 1.5)),
    ("sku gtin ean isbn mpn refer code", (_CODE, 1.5)),
)
# What is nothing but such a value is likelier to be one that is asked for than one in a sentence.
_EXACT = frozenset({(_AMOUNT, 2.0), (_CODE, 1.5)})
_ALONE, _ALONE_WORDS = 1.5, 4
_NAMING = frozenset({"@alt", "@title", "@aria-label"})
_SHARED_WORTH = 1.2
_INHERITED = 0.6  # of a heading's shared words, by each block under it
_TOLD, _LABEL_WORDS, _TOLD_WORDS = 0.8, 4, 12  # of a label's shared words, by the value after it
_START_WORTH, _START_BLOCKS = 4.0, 25.0  # the first blocks of the main part, and how fast it fades
_TOP_WORTH, _TOP_BLOCKS = 2.0, 4.0
_ITEM_WORTH, _ITEM_CHARS = 3.0, 80
_ITEM_PATH = re.compile(r"(.*)/(?:li|tr|dd)(?:\[\d+\])?(?:/|$)")  # up to the list it is in
_REPEATED_COST = 3.0
_PROMISING = 1.5
_LONG = 30.0  # words; a longer block must be worth more to earn its room


def rank_blocks(document: Document, schema: Schema) -> list[float]:
    """A score for every block of visible text; only their order means something."""
    document = document.visible
    signs = _Signs(document, schema)
    start = _main_start(document.blocks)
    skipped = blocks_to_skip(document, schema.skip)
    around = _around(document)
    scores, under = [], 0.0
    for place, block in enumerate(document.blocks):
        if block.tag in _HEADINGS:
            under = signs.shared[place]
        text = document.quote(block.span)
        score = (
            _SHARED_WORTH * max(signs.shared[place], _INHERITED * under)
            + _structure(block, text)
            - _AROUND_COST * (place in around)
            + signs.form(text)
            + _nearness(place - start)
        )
        length = len(signs.words[place])
        score = score / (1 + length / _LONG) if score > 0 else score
        scores.append(score - _SKIPPED_COST if place in skipped else score)
    if _asks_for_items(schema):
        _lift_items(document, scores)
    if not schema.many:
        _lower_repetitions(document, scores)
    return scores


def promising_blocks(document: Document, schema: Schema) -> set[int]:
    """Blocks that look as if they said something of *schema*, wherever they stand but in menus:
    by the form of what they say, or by words that few blocks share with it."""
    document = document.visible
    signs = _Signs(document, schema)
    scores = [
        _SHARED_WORTH * signs.shared[place] + signs.form(document.quote(block.span))
        for place, block in enumerate(document.blocks)
    ]
    if _asks_for_items(schema):
        _lift_items(document, scores)
    skipped, around = blocks_to_skip(document, schema.skip), _around(document)
    return {
        place
        for place, score in enumerate(scores)
        if score >= _PROMISING and place not in skipped and place not in around
    }


def telling_attributes(document: Document, schema: Schema) -> list[int]:
    """The numbers of the attributes' blocks that may state something of *schema*, the likeliest
    first: those that have the form of one of its values and stand in no menu."""
    first = len(document.visible.blocks)
    forms = {form for field in schema.walk() for form in forms_of(field)}
    around = _around(document)
    scores: dict[int, float] = {}
    for place, block in enumerate(document.blocks[first:], start=first):
        text = document.quote(block.span)
        worth = sum(worth for form, worth in forms if form.search(text))
        named = block.tag in _NAMING and not _NUMBER.search(text)  # a face, a brand, a button
        if worth and not named and place not in around:
            scores[place] = worth
    return sorted(scores, key=lambda place: -scores[place])


class _Signs:
    """What the blocks of a document have in common with a schema.

    `words`: of each block; `shared`: how well these match any field's.
    """

    def __init__(self, document: Document, schema: Schema) -> None:
        fields = list(schema.walk())
        self.words = [_words(document.quote(block.span)) for block in document.blocks]
        self.shared = _shared(self.words, [_query(field) for field in fields])
        forms = {form for field in fields for form in forms_of(field)}
        exact = _EXACT
        if _asks_for_items(schema):  # lists are full of amounts, and of lines that look like labels
            exact = frozenset()
        else:
            self._tell_of_next(document)
        self._forms = [(form, worth, (form, worth) in exact) for form, worth in forms]

    def _tell_of_next(self, document: Document) -> None:
        """A short block that names a field is the label of a number in the next one."""
        texts = [document.quote(block.span) for block in document.blocks]
        own = list(self.shared)
        for place, worth in enumerate(own[:-1]):
            then = place + 1
            few = len(self.words[place]) <= _LABEL_WORDS and len(self.words[then]) <= _TOLD_WORDS
            heads = document.blocks[place].tag in ("h1", "title")
            if worth and few and not heads and not _NUMBER.search(texts[place]):
                told = _TOLD * worth if _NUMBER.search(texts[then]) else 0.0
                self.shared[then] = max(own[then], told)

    def form(self, text: str) -> float:
        """Worth of the forms asked for that *text* has."""
        alone = len(text.split()) <= _ALONE_WORDS
        return sum(
            worth * (_ALONE if alone and exact else 1.0)
            for form, worth, exact in self._forms
            if form.search(text)
        )


def _asks_for_items(schema: Schema) -> bool:
    """Whether a field is a list of things; people's names seldom stand in lists of their own."""
    return any(field.many and _NAME not in forms_of(field) for field in schema.walk())


def _lift_items(document: Document, scores: list[float]) -> None:
    """Short blocks of one list are likely its items, and come and go together."""
    lists: dict[str, list[int]] = defaultdict(list)
    for place, block in enumerate(document.blocks):
        inside = _ITEM_PATH.match(block.xpath)
        lists[inside[1] if inside else re.sub(r"\[\d+\]", "", block.xpath)].append(place)
    for places in lists.values():
        texts = [document.quote(document.blocks[place].span) for place in places]
        counted = sum(bool(_ITEM.match(text)) for text in texts)
        if len(places) < 3 or median(map(len, texts)) > _ITEM_CHARS or counted < len(texts) / 3:
            continue
        for place in places:
            scores[place] += _ITEM_WORTH


def _lower_repetitions(document: Document, scores: list[float]) -> None:
    """What the page has said before needs no room again, but for headings, which the title and
    menus say before them."""
    said: set[str] = set()
    for place, block in enumerate(document.blocks):
        text = document.quote(block.span)
        if text in said and block.tag not in _HEADINGS:
            scores[place] -= _REPEATED_COST
        said.add(text)


def _words(text: str) -> list[str]:
    """Lower-case words, cut so that "posted" meets "posting"."""
    return [word[:5] for word in re.findall(r"[^\W_]+", text.lower())]


def _query(field: Field) -> frozenset[str]:
    return frozenset(_words(" ".join([*field.labels, field.description, *field.choices])))


def forms_of(field: Field) -> Iterator[Form]:
    """The forms that values of *field* are likely to have, by its kind and by its words."""
    if field.kind in _FORMS:
        yield _FORMS[field.kind]
    words = _query(field)
    yield from (form for asked, form in _FORM_WORDS if not words.isdisjoint(asked.split()))


def asks_for_number(field: Field) -> bool:
    """Whether its words say that the text asked for is a number or code, as records have one."""
    words = re.findall(r"[^\W\d_]+", f"{field.name} {field.description}".lower())
    return field.kind is Kind.TEXT and not _NUMBERED.isdisjoint(words)


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
    return worth


def _around(document: Document) -> set[int]:
    """The blocks of *document* that stand around its subject, those of attributes too."""
    whole = _whole_forms(document.visible)
    return {i for i, block in enumerate(document.blocks) if _stands_around(block.xpath, whole)}


def _whole_forms(document: Document) -> set[str]:
    """Paths of forms that hold the page's heading or a good part of its text, as those that some
    servers put around every page do."""
    letters: Counter[str] = Counter()
    whole = set()
    for block in document.blocks:
        if form := _FORM_STEP.search(block.xpath):
            path = block.xpath[: form.end()]
            letters[path] += len(block.span)
            if block.tag == "h1":
                whole.add(path)
    least = _FORM_SHARE * len(document.text)
    return whole | {path for path, count in letters.items() if count >= least}


def _stands_around(path: str, whole: set[str]) -> bool:
    found = AROUND.search(path)
    form = _FORM_STEP.match(path, found.start()) if found else None
    if form and path[: form.end()] in whole:
        return AROUND.search(path, form.end()) is not None
    return found is not None


def _main_start(blocks: Sequence[Block]) -> int:
    """Where the page's own subject begins: its first `h1`, else the top."""
    return next((i for i, block in enumerate(blocks) if block.tag == "h1"), 0)


def _nearness(distance: int) -> float:
    """Worth of standing *distance* blocks into the main part: bylines and summaries come first."""
    if distance < 0:
        return 0.0
    start = _START_WORTH * math.exp(-distance / _START_BLOCKS)
    return start + _TOP_WORTH * math.exp(-distance / _TOP_BLOCKS)
