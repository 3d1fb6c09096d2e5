"""Digits that stand raised, lowered or small, and what parts them from the text before them.

In the source `24<sup>99</sup>` and `word<sup>1</sup>` have nothing between them; on the screen
nobody reads 2499 or word1. What people would say is followed: cents and notes stand apart, while
`m<sup>2</sup>`, `H<sub>2</sub>O`, `x<sup>10</sup>` and `1<sup>st</sup>` are one word. Two raised
digits are cents only in what is written as a price: `10<sup>12</sup>` is no amount of money.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from bs4.element import NavigableString, PageElement, Tag

from extractors.values.currencies import find_currencies
from schemas.document import RAISED

__all__ = ["Raised"]

_RAISING = frozenset({"small", "sub", "sup"})
_CENTS = re.compile(
    r"(?:^|[-_\s])(?:cents?|centimes?|centimos?|decimals?|fractions?|pence)(?:$|[-_\s])",
    re.IGNORECASE,
)
_PRICE = r"price|preis|prix|precio|preço|preco|prezzo|amount|betrag|montant|importe|currency|tarif"
_PRICE_WORD = r"prijs|pris|cena|ціна|цена|hinta|fiyat|cost"
_PRICED = re.compile(rf"{_PRICE}|(?<![a-z])(?:pris|cena|cost|hinta)(?![a-z])", re.IGNORECASE)
# "Price: 24", of which the cents are to come
_LABELLED = re.compile(
    rf"(?:{_PRICE}|(?<!\w)(?:{_PRICE_WORD}))\s*[:=]?\s*[\d.,'\u2019\s]+$", re.IGNORECASE
)
_AMOUNT = re.compile(r"[\s:]*\d[\d.,'\u2019\s–—-]*\Z")
_UPPER_AMOUNT = re.compile(r"\s*(?:[-–—]|to\b|bis\b|à\b)\s*\d[\d.,'\u2019\s]*")
_PRICED_LEVELS = 4  # elements around the cents whose names may say that it is a price
_PRICED_TEXT = 60  # characters that such an element has at most
_NEAR_ELEMENTS = 40
_NEAR_STRINGS = 4
_NEAR = 24  # characters before and after in which a currency stands
_LONGEST = 40  # characters of an element that may be digits of a number
_CENT_DIGITS = re.compile(r"\d\d")
_BASE = re.compile(r"(?<![^\W\d_])[^\W\d_\u2e80-\U0003ffff]{1,3}$")  # a unit, a variable
_TRADEMARK = re.compile(r"(?:TM|SM|MC|MD)(?!\w)")


class Raised:
    """Knows, while a page is read, what of it stands raised: `enter` and `leave` each element."""

    def __init__(self) -> None:
        self._pending: Tag | None = None  # entered, and nothing of it written yet
        self._note: Tag | None = None  # raised digits at the start of a block, being written
        self._after_note = False

    def enter(self, tag: Tag) -> None:
        if tag.name in _RAISING or ("class" in tag.attrs and _CENTS.search(str(tag["class"]))):
            self._pending = tag

    def leave(self, tag: Tag) -> None:
        if tag is self._pending:
            self._pending = None
        if tag is self._note:
            self._note, self._after_note = None, True

    def gap(self, run: Sequence[str], words: str, gap: str) -> str:
        """What to write between *run*, the block's text so far, and *words*; *gap* is what the
        page has there, a space or nothing."""
        tag, self._pending = self._pending, None
        after_note, self._after_note = self._after_note, False
        if tag is None:
            return " " if after_note and run and words[0].isalpha() else gap
        if not run:
            self._note = tag if tag.name == "sup" and _whole(tag).isdecimal() else None
            return gap
        if not words[0].isdecimal():
            trademark = tag.name == "sup" and run[-1][-1].isalpha() and _TRADEMARK.match(words)
            return " " if trademark else gap
        return _before_digits(run[-1], tag, words, gap)


def _before_digits(before: str, tag: Tag, words: str, gap: str) -> str:
    if before[-1].isdecimal():
        cents = _CENT_DIGITS.fullmatch(_whole(tag)) and not (gap and tag.name == "small")
        return RAISED if cents and _is_price(tag) else " "
    if tag.name != "sup" or gap or not before[-1].isalpha():
        return gap
    base = _BASE.search(before)
    is_power = base and (words in ("2", "3") or (len(base[0]) == 1 and words != "1"))
    return "" if is_power else " "


def _is_price(tag: Tag) -> bool:
    """Whether the digits of *tag* and the number before it are written as prices are."""
    around = [tag, *islice(tag.parents, _PRICED_LEVELS - 1)]
    if any(_is_called_price(element) for element in around):
        return True
    before = _text_of(reversed(list(islice(_strings(tag.previous_elements), _NEAR_STRINGS))))
    last = next((part for part in reversed(list(tag.descendants)) if _is_text(part)), tag)
    after = _text_of(islice(_strings(last.next_elements), _NEAR_STRINGS))
    return _ends_priced(before[-_NEAR:]) or _begins_with_currency(after[:_NEAR])


def _is_called_price(element: Tag) -> bool:
    named = " ".join(str(element.attrs.get(key, "")) for key in ("class", "id", "itemprop"))
    if _CENTS.search(named):
        return True
    return _PRICED.search(named) is not None and _is_short(element)


def _is_short(element: Tag) -> bool:
    parts = list(islice(element.descendants, _NEAR_ELEMENTS))
    return len(parts) < _NEAR_ELEMENTS and len(_text_of(_strings(parts))) <= _PRICED_TEXT


def _ends_priced(before: str) -> bool:
    """Whether *before* ends in a currency and an amount, "US$ 1,299", or in a label and one."""
    if _LABELLED.search(before):
        return True
    return any(
        _AMOUNT.match(before, mention.end)
        # "5 €" and then the next number: the sign belongs to the one before it
        and not before[: mention.start].rstrip()[-1:].isdecimal()
        for mention in find_currencies(before)
        if _is_telling(mention.sign)
    )


def _begins_with_currency(after: str) -> bool:
    """Whether *after* begins with a currency that is not the next number's; of a range, its end."""
    after = _UPPER_AMOUNT.sub("", after, count=1) if _UPPER_AMOUNT.match(after) else after
    return any(
        not after[: mention.start].strip(" ,.-–*") and not re.match(r"\s*\d", after[mention.end :])
        for mention in find_currencies(after)
        if _is_telling(mention.sign)
    )


def _is_telling(sign: str) -> bool:
    """A letter alone may be a unit as well."""
    return len(sign) > 1 or not sign.isascii() or not sign.isalpha()


def _strings(elements: Iterable[PageElement]) -> Iterable[str]:
    near = islice(elements, _NEAR_ELEMENTS)
    return (str(element) for element in near if _is_text(element) and str(element).strip())


def _is_text(element: PageElement) -> bool:
    return type(element) is NavigableString


def _text_of(strings: Iterable[str]) -> str:
    return " ".join(" ".join(strings).split())


def _whole(tag: Tag) -> str:
    """The text of *tag*; "" where it is longer than any number."""
    text = ""
    for part in tag.strings:
        text += part
        if len(text) > _LONGEST:
            return ""
    return text.strip()
