from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from extractors.values.customs import UNKNOWN, Customs
from extractors.values.numerals import find_numerals, readings

LOCALES = ["en", "de", "fr", "sv", "hi", "de_CH", "pt_BR", "ru", "pl", "es_MX", "en_ZA", "nl"]


def read(text: str, customs: Customs = UNKNOWN) -> Decimal | None:
    numeral = next(find_numerals(text), None)
    return next(iter(readings(numeral, customs)), None) if numeral else None


@given(st.sampled_from(LOCALES), st.decimals(0, 10**9, places=3), st.booleans())
def test_a_number_that_cldr_writes_is_read_back(locale: str, number: Decimal, minus: bool) -> None:
    number = -number if minus else number
    language, _, territory = locale.partition("_")
    written = format_decimal(number, locale=locale)
    assert read(written, Customs(language, territory)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,34,567", "1234567"),
        ("1'234.56", "1234.56"),
        ("1 234 567", "1234567"),
        ("Room 3 2024", "3"),  # two numbers: no group has four digits
        ("0.500", "0.5"),
        ("1234.567", "1234.567"),
        ("1 ½ cups", "1.5"),
        ("½", "0.5"),
        ("3 Mio.", "3000000"),
        ("2.5 million", "2500000"),
        ("5万", "50000"),
        ("5 m", "5"),  # metres
        ("٣٫٥", "3.5"),
        ("−3", "-3"),
        ("2021-04", "2021"),
    ],
)
def test_what_leaves_nothing_open(text: str, number: str) -> None:
    assert read(text) == Decimal(number)


@pytest.mark.parametrize("text", ["15.08.2017", "1.2.3.4", "none", "12,3,4"])
def test_what_is_no_number(text: str) -> None:
    assert read(text) is None


def test_both_readings_are_given_the_likelier_first() -> None:
    (numeral,) = find_numerals("1.234")
    assert readings(numeral, Customs("de")) == (Decimal(1234), Decimal("1.234"))
    assert readings(numeral, Customs("en")) == (Decimal("1.234"), Decimal(1234))
    assert readings(numeral, Customs("en"), grouped=True)[0] == Decimal(1234)


def test_long_numbers_are_not_rounded() -> None:
    assert read(f"{'9' * 60}.5 million") == Decimal(f"{'9' * 60}500000")
