"""From a quote to data of the field's kind, by libraries; the quote itself is kept beside it."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any
from urllib.parse import urljoin, urlsplit

from w3lib.url import safe_url_string

from schemas.schema import Field, Kind

__all__ = ["normalise"]

_SHORTEST_DATE = len("1/1/21")
_DOTTED_DATE = re.compile(
    r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b"
)  # only day-first countries write dots
_THOUSANDS = re.compile(r"\d\s?[kK]\b")


def normalise(text: str, field: Field, *, base_url: str = "") -> Any:
    """*text* as the data of *field*'s kind (see `Kind`); `None` when it cannot be read as that.

    Text keeps its words; only its line breaks become spaces. *base_url* completes relative links.
    """
    match field.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return _number(text, whole=field.kind is Kind.INTEGER)
        case Kind.MONEY:
            return _money(text)
        case Kind.DATE | Kind.DATETIME:
            return _date(text, with_time=field.kind is Kind.DATETIME)
        case Kind.URL:
            return _url(text, base_url)
        case Kind.BOOLEAN:
            return {"true": True, "false": False}.get(text)
        case Kind.CHOICE:
            return text if text in field.choices else None
    return " ".join(text.split())


def _amount(text: str) -> Decimal | None:
    """The amount in *text* whatever its separators: "1.234,50" and "1,234.50" are the same."""
    from price_parser import Price

    folded = text.replace("\u2212", "-").replace("'", "").replace("\u2019", "")
    amount = Price.fromstring(folded).amount
    if amount is None:
        return None
    if _THOUSANDS.search(folded):
        amount *= 1000
    negative = folded.lstrip().startswith("-") and amount > 0
    return -amount if negative else amount


def _number(text: str, *, whole: bool) -> int | float | None:
    amount = _amount(text)
    if amount is None:
        return None
    if amount == amount.to_integral_value():
        return int(amount)
    number = float(amount)
    return number if not whole and isfinite(number) else None


def _money(text: str) -> str | None:
    """ "1234.50 EUR"; the currency as the page has it where its code is not certain."""
    from price_parser import Price

    amount, symbol = _amount(text), Price.fromstring(text).currency
    if amount is None:
        return None
    return f"{amount} {_currency_codes().get(symbol, symbol)}" if symbol else str(amount)


@cache
def _currency_codes() -> dict[str, str]:
    """Symbols that one currency alone uses, to ISO 4217 codes, from CLDR by way of Babel."""
    from babel.numbers import get_currency_symbol, list_currencies

    ambiguous = {"$", "¥", "£", "¤"}
    symbols = {get_currency_symbol(code, "en"): code for code in list_currencies()}
    certain = {s: code for s, code in symbols.items() if s not in ambiguous}
    return certain | {code: code for code in list_currencies()} | {"£": "GBP"}


def _date(text: str, *, with_time: bool) -> str | None:
    """ISO 8601. A date without a year or a day is not one; nor is one relative to today."""
    moment = _moment(" ".join(text.split()))
    if moment is None:
        return None
    return moment.isoformat() if with_time else moment.date().isoformat()


def _moment(text: str) -> datetime | None:
    import dateparser
    from dateparser.search import search_dates

    if not any(sign.isdigit() for sign in text):
        return None
    try:  # the standard's own form needs no guessing about the order of day and month
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    settings: Any = {
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["timestamp", "absolute-time"],
    }
    if _DOTTED_DATE.search(text):
        settings["DATE_ORDER"] = "DMY"
    parsed = dateparser.parse(text, settings=settings)
    if parsed is None and len(text) > _SHORTEST_DATE:
        found = search_dates(text, settings=settings)
        parsed = found[0][1] if found else None
    return parsed


def _url(text: str, base_url: str) -> str | None:
    """An absolute web address, spelt in ASCII as RFC 3986 wants it."""
    try:
        absolute = urljoin(base_url, text.strip())
        web = urlsplit(absolute).scheme in ("http", "https")
        return safe_url_string(absolute) if web else None
    except ValueError:  # "http://[": no address at all
        return None
