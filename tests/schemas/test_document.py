from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.document import Block, Document, Span

LINES = st.text(st.characters(exclude_characters="\n"), max_size=8)
PARTS = st.lists(st.tuples(st.sampled_from(["/html/body/p[1]", "/html/body/h1"]), LINES))


def build(parts: list[tuple[str, str]]) -> Document:
    return Document.from_blocks("https://ex.org/", parts)


@given(PARTS)
def test_a_block_quotes_exactly_what_it_was_given(parts: list[tuple[str, str]]) -> None:
    doc = build(parts)
    assert [(block.xpath, doc.quote(block.span)) for block in doc.blocks] == parts


@given(PARTS)
def test_the_text_is_the_blocks_joined_by_line_breaks(parts: list[tuple[str, str]]) -> None:
    doc = build(parts)
    assert doc.text == "\n".join(text for _, text in parts)
    assert [block.xpath for block in doc.blocks] == [xpath for xpath, _ in parts]


@given(PARTS)
def test_every_offset_of_a_block_and_its_break_lead_back_to_it(
    parts: list[tuple[str, str]],
) -> None:
    doc = build(parts)
    for block in doc.blocks:
        for offset in range(block.span.start, block.span.end + 1):
            assert doc.block_at(offset) is block


@given(PARTS)
def test_every_offset_of_the_text_has_a_block(parts: list[tuple[str, str]]) -> None:
    doc = build(parts)
    for offset, character in enumerate(doc.text):
        span = doc.block_at(offset).span
        assert span.start <= offset <= span.end
        assert (offset == span.end) == (character == "\n")


@given(PARTS)
def test_blocks_never_overlap_and_follow_reading_order(parts: list[tuple[str, str]]) -> None:
    blocks = build(parts).blocks
    for before, after in pairwise(blocks):
        assert before.span.end + 1 == after.span.start


@given(LINES, st.data())
def test_a_quote_is_as_long_as_its_span(text: str, data: st.DataObject) -> None:
    doc = build([("/p", text)])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Span(start, end)
    assert doc.quote(span) == text[start:end]
    assert len(span) == len(doc.quote(span))


def test_spans_count_code_points() -> None:
    assert build([("/p", "日本 🎉 é")]).quote(Span(3, 4)) == "🎉"


@pytest.mark.parametrize("offset", [-1, 5, 6])
def test_outside_the_text_there_is_no_block(offset: int) -> None:
    with pytest.raises(ValueError, match="no block"):
        build([("/p", "Oslo")]).block_at(offset)


def test_an_empty_page_has_no_block() -> None:
    with pytest.raises(ValueError, match="no block"):
        build([]).block_at(0)


def test_a_quote_that_ends_after_the_page_is_an_error() -> None:
    with pytest.raises(ValueError, match="after the page's 4"):
        build([("/p", "Oslo")]).quote(Span(2, 5))


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_never_runs_backwards_or_starts_before_the_page(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        Span(start, end)


def test_spans_sort_by_reading_order() -> None:
    assert sorted([Span(4, 5), Span(0, 9), Span(0, 2)]) == [Span(0, 2), Span(0, 9), Span(4, 5)]


@pytest.mark.parametrize(
    ("xpath", "tag"), [("/html/body/p[12]", "p"), ("/html/body/main/h1", "h1"), ("/html", "html")]
)
def test_a_block_knows_its_tag(xpath: str, tag: str) -> None:
    assert Block(xpath, Span(0, 0)).tag == tag


def test_attributes_and_hidden_text_can_be_left_off_the_end() -> None:
    doc = Document.from_blocks("", [("/p", "Oslo")], [("/p/@title", "cold", 0)], [("/div", "menu")])

    assert doc.text == "Oslo\ncold\nmenu"
    assert doc.without_hidden.text == "Oslo\ncold"
    assert doc.visible.text == "Oslo"
    assert [block.is_visible for block in doc.blocks] == [True, False, False]
    assert Document.from_blocks("", [], [], [("/p", "menu")]).visible.text == ""
