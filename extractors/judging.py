"""How well a way to cut a page into records fits: what each part says of what is asked for."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import median

from extractors.blocks import CELL_MARK, ParsedPage
from extractors.entries import LEVELS, headings_above
from extractors.nodes import Node, make_name
from extractors.ranking import Form, forms_of
from schemas.schema import Kind, Schema

__all__ = ["FEWEST", "Judge"]

FEWEST = 2
"""Records of a list."""

_CREDIT = (0.0, 1.0, 0.8, 0.5, 0.5)  # by how often a form is found in one record; seldom more
_OFTEN = 0.2
_WORDS = 6.0  # of a record; those with fewer are likely menus
_MENUS = re.compile(r"/(?:nav|footer|button|select)\b")  # whole pages stand in a form
_AROUND_SHARE = 0.2
_MISCUT = 0.8
_ALIKE = 0.5  # of the best parent's fit that another parent of the same make must reach
_WHOLE = re.compile(rf"\d[:.h]\d\d|\d ?[ap]\.?m\b|{re.escape(CELL_MARK)}", re.IGNORECASE)
_MOST = 0.8
_CELLS = frozenset({"td", "th"})  # as steps: with a number, there are others in the row
_ITEMS = frozenset({"article", "li", "tr"})
_STRANGE = "?"


class Judge:
    """Rates cuts by how well each part says what the schema asks for."""

    def __init__(self, page: ParsedPage, schema: Schema) -> None:
        self._document = page.document
        self._texts = [page.document.quote(block.span) for block in page.document.blocks]
        fields = list(schema.walk())
        self._forms: list[Form] = list(
            dict.fromkeys(form for field in fields for form in forms_of(field))
        )
        self._pieces = len(fields)
        self._labels = {label for field in fields for label in field.labels}
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
        return [len(pattern.findall(text)) for pattern, _ in self._forms]

    def those_alike(self, family: Sequence[Sequence[range]]) -> list[range]:
        """Records under the parents that fit about as well as the best of them."""
        return self._without_strangers(self._that_fit(family))

    def _that_fit(self, family: Sequence[Sequence[range]]) -> list[range]:
        fits = [self.fit(parts) for parts in family]
        best = max(fits)
        kept = [parts for parts, fit in zip(family, fits, strict=True) if fit >= _ALIKE * best]
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
        return [
            part
            for place, part in enumerate(parts)
            if says[place]
            or (looks[place] == usual and not (place == 0 and self._names_fields(part)))
        ]

    def with_thin(
        self, parts: Sequence[range], family: Sequence[Sequence[range]]
    ) -> Sequence[range]:
        """*parts*, the records of *family*, with those that were taken for strangers as they have
        no form asked for, but consist of what records consist of: they only lack what others say.
        At the ends of the list, where other things stand, elements must be made for items."""
        every = self._that_fit(family)
        kept = set(parts)
        if len(every) == len(kept):
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
        if len(parts) < FEWEST:
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


def _nested(nodes: Sequence[Node], node: Node) -> str:
    around = make_name(nodes[node.parent].names) if node.parent >= 0 else ""
    return f"{around}/{make_name(node.names)}"


def _tells(make: str) -> bool:
    """Whether elements of that kind are made for items of lists."""
    own = make.rpartition("/")[2]
    return own in _ITEMS or any(sign in own for sign in ".=")
