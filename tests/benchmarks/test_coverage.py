"""The law: a schema is refused, or what comes out always fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.coverage import tally
from benchmarks.dictation import answer_of, page_that_says
from benchmarks.obedient import ObedientWorker
from benchmarks.oracle import Oracle
from benchmarks.schema_cases import Case, Instance, maskbench, suite, wrapped
from benchmarks.verdicts import Outcome, judge
from extractors.answers.answer import RawCell, RawValue, read_answer
from schemas.json_schema import parse


@pytest.fixture(scope="module")
def worker() -> ObedientWorker:
    return ObedientWorker()


def case(prop: dict[str, Any], *, good: list[Any], bad: list[Any], **more: Any) -> Case:
    """A schema of the one property "x", which lets *good* through and not *bad*."""
    schema = {"type": "object", "properties": {"x": prop}, "required": ["x"], **more}
    values = [(value, True) for value in good] + [(value, False) for value in bad]
    return Case("own", schema, tuple(Instance({"x": value}, valid) for value, valid in values))


TEXTS = {"type": "array", "items": {"type": "string"}}
PRICE = {"amount": {"type": "number", "minimum": 0}, "currency": {"enum": ["EUR", "USD"]}}
PRICES = {"type": "array", "items": {"type": "object", "properties": PRICE}}
HONOURED = [
    case({"type": "string"}, good=["Head Gardener", "北京市", "a: b", "- c"], bad=[5, True, ["a"]]),
    case({"type": "string", "maxLength": 6}, good=["Oslo"], bad=["Trondheim"]),
    case({"type": "string", "minLength": 6}, good=["Trondheim"], bad=["Oslo"]),
    case({"type": "string", "pattern": "^[A-Z]{3}$"}, good=["EUR"], bad=["eur", "EURO"]),
    case({"type": "string", "format": "email"}, good=["a@ex.org"], bad=["a@", "a..b@ex.org"]),
    case({"type": "string", "format": "uuid"}, good=[f"{'0' * 8}-0000-4000-8000-{'0' * 12}"],
         bad=["0"]),
    case({"type": "string", "format": "date"}, good=["2024-02-29"], bad=["2023-02-29", "May"]),
    case({"type": "string", "format": "uri"}, good=["https://ex.org/a?b=c#d"],
         bad=["http://[", "http://ex.org/{x}", "https://ex.org/ö", "ftp://ex.org/"]),
    case({"type": "number"}, good=[5, -7, 2.25, 0], bad=["5", "x", True]),
    case({"type": "integer"}, good=[5, 12345], bad=[2.5, "5"]),
    case({"type": "integer", "format": "int32"}, good=[2**31 - 1], bad=[2**31]),
    case({"type": "number", "minimum": 2, "maximum": 4}, good=[2, 3.5, 4], bad=[1.99, 4.01]),
    case({"type": "number", "exclusiveMinimum": 2}, good=[2.01], bad=[2, 1]),
    case({"type": "number", "multipleOf": 0.5}, good=[1.5], bad=[1.25]),
    case({"enum": [1, 2.5, None]}, good=[1, 2.5], bad=[2, "1", True]),
    case({"enum": ["full", "part", None]}, good=["full"], bad=["none", 5]),
    case({"const": "EUR"}, good=["EUR"], bad=["USD"]),
    case({"type": "boolean"}, good=[True, False], bad=["true", 1, 0]),
    case({"type": "boolean", "const": True}, good=[True], bad=[False]),
    case({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, good=[1], bad=[0, "1"]),
    case({**TEXTS, "minItems": 2}, good=[["a", "b"]], bad=[["a"], [5, 6], "a"]),
    case({**TEXTS, "maxItems": 1}, good=[["a"]], bad=[["a", "b"]]),
    case({**TEXTS, "uniqueItems": True}, good=[["a", "b"]], bad=[["a", "a"]]),
    case(PRICES, good=[[{"amount": 5, "currency": "EUR"}, {"amount": 6, "currency": "USD"}]],
         bad=[[{"amount": -5, "currency": "EUR"}], [{"amount": 5, "currency": "GBP"}], [None]]),
    case({"type": "object", "properties": PRICE, "required": ["amount"]},
         good=[{"amount": 5}, {"amount": 5.5, "currency": "EUR"}], bad=[{"amount": "5"}, [1], 5]),
    case({"type": "string"}, good=["a"], bad=[], additionalProperties=False),
    case({"$ref": "#/$defs/n"}, good=[5], bad=[11], **{"$defs": {"n": {"type": "number", "maximum":
         10}}}),
]  # fmt: skip


@pytest.mark.parametrize("own", HONOURED, ids=lambda own: str(own.schema["properties"]["x"])[:60])
def test_a_schema_is_honoured(own: Case, worker: ObedientWorker) -> None:
    verdict = judge(own, worker, babble=6)
    assert (verdict.outcome, verdict.reason, verdict.unsaid) == (Outcome.HONOURED, "", [])


def test_many_records_are_honoured(worker: ObedientWorker) -> None:
    schema = {"type": "array", "items": {"properties": PRICE}, "maxItems": 2}
    good = [{"amount": 5, "currency": "EUR"}, {"amount": 6, "currency": "USD"}]
    instances = (Instance(good, True), Instance([], True), Instance([*good, *good], False))
    assert judge(Case("many", schema, instances), worker).outcome is Outcome.HONOURED


def test_a_moment_may_lack_its_offset_and_that_is_not_called_honoured(
    worker: ObedientWorker,
) -> None:
    good, bad = ["2024-02-29T10:15:00Z"], ["10:15", "2024-02-29T10:15:00", "2024-02-29"]
    verdict = judge(case({"type": "string", "format": "date-time"}, good=good, bad=bad), worker)
    assert (verdict.outcome, verdict.unsaid) == (Outcome.LOCAL_TIME, [])


def test_a_key_without_a_name_cannot_be_said(worker: ObedientWorker) -> None:
    instances = (Instance({"x": "a", "y": "b"}, True),)
    verdict = judge(Case("open", {"properties": {"x": {"type": "string"}}}, instances), worker)
    assert verdict.outcome is Outcome.NARROWER
    assert verdict.unsaid == ["a key that the schema does not name"]


def test_a_schema_that_is_not_read_as_its_author_means_it_is_found_out(
    worker: ObedientWorker,
) -> None:
    """What the judge would say if `not` were passed over: the test can fail."""
    own = case({"type": "string"}, good=[], bad=["a"])
    verdict = judge(own, worker)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.reason == 'the invalid {"x": "a"} was said'


def test_null_is_no_objection_but_a_wrong_value_is() -> None:
    schema = {"properties": {"x": {"type": "string"}}, "required": ["x"]}
    oracle = Oracle(schema)
    assert oracle.objection({"x": None}) is None
    assert oracle.objection({"x": 5}) is not None
    assert oracle.objection({}) is not None
    assert oracle.only_lacks({})
    assert oracle.only_lacks({"x": None})
    assert not oracle.only_lacks({"x": 5})
    assert not oracle.only_lacks({"x": "a"})


def test_what_is_dictated_reads_back() -> None:
    schema = parse({"properties": {"a": {"type": "string"}, "l": TEXTS, "p": PRICES}})
    data = {"a": "x", "l": ["y", "z"], "p": [{"amount": 5, "currency": "EUR"}, {"amount": 6}]}
    (record,) = read_answer(schema, answer_of(schema, data))
    prices = [{"amount": "5", "currency": "EUR"}, {"amount": "6", "currency": None}]
    assert texts(record) == {"a": "x", "l": ["y", "z"], "p": prices}
    assert page_that_says(data).document.text == "x\ny\nz\n5\nEUR\n6"


def texts(raw: RawCell) -> Any:
    """The texts in *raw*, in its shape."""
    if isinstance(raw, RawValue):
        return raw.text
    if isinstance(raw, tuple):
        return [texts(item) for item in raw]
    return {name: texts(part) for name, part in raw.items()}


def test_no_schema_of_jsonschemabench_is_violated(evaldata: Path, worker: ObedientWorker) -> None:
    counts = tally(maskbench(evaldata), worker, babble=1)
    assert counts.violated == {}
    assert counts.outcomes[Outcome.HONOURED] >= 180


@pytest.mark.parametrize("draft", ["draft7", "draft2020-12"])
def test_no_schema_of_the_test_suite_is_violated(
    evaldata: Path, worker: ObedientWorker, draft: str
) -> None:
    counts = tally(wrapped(suite(evaldata, draft)), worker, babble=1)
    assert counts.violated == {}
    assert counts.outcomes[Outcome.HONOURED] >= 60
