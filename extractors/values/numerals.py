"""Numbers as people write them: "1.234,50", "1,234.5", "1 234", "12,34,567", "1'000", "½", "3 Mio."

A point or comma with three digits after it, and nothing else, has two readings. `readings` gives
both, the likelier first: by the customs of the page, else as English has it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal

from extractors.values.customs import Customs
from schemas.document import RAISED

__all__ = ["Numeral", "find_numerals", "plain_digits", "readings", "with_cents"]

# One character for one, so that places stay what they are in the page's text.
_SIGNS = {
    **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000", " "),
    **dict.fromkeys("\u2019\u02bc\u00b4`\uff07", "'"),
    **dict.fromkeys("\u2212\uff0d\ufe63", "-"),
    **dict.fromkeys("\u066b\uff0c", ","),
    **dict.fromkeys("\u066c", "'"),  # Arabic thousands
    "\uff0e": ".",
}
_WIDE = Context(prec=2_000)  # digits: numbers are not rounded, however long
_NUMERAL = re.compile(
    r"\d{1,3}(?:[ ']\d{3})+(?![\d'])(?:[.,]\d+)?|\d+(?:[.,']\d+)*|(?<![\w.,])[.,]\d+(?![.,]?\d)"
)
_FRACTION = re.compile(r"\s?([\u00bc-\u00be\u2150-\u215e])")
_SIGN_BEFORE = re.compile(r"(?:^|[\s(\[:=])([-+])$")
_RAISED_CENTS = re.compile(rf"(\d[\d.,' ]*){RAISED}(?=\d\d(?!\d))")
_SCALES = {
    3: "thousand tsd tausend mila mil tys тыс тис bin ribu nghìn พัน 千 천",
    4: "万 萬 만",
    5: "lakh lakhs lac लाख",
    6: "million millions millionen mio mln mn millón millones milhão milhões milione milioni "
    "miljoen miljon miljoner milyon juta triệu млн миллион миллиона миллионов ล้าน",
    7: "crore crores cr करोड़",
    8: "億 亿 억",
    9: "billion billions bn milliarde milliarden mrd milliard milliards miliardi miljard miljarder "
    "mld млрд миллиард миллиарда миллиардов milyar tỷ",
}
_SCALE_OF = {word: power for power, words in _SCALES.items() for word in words.split()}
_SCALE = re.compile(
    r"((?-i:[kKMB])|\s?(?:"
    + "|".join(map(re.escape, sorted(_SCALE_OF, key=len, reverse=True)))
    + r"))(?!\w)\.?",
    re.IGNORECASE,
)
_LETTERS = {"k": 3, "M": 6, "B": 9}  # only right after the number: "5 m" are metres
_CJK_SCALE = re.compile(r"\s?([千万萬億亿천만억])")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text: its characters `[start, end)`, scale word included, sign left out.

    `digits`: what was written, in ASCII: "1.234,50". `negative`: a minus stands before it.
    `power`: of ten, by which the scale word multiplies. `fraction`: of "1 ½".
    """

    start: int
    end: int
    digits: str
    negative: bool = False
    power: int = 0
    fraction: Decimal = Decimal(0)


def plain_digits(text: str) -> str:
    """*text* with the digits of all scripts, and the marks among them, in ASCII; as long as it."""
    if text.isascii():
        return text
    return "".join(_plain(sign) for sign in text)


def with_cents(text: str) -> str:
    """*text* with a mark between numbers and the cents that stand raised after them; as long as it.

    After a number that has decimals, raised digits are a note, and stay apart.

    >>> with_cents("1.299\N{NARROW NO-BREAK SPACE}95 €")
    '1.299,95 €'
    """
    return _RAISED_CENTS.sub(_marked, text) if RAISED in text else text


def _marked(match: re.Match[str]) -> str:
    whole = match[1]
    if re.search(r"[.,]\d{1,2}$", whole):
        return f"{whole} "
    return f"{whole}{',' if '.' in whole else '.'}"


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign
    value = unicodedata.decimal(sign, None)
    return _SIGNS.get(sign, sign) if value is None else str(value)


