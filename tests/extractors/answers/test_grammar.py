from __future__ import annotations

from typing import Any

import llguidance
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.answers.grammar import build_grammar, fold_lines, word_pieces
from schemas.schema import Field, Kind, Schema
from tests.extractors import tiny

PAGE = "Senior Gardener\nPay: 1,200 EUR per month\nFull time. Parks & “Trees” \\ Ltd"
COMPILER = llguidance.LLTokenizer("byte")


def accepts(schema: Schema, answer: str, *, page: str = PAGE, links: tuple[str, ...] = ()) -> bool:
    """Whether *answer* is a whole answer about *page*."""
    grammar = llguidance.LLMatcher.grammar_from_lark(build_grammar(schema, page, links=links))
    matcher = llguidance.LLMatcher(COMPILER, grammar)
    assert not matcher.is_error(), matcher.get_error()
    tokens = COMPILER.tokenize_str(answer)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


def one(kind: Kind, **changes: object) -> Schema:
    return Schema("thing", (Field("x", kind, **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "Senior Gardener",
        "Senior",
        "senior gardener",
        "Gardener Pay",  # over a line break
        "Parks & “Trees” \\ Ltd",
        "null",
    ],
)
def test_words_of_the_page_are_accepted(value: str) -> None:
    assert accepts(one(Kind.TEXT), f"x: {value}\n")


@pytest.mark.parametrize(
    "value", ["Junior Gardener", "Gard", "Gardener Senior", "", " ", "Senior ", "SENIOR"]
)
def test_anything_else_is_not(value: str) -> None:
    assert not accepts(one(Kind.TEXT), f"x: {value}\n")


def test_a_value_can_be_part_of_a_chinese_sentence() -> None:
    assert accepts(one(Kind.TEXT), "x: 北京\n", page="工作地点在北京市。")


def test_a_number_is_a_whole_numeral_of_the_page() -> None:
    assert accepts(one(Kind.NUMBER), "x: 1,200\n")
    assert not accepts(one(Kind.NUMBER), "x: 200\n")
    assert not accepts(one(Kind.NUMBER), "x: 1,200 EUR\n")


def test_numbers_side_by_side_are_not_one_number() -> None:
    assert accepts(one(Kind.NUMBER), "x: 12 345,5\n", page="12 345,5")
    assert not accepts(one(Kind.NUMBER), "x: 3 2024\n", page="3 2024")
    assert not accepts(one(Kind.NUMBER), "x: 2024 300\n", page="2024 300")


def test_a_long_unbroken_run_does_not_exhaust_the_matcher() -> None:
    run = "abcdefghijklmnopqrstuvwxyz" * 15
    page = f"An encoded image {run} and some words after it"
    assert accepts(one(Kind.TEXT), f"x: {run}\n", page=page)


def test_no_part_of_a_run_of_digits_is_a_number() -> None:
    digits = "1234567890" * 5
    assert accepts(one(Kind.TEXT), f"x: {digits}\n", page=digits)
    for part in (digits, digits[:40], digits[40:]):
        assert not accepts(one(Kind.NUMBER), f"x: {part}\n", page=digits)


def test_a_choice_and_a_boolean_say_what_they_were_read_from() -> None:
    choice = one(Kind.CHOICE, choices=("full", "part"))
    assert accepts(choice, "x: full\nx quote: Full time\n")
    assert not accepts(choice, "x: full\n")
    assert not accepts(choice, "x: other\nx quote: Full time\n")
    assert accepts(one(Kind.BOOLEAN), "x: true\nx quote: Full time.\n")
    assert accepts(one(Kind.BOOLEAN), "x: null\n")


def test_a_url_is_a_shown_link_or_a_printed_address() -> None:
    page = "See https://ex.org/a?b=1 for more"
    assert accepts(one(Kind.URL), "x: L2\n", links=("L1", "L2"))
    assert not accepts(one(Kind.URL), "x: L3\n", links=("L1", "L2"))
    assert accepts(one(Kind.URL), "x: https://ex.org/a?b=1\n", page=page)
    assert not accepts(one(Kind.URL), "x: https://ex.org/other\n", page=page)


def test_lists_are_bounded() -> None:
    schema = one(Kind.TEXT, many=True, max_items=2)
    assert accepts(schema, "x:\n- null\n")
    assert accepts(schema, "x:\n- Parks\n- Trees\n")
    assert not accepts(schema, "x:\n- Parks\n- Trees\n- Ltd\n")


def test_one_item_may_be_the_most_there_is() -> None:
    assert accepts(one(Kind.TEXT, many=True, max_items=1), "x:\n- Parks\n")
    assert not accepts(one(Kind.TEXT, many=True, max_items=1), "x:\n- Parks\n- Trees\n")
    assert accepts(Schema("t", (Field("a"),), many=True, max_records=1), "- a: Parks\n")


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("said", ["x: Parks", "x: null"])
def test_the_last_line_may_end_with_the_answer(said: str, end: str) -> None:
    assert accepts(one(Kind.TEXT), said + end)


@pytest.mark.parametrize("shape", [{"many": True}, {"kind": Kind.OBJECT, "fields": (Field("a"),)}])
def test_what_has_parts_cannot_be_closed_in_its_first_line(shape: dict[str, Any]) -> None:
    """A model that wants to go on after the colon would be pushed into null there."""
    schema = Schema("thing", (Field("x", **shape),))
    assert not accepts(schema, "x: null\n")


def test_objects_and_lists_of_objects_nest_by_indent() -> None:
    parts = (Field("a"), Field("b", Kind.NUMBER))
    assert accepts(one(Kind.OBJECT, fields=parts), "x:\n  a: Parks\n  b: null\n")
    assert accepts(one(Kind.OBJECT, fields=parts), "x:\n  a: null\n  b: null\n")
    many = one(Kind.OBJECT, fields=parts, many=True)
    assert accepts(many, "x:\n- a: Parks\n  b: 1,200\n- a: null\n  b: null\n")


def test_many_records_are_a_list_at_the_top() -> None:
    schema = Schema("things", (Field("a"), Field("b", many=True)), many=True)
    assert accepts(schema, "- a: Parks\n  b:\n  - Trees\n- a: Pay\n  b:\n  - null\n")
    assert accepts(schema, "null\n")


def test_a_page_without_text_leaves_only_absence() -> None:
    assert accepts(one(Kind.TEXT), "x: null\n", page="")
    assert not accepts(one(Kind.TEXT), "x: a\n", page="")


def test_a_field_may_have_any_name() -> None:
    name = 'so-called "name": \\ {x} [1] é 名'
    schema = Schema("thing", (Field(name),))
    assert accepts(schema, f"{name}: Parks\n")


@given(st.text())
def test_pieces_join_to_the_text_again(text: str) -> None:
    assert "".join(word_pieces(text)) == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1), st.data())
