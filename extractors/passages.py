"""The part of a page that the model is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extractors.blocks import Link
from extractors.ranking import rank_blocks
from schemas.document import Block, Document, Span
from schemas.schema import Schema

__all__ = ["Passage", "choose_passage"]

_HEADINGS = frozenset({"h1", "h2", "h3"})
_GAP_LINE = "…"  # shown where blocks were left out
_LABEL_WORDS = 4  # a block no longer than that may be the label of the next


@dataclass(frozen=True, slots=True)
class Passage:
    """Text for a prompt.

    `spans`: what it covers of the document, in reading order; no two of them touch.
    `shown`: the page's text of these, with `# ` before each heading, a marker such as ` [L3]` after
    each link that may be answered, and a line with `…` where blocks were left out.
    `cut`: something was left out. `links`: the markers' names and what they stand for.
    """

    spans: tuple[Span, ...]
    shown: str
    cut: bool
    links: dict[str, Link]

    def __len__(self) -> int:
        """Characters of the page that it covers."""
        return sum(map(len, self.spans))


def choose_passage(
    document: Document,
    schema: Schema,
    *,
    links: Sequence[Link],
    budget: int,
    count_tokens: Callable[[Sequence[str]], list[int]],
) -> Passage:
    """The blocks most likely to state what *schema* asks for, within *budget* tokens.

    They stay in reading order. The block after a short label comes along. A page that fits is
    shown whole; a block longer than the whole budget is cut inside, at a word.

    *links*: those to mark; pass none to leave the text as it is. *count_tokens* gives the length
    of each of some texts.
    """
    named = {f"L{number}": link for number, link in enumerate(links, start=1)}
    texts = _marked_blocks(document, named)
    sizes = [size + 1 for size in count_tokens(texts)]  # and the line's end
    if sum(sizes) <= budget:
        return _passage(document, texts, range(len(texts)), named)
    order = _by_worth(document, schema)
    kept = _that_fit(document, order, sizes, budget)
    if not kept:
        return _part_of_block(document, document.blocks[order[0]], budget, count_tokens)
    return _passage(document, texts, sorted(kept), named)


def _by_worth(document: Document, schema: Schema) -> list[int]:
    scores = rank_blocks(document, schema)
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def _that_fit(
    document: Document, order: Sequence[int], sizes: Sequence[int], budget: int
) -> set[int]:
    kept: set[int] = set()
    room = budget
    for place in order:
        wanted = {place, place + 1} if _is_label(document, place) else {place}
        cost = sum(sizes[i] for i in wanted - kept)
        if cost <= room:
            kept |= wanted
            room -= cost
    return kept


def _is_label(document: Document, place: int) -> bool:
    """Whether a block is short enough to say what the next one is, and there is a next one."""
    if place + 1 >= len(document.blocks):
        return False
    text = document.quote(document.blocks[place].span)
    return len(text.split()) <= _LABEL_WORDS and text.endswith((":", "："))


def _passage(
    document: Document, texts: Sequence[str], kept: Sequence[int], links: dict[str, Link]
) -> Passage:
    spans: list[Span] = []
    lines: list[str] = []
    for before, place in zip([-1, *kept], kept, strict=False):
        span = document.blocks[place].span
        if spans and place == before + 1:
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            lines += [_GAP_LINE] if spans else []
            spans.append(span)
        lines.append(texts[place])
    shown = {name: link for name, link in links.items() if _covers(spans, link.span)}
    return Passage(tuple(spans), "\n".join(lines), len(kept) < len(texts), shown)


def _covers(spans: Sequence[Span], part: Span) -> bool:
    return any(span.start <= part.start and part.end <= span.end for span in spans)


def _marked_blocks(document: Document, links: dict[str, Link]) -> list[str]:
    """Every block's text, with the names of *links* after their words."""
    marks = sorted(((link.span.end, name) for name, link in links.items()), reverse=True)
    texts = []
    for block in document.blocks:
        text, start = "", block.span.start
        while marks and marks[-1][0] <= block.span.end:
            end, name = marks.pop()
            text += f"{document.text[start:end]} [{name}]"
            start = end
        text += document.text[start : block.span.end]
        texts.append(f"# {text}" if block.tag in _HEADINGS else text)
    return texts


def _part_of_block(
    document: Document,
    block: Block,
    budget: int,
    count_tokens: Callable[[Sequence[str]], list[int]],
) -> Passage:
    """The first words of *block* that fit; halving finds the place in few counts."""
    text = document.quote(block.span)
    low, high = 0, len(text)
    while low + 1 < high:
        middle = (low + high) // 2
        fits = count_tokens([text[:middle]])[0] <= budget
        low, high = (middle, high) if fits else (low, middle)
    space = text.rfind(" ", 0, low + 1)
    end = space if space > 0 else low
    span = Span(block.span.start, block.span.start + end)
    return Passage((span,), text[:end], True, {})
