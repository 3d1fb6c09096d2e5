"""Dates as pages write them, in some thirty languages, read by dateparser.

How an ambiguous one is decided: "03/04/2021" by the order of the page's country; where that is not
known, with points, day first (no country writes points and the month first), else month first, as
American pages have it. "3 days ago", and a day without its year, are read against the day the page
is of, and are no dates where that is not known. A moment without a time is a day: none is made up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from extractors.values.customs import Customs
from extractors.values.numerals import plain_digits

__all__ = ["LANGUAGES", "read_date"]

_IN_ORDER = (
    "en de fr es it pt nl sv da nb fi pl cs sk hu ro bg ru uk el tr ar he fa hi id vi th zh ja ko"
)
LANGUAGES = tuple(_IN_ORDER.split())
"""What is tried, in this order, where the page's language does not help; ISO 639."""

MAX_READ = 200  # characters: the search for a date in longer text takes seconds
_OFFSET = r"(?:Z|[+-]\d\d:?\d\d)?"
_ISO = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?{_OFFSET})?(?![\d:])")
_DOTTED = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}\b")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号일]?")
_TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:h]\s?\d{2}(?!\d)|(?<!\d)\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.|uhr|h)(?!\w)|\d\s?[時时点點시]|T\d\d:\d\d"
    r"|(?<!\d)\d{1,2}\.\d{2}\s?uhr",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?<!\d)(?:1[5-9]|2\d)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d\d(?!\d)|['’]\d\d(?!\d)"
)
_BUDDHIST = re.compile(r"(?<!\d)(2[45]\d\d)(?!\d)")  # Thailand counts 543 years more
_THAI_ERA = re.compile(r"[คพ]\.ศ\.\s?")
_THAI = re.compile("[\u0e00-\u0e7f]")
_BARE_ISO = re.compile(r"(?:19|20)\d{6}")
_TO = r"\.?\s?(?:[-–—]|to|bis|au|al)\s?"
_WORD = r"[^\W\d_]+\.?"
# To their first day: "9-12 July 2021", "9 July - 12 August 2021", "July 9 - August 12, 2021".
_RANGES = (
    (re.compile(rf"(?<![\d./-])(\d{{1,2}}){_TO}\d{{1,2}}(?=\.?,?\s(?:{_WORD}|\d{{4}}))"), r"\1"),
    (re.compile(rf"(\d{{1,2}}\.?\s{_WORD}){_TO}\d{{1,2}}\.?\s{_WORD}(?=,?\s\d{{4}})"), r"\1"),
    (re.compile(rf"({_WORD}\s\d{{1,2}}){_TO}{_WORD}\s\d{{1,2}}(?=,?\s\d{{4}})"), r"\1"),
)
_LONGEST_RELATIVE = 60  # characters: "Last updated about 3 days ago by the editors"
_COUNTED = re.compile(r"\d.*[^\W\d]|[^\W\d].*\d")  # a number among words
_WHOLE = re.compile(r"\d\D+\d|^\d{10}$")  # a day and a year, or the seconds since 1970
_HALF_A_YEAR = timedelta(days=183)


def read_date(text: str, customs: Customs, *, with_time: bool) -> str | None:
    """ISO 8601 of the date in *text*; `None` where it says none, or none without guessing.

    With *with_time* "2026-11-21T09:30:00", or the day alone where *text* says no time.
    """
    line = _first_day(
        plain_digits(unicodedata.normalize("NFKC", " ".join(text[:MAX_READ].split())))
    )
    moment = _standard(line) or _ideographic(line) or _written(line, customs)
    if moment is None:
        return None
    if with_time and isinstance(moment, datetime) and _TIME.search(line):
        return moment.isoformat()
    return (moment.date() if isinstance(moment, datetime) else moment).isoformat()


def _first_day(line: str) -> str:
    """*line* with a range of days cut to its first, and a Thai year as the world counts it."""
    for pattern, start in _RANGES:
        line = pattern.sub(start, line)
    if _THAI.search(line):
        plain = _THAI_ERA.sub("", line)
        return _BUDDHIST.sub(lambda year: str(int(year[1]) - 543), plain)
    return line


