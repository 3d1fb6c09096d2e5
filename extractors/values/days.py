"""Lines that are a day and nothing else: "Sunday, 3 May", as calendars have above their events."""

from __future__ import annotations

import re
from functools import lru_cache

from extractors.values.customs import UNKNOWN
from extractors.values.dates import read_date

__all__ = ["is_day"]

_LEAP_YEAR = 2024  # for lines without a year, so that 29 February is one too
_MOST_CHARS, _MOST_WORDS = 40, 7
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR_DIGITS = 4
_NUMBER, _WORDS = re.compile(r"\d+"), re.compile(r"[^\W\d_]")
_HOUR = re.compile(r"\d[:h]\d")
# How months begin, in some thirty languages. What is a date is then read in full, which is slow.
_MONTHS = """
jan feb mar apr may jun jul aug sep oct nov dec jän mär mai okt dez ene abr ago dic fév fev avr
juin juil aoû déc out set gen mag giu lug ott maj mrt mei led úno bře dub kvě čer srp zář říj lis
pro sty lut kwi cze lip sie wrz paź gru янв фев мар апр май мая июн июл авг сен окт ноя дек січ лют
бер кві тра чер лип сер вер жов лис гру ian iun iul noi oca şub nis haz tem ağu eyl eki kas
ara tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu ιαν φεβ μαρ απρ μαΐ ιου αυγ
σεπ οκτ νοε δεκ ינו פבר מרץ אפר מאי יונ יול אוג ספט אוק נוב דצמ tháng thg
"""
_DATED = re.compile(
    rf"\d\s?[月월]|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|\b(?:{'|'.join(_MONTHS.split())})"
)


def is_day(text: str) -> bool:
    """Whether *text* is a date and says nothing else. Milliseconds where it looks like one, a tenth
    of a second for the first of its shape, and more for the first of all."""
    plain = text.casefold()
    if len(text) > _MOST_CHARS or len(text.split()) > _MOST_WORDS:
        return False
    numbered = re.search(r"\d", _YEAR.sub("", plain, count=1))
    if not numbered or _HOUR.search(plain) or not _DATED.search(plain):
        return False
    whole = text if _YEAR.search(text) else f"{text.strip()} {_LEAP_YEAR}"
    return _is_shape(_NUMBER.sub(_ones, whole)) and _is_date(whole)


# Prices of a list are "Market 12.50", "Market 13.70", and so on: what no number makes a date is
# looked at once.
@lru_cache(maxsize=1_000)
def _is_shape(text: str) -> bool:
    """Whether *text*, of which every number but a year is of ones, may be a date."""
    return not _WORDS.search(text) or _is_date(text)


def _ones(number: re.Match[str]) -> str:
    return number[0] if len(number[0]) == _YEAR_DIGITS else "1" * len(number[0])


def _is_date(text: str) -> bool:
    return read_date(text, UNKNOWN, with_time=False) is not None
