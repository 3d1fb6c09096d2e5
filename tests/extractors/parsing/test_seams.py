"""Words of neighbouring elements that style sheets set apart are two words."""

from __future__ import annotations

import re
import time

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import parse_page


def text(body: str) -> str:
    page = Page("page", "", f"<p>{body}".encode(), "text/html; charset=utf-8")
    return parse_page(page).document.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<span>By Jane Doe</span><span>12 May 2024</span>", "By Jane Doe 12 May 2024"),
        ("<span>Jane Doe</span><time>Updated today</time>", "Jane Doe Updated today"),
        ("<b>Ana Díaz</b><i><b>Émile Roux</b></i>", "Ana Díaz Émile Roux"),
        ("<b>5</b><span>beds</span><b>22</b><span>baths</span>", "5 beds 22 baths"),
        ("<b>Bedrooms</b><b>5</b><b>Rs</b><b>450</b>", "Bedrooms 5Rs 450"),
        ("<b>12 May 2024</b><i>Last updated</i>", "12 May 2024 Last updated"),
        ("<b>Ulica</b><i></i><b>Długa</b>", "Ulica Długa"),
    ],
)
def test_two_elements_with_nothing_between_them_are_two_words(body: str, said: str) -> None:
    assert text(body) == said


@pytest.mark.parametrize(
    "body",
    [
        "<b>e</b><b>Bay</b>",
        "<b>Mc</b>Donald",
        "i<b>Phone</b> and <b>Java</b>Script",
        "<b>H</b><b>e</b><b>d</b><b>G</b><b>e</b>",
        "<b>super</b><i>market</i>",
        "<b>MP</b><b>3</b>",
        "<b>21</b><i>st</i> <b>24</b><i>h</i>",
        "<b>km</b><sup>2</sup> <b>CO</b><sub>2</sub>",
        "<b>PDF</b><b>XML</b>",
        "<b>H</b><b>264</b> <b>B</b><i>12</i>",
        "<b>2024</b><b>年度</b><b>東京都</b><b>12</b>",
        "<b>24</b><b>.99</b><b>€</b>",
        "<b>1</b><sup><i>ère</i></sup> <b>Mass</b><sub><i>12</i></sub>",
        "<b>user</b><wbr><b>Name</b>",
    ],
)
def test_what_is_one_word_stays_one(body: str) -> None:
    assert text(body) == re.sub(r"<[^>]+>", "", body)


def test_words_around_an_element_are_none_of_its_seams() -> None:
    assert text("one <b>two</b>Three<b>Four</b>") == "one twoThreeFour"
    assert text("<b>Two</b><br><b>Lines</b>") == "Two\nLines"


def test_a_long_word_that_ends_in_a_digit_takes_no_longer_than_its_length() -> None:
    word = "a" * 60_000 + "1"  # letters to the end from each would be two billion steps: a minute
    started = time.process_time()
    assert text(f"<b>{word}</b><b>Next</b>") == f"{word} Next"
    assert time.process_time() - started < 20
