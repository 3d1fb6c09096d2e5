"""Where the lines of a list's records break: at the borders that the page's makers set.

A line such as `24-1234 Adams v. Baker 3 May` is one block, and yet its parts are elements of their
own, in record after record. A model that is shown each on a line of its own stops at its end. What
stands in some records only, as links in prose do, breaks no line.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from extractors.lists.entries import Entry
from extractors.parsing.blocks import CELL_MARK, ParsedPage
from extractors.parsing.nodes import Node
from schemas.document import Span

__all__ = ["line_starts"]

_FEWEST = 2  # records
_SHARE = 0.5  # of the records that an element's make must stand in
_OFTEN = 3  # times in one record, on average; more is prose or a menu
_CELLS = frozenset({"td", "th"})  # these have their mark
_WORD = re.compile(r"\w")
_OPENS = ("(", "[", ":", "：", "#", "/", "-", "$", "€", "£")
_GOES_ON = re.compile(r"[)\]:：,.;/%'’]|-(?! )")


def line_starts(page: ParsedPage, entries: Sequence[Entry]) -> tuple[int, ...]:
    """Offsets in the page's text at which a new line of a record begins, within its blocks.

    White space stands before each. They are for showing: a value may run across them.
    """
    inner = [list(_inline(page, entry)) for entry in entries]
    makes = _usual(inner)
    starts: set[int] = set()
    for entry, nodes in zip(entries, inner, strict=True):
        borders = {b for make, span in nodes if make in makes for b in (span.start, span.end)}
        for place in entry.blocks:
            block = page.document.blocks[place].span
            cuts = {at for at in borders if block.start < at < block.end}
            cuts |= set(_between(page.breaks, block))
            starts |= set(_starts(page.document.text, block, sorted(cuts)))
    return tuple(sorted(starts))


_Make = tuple[tuple[str, ...], tuple[str, ...]]


def _inline(page: ParsedPage, entry: Entry) -> Iterator[tuple[_Make, Span]]:
    """Elements of *entry* that hold a part of one of its blocks, by what they are called."""
    blocks = page.document.blocks
    start, end = blocks[entry.blocks[0]].span.start, blocks[entry.blocks[-1]].span.end
    first = bisect_left(page.nodes, start, key=_begin)
    for node in page.nodes[first : bisect_left(page.nodes, end, key=_begin)]:
        if node.span.end <= end and node.names[-1] not in _CELLS:
            outer = page.nodes[node.parent].names if node.parent >= 0 else ()
            yield (node.names, outer), node.span


def _begin(node: Node) -> int:
    return node.span.start


def _usual(inner: Sequence[Sequence[tuple[_Make, Span]]]) -> set[_Make]:
    """Makes that stand in most records, about once each."""
    held = Counter(make for nodes in inner for make in {make for make, _ in nodes})
    often = Counter(make for nodes in inner for make, _ in nodes)
    least = max(_FEWEST, _SHARE * len(inner))
    return {make for make, n in held.items() if n >= least and often[make] <= _OFTEN * n}


def _between(offsets: Sequence[int], span: Span) -> Sequence[int]:
    return offsets[bisect_right(offsets, span.start) : bisect_left(offsets, span.end)]


def _starts(text: str, block: Span, cuts: Sequence[int]) -> Iterator[int]:
    """The words after *cuts*, where words stand on both sides and are not joined by their signs."""
    last = block.start
    for cut in cuts:
        start = cut + len(text[cut : block.end]) - len(text[cut : block.end].lstrip())
        before, after = text[last:start].rstrip(), text[start : block.end]
        if (
            text[start - 1].isspace()
            and _WORD.search(before)
            and _WORD.search(after)
            and not before.endswith((*_OPENS, CELL_MARK))
            and not after.startswith(CELL_MARK)
            and not _GOES_ON.match(after)
        ):
            yield start
            last = start
