"""The part of a page that the model is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extractors.blocks import Link
from schemas.document import Document, Span

__all__ = ["Passage", "first_passage"]

_HEADINGS = frozenset({"h1", "h2", "h3"})


@dataclass(frozen=True, slots=True)
class Passage:
    """Text for a prompt. `span`: what it covers of the document; `cut`: the page goes on after it.

    `shown` is the page's text of that span, with `# ` before each heading and a marker such as
    ` [L3]` after each link that may be answered; `links` maps those markers' names to the links.
    """

    span: Span
    shown: str
    cut: bool
    links: dict[str, Link]


def first_passage(
    document: Document,
    *,
    links: Sequence[Link],
    budget: int,
    count_tokens: Callable[[Sequence[str]], list[int]],
) -> Passage:
    """The document's first blocks that fit *budget* tokens, cut at a block's border.

    *links*: those to mark; pass none to leave the text as it is. A single block that is longer
    than the budget is cut inside, at a word. *count_tokens* gives the length of each of some texts.
    """
    named = {f"L{number}": link for number, link in enumerate(links, start=1)}
    texts = _marked_blocks(document, named)
    kept = used = 0
    for tokens in count_tokens(texts):
        if used + tokens + 1 > budget:
            break
        kept, used = kept + 1, used + tokens + 1
    if kept == 0 and texts:
        return _part_of_block(document, budget, count_tokens)
    end = document.blocks[kept - 1].span.end if kept else 0
    shown = {name: link for name, link in named.items() if link.span.end <= end}
    return Passage(Span(0, end), "\n".join(texts[:kept]), kept < len(texts), shown)


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
    document: Document, budget: int, count_tokens: Callable[[Sequence[str]], list[int]]
) -> Passage:
    """The words of the first block that fit; halving finds the place in few counts."""
    text = document.quote(document.blocks[0].span)
    low, high = 0, len(text)
    while low + 1 < high:
        middle = (low + high) // 2
        fits = count_tokens([text[:middle]])[0] <= budget
        low, high = (middle, high) if fits else (low, middle)
    space = text.rfind(" ", 0, low + 1)
    end = space if space > 0 else low
    return Passage(Span(0, end), text[:end], True, {})
