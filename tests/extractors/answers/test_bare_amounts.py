from __future__ import annotations

import pytest

from extractors.answers.bare_amounts import with_currency
from schemas.document import Document, Span
from schemas.schema import Field, Kind

PRICE = Field("price")


def whole(text: str, number: str, field: Field = PRICE) -> str:
    document = Document.from_blocks("", [("/html/body/p[1]", text), ("/html/body/p[2]", "€ 9")])
    start = text.index(number)
    return document.quote(with_currency(field, document, Span(start, start + len(number))))


@pytest.mark.parametrize(
    ("text", "number", "amount"),
    [
        ("Now € 1,200 a month", "1,200", "€ 1,200"),
        ("R$ 437.500", "437.500", "R$ 437.500"),
        ("1 395 000 kr", "1 395 000", "1 395 000 kr"),
        ("From $12 to $15", "15", "$15"),
        ("12 of 15", "15", "15"),
        ("€ 5 for 12 pots", "12", "12"),
        ("about 12", "12", "12"),
    ],
)
def test_a_bare_number_comes_with_the_currency_beside_it(
    text: str, number: str, amount: str
) -> None:
    assert whole(text, number) == amount


def test_other_texts_and_other_kinds_stay_as_they_are() -> None:
    assert whole("Now € 1,200 a month", "1,200 a") == "1,200 a"
    assert whole("Now € 1,200", "1,200", Field("price", Kind.NUMBER)) == "1,200"
    assert whole("Now € 1,200", "1,200", Field("shelf")) == "1,200"
