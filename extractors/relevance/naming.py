"""What a page's makers called its elements, as words: classes, ids, `itemprop` and the like.

They are said to programs and not to readers, so they are no evidence; but `class="job-location"`
is a good reason to read what stands there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from extractors.parsing.blocks import ParsedPage
from extractors.parsing.nodes import Node
from schemas.document import Span

__all__ = ["Named", "names_of_blocks"]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_STATED = re.compile(r"\w+(?:\.|#|\[[\w-]+=)(.*)")
_SHORTEST = 3  # letters of a word that says something
_PARENTS, _ROOM = 2, 600  # how far up names count, and how many characters more may stand there
_WHOLE = 0.6  # of a page's text, from which on an element's name is no word on its parts
# What designers call the parts of pages, whatever a page is about.
_ASIDE = re.compile(
    r"nav|menu|footer|sidebar|widget|share|social|comment|related|recommend|promo|advert|banner"
    r"|cookie|consent|newsletter|subscri|breadcrumb|popup|modal|login|signin|search|tooltip"
    r"|carousel|slider|similar|sponsor|toolbar|skip|pager|paginat",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"content|entry|main|body|article|post|detail|info|summary|product|title|headline|description"
    r"|spec|attribute|feature",
    re.IGNORECASE,
)
_META = re.compile(r"meta|byline|date|time|tag|categor|label|badge", re.IGNORECASE)
_KINDS = (_ASIDE, _SUBJECT, _META)
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Named:
    """`own`, `around`: the words, five letters of each, in the names of the elements in a block,
    and of those right around it. `aside`, `subject`, `meta`: whether the names from the block up to
    the whole page have words for what stands beside a page's subject, for the subject itself, and
    for what is said about it."""

    own: frozenset[str]
    around: frozenset[str]
    aside: bool
    subject: bool
    meta: bool


_Signs = tuple[frozenset[str], int]
"""The words of an element's names, and a bit for each of `_KINDS` that they have."""


def names_of_blocks(page: ParsedPage) -> list[Named]:
    """For each visible block of *page*, the names around it."""
    nodes = page.nodes
    starts = [node.span.start for node in nodes]
    signs = [_signs(node.names) for node in nodes]
    kinds = _passed_on(nodes, signs, _WHOLE * len(page.document.visible.text))
    found = []
    for block in page.document.visible.blocks:
        span = block.span
        first, last = bisect_left(starts, span.start), bisect_left(starts, span.end)
        inner = [place for place in range(first, last) if nodes[place].span.end <= span.end]
        outer = inner[0] if inner else _holder(nodes, first - 1, span)
        own = _NONE.union(*(signs[place][0] for place in inner))
        parents = _parents(nodes, nodes[outer].parent if inner else outer, len(span))
        around = _NONE.union(*(signs[place][0] for place in parents))
        other = around - own if own else around
        found.append(Named(own, other, *_named_kinds(kinds[outer] if outer >= 0 else 0)))
    return found


def _passed_on(nodes: Sequence[Node], signs: Sequence[_Signs], most: float) -> list[int]:
    """Of each node, the kinds that its own names have or those of the nodes around it, but for
    such as hold *most* characters."""
    found: list[int] = []
    for node, (_, own) in zip(nodes, signs, strict=True):
        up = found[node.parent] if node.parent >= 0 else 0
        found.append(up | own if own and len(node.span) <= most else up)
    return found


def _named_kinds(bits: int) -> tuple[bool, bool, bool]:
    return bool(bits & 1), bool(bits & 2), bool(bits & 4)


def _holder(nodes: Sequence[Node], place: int, span: Span) -> int:
    """The innermost node around *span*, from *place* on upwards; -1: none."""
    while place >= 0 and nodes[place].span.end < span.end:
        place = nodes[place].parent
    return place


def _parents(nodes: Sequence[Node], place: int, length: int) -> Iterator[int]:
    for _ in range(_PARENTS):
        if place < 0 or len(nodes[place].span) > length + _ROOM:
            return
        yield place
        place = nodes[place].parent


@lru_cache(2**14)  # elements of one make are many
def _signs(names: tuple[str, ...]) -> _Signs:
    stated = [match[1] for name in names if (match := _STATED.fullmatch(name))]
    if not stated:
        return _NONE, 0
    words = {w.lower()[:5] for name in stated for w in _WORD.findall(name) if len(w) >= _SHORTEST}
    said = " ".join(stated)
    kinds = sum(1 << place for place, kind in enumerate(_KINDS) if kind.search(said))
    return frozenset(words), kinds
