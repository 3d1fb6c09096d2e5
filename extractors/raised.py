"""Digits that stand raised, lowered or small, and what parts them from the text before them.

In the source `24<sup>99</sup>` and `word<sup>1</sup>` have nothing between them; on the screen
nobody reads 2499 or word1. What people would say is followed: cents and notes stand apart, while
`m<sup>2</sup>`, `H<sub>2</sub>O`, `x<sup>10</sup>` and `1<sup>st</sup>` are one word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bs4.element import Tag

from schemas.document import RAISED

__all__ = ["Raised"]

_RAISING = frozenset({"small", "sub", "sup"})
_CENTS = re.compile(
    r"(?:^|[-_\s])(?:cents?|centimes?|centimos?|decimals?|fractions?|pence)(?:$|[-_\s])",
    re.IGNORECASE,
)
_LONGEST = 40  # characters of an element that may be digits of a number
_CENT_DIGITS = re.compile(r"\d\d")
_BASE = re.compile(r"(?<![^\W\d_])[^\W\d_\u2e80-\U0003ffff]{1,3}$")  # a unit, a variable
_TRADEMARK = re.compile(r"(?:TM|SM|MC|MD)(?!\w)")


class Raised:
    """Knows, while a page is read, what of it stands raised: `enter` and `leave` each element."""

    def __init__(self) -> None:
        self._pending: Tag | None = None  # entered, and nothing of it written yet
        self._note: Tag | None = None  # raised digits at the start of a block, being written
        self._after_note = False

    def enter(self, tag: Tag) -> None:
        if tag.name in _RAISING or ("class" in tag.attrs and _CENTS.search(str(tag["class"]))):
            self._pending = tag

    def leave(self, tag: Tag) -> None:
        if tag is self._pending:
            self._pending = None
        if tag is self._note:
            self._note, self._after_note = None, True

    def gap(self, run: Sequence[str], words: str, gap: str) -> str:
        """What to write between *run*, the block's text so far, and *words*; *gap* is what the
        page has there, a space or nothing."""
        tag, self._pending = self._pending, None
        after_note, self._after_note = self._after_note, False
        if tag is None:
            return " " if after_note and run and words[0].isalpha() else gap
        if not run:
            self._note = tag if tag.name == "sup" and _whole(tag).isdecimal() else None
            return gap
        if not words[0].isdecimal():
            trademark = tag.name == "sup" and run[-1][-1].isalpha() and _TRADEMARK.match(words)
            return " " if trademark else gap
        return _before_digits(run[-1], tag, words, gap)


def _before_digits(before: str, tag: Tag, words: str, gap: str) -> str:
    if before[-1].isdecimal():
        cents = _CENT_DIGITS.fullmatch(_whole(tag)) and not (gap and tag.name == "small")
        return RAISED if cents else " "
    if tag.name != "sup" or gap or not before[-1].isalpha():
        return gap
    base = _BASE.search(before)
    is_power = base and (words in ("2", "3") or (len(base[0]) == 1 and words != "1"))
    return "" if is_power else " "


def _whole(tag: Tag) -> str:
    """The text of *tag*; "" where it is longer than any number."""
    text = ""
    for part in tag.strings:
        text += part
        if len(text) > _LONGEST:
            return ""
    return text.strip()