def test_every_run_of_pieces_is_accepted(text: str, data: st.DataObject) -> None:
    pieces = word_pieces(fold_lines(text))
    start = data.draw(st.integers(0, len(pieces) - 1))
    end = data.draw(st.integers(start + 1, len(pieces)))
    value = "".join(pieces[start:end])
    blank = value != value.strip()
    assert accepts(one(Kind.TEXT), f"x: {value}\n", page=text) is not blank or len(value) > 400


def test_the_byte_tokenizer_of_the_tests_is_the_one_assumed() -> None:
    assert tiny.tokenizer().encode("ab") != tiny.tokenizer().encode("ba")


def test_a_long_run_of_one_sign_is_no_reason_to_give_up() -> None:
    number = "9" * 250
    assert accepts(one(Kind.TEXT), f"x: {number}\n", page=f"id {number} end")


def test_only_a_generated_field_takes_words_that_are_not_on_the_page() -> None:
    schema = Schema("thing", (Field("title"), Field("summary", Kind.GENERATED)))
    assert accepts(schema, "title: Senior Gardener\nsummary: Somebody who prunes trees.\n")
    assert accepts(schema, "title: null\nsummary: null\n")
    assert not accepts(schema, "title: Somebody who prunes trees.\nsummary: null\n")
    assert not accepts(schema, f"title: null\nsummary: {'a' * 301}\n")
    assert "GENERATED" not in build_grammar(one(Kind.TEXT), PAGE)
