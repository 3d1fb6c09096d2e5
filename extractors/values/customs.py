"""How a page writes numbers, dates and money: what its language and address tell of its customs.

Source: CLDR by way of Babel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from babel import Locale

    from schemas.document import Document

__all__ = ["MACHINE", "UNKNOWN", "Customs"]

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Za-z]{2}))?(?![A-Za-z0-9])")
# Country domains that sites of all countries use.
_RENTED = "ac ai am bz cc cd co eu fm gg im io is la ly me sh st to tv vc ws"
_ANYWHERE = frozenset(_RENTED.split())
# Languages of so many countries that they point to no currency and no order of day and month.
_MANY_COUNTRIES = frozenset(("en", "es", "fr", "pt", "ar"))


@dataclass(frozen=True, slots=True)
class Customs:
    """What decides between two readings of the same words.

    `language`: ISO 639 code in lower case ("de"), "" where nothing tells. `territory`: ISO 3166
    code ("CH"), "" where nothing tells. `today`: the day the page is of, against which "3 days
    ago" is read; `None`: unknown. `machine`: the words were written for programs, as markup is,
    where a point is always the decimal sign.
    """

    language: str = ""
    territory: str = ""
    today: date | None = None
    machine: bool = False

    @classmethod
    def of(cls, document: Document) -> Customs:
        """By the language that the page says it is in, else by the country of its address."""
        return _customs(document.language, document.url, document.captured)

    @property
    def country(self) -> str:
        """The territory, or the one country that the language points to; else ""."""
        if self.territory or self.language in _MANY_COUNTRIES or not self.language:
            return self.territory
        return _likely(self.language)[1]

    @property
    def decimal_sign(self) -> str:
        """ "." or ","; "" where nothing tells."""
        if self.machine:
            return "."
        locale = _locale(self.language, self.territory)
        sign = str(locale.number_symbols.get("latn", {}).get("decimal", "")) if locale else ""
        return sign if sign in (".", ",") else ""

    @property
    def date_order(self) -> str:
        """ "DMY", "MDY" or "YMD", as numeric dates are written; "" where nothing tells."""
        locale = _locale(self.language, self.territory)
        if locale is None or (self.language == "en" and not self.territory):
            return ""
        pattern = str(locale.date_formats["short"].pattern)
        return "".join(dict.fromkeys(re.findall("[DMY]", pattern.upper())))


UNKNOWN = Customs()
MACHINE = Customs(machine=True)


@lru_cache(maxsize=256)
def _customs(tag: str, url: str, today: date | None) -> Customs:
    match = _TAG.match(tag.strip())
    language = match[1].lower() if match else ""
    territory = (match[2] or "").upper() if match else ""
    territory = territory or _country_of(url)
    return Customs(language or _likely(f"und_{territory}")[0], territory, today)


def _country_of(url: str) -> str:
    """The ISO 3166 code of the country in whose domain *url* lies; "" for none."""
    try:
        ending = (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:
        return ""
    if len(ending) != 2 or not ending.isalpha() or ending in _ANYWHERE:
        return ""
    return "GB" if ending == "uk" else ending.upper()


def _likely(tag: str) -> tuple[str, str]:
    """Language and territory that CLDR finds likeliest for *tag*; "" for both where it says none"""
    from babel.core import get_global

    parts = str(get_global("likely_subtags").get(tag, "")).split("_")
    return (parts[0], parts[-1]) if len(parts) == 3 else ("", "")


@lru_cache(maxsize=64)
def _locale(language: str, territory: str) -> Locale | None:
    from babel import Locale, UnknownLocaleError

    for tag in (f"{language}_{territory}" if territory else language, language):
        try:
            return Locale.parse(tag) if language else None
        except (UnknownLocaleError, ValueError):
            continue
    return None
