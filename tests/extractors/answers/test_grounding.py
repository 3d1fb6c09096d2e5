"""From an answer's tokens to values that cite the page."""

from __future__ import annotations

import math

import pytest

from extractors.answers.calibration import FEATURES, GROUPS, Calibration
from extractors.answers.decode import Answer, Chosen, GrammarCompiler
from extractors.answers.grounding import ground
from extractors.model.tokenizer import token_counter
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.passages import Shown
from schemas.record import Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema
from tests.extractors import tiny

TOKENIZER = tiny.tokenizer()
PAGE = parse_page(Page("page", "", b"<h1>Head Gardener</h1><p>Parks and Trees</p>"))
SCHEMA = Schema("post", (Field("title"), Field("places", many=True)))


def grounded(text: str, *, closed: bool, logprob: float = -0.1) -> Record:
    """The record of an answer; *closed*: it ends with the token that closes a model's turn."""
    return ground_answer(said(text, closed=closed, logprob=logprob))


def said(text: str, *, closed: bool = True, logprob: float = -0.1) -> Answer:
    tokens = TOKENIZER.encode(text, add_special_tokens=False)
    tokens += [TOKENIZER.eos_token_id] * closed
    return Answer(tuple(Chosen(token, logprob) for token in tokens), closed, 1, 1)


def ground_answer(
    answer: Answer,
    schema: Schema = SCHEMA,
    *,
    page: ParsedPage = PAGE,
    calibration: Calibration | None = None,
) -> Record:
    passage = Shown(page, count_tokens=token_counter(TOKENIZER)).choose(schema, budget=500)
    (record,) = ground(
        answer,
        page=page,
        passage=passage,
        schema=schema,
        tier=Tier.LARGE,
        compiler=GrammarCompiler(TOKENIZER, vocab=tiny.VOCAB),
        calibration=calibration,
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


def test_an_answer_says_how_its_tokens_stood() -> None:
    value = grounded("title: Head Gardener\nplaces:\n- null", closed=True, logprob=-0.25).cells[
        "title"
    ]
    assert isinstance(value, Value)
    assert value.signals is not None
    assert (value.signals.first, value.signals.worst, value.signals.mean) == (-0.25, -0.25, -0.25)
    assert (value.signals.places, value.signals.fills) == (1, True)
    assert value.confidence == pytest.approx(math.exp(-0.25))


def test_the_lead_over_the_runner_up_is_the_least_of_all_tokens() -> None:
    tokens = [
        Chosen(t, -0.5, -2.0, -0.1)
        for t in TOKENIZER.encode("title: Head", add_special_tokens=False)
    ]
    tokens[-1] = Chosen(tokens[-1].token, -0.5, -0.75, -0.3)
    answer = Answer((*tokens, Chosen(TOKENIZER.eos_token_id, None)), True, 1, 1)
    schema = Schema("post", (Field("title"),))
    value = ground_answer(answer, schema).cells["title"]
    assert isinstance(value, Value)
    assert value.signals is not None
    assert (value.signals.margin, value.signals.kept) == (0.25, -0.3)


def test_what_the_model_writes_itself_is_marked_and_cites_nothing() -> None:
    schema = Schema("post", (Field("title"), Field("summary", Kind.GENERATED)))
    said = "title: Head Gardener\nsummary: Trees are tended here.\n"
    tokens = TOKENIZER.encode(said, add_special_tokens=False)
    answer = Answer(tuple(Chosen(token, -0.1) for token in tokens), True, 1, 1)
    summary = ground_answer(answer, schema).cells["summary"]
    assert isinstance(summary, Value)
    assert (summary.status, summary.evidence) == (ValueStatus.GENERATED, None)
    assert (summary.data, summary.tier) == ("Trees are tended here.", Tier.LARGE)
    assert 0 < summary.confidence < 1


@pytest.mark.parametrize(("constant", "title"), [(3.0, "Head Gardener"), (-3.0, None)])
def test_a_value_that_is_hardly_ever_right_is_absent(constant: float, title: str | None) -> None:
    """By the calibration of the model: sure enough of one, hardly ever right of the other."""
    weights = [0.0] * (len(FEATURES) + len(GROUPS)) + [constant]
    answer = said("title: Head Gardener\nplaces:\n- null")
    record = ground_answer(answer, calibration=Calibration("tiny", weights, {}))
    assert record.data["title"] == title
    value = record.cells["title"]
    assert isinstance(value, Value)
    assert value.confidence == pytest.approx(1 / (1 + math.exp(-constant)))


def read(html: str, field: Field, text: str, *, logprob: float = -0.1) -> Value:
    """What *text*, an answer for *field* alone, becomes on a page of *html*."""
    page = parse_page(Page("page", "https://ex.org/", html.encode()))
    record = ground_answer(said(text, logprob=logprob), Schema("post", (field,)), page=page)
    value = record.cells[field.name]
    assert isinstance(value, Value)
    return value


def test_the_place_after_the_field_s_label_is_cited() -> None:
    page = "<p>An office in Oslo and elsewhere</p><p>Our location: Oslo, Norway</p>"
    found = read(page, Field("location"), "location: Oslo")
    assert found.evidence is not None
    assert found.evidence.xpath == "/html/body/p[2]"
    assert found.signals is not None
    assert found.signals.labelled


def test_a_number_is_read_as_the_page_s_language_writes_them() -> None:
    weight = Field("weight", Kind.NUMBER)
    for language, number in (("de", 1.234), ("en", 1234)):
        page = f"<html lang={language}><p>1,234 kg</p>"
        assert read(page, weight, "weight: 1,234").data == number


def test_a_choice_is_the_model_s_reading_of_the_words_it_quotes() -> None:
    hours = Field("hours", Kind.CHOICE, choices=("full", "part"))
    found = read("<p>40 hours a week</p>", hours, "hours: full\nhours quote: 40 hours a week")
    assert (found.data, found.raw) == ("full", "full")
    assert found.evidence is not None
    assert found.evidence.quote == "40 hours a week"


def test_a_number_that_the_model_would_have_written_otherwise_is_one_all_the_same() -> None:
    """Its words can be checked; a text it was pushed into cannot."""
    amount, text = Field("amount", Kind.NUMBER), Field("amount")
    assert read("<p>5 kg</p>", amount, "amount: 5", logprob=-9.0).data == 5
    assert read("<p>5 kg</p>", text, "amount: 5 kg", logprob=-9.0).data is None
