"""How well a way to cut a page into records says what a schema asks for."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from statistics import fmean, median

from extractors.lists.entries import LEVELS, headings_above
from extractors.parsing.blocks import CELL_MARK, ParsedPage
from extractors.parsing.nodes import Node, make_name
from extractors.parsing.paths import without_numbers
from extractors.relevance.looks import FORMS, asks_for_number, forms_of
from schemas.schema import Field, Kind, Schema

__all__ = ["Family", "Judge"]

Family = Mapping[str, Sequence[range]]
"""Parts of a page, each some of its blocks, by the path of the element that they stand in."""

_FEWEST = 2
_CREDIT = (0.0, 1.0, 0.8, 0.5, 0.5)  # by how often a form is found in one record; seldom more
_OFTEN = 0.2
_WORDS = 6.0  # of a record; those with fewer are likely menus
_MENUS = re.compile(r"/(?:nav|footer|button|select)\b")  # whole pages stand in a form
_AROUND_SHARE = 0.2
_MISCUT = 0.8
_ALIKE = 0.5  # of the best parent's fit that another parent of the same make must reach
_WHOLE = re.compile(rf"\d[:.h]\d\d|\d ?[ap]\.?m\b|{re.escape(CELL_MARK)}", re.IGNORECASE)
_MOST, _HARDLY = 0.8, 0.3
_PARENTS = 5
_LISTED = 4  # records under one parent, which then is a list by itself
_CELLS = frozenset({"td", "th"})  # as steps: with a number, there are others in the row
_ITEMS = frozenset({"article", "li", "tr"})
_STRANGE = "?"
_HEAD_ROW = 2  # blocks at a record's begin: its number, and its name
_NAME_WORDS = 4  # of a column's name
# A number such as records have: with letters, signs or many digits, and no date.
_SERIAL = re.compile(
    r"(?<![\w./-])(?!\d{1,4}([./-])\d{1,2}\1\d{2,4}(?!\d))(?=[\w-]*\d)"
    r"(?:[A-Z]{1,5}-?\d[\w-]{2,}|\d+[A-Z]{1,4}-?\d[\w-]*|\d+(?:-\w+)+|\d{5,})(?![\w./-]*\w)"
)


class Judge:
    """Rates cuts by how well each part says what the schema asks for."""

    def __init__(self, page: ParsedPage, schema: Schema) -> None:
        self._document = page.document
        self._texts = [page.document.quote(block.span) for block in page.document.blocks]
        fields = list(schema.walk())
        self._forms = list(dict.fromkeys(form for field in fields for form in _forms(field)))
        self._pieces = len(fields)
        self._field_labels = [frozenset(field.labels) for field in fields]
        self._labels = frozenset().union(*self._field_labels)
        starts = [block.span.start for block in page.document.blocks]
        self._links = Counter(bisect_right(starts, link.span.start) - 1 for link in page.links)
        self._wants_links = any(field.kind is Kind.URL for field in fields)
        self._counts = [self._count(text) for text in self._texts]
        self._headings = headings_above(page.document)
        self._nodes = page.nodes
        self._node_starts = [node.span.start for node in page.nodes]
        self.signs = [
            (*(count > 0 for count in counts), self._links[place] > 0)
            for place, counts in enumerate(self._counts)
        ]

    def _count(self, text: str) -> list[int]:
        return [len(form.findall(text)) for form in self._forms]

    def those_alike(self, family: Family) -> list[range]:
        """Records under the parents that fit about as well as the best of them. Where one holds a
        list, what stands alone under another must look like a record of some."""
        return self._without_strangers(self._that_fit(family))

    def _that_fit(self, family: Family) -> list[range]:
        fits = {parent: self.fit(parts) for parent, parts in family.items()}
        best = max(fits.values())
        kept = [parts for parent, parts in family.items() if fits[parent] >= _ALIKE * best]
        if max(map(len, kept)) >= _LISTED:
            faces = Counter(self._face(part) for parts in kept for part in parts)
            kept = [parts for parts in kept if len(parts) > 1 or faces[self._face(parts[0])] > 1]
        return sorted((p for parts in kept for p in parts), key=lambda p: p.start)

    def _without_strangers(self, parts: list[range]) -> list[range]:
        """Without rows of column names, separators and the like: what has none of the forms asked
        for, where most others do, and looks unlike most, or names fields in the first place. A
        record that merely lacks a date looks like its neighbours, and stays."""
        says = [self._says(part) for part in parts]
        if sum(says) < 0.6 * len(parts):
            return parts
        looks = [self._face(part) for part in parts]
        usual = Counter(looks).most_common(1)[0][0]
        first = says.index(True)
        return [
            part
            for place, part in enumerate(parts)
            if says[place]
            or (
                looks[place] == usual
                and not (place < first and self._names_fields(part))
                and not self._names_columns(part)
            )
        ]

    def with_thin(self, parts: Sequence[range], family: Family) -> Sequence[range]:
        """*parts*, the records of *family*, with those that were taken for strangers as they have
        no form asked for, but consist of what records consist of: they only lack what others say.
        At the ends of the list, where other things stand, elements must be made for items."""
        every = self._that_fit(family)
        kept = set(parts)
        if kept.issuperset(every):
            return parts
        known = {sign for part in kept for sign in self._make(part)}
        inner = range(parts[0].start, parts[-1].start)
        return [
            part
            for part in every
            if part in kept
            or (
                known.issuperset(make := self._make(part) or {_STRANGE})
                and (part.start in inner or any(map(_tells, make)))
                and not (part.start < inner.start and self._names_fields(part))
                and not self._names_columns(part)
            )
        ]

    def _make(self, part: range) -> set[str]:
        """What the elements are called that *part* consists of, and each within which. A cell that
        is the only one of its row is one of its own kind."""
        blocks, nodes = self._document.blocks, self._nodes
        first = bisect_left(self._node_starts, blocks[part.start].span.start)
        last = bisect_left(self._node_starts, blocks[part.stop - 1].span.end)
        makes = {_nested(nodes, node) for node in nodes[first:last]}
        steps = (blocks[place].xpath.rpartition("/")[2] for place in part)
        return makes | {f"one {step}" for step in steps if step in _CELLS}

    def are_pieces(self, family: Family) -> bool:
        """Whether each parent, or what holds it, is one record, cut up: what comes first in it says
        something of what is asked, and the rest hardly ever does."""
        held: dict[str, list[range]] = defaultdict(list)
        for parent, parts in family.items():
            held[parent[: parent.rfind("/")]] += parts
        return any(map(self._are_cut_up, (family, held)))

    def _are_cut_up(self, family: Family) -> bool:
        several = [parts for parts in family.values() if len(parts) > 1]
        if len(several) < _PARENTS or 2 * len(several) < len(family):
            return False
        first, *then = (
            fmean(self._says(part) for part in alike if part) for alike in zip_longest(*several)
        )
        return first >= _MOST and max(then) <= _HARDLY

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

    def _names_columns(self, part: range) -> bool:
        """Whether it is short words without a digit that name several fields."""
        text = " ".join(self._texts[i] for i in part).lower()
        words = re.findall(r"\w+", text)
        if any(map(str.isdigit, text)) or len(words) > _NAME_WORDS * (1 + text.count(CELL_MARK)):
            return False
        return sum(not labels.isdisjoint(words) for labels in self._field_labels) > 1

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
            * (_MISCUT if self._end_with_headings(parts) or self._begin_late(parts) else 1.0)
        )

    def _end_with_headings(self, parts: Sequence[range]) -> bool:
        """Whether parts are cut too late: a heading begins what follows it."""
        tags = [self._document.blocks[part.stop - 1].tag for part in parts[:-1] if len(part) > 1]
        return sum(tag in LEVELS for tag in tags) > len(parts) / 2

    def _begin_late(self, parts: Sequence[range]) -> bool:
        """Whether parts are cut too late: what most end with says something of what is asked, and
        the same stands before the first. A heading is not too late for anything."""
        if self._document.blocks[parts[0].start].tag in LEVELS:
            return False
        return any(self._end_with_heads(parts, size) for size in range(1, _HEAD_ROW + 1))

    def _end_with_heads(self, parts: Sequence[range], size: int) -> bool:
        """Whether the last *size* blocks of most look like those before the first, which say
        something of what is asked too: an introduction is no head."""
        first = parts[0].start
        before = range(max(0, first - size), first)
        if not self._says(before):
            return False
        head = self._steps(before)
        tails = (range(part.stop - size, part.stop) for part in parts[:-1] if len(part) > size)
        late = sum(self._steps(tail) == head and self._says(tail) for tail in tails)
        return late > len(parts) / 2

    def _steps(self, part: range) -> list[str]:
        return [without_numbers(self._document.blocks[place].xpath) for place in part]

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


def _forms(field: Field) -> Iterator[re.Pattern[str]]:
    """Of the forms that *field* has; a record's own number is one too, where it is asked for."""
    yield from (FORMS[form] for form in forms_of(field))
    if asks_for_number(field):
        yield _SERIAL


def _credit(count: int) -> float:
    return _CREDIT[count] if count < len(_CREDIT) else _OFTEN


def _nested(nodes: Sequence[Node], node: Node) -> str:
    around = make_name(nodes[node.parent].names) if node.parent >= 0 else ""
    return f"{around}/{make_name(node.names)}"


def _tells(make: str) -> bool:
    """Whether elements of that kind are made for items of lists."""
    own = make.rpartition("/")[2]
    return own in _ITEMS or any(sign in own for sign in ".=")
