"""Where on a page its list of records is: repeated siblings, found without fixed tag names.

Records of a list stand under one parent, or under parents of one make, and look alike; what begins
one is an element of one kind, and what follows until the next such element belongs to it: a row, a
card, a heading with its paragraphs, a row with a row of details. Of all such lists on a page, the
one is taken whose parts say what the schema asks for, once each. The idea of repeated regions is
from MDR (Liu, Grossman & Zhai 2003) and DEPTA (Zhai & Liu 2005); the choice by the schema is ours.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from statistics import median

from extractors.blocks import CELL_MARK, ParsedPage
from extractors.entries import LEVELS, Entry, entries_of, headings_above
from extractors.forms import FORMS, Form, forms_of
from extractors.sections import blocks_to_skip
from extractors.values.days import is_day
from schemas.document import Document
from schemas.schema import Kind, Schema

__all__ = ["Entry", "Listing", "find_records", "list_records", "records_at"]

_FEWEST = 2
_CREDIT = (0.0, 1.0, 0.8, 0.5, 0.5)  # by how often a form is found in one record; seldom more
_OFTEN = 0.2
_WORDS = 6.0  # of a record; those with fewer are likely menus
_MENUS = re.compile(r"/(?:nav|footer|button|select)\b")  # whole pages stand in a form
_AROUND_SHARE = 0.2
_MISCUT = 0.8
_ALIKE = 0.5  # of the best parent's fit that another parent of the same make must reach
_LEAST_SCORE = 0.5
_WHOLE = re.compile(rf"\d[:.h]\d\d|\d ?[ap]\.?m\b|{re.escape(CELL_MARK)}", re.IGNORECASE)
_MOST = 0.8
_HEADS, _COVERED = 3, 0.7  # days looked at; share of their blocks that their records must be


@dataclass(frozen=True, slots=True)
class _Element:
    """An element with text. `path` has its own step last; `shape`: what its blocks look like."""

    path: str
    first: int
    last: int
    shape: frozenset[object]

    @property
    def tag(self) -> str:
        return self.path[self.path.rfind("/") + 1 :].partition("[")[0]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page's records, in its order; () when it repeats nothing. `note`: where they are others
    than the plan names, and why, in words for the user."""

    entries: tuple[Entry, ...]
    note: str | None = None


def list_records(page: ParsedPage, schema: Schema) -> Listing:
    """The records of *schema* on *page*.

    Where a plan says where they stand (`record_xpath`), and the page has such, these are, unless
    the page's structure is sure of more: of a longer list, most of which the plan's records leave
    out, and whose records say no less of what is asked. Sections that the plan skips have none.
    Entries do not overlap. What stands between them and in no list is in none.
    """
    document = page.document.visible
    judge = _Judge(replace(page, document=document), schema)
    planned = _planned(document, judge, schema.record_xpath)
    found = _likeliest(document, judge, blocks_to_skip(document, schema.skip))
    surer = bool(planned) and judge.is_surer(found, planned)
    chosen = found if surer else planned or found
    entries = entries_of(page.document, schema, chosen)
    return Listing(entries, _note(len(planned), len(found)) if surer else None)


def find_records(page: ParsedPage, schema: Schema) -> tuple[Entry, ...]:
    """The entries of `list_records`."""
    return list_records(page, schema).entries


def records_at(page: ParsedPage, schema: Schema, path: str) -> tuple[Entry, ...]:
    """The records that begin with the elements of the XPath *path*, which has no numbers."""
    document = page.document.visible
    judge = _Judge(replace(page, document=document), schema)
    parts = _planned(document, judge, path)
    return entries_of(page.document, schema, parts)


def _note(planned: int, found: int) -> str:
    return (
        f"the element that the plan names begins {planned:,} records, and the page lists {found:,} "
        "elsewhere: those were read (skip their section in the plan if they are the wrong ones)"
    )


def _likeliest(document: Document, judge: _Judge, skipped: Set[int]) -> Sequence[range]:
    """The records that say most of what is asked; `[]` where none are likely to be any."""
    best: tuple[float, list[range]] = (0.0, [])
    families = list(_families(document, judge.signs))
    for family in families:
        kept = [part for part in judge.those_alike(family) if part.start not in skipped]
        score = judge.score(kept)
        if len(kept) >= _FEWEST and score > best[0]:
            best = (score, kept)
    if best[0] < _LEAST_SCORE:
        return []
    return _within_days(document, judge, families, best[1])


# Candidates


def _planned(document: Document, judge: _Judge, path: str | None) -> list[range]:
    """Records that begin with elements of the XPath *path*, whose steps bear no numbers."""
    found: list[range] = []
    for children in _siblings(document, judge.signs).values() if path else ():
        starters = [child for child in children if re.sub(r"\[\d+\]", "", child.path) == path]
        found += _cut(children, starters) if starters else []
    return judge.those_alike([sorted(found, key=lambda part: part.start)]) if found else []


