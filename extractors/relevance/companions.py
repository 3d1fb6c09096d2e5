"""Which blocks of a page only make sense together: label and value, heading and line, row and head.

Told by the tree, not by words: what a `dt` says of its `dd`s, a short element of the one it shares
its parent with, a line that ends in a colon of the next, a heading of the line below it,
a row of column names of the rows below.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from extractors.parsing.blocks import ParsedPage
from schemas.document import Block

__all__ = ["companions"]

_LABEL_WORDS = 6  # of a label, at most
_VALUE_WORDS = 40  # of what it is the label of
_CLOSE = 4  # elements around one
_FEW = 3  # values of one label that it brings along
# Of the innermost list: parsers put a `dd` that is not closed around the next one.
_TERM = re.compile(r"(.*/dl(?:\[\d+\])?(?:/div(?:\[\d+\])?)*)/(dt|dd)(?:\[\d+\])?(?=/|$)")
_TABLE = re.compile(r".*/table(?:\[\d+\])?(?=/|$)")
_HEADING = re.compile(r"h[2-6]|legend|caption|summary")


def companions(page: ParsedPage) -> Mapping[int, frozenset[int]]:
    """For the numbers of visible blocks, those of the blocks to show with them, if any."""
    document = page.document.visible
    texts = [document.quote(block.span) for block in document.blocks]
    words = [len(text.split()) for text in texts]
    found: dict[int, set[int]] = defaultdict(set)
    for label, values in (*_terms(document.blocks), *_pairs(document.blocks, texts)):
        if words[label] <= _LABEL_WORDS:
            short = [value for value in values if words[value] <= _VALUE_WORDS]
            found[label].update(short[:_FEW])
            for value in short:
                found[value].add(label)
    for row, heads in _rows(page, document.blocks):
        found[row].update(heads)
    return {place: frozenset(others) for place, others in found.items() if others}


def _terms(blocks: Sequence[Block]) -> Iterator[tuple[int, list[int]]]:
    """Each `dt`, and the blocks of the `dd`s after it."""
    terms: list[int] = []
    values: list[int] = []
    last = ""
    for place, block in enumerate(blocks):
        step = _TERM.match(block.xpath)
        if step is None or step[1] != last or (step[2] == "dt" and values):
            yield from ((term, values) for term in terms)
            terms, values = [], []
        if step is not None:
            (terms if step[2] == "dt" else values).append(place)
        last = step[1] if step else ""
    yield from ((term, values) for term in terms)


def _pairs(blocks: Sequence[Block], texts: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """A line that ends in a colon with the next one, a heading with the line below it, and two
    blocks that are all of one element."""
    words = [len(text.split()) for text in texts]
    held = Counter(path for block in blocks for path in _around(block.xpath))
    for place, (one, other) in enumerate(pairwise(blocks)):
        if words[place] > _LABEL_WORDS:
            continue
        if texts[place].endswith((":", "：")):
            yield place, [place + 1]
            continue
        shared = _shared(one.xpath, other.xpath)
        alone = held[shared] == 2 and one.xpath != other.xpath
        headed = _HEADING.fullmatch(one.tag) and not _HEADING.fullmatch(other.tag)
        if (alone or headed) and one.tag not in ("dd", "title", "tr"):
            yield place, [place + 1]


def _around(path: str) -> Iterator[str]:
    """The path of an element and of those close around it, but not those of the page as a whole."""
    for _ in range(_CLOSE):
        if path.count("/") <= 2:
            return
        yield path
        path = path[: path.rfind("/")]


def _shared(path: str, other: str) -> str:
    """The path of the innermost element close around both; "" where there is none."""
    outer = set(_around(other))
    return next((one for one in _around(path) if one in outer), "")


def _rows(page: ParsedPage, blocks: Sequence[Block]) -> Iterator[tuple[int, set[int]]]:
    """Rows that are one block each, and the rows of column names above them in their table."""
    heads: dict[str, set[int]] = defaultdict(set)
    named = _rows_of_names(page, blocks)
    for place, block in enumerate(blocks):
        table = _TABLE.match(block.xpath) if block.tag == "tr" else None
        if table is None:
            continue
        if place in named:
            heads[table[0]].add(place)
        elif heads[table[0]]:
            yield place, heads[table[0]]


def _rows_of_names(page: ParsedPage, blocks: Sequence[Block]) -> set[int]:
    """Blocks of several `th` and no `td`."""
    starts = [block.span.start for block in blocks]
    cells: dict[int, Counter[str]] = defaultdict(Counter)
    for node in page.nodes:
        if node.names[-1] in ("th", "td"):
            cells[bisect_right(starts, node.span.start) - 1][node.names[-1]] += 1
    return {place for place, counts in cells.items() if counts["th"] > 1 and not counts["td"]}
