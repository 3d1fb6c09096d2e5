from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.values.customs import UNKNOWN, Customs
from extractors.values.dates import LANGUAGES, read_date

TODAY = Customs(today=date(2026, 11, 21))
DAYS = st.dates(date(1970, 1, 1), date(2069, 12, 31))


@pytest.mark.parametrize("language", sorted({*LANGUAGES} - {"fa"}))
def test_a_date_that_cldr_writes_is_read_in_every_language(language: str) -> None:
    for day in (date(2021, 4, 8), date(2019, 12, 31), date(2020, 2, 29), date(2024, 7, 1)):
        written = format_date(day, "long", locale=language)
        assert read_date(written, Customs(language), with_time=False) == day.isoformat()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["en_US", "en_GB", "de_DE", "fr_FR", "ja_JP", "nl_NL", "pt_BR"]), DAYS)
def test_a_numeric_date_is_read_in_the_order_of_the_pages_country(locale: str, day: date) -> None:
    language, territory = locale.split("_")
    order = Customs(language, territory).date_order
    written = "/".join(f"{day:%{part}}" for part in order.replace("D", "d").replace("M", "m"))
    assert read_date(written, Customs(language, territory), with_time=False) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/04/2021", "2021-03-04"),  # no country is known
        ("03.04.2021", "2021-04-03"),
        ("13/04/2021", "2021-04-13"),
        ("Thursday, April 8th, 2021 at 10:30 am", "2021-04-08"),
        ("Posted on 8 April 2021 by A. Writer", "2021-04-08"),
        ("20210408", "2021-04-08"),
        ("8 เมษายน 2564", "2021-04-08"),  # Thailand's years
        ("9-12 July 2021", "2021-07-09"),
        ("9 July - 12 August 2021", "2021-07-09"),
        ("July 9 - August 12, 2021", "2021-07-09"),
        ("31.04.2021", None),
        ("March 2019", None),
        ("12 March", None),
        ("3 days ago", None),
        ("5 stars", None),
    ],
)
def test_without_knowing_the_page(text: str, day: str | None) -> None:
    assert read_date(text, UNKNOWN, with_time=False) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 days ago", "2026-11-18"),
        ("vor 3 Tagen", "2026-11-18"),
        ("hier", "2026-11-20"),
        ("Updated 2 days ago", "2026-11-19"),
        ("12 October", "2026-10-12"),
        ("3 January", "2027-01-03"),  # the nearest
        ("8 April 2021", "2021-04-08"),
    ],
)
def test_against_the_day_the_page_is_of(text: str, day: str) -> None:
    assert read_date(text, TODAY, with_time=False) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-04-08T10:30:00Z", "2021-04-08T10:30:00+00:00"),
        ("8 April 2021, 10:30", "2021-04-08T10:30:00"),
        ("8 April 2021, 00:00", "2021-04-08T00:00:00"),
        ("8 April 2021", "2021-04-08"),
    ],
)
def test_a_moment_has_a_time_only_where_one_is_said(text: str, moment: str) -> None:
    assert read_date(text, UNKNOWN, with_time=True) == moment
