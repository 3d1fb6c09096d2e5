"""Answers judged one by one, and how far their confidences can be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.evaluation.evaluate import GoldPage
from orchestration.evaluation.reliability import Judged, bins, calibration_error, coverage_at, judge
from orchestration.evaluation.scoring import pair_up
from schemas.document import Span
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Schema

SCHEMA = Schema("post", (Field("title"), Field("skills", many=True)))
TITLE = SCHEMA.fields[0]


def answer(confidence: float, right: bool) -> Judged:
    return Judged("page", "site", TITLE, confidence, right, False, Tier.LARGE)


def found(data: str, confidence: float = 0.5) -> Value:
    evidence = Evidence(data, Span(0, len(data)), "/html/body/p")
    return Value(data, data, evidence, Tier.LARGE, confidence, ValueStatus.FOUND)


def verdicts(
    gold: dict[str, object], *rows: dict[str, Cell], schema: Schema = SCHEMA
) -> list[bool]:
    records = tuple(Record(cells, "", i) for i, cells in enumerate(rows))
    result = PageResult("html/page.html", PageStatus.OK, records)
    return [a.right for a in judge(SCHEMA, [GoldPage("page", gold)], [result])]


def test_a_namesake_of_a_page_is_not_judged_by_its_gold() -> None:
    pages = [GoldPage("page", {"title": "Cook"}, Path("a/page.html"))]
    results = [
        PageResult(f"{folder}/page.html", PageStatus.OK, (Record({"title": found(said)}, ""),))
        for folder, said in (("a", "Cook"), ("b", "Nurse"))
    ]
    assert [answer.right for answer in judge(SCHEMA, pages, results)] == [True]


def test_a_value_is_right_when_the_gold_or_another_accepted_answer_says_so() -> None:
    cells: dict[str, Cell] = {"title": found("Head  GARDENER")}
    assert verdicts({"title": "Head gardener"}, cells) == [True]
    assert verdicts({"title": "Gardener", "title_accept": ["head gardener"]}, cells) == [True]
    assert verdicts({"title": "Gardener"}, cells) == [False]


def test_absent_is_an_answer_and_right_where_the_gold_has_nothing() -> None:
    cells: dict[str, Cell] = {"title": Value(tier=Tier.LARGE, confidence=0.7)}
    assert verdicts({"title": None}, cells) == [True]
    assert verdicts({"title": "Gardener"}, cells) == [False]


def test_what_nobody_was_asked_or_the_gold_does_not_say_is_not_judged() -> None:
    assert verdicts({"title": "Gardener"}, {"title": ABSENT}) == []
    assert verdicts({"skills": []}, {"title": found("Gardener")}) == []
    assert verdicts({"title": "Cook", "_ignore": ["title"]}, {"title": found("Cook")}) == []


def test_each_item_of_a_list_is_judged() -> None:
    cells: dict[str, Cell] = {"skills": (found("Pruning"), found("Tax"))}
    assert verdicts({"skills": ["pruning", "digging"]}, cells) == [True, False]


def test_records_of_a_list_page_are_held_against_the_gold_they_are_closest_to() -> None:
    gold: dict[str, object] = {"items": [{"title": "Baker"}, {"title": "Cook"}]}
    rows: list[dict[str, Cell]] = [{"title": found(t)} for t in ("Cook", "Baker", "Clerk")]
    assert verdicts(gold, *rows) == [True, True, False]


def test_confidences_that_are_the_share_right_have_no_error() -> None:
    answers = [answer(0.75, i % 4 > 0) for i in range(40)] + [
        answer(0.25, i % 4 == 0) for i in range(40)
    ]
    assert calibration_error(answers, count=2) == pytest.approx(0.0)
    assert [(part.count, part.confidence, part.right) for part in bins(answers, count=2)] == [
        (40, 0.25, 0.25),
        (40, 0.75, 0.75),
    ]


def test_boasting_is_an_error() -> None:
    assert calibration_error([answer(0.9, False)] * 10) == pytest.approx(0.9)
    assert calibration_error([]) == 0.0


def test_coverage_is_the_most_that_can_be_kept_at_a_precision() -> None:
    answers = [answer(0.9, True), answer(0.8, True), answer(0.7, False), answer(0.6, True)]
    assert coverage_at(answers, 1.0) == 0.5
    assert coverage_at(answers, 0.75) == 1.0
    assert coverage_at([answer(0.9, False)], 0.95) == 0.0


def test_answers_of_one_confidence_are_kept_or_dropped_together() -> None:
    answers = [answer(0.9, True), answer(0.9, False), answer(0.5, True)]
    assert coverage_at(answers, 1.0) == 0.0


def test_one_record_is_held_against_one_gold_record_only() -> None:
    baker = {"title": "Baker"}
    assert pair_up(SCHEMA, [baker, baker], [{"title": "Cook"}, baker]) == [1, None]
