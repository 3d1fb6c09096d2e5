"""Lines that are a day and nothing else: "Sunday, 3 May", as calendars have above their events."""

from __future__ import annotations

import re

from extractors.normalise import normalise
from schemas.schema import Field, Kind

__all__ = ["is_day"]

_DAY = Field("day", Kind.DATE)
_LEAP_YEAR = 2024  # for lines without a year, so that 29 February is one too
_MOST_CHARS, _MOST_WORDS = 40, 7
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# One or two groups of digits beside letters; a time of day has a mark between digits.
_LIKE_A_DAY = re.compile(
    r"(?!.*\d[:h]\d)\D*\d{1,4}\D+(?:\d{1,4}\D+)?(?:\d{1,4}\D{0,2})?|\D+\d{1,2}"
)


def is_day(text: str) -> bool:
    """Whether *text* is a date and says nothing else. Milliseconds, and more for the first one."""
    if len(text) > _MOST_CHARS or len(text.split()) > _MOST_WORDS:
        return False
    if not _LIKE_A_DAY.fullmatch(text):
        return False
    whole = text if _YEAR.search(text) else f"{text.strip()} {_LEAP_YEAR}"
    return normalise(whole, _DAY) is not None
