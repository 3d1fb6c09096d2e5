"""From a quote to data of the field's kind, by libraries; the quote itself is kept beside it.

Each kind has a module: `numerals`, `amounts`, `dates`, `places`. What words alone do not decide,
the customs of the page do; see there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import Any
from urllib.parse import urljoin, urlsplit

from w3lib.url import safe_url_string

from extractors.values.amounts import names_money, read_money
from extractors.values.customs import UNKNOWN, Customs
from extractors.values.dates import read_date
from extractors.values.forms import FORMS
from extractors.values.numerals import find_numerals, readings, with_cents
from schemas.limits import admits
from schemas.output import value_schema
from schemas.schema import Field, Kind

__all__ = ["normalise"]

MAX_READ = 1_000  # characters in which a number is sought
# Fields whose numbers are prices, where a mark before three digits parts thousands.
_WORDS = "price prices cost costs salary wage pay fee amount rent deposit preis prix precio prezzo"
_PRICES = frozenset(_WORDS.split())


def normalise(text: str, field: Field, *, base_url: str = "", customs: Customs = UNKNOWN) -> Any:
    """*text* as the data of *field*'s kind (see `Kind`); `None` when it cannot be read as that.

    Text keeps its words, and only its line breaks become spaces, unless the field asks for a form
    of it (`schemas.formats`: "phone", "country"). *base_url* completes relative links. *customs*:
    how the page writes numbers and dates, where the words leave it open.
    """
    match field.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return _number(text, field, customs)
        case Kind.MONEY:
            money = read_money(text, customs)
            return None if money is None else str(money)
        case Kind.DATE | Kind.DATETIME:
            return read_date(text, customs, with_time=field.kind is Kind.DATETIME)
        case Kind.URL:
            return _url(text, base_url)
        case Kind.BOOLEAN:
            return {"true": True, "false": False}.get(text)
        case Kind.CHOICE:
            return text if text in field.choices else None
    return _text(text, field, customs)


def _text(text: str, field: Field, customs: Customs) -> str | None:
    words = " ".join(text.split())
    read = FORMS.get(field.limits.get("format", ""))
    return read(words, customs) if read else words


def _number(text: str, field: Field, customs: Customs) -> int | float | None:
    """The first number in *text*; of two readings the first that *field* lets through."""
    line = " ".join(with_cents(text[:MAX_READ]).split())
    is_price = names_money(line) or not _PRICES.isdisjoint(field.labels)
    for numeral in find_numerals(line):
        found = readings(numeral, customs, grouped=True if is_price else None)
        if found:
            return _fitting([_plain(amount, field) for amount in found], field)
    return 0 if line.strip(" .!").lower() == "free" else None


def _fitting(numbers: Sequence[int | float | None], field: Field) -> int | float | None:
    readable = [number for number in numbers if number is not None]
    fits = [number for number in readable if admits(value_schema(field), number)]
    return next(iter(fits or readable), None)


def _plain(amount: Decimal, field: Field) -> int | float | None:
    if amount == amount.to_integral_value():
        return int(amount)
    number = float(amount)
    return number if field.kind is not Kind.INTEGER and isfinite(number) else None


def _url(text: str, base_url: str) -> str | None:
    """An absolute web address, spelt in ASCII as RFC 3986 wants it."""
    try:
        absolute = urljoin(base_url, text.strip())
        web = urlsplit(absolute).scheme in ("http", "https")
        return safe_url_string(absolute) if web else None
    except ValueError:  # "http://[": no address at all
        return None
