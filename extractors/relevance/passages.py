"""The part of a page that the model is shown."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from extractors.model.tokenizer import TokenCounter
from extractors.parsing.blocks import Link, ParsedPage
from extractors.relevance.companions import companions
from extractors.relevance.ranking import BlockModel, Ranking, likelihood, telling_attributes, worth
from schemas.document import RAISED, Document, Span
from schemas.schema import Schema

__all__ = ["Passage", "Shown"]

_HEADINGS = frozenset({"h1", "h2", "h3"})
_GAP_LINE = "…"  # shown where blocks were left out
_ASIDE_SHARE = 0.05  # of the budget that attributes may take
_SECOND_LOOK = 1.0  # nats by which less is enough then
_LITTLE = 100  # tokens; as many are shown of every page, whatever they are worth


@dataclass(frozen=True, slots=True)
class Passage:
    """Text for a prompt.

    `spans`: what it covers of the document, in reading order; no two of them touch. `blocks`: the
    same as numbers of blocks.
    `shown`: the page's text of these, with `# ` before each heading, a marker such as ` [L3]` after
    each link that may be answered, and a line with `…` where blocks were left out; the text of an
    attribute stands after the block it belongs to, with its name before it, as `[alt] `.
    `cut`: visible text was left out. `links`: the markers' names and what they stand for. `lines`:
    offsets at which a line of `shown` begins within a block.
    """

    spans: tuple[Span, ...]
    shown: str
    cut: bool
    links: dict[str, Link]
    blocks: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()

    def __len__(self) -> int:
        """Characters of the page that it covers."""
        return sum(map(len, self.spans))

    def without(self, span: Span, words: str) -> Passage:
        """The same without *span*, whose text is *words*: neither shown nor to be quoted."""
        cut = [
            part
            for whole in self.spans
            for part in (
                Span(whole.start, min(whole.end, max(whole.start, span.start))),
                Span(max(whole.start, min(whole.end, span.end)), whole.end),
            )
            if len(part)
        ]
        return replace(self, spans=tuple(cut), shown=self.shown.replace(words, _GAP_LINE, 1))


class Shown:
    """A page as a model would be shown it, block by block, and choices of blocks from it.

    *links*: those to mark; pass none to leave the text as it is. *lines*: offsets of the text at
    which a new line is shown within a block. *count_tokens* gives the length of each of some texts.
    *model*: as `Ranking` takes it. `ranking`: how likely each block is to state what is asked for.
    """

    def __init__(
        self,
        page: ParsedPage,
        *,
        links: Sequence[Link] = (),
        lines: Sequence[int] = (),
        count_tokens: TokenCounter,
        model: BlockModel | None = None,
    ) -> None:
        document = self._document = page.document.without_hidden
        self.ranking = Ranking(page, model=model)
        self._links = {f"L{number}": link for number, link in enumerate(links, start=1)}
        self._marks = sorted(self._links.items(), key=lambda entry: entry[1].span)
        self._starts = [link.span.start for _, link in self._marks]
        self._page = page
        self._lines = tuple(lines)
        self._visible = len(document.visible.blocks)
        self._texts = _marked_blocks(document, self._links, lines)
        self._count = count_tokens
        self._sizes = [size + 1 for size in count_tokens(self._texts)]  # and the line's end

    def choose(self, schema: Schema, *, budget: int, among: Sequence[int] | None = None) -> Passage:
        """The blocks likely to state what *schema* asks for, within *budget* tokens.

        They stay in reading order. The block after a short label comes along. Blocks that are not
        worth their room are left out even where there is some, but for a list of records, whose
        parts say little each. A block longer than the whole budget is cut inside, at a word.
        *among*: the numbers of the blocks to choose from, all of them worth it; `None`: of all.
        """
        asides = self._asides(schema, budget) if among is None else set()
        room = budget - sum(self._sizes[place] for place in asides)
        worths = self._worths(schema)
        order = sorted(range(self._visible) if among is None else among, key=lambda i: -worths[i])
        whole = schema.many or among is not None
        kept = self._that_fit(order if whole else self._worthy(order, worths), room)
        if order and not kept:
            return self._part_of_block(order[0], budget)
        return self._passage(sorted(kept | asides))

    def _worths(self, schema: Schema) -> list[float]:
        return worth(self.ranking.log_odds(schema), self._sizes[: self._visible])

    def _worthy(self, order: Sequence[int], worths: Sequence[float]) -> list[int]:
        """Of *order* those worth showing, and as many more as make up a little text."""
        least = self.ranking.model.least
        found, room = [], _LITTLE
        for place in order:
            room -= self._sizes[place]
            if worths[place] < least and room < 0:
                break
            found.append(place)
        return found

    def promising(self, schema: Schema) -> set[int]:
        """The blocks worth a second look for what a first one did not find; none where *schema* has
        no field."""
        if not schema.fields:
            return set()
        least = self.ranking.model.least - _SECOND_LOOK
        return {place for place, one in enumerate(self._worths(schema)) if one >= least}

    def expected(self, schema: Schema, places: Iterable[int]) -> float:
        """How many of the values that *schema* asks for the blocks at *places* state, by chance
        taken with chance."""
        if not schema.fields:
            return 0.0
        odds = self.ranking.log_odds(schema)
        return sum(likelihood(odds[place]) for place in places)

    def _asides(self, schema: Schema, budget: int) -> set[int]:
        """The likeliest attributes, in a small part of the *budget*."""
        kept, room = set(), budget * _ASIDE_SHARE
        for place in telling_attributes(self._document, schema):
            if self._sizes[place] <= room:
                room -= self._sizes[place]
                kept.add(place)
        return kept

    def part(
        self, blocks: Sequence[int], *, budget: int, unquoted: Set[int] = frozenset()
    ) -> Passage:
        """Just *blocks*; those from the end are left out where they are more than *budget*. Of
        those *unquoted*, which are among them, nothing may be quoted."""
        kept, room = [], budget
        for place in sorted(set(blocks)):
            room -= self._sizes[place]
            if room < 0:
                break
            kept.append(place)
        if not kept:
            return self._part_of_block(blocks[0], budget)
        seen = [place for place in set(blocks) if place < self._visible]
        return self._passage(kept, cut=not set(kept).issuperset(seen), unquoted=unquoted)

    def _that_fit(self, order: Sequence[int], budget: int) -> set[int]:
        kept: set[int] = set()
        room = budget
        for place in order:
            for more in (self._companions.get(place, frozenset()), frozenset[int]()):
                wanted = {place, *more}
                cost = sum(self._sizes[i] for i in wanted - kept)
                if cost <= room:
                    kept |= wanted
                    room -= cost
                    break
        return kept

    @cached_property
    def _companions(self) -> Mapping[int, Set[int]]:
        return companions(self._page)

    def _passage(
        self, kept: Sequence[int], *, cut: bool | None = None, unquoted: Set[int] = frozenset()
    ) -> Passage:
        lines: list[str] = []
        blocks = self._document.blocks
        asides: dict[int, list[str]] = defaultdict(list)
        for place in kept:
            if (beside := blocks[place].beside) is not None:
                asides[beside].append(self._texts[place])
        for before, place in zip([-1, *kept], kept, strict=False):
            if not blocks[place].is_attribute:
                lines += [_GAP_LINE] if lines and place != before + 1 else []
                lines += [self._texts[place], *asides.pop(place, ())]
        lines += [line for beside in asides.values() for line in beside]
        seen = sum(not blocks[place].is_attribute for place in kept)
        left_out = seen < self._visible if cut is None else cut
        spans = self._spans([place for place in kept if place not in unquoted])
        links = self._links_in(spans)
        return Passage(tuple(spans), "\n".join(lines), left_out, links, tuple(kept), self._lines)

    def _spans(self, kept: Sequence[int]) -> list[Span]:
        """What *kept* covers: neighbours are one, but no value may run on into an attribute."""
        spans: list[Span] = []
        blocks = self._document.blocks
        for before, place in zip([-1, *kept], kept, strict=False):
            span = blocks[place].span
            joins = bool(spans) and place == before + 1 and not blocks[place].is_attribute
            spans[-1:] = [Span(spans[-1].start, span.end)] if joins else [*spans[-1:], span]
        return spans

    def _links_in(self, spans: Sequence[Span]) -> dict[str, Link]:
        found = {}
        for span in spans:
            for name, link in self._marks[bisect_left(self._starts, span.start) :]:
                if link.span.start >= span.end:
                    break
                if link.span.end <= span.end:
                    found[name] = link
        return found

    def _part_of_block(self, place: int, budget: int) -> Passage:
        """The first words of a block that fit; halving finds the place in few counts."""
        block = self._document.blocks[place]
        text = self._document.quote(block.span)
        low, high = 0, len(text)
        while low + 1 < high:
            middle = (low + high) // 2
            fits = self._count([text[:middle]])[0] <= budget
            low, high = (middle, high) if fits else (low, middle)
        space = text.rfind(" ", 0, low + 1)
        end = space if space > 0 else low
        span = Span(block.span.start, block.span.start + end)
        return Passage((span,), text[:end].replace(RAISED, "."), True, {}, (place,))


def _marked_blocks(document: Document, links: dict[str, Link], lines: Sequence[int]) -> list[str]:
    """Every block's text, with the names of *links* after their words, and *lines* begun."""
    marks = [(link.span.end, False, f" [{name}]") for name, link in links.items()]
    # A line begins in the place of the space before it.
    marks += [(start - 1, True, "\n") for start in lines]
    marks.sort(reverse=True)
    texts = []
    for block in document.blocks:
        text, start = "", block.span.start
        while marks and marks[-1][0] <= block.span.end:
            end, breaks, mark = marks.pop()
            text += document.text[start:end] + mark
            start = end + breaks
        text += document.text[start : block.span.end]
        text = text.replace(RAISED, ".")  # as the grammar has it, and models write prices
        if block.is_attribute:
            text = f"[{block.tag.removeprefix('@')}] {text}"
        texts.append(f"# {text}" if block.tag in _HEADINGS else text)
    return texts
