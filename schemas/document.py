"""A page as plain text, with the way back to its DOM."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

__all__ = ["Block", "Document", "Span"]

BLOCK_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `[start, end)` of a `Document.text`: code points, not bytes or tokens."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Block:
    """One run of visible text and the element it was read from.

    `xpath` is absolute in the parsed page: "/html/body/main/p[2]".
    `tag` is that element's name: "title", "h1", "p".
    """

    xpath: str
    span: Span

    @property
    def tag(self) -> str:
        return self.xpath.rsplit("/", 1)[-1].split("[", 1)[0]


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one page.

    Blocks follow reading order, never overlap, hold no line break, and are joined by one.
    `language`: as the page states it ("de-CH"), "" where it does not. `captured`: the day on which
    it was fetched or archived; `None`: unknown.

    >>> parts = [("/html/body/h1", "Oslo"), ("/html/body/p", "5 °C")]
    >>> doc = Document.from_blocks("https://ex.org/", parts)
    >>> doc.quote(Span(5, 9)), doc.block_at(5).xpath
    ('5 °C', '/html/body/p')
    """

    url: str
    text: str
    blocks: tuple[Block, ...]
    language: str = ""
    captured: date | None = None

    @classmethod
    def from_blocks(
        cls,
        url: str,
        parts: Iterable[tuple[str, str]],
        *,
        language: str = "",
        captured: date | None = None,
    ) -> Document:
        """Join *parts*, pairs of XPath and text, in reading order."""
        blocks: list[Block] = []
        texts: list[str] = []
        position = 0
        for xpath, text in parts:
            blocks.append(Block(xpath, Span(position, position + len(text))))
            texts.append(text)
            position += len(text) + len(BLOCK_SEPARATOR)
        return cls(url, BLOCK_SEPARATOR.join(texts), tuple(blocks), language, captured)

    def quote(self, span: Span) -> str:
        """The text that *span* covers. Raises ValueError when it ends outside the page."""
        if span.end > len(self.text):
            raise ValueError(f"[{span.start}, {span.end}) ends after the page's {len(self.text)}")
        return self.text[span.start : span.end]

    def block_at(self, offset: int) -> Block:
        """The block that covers *offset*; the break after a block counts as its end.

        Raises:
            ValueError: the page has no text there.
        """
        index = bisect_right(self.blocks, offset, key=lambda block: block.span.start) - 1
        if index < 0 or offset > self.blocks[index].span.end:
            raise ValueError(f"no block at {offset}")
        return self.blocks[index]
