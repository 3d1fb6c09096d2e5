"""Raised, lowered and small digits: which of them belong to the word or number before them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from extractors.answers.evidence import Locator
from extractors.answers.grammar import build_grammar
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.passages import Shown
from extractors.values.normalise import normalise
from schemas.document import RAISED, Document, Span
from schemas.schema import Field, Kind, Schema

R = RAISED


def read(html: str) -> Document:
    page = Page("page", "", f"<p>{html}".encode(), "text/html; charset=utf-8")
    return parse_page(page).document


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("24<sup>99</sup> $", f"24{R}99 $"),
        ("<span>24</span><sup>99</sup> €", f"24{R}99 €"),
        ("<sup>$</sup>24<sup>99</sup>", f"$24{R}99"),
        ("<b>1.299</b><small>95</small>kr", f"1.299{R}95kr"),
        ("24 <sup><b>9</b><b>9</b></sup> zł", f"24{R}99 zł"),
        ("US$ <b>1,299</b><sup>00</sup>", f"US$ 1,299{R}00"),
        ("<i>EUR</i><b>24</b><sup>99</sup>", f"EUR 24{R}99"),
        ("24<sup>99</sup><span>, €</span>", f"24{R}99, €"),
        ("24<sup>99</sup> – 1299<sup>99</sup> €", f"24{R}99 – 1299{R}99 €"),
        ("$24<sup>99</sup>-29<sup>99</sup>", f"$24{R}99-29{R}99"),
        ("Preis: 24<sup>99</sup>", f"Preis: 24{R}99"),
        ("<b class='product-price'>24<sup>99</sup></b>", f"24{R}99"),
        ("<b itemprop=price><i>24</i><sup>99</sup></b>", f"24{R}99"),
        ("<b id=cena>24<sup>99</sup></b>", f"24{R}99"),
        ("<b>24<i class='price-fraction'>99</i></b>", f"24{R}99"),
        ("24<sup>,99</sup>", "24,99"),
        ("24,<sup>99</sup>", "24,99"),
        ("24<sup>.99</sup>", "24.99"),
        ("24<sup>-</sup>", "24-"),
    ],
)
def test_cents_stand_apart_from_their_amount(html: str, text: str) -> None:
    assert read(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("some 10<sup>12</sup> cells", "some 10 12 cells"),
        ("24<sup>99</sup>", "24 99"),
        ("1,200<sup>23</sup> people", "1,200 23 people"),
        ("10<sup>12</sup> L of 10<sup>10</sup> K", "10 12 L of 10 10 K"),
        ("5 € for 10<sup>12</sup> of them", "5 € for 10 12 of them"),
        ("<i>5 €</i> <i>10<sup>12</sup></i> cells", "5 € 10 12 cells"),
        ("10<sup>12</sup> $5 notes", "10 12 $5 notes"),
        ("from 10<sup>12</sup> to 10<sup>14</sup> cells", "from 10 12 to 10 14 cells"),
        ("in 2019<sup>14</sup> the price", "in 2019 14 the price"),
        (f"<b class=pricing>{'many words ' * 9}10<sup>12</sup></b>", f"{'many words ' * 9}10 12"),
    ],
)
def test_two_raised_digits_are_no_cents_where_no_price_is_written(html: str, text: str) -> None:
    assert read(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("1,200<sup>3</sup> people", "1,200 3 people"),
        ("the residents<sup>1</sup> of", "the residents 1 of"),
        ("the residents<sup><a href=#n>12</a></sup>", "the residents 12"),
        ("<sup>1</sup>Without tax", "1 Without tax"),
        ("<sup>1</sup>2 rooms", "12 rooms"),
        ("Softly<sup>TM</sup> soap", "Softly TM soap"),
        ("4<small>100 votes</small>", "4 100 votes"),
        ("1<sup>1</sup>/<sub>2</sub> cups", "1 1/2 cups"),
        ("人口<sup>2</sup>", "人口 2"),
    ],
)
def test_notes_stand_apart_from_what_they_are_on(html: str, text: str) -> None:
    assert read(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("1<sup>st</sup>", "1st"),
        ("120 m<sup>2</sup>", "120 m2"),
        ("54 м<sup>2</sup>", "54 м2"),
        ("3 km<sup>3</sup> of", "3 km3 of"),
        ("H<sub>2</sub>O, CO<sub>2</sub>, C<sub>12</sub>H<sub>22</sub>", "H2O, CO2, C12H22"),
        ("x<sup>10</sup>", "x10"),
        ("M<sup>me</sup> Ada", "Mme Ada"),
        ("word<sup>[1]</sup>", "word[1]"),
        ("10<span>0</span>", "100"),
        ("Sizes<small>S to L</small>", "SizesS to L"),
    ],
)
def test_ordinals_units_and_formulas_are_one_word(html: str, text: str) -> None:
    assert read(html).text == text


def test_what_follows_a_note_in_the_next_block_has_no_space_before_it() -> None:
    assert read("<sup>1</sup><p>Tax").text == "1\nTax"


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        (f"24{R}99", Kind.NUMBER, 24.99),
        (f"1.299{R}95 €", Kind.NUMBER, 1299.95),
        (f"1,299{R}95", Kind.NUMBER, 1299.95),
        (f"24.50{R}12", Kind.NUMBER, 24.5),
        (f"US$24{R}99", Kind.MONEY, "24.99 USD"),
        (f"1 299{R}00 Kč", Kind.MONEY, "1299.00 CZK"),
        (f"24{R}99 €", Kind.TEXT, "24 99 €"),
        ("3 20", Kind.NUMBER, 3),
    ],
)
def test_cents_count_as_cents(text: str, kind: Kind, data: Any) -> None:
    assert normalise(text, Field("price", kind)) == data


@pytest.mark.parametrize("words", ["24.99", "$24.99 a piece", "24 99"])
def test_a_price_as_models_write_it_is_found_as_the_page_has_it(words: str) -> None:
    document = read("<sup>$</sup>24<sup>99</sup> a piece")
    found = Locator(document, [Span(0, len(document.text))]).find(words)

    assert found is not None
    assert found.evidence.quote == document.quote(found.evidence.span)
    assert f"24{R}99" in found.evidence.quote


def test_models_are_shown_a_point_and_may_answer_with_one() -> None:
    document = read("<i class=price>24<sup>99</sup></i>")
    passage = Shown(ParsedPage(document, ()), count_tokens=lambda texts: [len(t) for t in texts])
    asked = Schema("offer", (Field("price", Kind.NUMBER),))

    assert passage.choose(asked, budget=100).shown == "24.99"
    assert '"24.99"' in build_grammar(asked, document.text)


def test_a_page_of_raised_digits_takes_no_more_than_its_size_asks_for() -> None:
    empty, number = "<i></i>" * 20_000, "10<sup>12</sup> "
    started = time.process_time()
    text = read(f"<div class=price>{empty}{number * 2_000}</div>").text
    assert time.process_time() - started < 15
    assert text.count("10 12") == 2_000
