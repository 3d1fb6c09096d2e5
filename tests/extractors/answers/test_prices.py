"""A currency beside a price is part of an amount as text, and answers a field of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.answers.prices import mention_beside, with_currencies, with_currency
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from schemas.document import Document, Span
from schemas.record import ABSENT, Cell, Evidence, Tier, Value, ValueStatus, cell_data
from schemas.schema import Field, Kind, Schema

OFFER = Schema("offer", (Field("name"), Field("price", Kind.NUMBER), Field("currency")))


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("offer", "https://ex.org/", body.encode(), "text/html; charset=utf-8"))


def value(page: ParsedPage, words: str) -> Value:
    start = page.document.text.index(words)
    span = Span(start, start + len(words))
    evidence = Evidence(words, span, page.document.block_at(start).xpath)
    return Value(words, words, evidence, Tier.LARGE, 0.8, ValueStatus.FOUND)


def currency(body: str, price: str, said: str | None = None) -> Cell:
    page = parsed(body)
    cells: dict[str, Cell] = {
        "name": ABSENT,
        "price": value(page, price),
        "currency": value(page, said) if said else ABSENT,
    }
    return with_currencies(OFFER, cells, page.document)["currency"]


@pytest.mark.parametrize(
    ("body", "price", "sign"),
    [
        ("<p>€ 1,200", "1,200", "€"),
        ("<p>1.200,00 €", "1.200,00", "€"),
        ("<p>now $99.00!", "$99.00", "$"),
        ("<p>Rs. 450", "450", "Rs."),
        ("<p><b>120</b> <i>CHF</i>", "120", "CHF"),
        ("<p>12 500 Kč", "12 500", "Kč"),
        ("<p>R 1 395 000", "1 395 000", "R"),
        ("<p>size L 25.00 €", "25.00", "€"),
        ("<p>$ 10, 20 €", "20", "€"),
        ("<p>10 $ 20 €", "20", "€"),
        ("<p>10 $ 20 €", "10", "$"),
        ("<p>12 francs", "12", "francs"),
    ],
)
def test_the_sign_beside_the_price_is_quoted(body: str, price: str, sign: str) -> None:
    found = currency(body, price)
    assert isinstance(found, Value)
    assert found.evidence is not None
    assert found.raw == found.data == found.evidence.quote == sign
    assert parsed(body).document.quote(found.evidence.span) == sign
    assert (found.tier, found.confidence) == (Tier.LARGE, 0.8)


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ("<p>1,200", "1,200"),
        ("<p>€ off<p>1,200", "1,200"),
        ("<p>pay in € for 1,200", "1,200"),
        ("<p>12 L", "12"),
        ("<p>size 42 K", "42"),
    ],
)
def test_what_stands_elsewhere_or_may_be_a_measure_is_none(body: str, price: str) -> None:
    assert currency(body, price) == ABSENT


def test_what_was_answered_stays_where_it_is_a_currency() -> None:
    assert cell_data(currency("<p>€ 12 or USD 13", "12", said="USD")) == "USD"
    assert cell_data(currency("<p>€ 12 in stock", "12", said="in stock")) == "€"
    for named in ("Canadian Dollars", "Peso", "Złoty", "koruna"):
        assert cell_data(currency(f"<p>$ 12 ({named})", "12", said=named)) == named


def test_the_field_may_be_named_as_programs_name_it() -> None:
    schema = Schema("offer", (Field("price", Kind.NUMBER), Field("priceCurrency")))
    page = parsed("<p>€ 12")
    cells: dict[str, Cell] = {"price": value(page, "12"), "priceCurrency": ABSENT}
    assert cell_data(with_currencies(schema, cells, page.document)["priceCurrency"]) == "€"


def test_without_a_price_or_a_field_for_it_nothing_is_added() -> None:
    page = parsed("<p>€ 12")
    absent: dict[str, Cell] = {"name": ABSENT, "price": ABSENT, "currency": ABSENT}
    assert with_currencies(OFFER, absent, page.document) == absent
    bare = Schema("offer", OFFER.fields[:2])
    cells: dict[str, Cell] = {"name": ABSENT, "price": value(page, "12")}
    assert with_currencies(bare, cells, page.document) == cells


@given(st.text("€$£ 0129.,KčRs\n", max_size=30), st.integers(0, 29), st.integers(1, 9))
def test_a_mention_lies_in_the_text_and_touches_the_price(text: str, at: int, size: int) -> None:
    document = parsed(f"<p>x{text}x").document
    span = Span(min(at, len(document.text) - 1), min(at + size, len(document.text)))
    place = mention_beside(document, span)
    if place is not None:
        assert 0 <= place.start < place.end <= len(document.text)
        gap = document.text[place.end : span.start] + document.text[span.end : place.start]
        assert not gap.strip()


PRICE = Field("price")


def whole(text: str, number: str, asked: Field = PRICE) -> str:
    document = Document.from_blocks("", [("/html/body/p[1]", text), ("/html/body/p[2]", "€ 9")])
    start = text.index(number)
    return document.quote(with_currency(asked, document, Span(start, start + len(number))))


@pytest.mark.parametrize(
    ("text", "number", "amount"),
    [
        ("Now € 1,200 a month", "1,200", "€ 1,200"),
        ("R$ 437.500", "437.500", "R$ 437.500"),
        ("R 1 395 000", "1 395 000", "R 1 395 000"),
        ("1 395 000 kr", "1 395 000", "1 395 000 kr"),
        ("From $12 to $15", "15", "$15"),
        ("12 of 15", "15", "15"),
        ("€ 5 for 12 pots", "12", "12"),
        ("about 12", "12", "12"),
        ("12 L", "12", "12"),
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
