"""A page as plain text, with the way back to its DOM."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

__all__ = ["RAISED", "Block", "Document", "Span"]

BLOCK_SEPARATOR = "\n"

RAISED = "\u202f"
"""Narrow space: in a page's text, between a number and two digits that stand raised or small after
it, as the cents of a price do. All other white space there is plain."""


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
    """One run of text and the element it was read from.

    `xpath` is absolute in the parsed page: "/html/body/main/p[2]".
    `tag` is that element's name: "title", "h1", "p".
    `beside`: `None` for text of an element. Else the text is an attribute's, `xpath` ends in its
        name ("/html/body/p/time/@datetime"), as `tag` does ("@datetime"), and this is the number of
        the visible block that it stands in or next to.
    `hidden`: it is an element's text, but the page does not show it as it opens.
    """

    xpath: str
    span: Span
    beside: int | None = None
    hidden: bool = False

    @property
    def tag(self) -> str:
        return self.xpath.rsplit("/", 1)[-1].split("[", 1)[0]

    @property
    def is_attribute(self) -> bool:
        """Whether readers of the page do not see it: it stands in an attribute."""
        return self.beside is not None

    @property
    def is_visible(self) -> bool:
        """Whether readers of the page see it as it opens."""
        return self.beside is None and not self.hidden


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one page.

    Blocks follow reading order, never overlap, hold no line break, and are joined by one. Those
    of attributes come after all visible text, and hidden text comes last, so that leaving either
    out is leaving off the end.
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
        attributes: Iterable[tuple[str, str, int]] = (),
        hidden: Iterable[tuple[str, str]] = (),
        *,
        language: str = "",
        captured: date | None = None,
    ) -> Document:
        """Join *parts*, pairs of XPath and text, in reading order, then *attributes*: XPath, text
        and the number of the part it stands beside; then *hidden* text, pairs as *parts* are."""
        blocks: list[Block] = []
        texts: list[str] = []
        position = 0
        visible = ((xpath, text, None, False) for xpath, text in parts)
        told = ((xpath, text, beside, False) for xpath, text, beside in attributes)
        unseen = ((xpath, text, None, True) for xpath, text in hidden)
        for xpath, text, beside, is_hidden in chain(visible, told, unseen):
            blocks.append(Block(xpath, Span(position, position + len(text)), beside, is_hidden))
            texts.append(text)
            position += len(text) + len(BLOCK_SEPARATOR)
        return cls(url, BLOCK_SEPARATOR.join(texts), tuple(blocks), language, captured)

    @property
    def visible(self) -> Document:
        """The same page without the text of attributes and what is hidden; all offsets and numbers
        stay."""
        return self._first(bisect_left(self.blocks, True, key=lambda block: not block.is_visible))

    @property
    def without_hidden(self) -> Document:
        """The same page, visible text and attributes; all offsets and numbers stay."""
        return self._first(bisect_left(self.blocks, True, key=lambda block: block.hidden))

    @property
    def hidden(self) -> Document:
        """What is hidden, as a page of its own: the last characters and blocks of this one."""
        count = len(self.without_hidden.blocks)
        parts = [(block.xpath, self.quote(block.span)) for block in self.blocks[count:]]
        return Document.from_blocks(self.url, parts, language=self.language, captured=self.captured)

    def _first(self, count: int) -> Document:
        if count == len(self.blocks):
            return self
        end = self.blocks[count - 1].span.end if count else 0
        return replace(self, text=self.text[:end], blocks=self.blocks[:count])

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