def _families(document: Document, signs: Sequence[tuple[bool, ...]]) -> Iterator[list[list[range]]]:
    """Ways to cut the page into records: for each parent of one make, its records' blocks."""
    families: dict[object, list[list[range]]] = defaultdict(list)
    for parent, children in _siblings(document, signs).items():
        make = re.sub(r"\[\d+\]", "", parent)
        for tag in {child.tag for child in children}:
            starters = [child for child in children if child.tag == tag]
            families[make, tag].append(_cut(children, starters))
            kinds = Counter(child.shape for child in starters)
            for shape, count in kinds.items():
                if _FEWEST <= count < len(starters):
                    alike = [child for child in starters if child.shape == shape]
                    families[make, tag, shape].append(_cut(children, alike))
    return iter(families.values())


def _siblings(document: Document, signs: Sequence[tuple[bool, ...]]) -> dict[str, list[_Element]]:
    """By parent, its children that hold text, in order.

    Lines of its own text, as between `<br>`, are children too, told apart by their *signs*.
    """
    owned: dict[str, list[int]] = defaultdict(list)
    for place, block in enumerate(document.blocks):
        path = block.xpath
        while path.count("/") > 1:
            owned[path].append(place)
            path = path[: path.rfind("/")]
    children: dict[str, list[_Element]] = defaultdict(list)
    for path, places in owned.items():
        shape = frozenset(_look(document, place, path) for place in places)
        element = _Element(path, places[0], places[-1], shape)
        children[path[: path.rfind("/")]].append(element)
    for place, block in enumerate(document.blocks):
        if len(children[block.xpath]) or owned[block.xpath] != [place]:
            line = _Element(
                f"{block.xpath}/{_LINE}[{place}]", place, place, frozenset([signs[place]])
            )
            children[block.xpath].append(line)
    for found in children.values():
        found.sort(key=lambda child: child.first)
    return children


_LINE = "text()"


def _look(document: Document, place: int, path: str) -> tuple[str, int]:
    """What a block within *path* looks like: where it stands there, and of how many cells."""
    block = document.blocks[place]
    inner = re.sub(r"\[\d+\]", "", block.xpath[len(path) :])
    return inner, document.quote(block.span).count(CELL_MARK)


def _cut(children: Sequence[_Element], starters: Sequence[_Element]) -> list[range]:
    """From each starter to the next one. The last takes what is left, unless that is far more than
    the others have: then it is not all the last one's."""
    places = {child.path: i for i, child in enumerate(children)}
    begins = [places[starter.path] for starter in starters]
    ends = [*begins[1:], len(children)]
    sizes = [end - begin for begin, end in zip(begins, ends, strict=True)]
    if len(sizes) > 1 and sizes[-1] > 2 + 2 * (usual := max(1, int(median(sizes[:-1])))):
        ends[-1] = begins[-1] + usual
    return [
        range(children[begin].first, max(child.last for child in children[begin:end]) + 1)
        for begin, end in zip(begins, ends, strict=True)
    ]


def _within_days(
    document: Document,
    judge: _Judge,
    families: Sequence[Sequence[Sequence[range]]],
    parts: Sequence[range],
) -> Sequence[range]:
    """Where *parts* are days, a line with the date and what happens then, the records within."""
    heads = [document.quote(document.blocks[part.start].span) for part in parts]
    if max(map(len, parts)) < 1 + _FEWEST or not all(map(is_day, heads[:_HEADS])):
        return parts
    rests = [range(part.start + 1, part.stop) for part in parts]
    best: tuple[int, float, Sequence[range]] = (0, 0.0, parts)
    for family in families:
        within = sorted((p for cut in family for p in _clipped(cut, rests)), key=lambda p: p.start)
        if len(within) > len(parts) and judge.are_whole(within):
            covered = sum(len(part) for part in within if part.start < parts[-1].start)
            best = max(best, (covered, judge.score(within), within))
    # The last day may have taken in what follows the list.
    return best[2] if best[0] >= _COVERED * sum(map(len, rests[:-1])) else parts


def _clipped(cut: Sequence[range], rests: Sequence[range]) -> Iterator[range]:
    """Those of *cut* that begin in one of *rests*, and end there too."""
    starts = [rest.start for rest in rests]
    for part in cut:
        place = bisect_right(starts, part.start) - 1
        if place >= 0 and part.start in rests[place]:
            yield range(part.start, min(part.stop, rests[place].stop))


# Judgement


