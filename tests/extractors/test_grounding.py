"""From an answer's tokens to values that cite the page."""

from __future__ import annotations

import pytest

from extractors.blocks import parse_page
from extractors.decode import Answer, Chosen, GrammarCompiler
from extractors.grounding import ground
from extractors.pages import Page
from extractors.passages import Shown
from extractors.tokenizer import token_counter
from schemas.record import Record, Tier
from schemas.schema import Field, Schema
from tests.extractors import tiny

TOKENIZER = tiny.tokenizer()
PAGE = parse_page(Page("page", "", b"<h1>Head Gardener</h1><p>Parks and Trees</p>"))
SCHEMA = Schema("post", (Field("title"), Field("places", many=True)))


def grounded(said: str, *, closed: bool, logprob: float = -0.1) -> Record:
    """The record of an answer; *closed*: it ends with the token that closes a model's turn."""
    tokens = TOKENIZER.encode(said, add_special_tokens=False)
    tokens += [TOKENIZER.eos_token_id] * closed
    passage = Shown(PAGE.document, count_tokens=token_counter(TOKENIZER)).choose(SCHEMA, budget=500)
    (record,) = ground(
        Answer(tuple(Chosen(token, logprob) for token in tokens), closed, 1, 1),
        page=PAGE,
        passage=passage,
        schema=SCHEMA,
        tier=Tier.LARGE,
        compiler=GrammarCompiler(TOKENIZER, vocab=tiny.VOCAB),
    )
    return record


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_last_value_may_end_with_the_answer(end: str) -> None:
    record = grounded(f"title: Head Gardener\nplaces:\n- Parks\n- Trees{end}", closed=True)
    assert record.data == {"title": "Head Gardener", "places": ["Parks", "Trees"]}


def test_a_value_that_the_budget_cut_is_not_one() -> None:
    record = grounded("title: Head Gardener\nplaces:\n- Parks\n- Tre", closed=False)
    assert record.data["places"] == ["Parks"]


def test_words_that_are_not_on_the_page_are_no_value() -> None:
    assert grounded("title: Cook\nplaces:\n- null", closed=True).data["title"] is None


def test_a_value_that_the_grammar_pushed_the_model_into_is_none() -> None:
    pushed = grounded("title: Head Gardener\nplaces:\n- null", closed=True, logprob=-9.0)
    assert pushed.data["title"] is None
