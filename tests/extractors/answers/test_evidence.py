from __future__ import annotations

import html

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from extractors.answers.evidence import Locator
from extractors.answers.grammar import word_pieces
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from schemas.document import RAISED, Document, Span

PAGE = Document.from_blocks(
    "",
    [
        ("/html/head/title", "Gardener in Ambleford"),
        ("/html/body/h1", "Gardener"),
        ("/html/body/p[1]", "A gardener’s work: full-time, in Ambleford and Mill Lane"),
        ("/html/body/p[2]", "Location: Mill Lane"),
        ("/html/body/p[3]", "Full time"),
        ("/html/body/p[4]", "工作地点在北京市。"),
    ],
)
LOCATOR = Locator(PAGE, [Span(0, len(PAGE.text))])


def xpath(words: str, *labels: str) -> str | None:
    found = LOCATOR.find(words, labels=labels)
    return found.evidence.xpath if found else None


def test_a_place_that_fills_its_block_comes_before_the_page_title() -> None:
    assert xpath("Gardener") == "/html/body/h1"


def test_a_place_in_a_text_comes_before_the_page_title_too() -> None:
    assert xpath("Ambleford") == "/html/body/p[1]"


def test_a_labelled_place_comes_before_an_earlier_one() -> None:
    assert xpath("Mill Lane") == "/html/body/p[1]"
    assert xpath("Mill Lane", "location") == "/html/body/p[2]"


def test_the_quote_is_in_the_spelling_of_the_page() -> None:
    found = LOCATOR.find("FULL TIME")
    assert found is not None
    assert found.evidence.quote == "Full time"


def test_hyphens_may_stand_for_spaces_when_nothing_fits_better() -> None:
    found = LOCATOR.find("mill-lane")
    assert found is not None
    assert found.evidence.quote == "Mill Lane"


@pytest.mark.parametrize("amount", ["4 872 €/m²", "1 4 872", "12 004 872", "1\u202f004 €", "1 004"])
def test_a_number_of_its_own_comes_before_a_part_of_another(amount: str) -> None:
    digits = "004" if "004" in amount else "4"
    texts = ("Rooms: " + amount, digits + " rooms, 350 m²")
    document = Document.from_blocks("", [("/p[1]", texts[0]), ("/p[2]", texts[1])])
    locator = Locator(document, [Span(0, len(document.text))])
    found = locator.find(digits, labels=("rooms",))
    assert found is not None
    assert found.evidence.xpath == "/p[2]"


def test_numbers_in_a_row_are_each_their_own() -> None:
    document = Document.from_blocks("", [("/p[1]", "Rooms: 4 35 2024"), ("/p[2]", "4 rooms")])
    found = Locator(document, [Span(0, len(document.text))]).find("4", labels=("rooms",))
    assert found is not None
    assert found.evidence.xpath == "/p[1]"


def test_words_are_found_over_a_line_break() -> None:
    found = LOCATOR.find("Mill Lane Full time")
    assert found is not None
    assert found.evidence.quote == "Mill Lane\nFull time"


def test_part_of_a_word_is_not_a_quote() -> None:
    assert LOCATOR.find("Garden") is None


def test_part_of_a_chinese_sentence_is() -> None:
    found = LOCATOR.find("北京市")
    assert found is not None
    assert found.evidence.quote == "北京市"


def test_a_find_says_how_often_and_how_the_words_stand() -> None:
    found = LOCATOR.find("Mill Lane", labels=["location"])
    assert found is not None
    assert (found.places, found.labelled, found.fills) == (2, True, False)
    once = LOCATOR.find("Full time")
    assert once is not None
    assert (once.places, once.labelled, once.fills) == (1, False, True)


def test_places_already_taken_are_passed_over() -> None:
    first = LOCATOR.find("Mill Lane")
    assert first is not None
    second = LOCATOR.find("Mill Lane", taken=[first.evidence.span])
    assert second is not None
    assert second.evidence.span > first.evidence.span


def test_nothing_is_found_beyond_what_was_shown() -> None:
    assert Locator(PAGE, [Span(0, 21)]).find("Mill Lane") is None


def test_a_heading_is_quoted_whole_but_for_its_label() -> None:
    page = Document.from_blocks("", [("/html/body/h1", "Title: Night baker (nights)")])
    locator = Locator(page, [Span(0, len(page.text))])
    found = locator.find("Night baker", labels=["title"], heading=True)
    assert found is not None
    assert found.evidence.quote == "Night baker (nights)"


def test_of_a_heading_in_lines_only_the_line_is_quoted() -> None:
    """`h3` with the name, the citation and the day, each an element of its own."""
    page = Document.from_blocks("", [("/html/body/h3", "Adams v. Baker and Sons - 2024 Ex. 4")])
    whole, lines = Span(0, len(page.text)), (24,)
    for starts, quote in (((), page.text), (lines, "Adams v. Baker and Sons")):
        found = Locator(page, [whole], starts).find("Adams v. Baker", heading=True)
        assert found is not None
        assert found.evidence.quote == quote


MIXED = st.text(
    st.sampled_from(
        "aé ßİ5.,-$€%'’()[]\\^ \u00a0\u00ad\u200b\u200c\u200d\u200f\u2028שלום مرحبا北京市，。한글🎉"
    )
)


@given(st.lists(MIXED, min_size=1, max_size=4), st.data())
def test_words_of_any_script_are_found_and_quoted_exactly(
    lines: list[str], data: st.DataObject
) -> None:
    body = "".join(f"<p>{html.escape(line)}<sup>24</sup></p>" for line in lines)
    document = parse_page(Page("page", "", body.encode(), "text/html; charset=utf-8")).document
    block = data.draw(st.sampled_from(document.blocks))
    pieces = [
        piece
        for word in document.quote(block.span).replace(RAISED, ".").split(" ")
        for piece in [*word_pieces(word), " "]
    ]
    start = data.draw(st.integers(0, len(pieces) - 1))
    end = data.draw(st.integers(start, len(pieces)))
    words = "".join(pieces[start:end]).strip()
    assume(words)

    found = Locator(document, [Span(0, len(document.text))]).find(words)

    assert found is not None
    assert found.evidence.quote == document.quote(found.evidence.span)
    said = found.evidence.quote.replace(RAISED, ".").casefold()
    assert said.replace("-", " ").split() == words.casefold().replace("-", " ").split()
