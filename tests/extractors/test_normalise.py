from __future__ import annotations

import pytest

from extractors.normalise import normalise
from schemas.schema import Field, Kind


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


def test_a_choice_is_one_of_its_choices() -> None:
    field = Field("x", Kind.CHOICE, choices=("full", "part"))
    assert normalise("full", field) == "full"
    assert normalise("other", field) is None
