"""Patterns that users write, tried on texts for a moment at most.

Some patterns take Python's `re` longer than anybody lives (`^(a+)+$`), and it cannot be stopped.
The package regex can, and reads the same patterns.
"""

from __future__ import annotations

import logging

import regex

__all__ = ["found"]

_SECONDS = 0.5
_log = logging.getLogger(__name__)


def found(pattern: str, text: str, *, ascii_only: bool = False) -> bool:
    """Whether *pattern* is found in *text*; not where it takes too long. *ascii_only*: digits,
    words and blanks are those of ASCII.

    >>> found(r"^\\d+$", "12"), found("^[a-z]+$", "AB")
    (True, False)
    """
    flags = regex.ASCII if ascii_only else 0
    try:
        return regex.search(pattern, text, flags=flags, timeout=_SECONDS) is not None
    except TimeoutError:
        _log.warning("the pattern %.80r took too long on a value, which counts as wrong", pattern)
        return False
