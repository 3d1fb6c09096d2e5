"""Text that stands on most pages of a batch: menus, notices, the house's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.document import Document

__all__ = ["Template"]

_FEWEST = 3  # pages; fewer say nothing about what repeats
_MOST = 4  # pages that are compared
_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Template:
    """The texts of blocks that most of some pages have.

    Made once, from a few pages of one host or layout, and never changed, so that a page's result
    depends on which pages those were and not on when it is read itself.
    """

    texts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Template:
        """The template of the first few of *documents*; of fewer than three, an empty one."""
        first = [document.visible for document, _ in zip(documents, range(_MOST), strict=False)]
        if len(first) < _FEWEST:
            return cls()
        pages = Counter(text for d in first for text in {d.quote(b.span) for b in d.blocks})
        return cls(frozenset(text for text, n in pages.items() if n >= _SHARE * len(first)))
