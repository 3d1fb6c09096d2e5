# ruff: noqa: E501  -- one line a kind
"""Texts that have one written form: telephone numbers, countries, kinds of employment, languages.

A field asks for one by its format ("phone"). What cannot be read as it is no value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from extractors.customs import Customs

__all__ = ["FORMS"]

_ENGLISH = "en"
# One line a kind, as schema.org names them; what stands for each in the web's larger languages.
_EMPLOYMENT = {
    "FULL_TIME": "full time|fulltime|full-time|permanent full time|vollzeit|temps plein|temps complet|tiempo completo|"
    "jornada completa|tempo pieno|tempo integral|voltijd|fulltime|heltid|kokoaikainen|pełny etat|plný úvazek|"
    "полная занятость|полный рабочий день|tam zamanlı|正社員|全职|全職|정규직",
    "PART_TIME": "part time|parttime|part-time|teilzeit|temps partiel|tiempo parcial|media jornada|tempo parziale|"
    "part time|meio período|tempo parcial|deeltijd|deltid|osa-aikainen|niepełny etat|częściowy etat|"
    "částečný úvazek|частичная занятость|неполный рабочий день|yarı zamanlı|パート|アルバイト|兼职|兼職",
    "CONTRACTOR": "contract|contractor|freelance|freelancer|freiberuflich|indépendant|autónomo|libero professionista|"
    "zzp|konsult|контракт|業務委託|契約社員|合同工",
    "TEMPORARY": "temporary|temp|fixed term|befristet|cdd|temporal|tempo determinato|temporário|tijdelijk|"
    "tidsbegränsad|vikariat|временная|geçici|派遣社員|临时",
    "INTERN": "intern|internship|praktikum|praktikant|stage|stagiaire|prácticas|becario|tirocinio|estágio|"
    "praktik|harjoittelu|staż|стажировка|staj|インターン|实习|實習|인턴",
    "VOLUNTEER": "volunteer|voluntary|ehrenamt|ehrenamtlich|bénévole|voluntario|volontario|voluntário|vrijwilliger|"
    "frivillig|волонтер|gönüllü|ボランティア|志愿者",
    "PER_DIEM": "per diem",
}


def _phone(text: str, customs: Customs) -> str | None:
    """The number in E.164, "+4722345678"; one without a country code by the page's country."""
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, customs.country or None):
        return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _country(text: str, customs: Customs) -> str | None:
    """The ISO 3166 code of a country named in English, in the page's language, or by a code."""
    wanted = _folded(text)
    return (
        _codes().get(wanted)
        or _countries(_ENGLISH).get(wanted)
        or _countries(customs.language).get(wanted)
        or _native().get(wanted)
    )


def _language(text: str, customs: Customs) -> str | None:
    """The ISO 639 code of a language named in English, in the page's language, or in itself."""
    wanted = _folded(text)
    for known in (_languages(_ENGLISH), _languages(customs.language), _own_names()):
        if code := known.get(wanted):
            return code
    return wanted if len(wanted) == 2 and wanted in _languages(_ENGLISH).values() else None


def _employment(text: str, customs: Customs) -> str | None:
    """schema.org's name of a kind of employment; `None` where the words name several or none."""
    words = f" {_spaced(text)} "
    if (upper := text.strip().upper().replace("-", "_").replace(" ", "_")) in _EMPLOYMENT:
        return upper
    found = {kind for kind, names in _EMPLOYMENT.items() if _names_any(words, names)}
    return found.pop() if len(found) == 1 else None


def _names_any(words: str, names: str) -> bool:
    folded = map(_spaced, names.split("|"))
    return any(f" {name} " in words if name.isascii() else name in words for name in folded)


def _spaced(text: str) -> str:
    return " ".join(re.findall(r"\w+", _folded(text.replace("_", " "))))


def _folded(text: str) -> str:
    """*text* without case, accents' compatibility forms and marks at its ends."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .,;:()")


@cache
def _countries(language: str) -> Mapping[str, str]:
    return _named(language, "territories", r"[A-Z]{2}")


@cache
def _languages(language: str) -> Mapping[str, str]:
    return _named(language, "languages", r"[a-z]{2}")


def _named(language: str, what: str, code: str) -> Mapping[str, str]:
    """Names in *language*, folded, to the codes that match *code*; CLDR by way of Babel."""
    from babel import Locale, UnknownLocaleError

    try:
        names = getattr(Locale.parse(language), what) if language else {}
    except (UnknownLocaleError, ValueError):
        return {}
    return {_folded(str(name)): key for key, name in names.items() if re.fullmatch(code, key)}


@cache
def _native() -> Mapping[str, str]:
    """Countries as the languages that pages are most often in call them."""
    from extractors.dates import LANGUAGES

    found: dict[str, str] = {}
    for language in LANGUAGES:
        for name, code in _countries(language).items():
            found.setdefault(name, code)
    return found


@cache
def _own_names() -> Mapping[str, str]:
    from babel import Locale

    from extractors.dates import LANGUAGES

    own = ((Locale.parse(code).get_language_name(code), code) for code in LANGUAGES)
    return {_folded(str(name)): code for name, code in own if name}


@cache
def _codes() -> Mapping[str, str]:
    """ISO 3166 codes of two and three letters, and what people write for some, to those of two."""
    from babel.core import get_global

    known = set(_countries(_ENGLISH).values())
    aliases = get_global("territory_aliases")
    codes = {code.lower(): code for code in known}
    for alias, ours in aliases.items():
        if len(alias) in (2, 3) and alias.isalpha() and len(ours) == 1 and ours[0] in known:
            codes[alias.lower()] = ours[0]
    common = {
        "u.s.a": "US",
        "u.s": "US",
        "the us": "US",
        "the usa": "US",
        "america": "US",
        "u.k": "GB",
        "great britain": "GB",
        "england": "GB",
        "scotland": "GB",
        "wales": "GB",
        "holland": "NL",
        "the netherlands": "NL",
        "czech republic": "CZ",
    }
    return codes | common


FORMS: Mapping[str, Callable[[str, Customs], str | None]] = {
    "phone": _phone,
    "country": _country,
    "language": _language,
    "employment-type": _employment,
}
"""By the format that asks for it: what reads a text, by the customs of its page."""
