from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.scripted import ScriptedWorker
from extractors.values.customs import Customs
from extractors.values.normalise import normalise
from schemas.formats import TEXT_FORMATS
from schemas.record import Value
from schemas.schema import Field, Kind, Schema


@pytest.mark.parametrize(
    ("kind", "quote", "data"),
    [
        (Kind.TEXT, "two\nlines", "two lines"),
        (Kind.NUMBER, "60,000", 60000),
        (Kind.NUMBER, "1.234,50", 1234.5),
        (Kind.NUMBER, "−3", -3),
        (Kind.NUMBER, "1'000", 1000),
        (Kind.INTEGER, "4", 4),
        (Kind.INTEGER, "4.5", None),
        (Kind.MONEY, "£12.50", "12.50 GBP"),
        (Kind.MONEY, "1.234,50 €", "1234.50 EUR"),
        (Kind.MONEY, "USD 5", "5 USD"),
        (Kind.MONEY, "$5", "5 $"),  # whose dollar, the sign does not say
        (Kind.MONEY, "60k EUR", "60000 EUR"),
        (Kind.MONEY, "$60K - 75,500 a year", "60000..75500 $/year"),
        (Kind.MONEY, "free", "0"),
        (Kind.MONEY, "on request", None),
        (Kind.DATE, "4 September 2026", "2026-09-04"),
        (Kind.DATE, "Posted on 2021-04-08", "2021-04-08"),
        (Kind.DATE, "08.04.2021", "2021-04-08"),
        (Kind.DATE, "12. März 2020", "2020-03-12"),
        (Kind.DATE, "2021年4月8日", "2021-04-08"),
        (Kind.DATE, "March 2019", None),  # no day
        (Kind.DATE, "3 days ago", None),  # relative to a day the page does not give
        (Kind.DATETIME, "2020-01-02 10:30", "2020-01-02T10:30:00"),
        (Kind.DATETIME, "2 January 2020", "2020-01-02"),  # no time is made up
        (Kind.URL, "../a?b=1", "https://ex.org/a?b=1"),
        (Kind.URL, "javascript:alert(1)", None),
        (Kind.URL, "http://[", None),
        (Kind.URL, "http://[::ffff:1.2.3.04]/", None),
        (Kind.URL, "https://ex.org/ö b", "https://ex.org/%C3%B6%20b"),
        (Kind.NUMBER, f"{'9' * 400}.5", None),  # beyond what JSON readers hold
        (Kind.BOOLEAN, "true", True),
        (Kind.BOOLEAN, "maybe", None),
    ],
)
def test_a_quote_becomes_data_of_its_kind(kind: Kind, quote: str, data: object) -> None:
    assert normalise(quote, Field("x", kind), base_url="https://ex.org/jobs/") == data


@pytest.mark.parametrize(
    ("quote", "language", "data"),
    [
        ("-74.006", "", -74.006),
        ("1.234", "en", 1.234),
        ("1.234", "de", 1234),
        ("1,234", "", 1234),
        ("1,234", "fr", 1.234),
        ("1.234,56", "en", 1234.56),  # both marks leave nothing open
        ("€ 1.234", "en", 1234),  # prices have no three decimals
        ("1.234 L", "en", 1.234),  # litres, not lempiras
    ],
)
def test_a_mark_before_three_digits_is_read_as_the_page_writes_numbers(
    quote: str, language: str, data: object
) -> None:
    assert normalise(quote, Field("x", Kind.NUMBER), customs=Customs(language)) == data


def test_of_two_readings_the_one_that_the_field_lets_through_is_taken() -> None:
    latitude = Field("x", Kind.NUMBER, limits={"minimum": -90, "maximum": 90})
    assert normalise("40.712", latitude, customs=Customs("de")) == 40.712
    assert normalise("1.234", Field("x", Kind.INTEGER), customs=Customs("en")) == 1234
    assert normalise("1.299", Field("price", Kind.NUMBER), customs=Customs("en")) == 1299


def test_a_text_is_read_into_the_form_that_its_field_asks_for() -> None:
    country = Field("x", limits={"format": "country"})
    assert normalise("the Netherlands", country) == "NL"
    assert normalise("somewhere", country) is None


def test_a_choice_is_one_of_its_choices() -> None:
    field = Field("x", Kind.CHOICE, choices=("full", "part"))
    assert normalise("full", field) == "full"
    assert normalise("other", field) is None


KINDS = [kind for kind in Kind if kind not in (Kind.OBJECT, Kind.CHOICE)]
FORMATS = [Field("x", limits={"format": name}) for name in TEXT_FORMATS]
FIELDS = [Field("x", kind) for kind in KINDS] + FORMATS


def try_all(text: str) -> None:
    """Read *text* as every kind. JSON must hold what comes out."""
    for field in FIELDS:
        for customs in (Customs(), Customs("de", "DE", date(2026, 11, 21)), Customs(machine=True)):
            json.dumps(normalise(text, field, customs=customs), allow_nan=False)


@settings(max_examples=40)  # dates take milliseconds each
@given(st.text(max_size=80))
def test_any_text_is_read_as_any_kind_without_an_error(text: str) -> None:
    try_all(text)


@settings(max_examples=40)
@given(st.text("0123456789.,'-/: $€%kM½٣十EURAMpm", max_size=40))
def test_so_are_the_signs_that_numbers_and_dates_are_made_of(text: str) -> None:
    try_all(text)


def test_so_are_naughty_strings(evaldata: Path) -> None:
    strings = json.loads((evaldata / "hostile" / "blns" / "blns.json").read_text("utf-8"))
    for text in strings:
        try_all(text)


@given(st.text("0123456789.,- $€abc\n", min_size=1, max_size=30))
def test_the_words_of_the_page_stand_beside_what_was_read_from_them(words: str) -> None:
    page = parse_page(Page("x", "", f"<p>price: {words}</p>".encode()))
    schema = Schema("r", (Field("price", Kind.MONEY),))
    (record,) = ScriptedWorker().extract(page, schema).records
    value = record.cells["price"]
    assert isinstance(value, Value)
    if value.data is not None:
        assert value.evidence is not None
        assert value.raw == value.evidence.quote == page.document.quote(value.evidence.span)
