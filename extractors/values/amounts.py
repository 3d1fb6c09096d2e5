"""Money as pages write it: which number of a text is the amount, its range, currency and period.

The first number that stands beside a currency is the amount; without one, the first that can be an
amount: no percentage, no date. "$50-60k a year" is a range; "was $120, now $60" is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from extractors.values.currencies import (
    Mention,
    currency_code,
    decimals_of,
    find_currencies,
    may_mean,
)
from extractors.values.customs import Customs
from extractors.values.days import is_day
from extractors.values.numerals import (
    Numeral,
    find_numerals,
    plain_digits,
    readings,
    with_cents,
)
from extractors.values.periods import period_of
from schemas.money import Money

__all__ = ["names_money", "read_money"]

MAX_READ = 1_000  # characters
_FREE = re.compile(
    r"\W*(?:free|gratis|kostenlos|gratuit|gratuito|grátis|бесплатно|безкоштовно|ücretsiz|免费|免費|無料|무료)\W*",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"[\s:*]{0,3}[-+]?")  # between a currency and its number
_AFTER = re.compile(r"(?:[.,]?\s?[-–—]{1,2}|[.,])?\s{0,2}")  # the other way round: "50,- Kč"
_CLOSING = ("€", "EUR", "TL", "zł", "Kč", "kr", "Ft", "lei", "руб", "грн")
_TO = re.compile(
    r"\s*(?:[-–—~〜～]|\.\.|to|bis(?: zu)?|à|a|e|y|do|до|until|al|hasta|till?|tot|až|and|und)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Priced:
    """A number and the currency beside it, if any; characters `[start, end)` hold both."""

    numeral: Numeral
    mention: Mention | None
    start: int
    end: int


def names_money(text: str) -> bool:
    """Whether *text* names a currency by a sign or code that is no unit of measure, as L and km."""
    return any(_is_plain(mention.sign) for mention in find_currencies(text[:MAX_READ]))


def _is_plain(sign: str) -> bool:
    return may_mean(sign) == (sign,) or any(unicodedata.category(char) == "Sc" for char in sign)


def read_money(text: str, customs: Customs) -> Money | None:
    """The amount that *text* says; `None` where it says none.

    One mark before three digits parts thousands, whatever the page's language: prices have no three
    decimals, unless the currency has.
    """
    text = _closed_up(" ".join(plain_digits(with_cents(text[:MAX_READ])).split()))
    if _FREE.fullmatch(text):
        return Money(Decimal(0))
    mentions = list(find_currencies(text))
    if not mentions and is_day(text):
        return None
    priced = list(_priced(text, mentions))
    chosen = _chosen(text, priced)
    if chosen is None:
        return None
    first, last = chosen
    sign = _sign(first, last, mentions)
    code = _code(sign, mentions, customs)
    low, high = _ends(first.numeral, last.numeral if last else None, code, customs)
    if low is None:
        return None
    if re.search(r"(?:^|[\s(])-$", text[: first.start]) and not last:  # "-$5", but not "- $5"
        low = low.copy_abs().copy_negate()
    end = (last or first).end
    return Money(low, high, code, period_of(text[: first.start], text[end:]))


def _closed_up(text: str) -> str:
    """*text* with cents that stand apart put to their amount: "119. 95", "35€ 99"."""
    text = re.sub(r"(\d)\s?€\s?(\d\d)(?![\d.,]|\s?[€%])", r"\1.\2 €", text)
    ends = r"(?=\W*$|\s(?:" + "|".join(_CLOSING) + r")(?!\w))"
    return re.sub(rf"(\d[.,]) (\d\d){ends}", r"\1\2", text)


def _priced(text: str, mentions: Sequence[Mention]) -> Iterator[_Priced]:
    """The numbers of *text* that may be amounts, each with its currency."""
    numerals = list(find_numerals(text))
    beside = _beside(text, numerals, mentions)
    for index, numeral in enumerate(numerals):
        mention = beside.get(index)
        if mention is None:
            if not _is_no_amount(text, numeral):
                yield _Priced(numeral, None, numeral.start, numeral.end)
            continue
        ends = (numeral.start, numeral.end, mention.start, mention.end)
        yield _Priced(numeral, mention, min(ends), max(ends))


def _is_no_amount(text: str, numeral: Numeral) -> bool:
    before = text[max(0, numeral.start - 2) : numeral.start]
    dated = re.search(r"\d[/-]$", before) is not None and numeral.digits.startswith("0")
    return dated or re.match(r"\s?%|/\d|-0\d\b", text[numeral.end :]) is not None


def _beside(
    text: str, numerals: Sequence[Numeral], mentions: Sequence[Mention]
) -> dict[int, Mention]:
    """By a number's index the currency nearest to it, if one stands right beside it."""
    leads = bool(mentions and numerals) and mentions[0].start < numerals[0].start
    claims: list[tuple[int, int, int, Mention]] = []
    for mention in mentions:
        for index, numeral in enumerate(numerals):
            if mention.end <= numeral.start:
                gap, follows = text[mention.end : numeral.start], False
            else:
                gap, follows = text[numeral.end : mention.start], True
            if (_AFTER if follows else _BEFORE).fullmatch(gap):
                claims.append((len(gap), int(follows == leads), index, mention))
    taken: dict[int, Mention] = {}
    for _, _, index, mention in sorted(claims, key=lambda claim: claim[:3]):
        if index not in taken and mention not in taken.values():
            taken[index] = mention
    return taken


