"""Where two elements meet with nothing between them, and yet are two words on the screen.

`<span>Jane Doe</span><span>12 May</span>` is set apart by a style sheet, which is not at hand. The
source says "Jane Doe12 May". Where both words are whole ones, and no word goes on like that, they
are parted; `<b>e</b><b>Bay</b>`, letters of a heading that are elements each, and `<b>Mc</b>Donald`
stay one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bs4.element import Tag

__all__ = ["Seams"]

_LETTERS = r"[^\W\d_\u2e80-\U0003ffff]+"  # of scripts that part words
_LAST_WORD, _FIRST_WORD = re.compile(rf"{_LETTERS}\Z"), re.compile(_LETTERS)
_NEAR = 32  # characters; the last word is sought among them, or a hostile page would take hours
_DIGITS = re.compile(r"\d+")
_SHORT = 4  # letters and digits: MP3, CO2 and B12 are names
# `extractors.parsing.raised` knows the first three; the last says where one word may be broken.
_NO_SEAM = frozenset({"small", "sub", "sup", "wbr"})


class Seams:
    """Knows, while a page is read, whether one element ended right before another began: `enter`
    and `leave` each element."""

    def __init__(self) -> None:
        self._left = self._entered = False

    def enter(self, tag: Tag) -> None:
        self._left = self._entered = self._left and tag.name not in _NO_SEAM

    def leave(self, tag: Tag) -> None:
        self._left = tag.name not in _NO_SEAM
        self._entered = False

    def gap(self, run: Sequence[str], words: str, gap: str) -> str:
        """What stands before *words*, the next string of the block *run*: *gap*, or a space."""
        meet = self._left and self._entered
        self._left = self._entered = False
        return " " if meet and not gap and run and _are_two(run[-1], words) else gap


def _are_two(before: str, after: str) -> bool:
    """Whether what meets is no one word: `beds` and `3`, `3` and `beds`, `beds` and `Garden`."""
    word, number = _LAST_WORD.search(before[-_NEAR:]), _DIGITS.match(after)
    if number:
        return word is not None and len(word[0]) + len(number[0]) > _SHORT
    next_word = _FIRST_WORD.match(after)
    if next_word is None or len(next_word[0]) < 2:
        return False
    if before[-1].isdigit():
        return len(next_word[0]) > 2
    begins_anew = next_word[0][0].isupper() and next_word[0][1].islower()
    return word is not None and len(word[0]) > 1 and word[0][-1].islower() and begins_anew
