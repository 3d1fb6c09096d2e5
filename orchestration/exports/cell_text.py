"""What stands in one cell of a spreadsheet: an entry as text that every reader takes as text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from orchestration.exports.columns import Entry

__all__ = ["cell_text", "clean", "looks_like_formula"]

ITEM_SEPARATORS = ("; ", ", ")  # in a cell: between a list's items, and those of a list in it

SURROGATES = re.compile("[\ud800-\udfff]")
# What a spreadsheet may run: https://owasp.org/www-community/attacks/CSV_Injection. The signs
# count also after blanks and invisible marks, which some readers strip.
FORMULA = re.compile(
    r"[\t\r\n]|[\s\x00-\x20\x7f-\x9f\u200b-\u200f\u2060-\u2064\ufeff]*[=+\-@＝＋－＠]"
)


def cell_text(entry: Entry, separators: Sequence[str] = ITEM_SEPARATORS) -> str:
    """*entry* as a person reads it: items of a list joined, absent empty."""
    if isinstance(entry, list):
        inner = separators[1:] or separators
        return separators[0].join(cell_text(item, inner) for item in entry)
    if entry is None:
        return ""
    return entry if isinstance(entry, str) else json.dumps(entry)


def clean(text: str) -> str:
    """*text* that can be written as UTF-8: lone surrogates become U+FFFD."""
    return SURROGATES.sub("\ufffd", text)


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet might run *text*, or split it over cells."""
    return FORMULA.match(text) is not None
