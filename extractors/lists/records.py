"""Where on a page its list of records is: repeated siblings, found without fixed tag names.

Records of a list stand under one parent, or under parents of one make, and look alike; what begins
one is an element of one kind, and what follows until the next such element belongs to it: a row, a
card, a heading with its paragraphs, a row with a row of details. Of all such lists on a page, the
one is taken whose parts say what the schema asks for, once each. The idea of repeated regions is
from MDR (Liu, Grossman & Zhai 2003) and DEPTA (Zhai & Liu 2005); the choice by the schema is ours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from statistics import median

from extractors.lists.entries import Entry, entries_of
from extractors.lists.judge import Family, Judge
from extractors.parsing.blocks import CELL_MARK, ParsedPage
from extractors.parsing.paths import blocks_within, without_numbers
from extractors.relevance.sections import blocks_to_skip
from extractors.values.days import is_day
from schemas.document import Document
from schemas.schema import Schema

__all__ = ["Entry", "Listing", "find_records", "list_records", "records_at"]

_FEWEST = 2
_LEAST_SCORE = 0.5
_ABOUT = 0.95  # of the best score: as good
_FEW_MORE = 0.05
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
    judge = Judge(replace(page, document=document), schema)
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
    judge = Judge(replace(page, document=document), schema)
    parts = _planned(document, judge, path)
    return entries_of(page.document, schema, parts)


def _note(planned: int, found: int) -> str:
    return (
        f"the element that the plan names begins {planned:,} records, and the page lists {found:,} "
        "elsewhere: those were read (skip their section in the plan if they are the wrong ones)"
    )


def _likeliest(document: Document, judge: Judge, skipped: Set[int]) -> Sequence[range]:
    """The records that say most of what is asked; `[]` where none are likely to be any."""
    families = list(_families(document, judge.signs))
    rated: list[_Rated] = []
    for family in families:
        kept = [part for part in judge.those_alike(family) if part.start not in skipped]
        score = 0.0 if judge.are_pieces(family) else judge.score(kept)
        rated.append(_Rated(score, kept, family))
    best = max(rated, key=lambda one: one.score, default=None)
    if best is None or best.score < _LEAST_SCORE:
        return []
    within = _within_days(document, judge, families, best.parts)
    if within is not best.parts:
        return within
    whole = judge.with_thin(best.parts, _widest(best, rated))
    return [part for part in whole if part.start not in skipped]


@dataclass(frozen=True, slots=True)
class _Rated:
    """A way to cut the page, and those of its parts that are alike."""

    score: float
    parts: Sequence[range]
    family: Family


def _widest(best: _Rated, rated: Sequence[_Rated]) -> Family:
    """The cut of *best*, or one that has all its parts and a few more among these: elements around
    the same records, some of which lack what *best* goes by."""
    parts = set(best.parts)
    for one in rated:
        family = {p: cut for p, cut in one.family.items() if not parts.isdisjoint(cut)}
        more = sum(map(len, family.values())) - len(parts)
        about = 0 < more <= _FEW_MORE * len(parts) and one.score >= _ABOUT * best.score
        if about and parts.issubset(part for cut in family.values() for part in cut):
            return family
    return best.family


# Candidates


def _planned(document: Document, judge: Judge, path: str | None) -> list[range]:
    """Records that begin with elements of the XPath *path*, whose steps bear no numbers."""
    found: list[range] = []
    for children in _siblings(document, judge.signs).values() if path else ():
        starters = [child for child in children if without_numbers(child.path) == path]
        found += _cut(children, starters) if starters else []
    whole = sorted(found, key=lambda part: part.start)
    return judge.those_alike({"": whole}) if found else []


def _families(document: Document, signs: Sequence[tuple[bool, ...]]) -> Iterator[Family]:
    """Ways to cut the page into records: for each parent of one make, its records' blocks."""
    families: dict[object, dict[str, list[range]]] = defaultdict(dict)
    for parent, children in _siblings(document, signs).items():
        make = without_numbers(parent)
        for tag in dict.fromkeys(child.tag for child in children):  # a set has no order
            starters = [child for child in children if child.tag == tag]
            families[make, tag][parent] = _cut(children, starters)
            kinds = Counter(child.shape for child in starters)
            for shape, count in kinds.items():
                if _FEWEST <= count < len(starters):
                    alike = [child for child in starters if child.shape == shape]
                    families[make, tag, shape][parent] = _cut(children, alike)
    return iter(families.values())


def _siblings(document: Document, signs: Sequence[tuple[bool, ...]]) -> dict[str, list[_Element]]:
    """By parent, its children that hold text, in order.

    Lines of its own text, as between `<br>`, are children too, told apart by their *signs*.
    """
    owned = blocks_within(document)
    children: dict[str, list[_Element]] = defaultdict(list)
    for path, places in owned.items():
        shape = frozenset(_look(document, place, path) for place in places)
        element = _Element(path, places[0], places[-1], shape)
        children[path[: path.rfind("/")]].append(element)
    for place, block in enumerate(document.blocks):
        if len(children[block.xpath]) or owned.get(block.xpath) != [place]:
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
    inner = without_numbers(block.xpath[len(path) :])
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
    judge: Judge,
    families: Sequence[Family],
    parts: Sequence[range],
) -> Sequence[range]:
    """Where *parts* are days, a line with the date and what happens then, the records within."""
    heads = [document.quote(document.blocks[part.start].span) for part in parts]
    if max(map(len, parts)) < 1 + _FEWEST or not all(map(is_day, heads[:_HEADS])):
        return parts
    rests = [range(part.start + 1, part.stop) for part in parts]
    best: tuple[int, float, Sequence[range]] = (0, 0.0, parts)
    for family in families:
        clipped = [part for cut in family.values() for part in _clipped(cut, rests)]
        within = sorted(clipped, key=lambda part: part.start)
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