class _Judge:
    """Rates cuts by how well each part says what the schema asks for."""

    def __init__(self, page: ParsedPage, schema: Schema) -> None:
        self._document = page.document
        self._texts = [page.document.quote(block.span) for block in page.document.blocks]
        fields = list(schema.walk())
        self._forms: list[Form] = list({form for field in fields for form in forms_of(field)})
        self._pieces = len(fields)
        self._labels = {label for field in fields for label in field.labels}
        starts = [block.span.start for block in page.document.blocks]
        self._links = Counter(bisect_right(starts, link.span.start) - 1 for link in page.links)
        self._wants_links = any(field.kind is Kind.URL for field in fields)
        self._counts = [self._count(text) for text in self._texts]
        self._headings = headings_above(page.document)
        self.signs = [
            (*(count > 0 for count in counts), self._links[place] > 0)
            for place, counts in enumerate(self._counts)
        ]

    def _count(self, text: str) -> list[int]:
        return [len(FORMS[form].findall(text)) for form in self._forms]

    def those_alike(self, family: Sequence[Sequence[range]]) -> list[range]:
        """Records under the parents that fit about as well as the best of them."""
        fits = [self.fit(parts) for parts in family]
        best = max(fits)
        kept = [parts for parts, fit in zip(family, fits, strict=True) if fit >= _ALIKE * best]
        return self._without_strangers(
            sorted((p for parts in kept for p in parts), key=lambda p: p.start)
        )

    def _without_strangers(self, parts: list[range]) -> list[range]:
        """Without rows of column names, separators and the like: what has none of the forms asked
        for, where most others do, and looks unlike most, or names fields in the first place. A
        record that merely lacks a date looks like its neighbours, and stays."""
        says = [self._says(part) for part in parts]
        if sum(says) < 0.6 * len(parts):
            return parts
        looks = [self._face(part) for part in parts]
        usual = Counter(looks).most_common(1)[0][0]
        return [
            part
            for place, part in enumerate(parts)
            if says[place]
            or (looks[place] == usual and not (place == 0 and self._names_fields(part)))
        ]

    def is_surer(self, found: Sequence[range], planned: Sequence[range]) -> bool:
        """Whether *found* is the page's list rather than *planned*. By forms asked for alone:
        where there are none, as for plain texts, nothing is sure."""
        if len(found) <= len(planned) or not (self._forms or self._wants_links):
            return False
        covered = {place for part in planned for place in part}
        missed = sum(part.start not in covered for part in found)
        return 2 * missed > len(found) and self.fit(found) >= self.fit(planned)

    def are_whole(self, parts: Sequence[range]) -> bool:
        """Whether most are more than one field's words: of several pieces, or with an hour."""
        whole = sum(len(part) > 1 or bool(_WHOLE.search(self._texts[part.start])) for part in parts)
        return whole >= _MOST * len(parts)

    def _face(self, part: range) -> tuple[tuple[str, int], ...]:
        blocks = self._document.blocks
        return tuple((blocks[i].tag, self._texts[i].count(CELL_MARK)) for i in part)

    def _names_fields(self, part: range) -> bool:
        words = " ".join(self._texts[i] for i in part).lower()
        return any(label in words for label in self._labels)

    def _says(self, part: range) -> bool:
        """Whether it has any of the forms asked for."""
        return any(count for place in part for count in self._counts[place])

    def score(self, parts: Sequence[range]) -> float:
        if len(parts) < _FEWEST:
            return 0.0
        shapes = Counter(len(part) for part in parts)
        regular = shapes.most_common(1)[0][1] / len(parts)
        words = median(sum(len(self._texts[i].split()) for i in part) for part in parts)
        pieces = median(map(self._pieces_of, parts))
        around = sum(bool(_MENUS.search(self._document.blocks[p.start].xpath)) for p in parts)
        return (
            self.fit(parts)
            * (0.5 + 0.5 * regular)
            * (0.3 + 0.7 * min(1.0, pieces / max(1, self._pieces)))
            * min(1.0, words / _WORDS)
            * math.log2(1 + len(parts))
            * (_AROUND_SHARE if around > len(parts) / 2 else 1.0)
            * (_MISCUT if self._end_with_headings(parts) else 1.0)
        )

    def _end_with_headings(self, parts: Sequence[range]) -> bool:
        """Whether parts are cut too late: a heading begins what follows it."""
        tags = [self._document.blocks[part.stop - 1].tag for part in parts[:-1] if len(part) > 1]
        return sum(tag in LEVELS for tag in tags) > len(parts) / 2

    def _pieces_of(self, part: range) -> int:
        """Blocks and cells, and the heading above where that says what the part does not."""
        own = sum(1 + self._texts[place].count(CELL_MARK) for place in part)
        missing = [not any(self._counts[i][n] for i in part) for n in range(len(self._forms))]
        return own + any(
            lacks and said for lacks, said in zip(missing, self._above(part), strict=True)
        )

    def _above(self, part: range) -> list[bool]:
        """Which forms the headings that the part stands under have."""
        tops = self._headings[part.start]
        headings = [i for i in tops if self._document.blocks[i].tag != "h1"]  # holds for all
        return [any(self._counts[i][n] for i in headings) for n in range(len(self._forms))]

    def fit(self, parts: Sequence[range]) -> float:
        return sum(map(self._fit, parts)) / len(parts) if parts else 0.0

    def _fit(self, part: range) -> float:
        """How many of the forms asked for are there, best once each."""
        found = [sum(self._counts[i][n] for i in part) for n in range(len(self._forms))]
        if self._wants_links:
            found.append(sum(self._links[i] for i in part))
        return (1 + sum(map(_credit, found))) / (1 + len(found))


def _credit(count: int) -> float:
    return _CREDIT[count] if count < len(_CREDIT) else _OFTEN
