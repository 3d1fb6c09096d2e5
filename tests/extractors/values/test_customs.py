from __future__ import annotations

from datetime import date

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.values.customs import Customs
from extractors.web.captured import day_of
from schemas.document import Document


@pytest.mark.parametrize(
    ("tag", "url", "language", "territory"),
    [
        ("de-CH", "https://ex.org/", "de", "CH"),
        ("pt_br", "", "pt", "BR"),
        ("zh-Hant-TW", "", "zh", "TW"),
        ("en", "https://ex.co.uk/", "en", "GB"),
        ("", "https://ex.se/", "sv", "SE"),
        ("en", "https://ex.io/", "en", ""),  # a domain that sites of all countries rent
        ("", "https://ex.org/", "", ""),
        ("nonsense tag", "http://[", "", ""),
    ],
)
def test_language_and_country_come_from_the_page_and_its_address(
    tag: str, url: str, language: str, territory: str
) -> None:
    customs = Customs.of(Document.from_blocks(url, [], language=tag))
    assert (customs.language, customs.territory) == (language, territory)


def test_what_a_language_tells() -> None:
    assert (Customs("de").decimal_sign, Customs("de").date_order) == (",", "DMY")
    assert (Customs("en").decimal_sign, Customs("en").date_order) == (".", "")
    assert Customs("en", "US").date_order == "MDY"
    assert (Customs("xx").decimal_sign, Customs("xx", "QQ").date_order) == ("", "")


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="de-AT"><body>x', "de-AT"),
        ('<html xml:lang="fr"><body>x', "fr"),
        ('<meta property="og:locale" content="pt_BR"><body>x', "pt_BR"),
        ('<html lang=" "><body>x', ""),
        ("<body>x", ""),
    ],
)
def test_a_page_states_its_language(html: str, language: str) -> None:
    assert parse_page(Page("x", "", html.encode())).document.language == language


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("Sat, 21 Nov 2026 13:00:00 GMT", date(2026, 11, 21)),
        ("2026-11-21T13:00:00Z", date(2026, 11, 21)),
        ("2026-11-21T13:00:00.123456Z", date(2026, 11, 21)),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_the_day_of_capture(stated: str | None, day: date | None) -> None:
    assert day_of(stated) == day
    page = Page("x", "", b"<p>x", captured=day)
    assert parse_page(page).document.captured == day