def find_numerals(text: str) -> Iterator[Numeral]:
    """The numbers in *text*, in order, also where they are parts of words ("R273")."""
    plain = plain_digits(text)
    for match in _NUMERAL.finditer(plain):
        before = plain[: match.start()]
        sign = _SIGN_BEFORE.search(before)
        power, end = _scale(plain, match.end())
        fraction = _FRACTION.match(plain, match.end())
        part = Decimal(str(unicodedata.numeric(fraction[1]))) if fraction else Decimal(0)
        yield Numeral(
            match.start(),
            fraction.end() if fraction else end,
            match[0],
            sign is not None and sign[1] == "-",
            power,
            part,
        )
    if not _NUMERAL.search(plain):
        yield from _bare_fractions(plain)


def _bare_fractions(plain: str) -> Iterator[Numeral]:
    for match in re.finditer("[\u00bc-\u00be\u2150-\u215e]", plain):
        part = Decimal(str(unicodedata.numeric(match[0])))
        yield Numeral(match.start(), match.end(), "0", fraction=part)


def _scale(plain: str, end: int) -> tuple[int, int]:
    """The power of ten of the word at *end*, and where that ends; 0 where none stands there."""
    if sign := _CJK_SCALE.match(plain, end):
        return _SCALE_OF[sign[1]], sign.end()
    word = _SCALE.match(plain, end)
    if word is None:
        return 0, end
    name = word[1].strip()
    power = _LETTERS.get(name) or _LETTERS.get(name.lower()) or _SCALE_OF[name.lower()]
    return power, word.end()


def readings(
    numeral: Numeral, customs: Customs, *, grouped: bool | None = None
) -> tuple[Decimal, ...]:
    """What *numeral* may mean, the likeliest first; none where it is no number ("15.08.2017").

    *grouped*: whether three digits after a lone mark are a group of thousands, where the caller
    knows better than the customs of the page; `None`: it does not.
    """
    return tuple(
        _finished(numeral, digits) for digits in _spellings(numeral.digits, customs, grouped)
    )


def _finished(numeral: Numeral, digits: str) -> Decimal:
    amount = _WIDE.scaleb(_WIDE.add(Decimal(digits), numeral.fraction), numeral.power)
    if numeral.power and amount == int(amount):  # 1.5 million is 1500000, not 1.5E+6
        amount = Decimal(int(amount))
    return amount.copy_negate() if numeral.negative else amount


def _spellings(digits: str, customs: Customs, grouped: bool | None) -> tuple[str, ...]:
    """*digits* as Python reads numbers, once for each thing it may mean."""
    marks = [sign for sign in digits if not sign.isdigit()]
    if not marks:
        return (digits,)
    last, bare = marks[-1], re.sub(r"\D", "", digits)
    head, _, tail = digits.rpartition(last)
    whole = re.sub(r"\D", "", head) or "0"
    decimal = f"{whole}.{tail}"
    if len(set(marks)) > 1:
        return (decimal,) if marks.count(last) == 1 and last in ".," else (bare,)
    if len(marks) > 1 or last in " '":
        return (bare,) if _is_grouped(digits, last) else ()
    if len(tail) != 3 or head.startswith("0") or not 0 < len(head) <= 3:
        return (decimal,)
    return (bare, decimal) if _means_thousands(last, customs, grouped) else (decimal, bare)


def _is_grouped(digits: str, mark: str) -> bool:
    """Whether *mark* parts groups of three, or India's of two and a last one of three."""
    first, *groups = digits.split(mark)
    threes = all(len(group) == 3 for group in groups)
    twos = len(groups) > 1 and all(len(group) == 2 for group in groups[:-1])
    return 0 < len(first) <= 3 and (threes or (twos and len(groups[-1]) == 3))


def _means_thousands(mark: str, customs: Customs, grouped: bool | None) -> bool:
    if customs.machine:
        return mark == ","
    if grouped is not None:
        return grouped
    return mark != (customs.decimal_sign or ".")
