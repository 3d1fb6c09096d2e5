"""A page, or one record of it, as pieces that a selector can choose from."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.parsing.blocks import CELL_MARK, ParsedPage
from extractors.parsing.nodes import Node, make_name
from schemas.document import Span

__all__ = ["Outline", "Piece", "Region", "fold", "stripped"]

RUN = "#text"
"""What a run of an element's own text between its children, or a line of it, is called."""

_SCOPES = 4  # how many elements up one may be named
_LABEL_CHARS = 40
_EDGES = f" {CELL_MARK}\n"
_COUNTED = 3  # more parts of one make than that are many
_NAMED = re.compile(r"[.#=]")
_ENDS_LABEL = (":", "：")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a page's text that has names: an element, or a run of its own text.

    `scopes`: for each element around it, the nearest first, its names. `leaf`: holds no other.
    """

    span: Span
    names: tuple[str, ...]
    scopes: tuple[tuple[str, ...], ...]
    leaf: bool


class Outline:
    """All pieces of *page*, in reading order, outer ones first."""

    def __init__(self, page: ParsedPage) -> None:
        self.page = page
        self.text = page.document.text
        self.visible = len(page.document.visible.text)
        nodes = page.nodes
        inner: dict[int, list[Span]] = defaultdict(list)
        for node in nodes:
            inner[node.parent].append(node.span)
        found = []
        for number, node in enumerate(nodes):
            scopes = _scopes(nodes, node.parent)
            runs = [run for run in self._runs(node.span, inner[number]) if run != node.span]
            found.append(Piece(node.span, node.names, scopes, not runs and not inner[number]))
            around = (node.names, *scopes)[:_SCOPES]
            found += [Piece(run, (RUN,), around, True) for run in runs]
        self.pieces = sorted(found, key=lambda piece: (piece.span.start, -piece.span.end))
        self.starts = [piece.span.start for piece in self.pieces]
        self._links = {link.span: link.href for link in page.links}

    def href(self, span: Span) -> str | None:
        """Where the link leads whose words are all of *span*."""
        return self._links.get(span)

    def region(self, blocks: range, context: Sequence[int] = ()) -> Region:
        """What the numbered *blocks* hold, and apart from it what those of *context* do."""
        placed = self.page.document.blocks
        own = Span(placed[blocks[0]].span.start, placed[blocks[-1]].span.end)
        return Region(self, own, tuple(placed[place].span for place in context))

    def whole(self) -> Region:
        """The page as one region."""
        return Region(self, Span(0, self.visible), ())

    def _runs(self, span: Span, inner: Sequence[Span]) -> Iterator[Span]:
        """The lines of *span* that lie in none of *inner*."""
        start = span.start
        for stop, after in [*((child.start, child.end) for child in inner), (span.end, span.end)]:
            while start < stop:
                line_end = self._line_end(start, stop)
                if run := stripped(self.text, Span(start, line_end)):
                    yield run
                start = line_end + 1
            start = max(start, after)

    def _line_end(self, start: int, stop: int) -> int:
        """Where the line from *start* ends, at *stop* at the latest: within a row of one block,
        where its makers broke it."""
        found = self.text.find("\n", start, stop)
        breaks = self.page.breaks
        broken = bisect_right(breaks, start)
        return min(stop if found < 0 else found, breaks[broken] if broken < len(breaks) else stop)


def _scopes(nodes: Sequence[Node], parent: int) -> tuple[tuple[str, ...], ...]:
    scopes: list[tuple[str, ...]] = []
    while parent >= 0 and len(scopes) < _SCOPES:
        scopes.append(nodes[parent].names)
        parent = nodes[parent].parent
    return tuple(scopes)


def stripped(text: str, span: Span) -> Span | None:
    """*span* without white space and cell marks at its ends; `None` where nothing is left."""
    quote = text[span.start : span.end]
    start = span.start + len(quote) - len(quote.lstrip(_EDGES))
    end = span.end - (len(quote) - len(quote.rstrip(_EDGES)))
    return Span(start, end) if start < end else None


class Region:
    """Where one record stands: its *own* text, and headings and the like, its *context*, that hold
    for it too. `pieces` and `above`: what each consists of."""

    def __init__(self, outline: Outline, own: Span, context: tuple[Span, ...]) -> None:
        self.outline = outline
        self.text = outline.text
        self.own = own
        self.is_page = len(own) == outline.visible
        self.context = context
        self.pieces = self._within(own)
        self.above = [piece for span in context for piece in self._within(span)]
        leaves = [piece for piece in (*self.above, *self.pieces) if piece.leaf]
        self._leaves = sorted(leaves, key=lambda leaf: leaf.span)
        self._leaf_ends = [leaf.span.end for leaf in self._leaves]
        self._named: dict[tuple[str, bool], list[Piece]] = defaultdict(list)
        for above_it, pieces in ((False, self.pieces), (True, self.above)):
            for piece in pieces:
                for name in piece.names:
                    self._named[name, above_it].append(piece)

    def named(self, step: str, scope: str, *, above: bool) -> list[Piece]:
        """Pieces called *step* inside an element called *scope* ("": any), in reading order."""
        pieces = self._named.get((step, above), [])
        if not scope:
            return pieces
        return [piece for piece in pieces if any(scope in names for names in piece.scopes)]

    def holding(self, span: Span) -> list[tuple[Piece, bool]]:
        """Pieces around *span*, the innermost first, and whether each is above the record."""
        found = [(p, False) for p in self.pieces if p.span.start <= span.start < p.span.end]
        found += [(p, True) for p in self.above if p.span.start <= span.start < p.span.end]
        around = [(piece, above) for piece, above in found if span.end <= piece.span.end]
        return sorted(around, key=lambda entry: len(entry[0].span))

    def label(self, piece: Piece) -> str:
        """The words right before *piece* where they may name it, folded; "" where there are none
        such."""
        before = bisect_right(self._leaf_ends, piece.span.start) - 1
        part = next(p for p in (*self.context, self.own) if _inside(piece.span, p))
        if before < 0 or not _inside(self._leaves[before].span, part):
            return ""
        span = self._leaves[before].span
        return _as_label(self.text[span.start : span.end])

    def face(self) -> str:
        """What the record's structure looks like, as a short hash: records of one face have the
        same parts. Of a whole page only what its makers named counts, not how long its text is."""
        signs = Counter(f"{_called(p.scopes[:1])}/{_called((p.names,))}" for p in self.pieces)
        signs.update(f"^{_called((p.names,))}" for p in self.above)
        kept = {f"{name} {min(count, _COUNTED)}" for name, count in signs.items()}
        if self.is_page:
            kept = {name for name in signs if _NAMED.search(name)}
        kept |= {f"{label}:" for label in self._stated_labels()}
        return hashlib.sha256("\n".join(sorted(kept)).encode()).hexdigest()[:12]

    def _stated_labels(self) -> Iterator[str]:
        for leaf in self._leaves:
            words = self.text[leaf.span.start : leaf.span.end]
            if words.endswith(_ENDS_LABEL) and (label := _as_label(words)):
                yield label

    def quotes(self) -> list[str]:
        """All it says."""
        return [self.text[span.start : span.end] for span in (*self.context, self.own)]

    def holds(self, span: Span) -> bool:
        """Whether *span* lies in the record's own text, or in one of the parts above it."""
        return any(_inside(span, part) for part in (self.own, *self.context))

    def _within(self, span: Span) -> list[Piece]:
        first = bisect_left(self.outline.starts, span.start)
        last = bisect_left(self.outline.starts, span.end)
        return [piece for piece in self.outline.pieces[first:last] if piece.span.end <= span.end]


def _inside(span: Span, other: Span) -> bool:
    return other.start <= span.start and span.end <= other.end


def _called(names: Sequence[tuple[str, ...]]) -> str:
    return make_name(names[0]) if names else ""


def _as_label(text: str) -> str:
    words = text.strip().rstrip(":： ").strip()
    return fold(words) if 0 < len(words) <= _LABEL_CHARS and re.search(r"[^\W\d_]", words) else ""


def fold(text: str) -> str:
    """*text* in one letter case, with single spaces."""
    return " ".join(text.split()).casefold()