def _standard(text: str) -> datetime | None:
    """ISO 8601, which needs no guessing about the order of day and month."""
    try:
        known = text[:1].isdigit() and ("-" in text or _BARE_ISO.fullmatch(text))
        return datetime.fromisoformat(text) if known else None
    except ValueError:
        match = _ISO.search(text)
    try:
        spaced = match[0].strip() if match else ""
        return datetime.fromisoformat(spaced.replace(" ", "T", 1).replace(" ", ""))
    except ValueError:
        return None


def _ideographic(text: str) -> date | None:
    """The date of "2021年4月8日", which has one order everywhere; `None` with a time beside it."""
    match = _CJK.search(text)
    try:
        if match is None or _TIME.search(text):
            return None
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _written(text: str, customs: Customs) -> datetime | None:
    if customs.today is None and not _WHOLE.search(text):
        return None
    return _parsed(text, customs)


@lru_cache(maxsize=4096)
def _parsed(text: str, customs: Customs) -> datetime | None:
    import dateparser

    languages = _languages(customs)
    for settings in _ways(text, customs):
        for known in _tried(languages, settings):
            moment = dateparser.parse(text, languages=list(known), settings=settings)
            if moment is not None:
                return _placed(moment, text, customs)
    return _searched(text, customs, languages)


def _languages(customs: Customs) -> list[Sequence[str]]:
    """The page's own language first; dateparser goes through a list in its own order."""
    own = "nb" if customs.language == "no" else customs.language
    first = [(own,)] if own in _known_languages() else []
    return [*first, LANGUAGES]


def _tried(languages: list[Sequence[str]], settings: dict[str, Any]) -> list[Sequence[str]]:
    """All *languages*; against the page's own day its language alone, as trying them takes long."""
    return languages[:1] if "RELATIVE_BASE" in settings else languages


@lru_cache(maxsize=1)
def _known_languages() -> frozenset[str]:
    from dateparser.data.languages_info import language_order

    return frozenset(language_order)


def _ways(text: str, customs: Customs) -> list[dict[str, Any]]:
    """Settings to try in turn: a whole date; then what the page's own day makes whole."""
    order = customs.date_order or ("DMY" if _DOTTED.search(text) else "")
    ordered = {"DATE_ORDER": order} if order else {}
    whole = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["timestamp", "absolute-time"]}
    if customs.today is None:
        return [{**whole, **ordered}]
    base = {"RELATIVE_BASE": datetime.combine(customs.today, time()), **ordered}
    days = {"REQUIRE_PARTS": ["day", "month"], "PARSERS": ["relative-time", "absolute-time"]}
    return [{**whole, **ordered}, {**days, **base}]


def _placed(moment: datetime, text: str, customs: Customs) -> datetime:
    """*moment* in the year nearest to the page's day, where *text* says no year."""
    today = customs.today
    if today is None or _YEAR.search(text) or moment.year != today.year:
        return moment
    for year in (today.year - 1, today.year + 1):
        try:
            other = moment.replace(year=year)
        except ValueError:  # 29 February
            continue
        if abs(other.date() - today) < abs(moment.date() - today) > _HALF_A_YEAR:
            moment = other
    return moment


def _searched(text: str, customs: Customs, languages: list[Sequence[str]]) -> datetime | None:
    """A date among other words: "Posted on 8 April 2021"."""
    from dateparser.search import search_dates

    if not _YEAR.search(text) and (customs.today is None or not _COUNTED.search(text)):
        return None  # a search takes tens of milliseconds
    whole, *against_today = _ways(text, customs)
    ways = [whole] if _YEAR.search(text) else []
    if len(text) <= _LONGEST_RELATIVE:
        ways += against_today
    for settings in ways:
        for known in _tried(languages, settings):
            found = search_dates(text, languages=list(known), settings=settings)
            if found:
                return _placed(found[0][1], text, customs)
    return None