def _chosen(text: str, priced: Sequence[_Priced]) -> tuple[_Priced, _Priced | None] | None:
    """The first amount with a currency, else the first; and the upper end of its range."""
    pairs = [
        (one, then if then and _leads_on(text, one, then) else None)
        for one, then in zip_longest(priced, priced[1:])
        if one is not None
    ]
    with_currency = [p for p in pairs if p[0].mention or (p[1] and p[1].mention)]
    return next(iter(with_currency or pairs), None)


def _leads_on(text: str, one: _Priced, then: _Priced) -> bool:
    """Whether *one* and *then* are the ends of a range."""
    if one.mention and then.mention:
        same = one.mention.sign == then.mention.sign
    else:  # "50 - $2.00" is a quantity and its price
        same = then.mention is None or then.mention.start > then.numeral.start
    return same and one.end <= then.start and bool(_TO.fullmatch(text[one.end : then.start]))


def _sign(first: _Priced, last: _Priced | None, mentions: Iterable[Mention]) -> str:
    """The currency of the amount; else the only one that the text names anywhere."""
    for one in (first, last):
        if one and one.mention:
            return one.mention.sign
    named = {mention.sign for mention in mentions}
    return named.pop() if len(named) == 1 else ""


def _code(sign: str, mentions: Iterable[Mention], customs: Customs) -> str:
    """The code of *sign*; of "$" in "$5 AUD" too, where the other says which it is."""
    means = may_mean(sign)
    others = {code for m in mentions if len(codes := may_mean(m.sign)) == 1 for code in codes}
    if len(means) > 1 and len(found := others.intersection(means)) == 1:
        return found.pop()
    return currency_code(sign, customs) if sign else ""


def _ends(
    first: Numeral, last: Numeral | None, code: str, customs: Customs
) -> tuple[Decimal | None, Decimal | None]:
    low = _decided(first, code, customs)
    high = _decided(last, code, customs) if last else None
    if low is None or high is None or last is None:
        return low, None
    if last.power and not first.power and low * 10**last.power < high:  # "50-60k"
        low = Decimal(int(low * 10**last.power))
    return (low, high) if 0 <= low < high else (low, None)


def _decided(numeral: Numeral, code: str, customs: Customs) -> Decimal | None:
    grouped = decimals_of(code) != 3
    return next(iter(readings(numeral, customs, grouped=grouped)), None)
