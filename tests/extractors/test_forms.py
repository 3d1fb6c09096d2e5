from __future__ import annotations

import pytest

from extractors.customs import UNKNOWN, Customs
from extractors.forms import FORMS
from schemas.formats import EMPLOYMENT_TYPES, TEXT_FORMATS


@pytest.mark.parametrize(
    ("form", "text", "data"),
    [
        ("phone", "Tel. +47 22 34 56 78", "+4722345678"),
        ("phone", "030 12345678", None),  # of which country?
        ("country", "Germany", "DE"),
        ("country", "Deutschland", "DE"),
        ("country", "日本", "JP"),
        ("country", "U.S.A.", "US"),
        ("country", "UK", "GB"),
        ("country", "FRA", "FR"),
        ("country", "Atlantis", None),
        ("language", "German", "de"),
        ("language", "français", "fr"),
        ("language", "nl", "nl"),
        ("language", "gibberish", None),
        ("employment-type", "Full-time, permanent", "FULL_TIME"),
        ("employment-type", "Teilzeit (50 %)", "PART_TIME"),
        ("employment-type", "正社員", "FULL_TIME"),
        ("employment-type", "PART_TIME", "PART_TIME"),
        ("employment-type", "part-time or full-time", None),  # two kinds at once
        ("employment-type", "international", None),
    ],
)
def test_a_text_is_read_into_a_form(form: str, text: str, data: str | None) -> None:
    assert FORMS[form](text, UNKNOWN) == data


def test_a_number_without_a_country_code_is_of_the_pages_country() -> None:
    assert FORMS["phone"]("030 12345678", Customs("de")) == "+493012345678"
    assert FORMS["phone"]("(212) 555-2368", Customs("en", "US")) == "+12125552368"


def test_the_pages_own_language_names_countries_too() -> None:
    assert FORMS["country"]("Sveits", Customs("no")) == "CH"


def test_what_comes_out_passes_as_the_format_it_was_asked_for() -> None:
    for form, text in [
        ("phone", "+47 22345678"),
        ("country", "Norway"),
        ("language", "Dutch"),
        ("employment-type", "intern"),
    ]:
        data = FORMS[form](text, UNKNOWN)
        assert data is not None
        assert TEXT_FORMATS[form](data)
    assert "FULL_TIME" in EMPLOYMENT_TYPES
