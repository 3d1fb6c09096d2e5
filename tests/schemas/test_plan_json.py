from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas import library
from schemas.errors import PlanInvalid, SchemaError
from schemas.plan import Checks, FieldPlan, Origin, Plan, PlannedBy, Relation, Rule
from schemas.plan_json import document_schema, dump_plan, load_plan, parse_plan, plan_to_json
from schemas.record import Tier
from schemas.source import resolve

PUBLISHED = Path(__file__).parents[2] / "schemas" / "plan.schema.json"
PLAN = Plan(
    resolve("title, low number, high number, posted date, tags list"),
    layout="5e1f",
    record_xpath="/html/body/ul/li",
    fields={
        "title": FieldPlan(Tier.MARKUP, "The first heading.", required=True),
        "low": FieldPlan(Tier.SMALL, labels=("von", "ab"), checks=Checks(minimum=0)),
        "posted": FieldPlan(checks=Checks("2000-01-01", "2030-01-01")),
        "tags": FieldPlan(checks=Checks(pattern="^[a-z]+$")),
    },
    skip=("Ähnliche Stellen", "/html/body/footer"),
    rules=(Rule("low", Relation.AT_MOST, "high"),),
    origin=Origin(PlannedBy.WORKER, "Qwen2-1.5B-Instruct", 900, 4.25, 1, "no endpoint is set"),
)


def test_the_published_schema_is_the_one_that_is_read() -> None:
    written = json.dumps(document_schema(), indent=2) + "\n"
    assert PUBLISHED.read_text("utf-8") == written, (
        "write schemas/plan.schema.json anew from schemas.plan_json.document_schema"
    )
    Draft202012Validator.check_schema(document_schema())


def test_a_plan_comes_back_as_it_was() -> None:
    assert parse_plan(json.loads(dump_plan(PLAN))) == PLAN


@pytest.mark.parametrize("name", library.names())
def test_a_plan_of_a_ready_schema_comes_back_and_fits_the_published_schema(name: str) -> None:
    plan = Plan(library.get(name))
    document = plan_to_json(plan)
    Draft202012Validator(document_schema()).validate(document)
    assert parse_plan(document) == plan


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)


@given(
    hint=WORDS,
    labels=st.lists(WORDS, max_size=12).map(tuple),
    tier=st.sampled_from([None, *set(Tier) - {Tier.PERSON}]),  # people answer when all is done
    required=st.booleans(),
    bounds=st.tuples(st.none() | st.integers(-9, 9), st.none() | st.floats(10, 99)),
)
def test_whatever_a_plan_says_comes_back(
    hint: str,
    labels: tuple[str, ...],
    tier: Tier | None,
    required: bool,
    bounds: tuple[float | None, float | None],
) -> None:
    planned = FieldPlan(tier, hint, labels, required, Checks(*bounds))
    plan = Plan(PLAN.schema, fields={"low": planned})
    assert parse_plan(json.loads(dump_plan(plan))) == plan


def test_a_changed_hint_changes_one_line() -> None:
    other = Plan(
        PLAN.schema,
        PLAN.layout,
        PLAN.record_xpath,
        {**PLAN.fields, "low": FieldPlan(Tier.SMALL, "right", ("von", "ab"), False, Checks(0))},
        PLAN.skip,
        PLAN.rules,
        PLAN.origin,
    )
    before, after = dump_plan(PLAN).splitlines(), dump_plan(other).splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**document, **changes}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: [], "plan: #: "),
        (lambda d: changed(d, more=1), "plan: #/more: no such key in a plan"),
        (lambda d: changed(d, fieldwise_plan=2), "version 2; this reads version 1"),
        (lambda d: {"record": d["record"]}, "it says no version; this reads version 1"),
        (lambda d: changed(d, fields={"x": {}}), "#/fields/x: the schema has no field 'x'"),
        (
            lambda d: changed(d, fields={"title": {"labels": "a"}}),
            '#/fields/title/labels: input should be a valid list, not "a"',
        ),
        (
            lambda d: changed(d, fields={"title": {"tier": "huge"}}),
            "#/fields/title/tier: input should be 'auto', ",
        ),
        (
            lambda d: changed(d, fields={"title": {"parts": {"x": {}}}}),
            "#/fields/title/parts: 'title' has no part 'x'",
        ),
        (
            lambda d: changed(d, fields={"title": {"checks": {"minimum": 1}}}),
            "#/fields/title/checks: bounds are for numbers",
        ),
        (
            lambda d: changed(d, rules=[{"first": "low", "relation": "<", "second": "top"}]),
            "#/rules/0: the schema has no field 'top'",
        ),
        (lambda d: changed(d, record_xpath="ul > li"), "#/record_xpath: "),
        (lambda d: changed(d, skip=["a\nb"]), "#/skip/0: "),
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_place(
    change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(change(plan_to_json(PLAN)))
    assert message in str(caught.value)
    assert caught.value.hint


def test_a_schema_that_is_not_honoured_is_the_schemas_error() -> None:
    with pytest.raises(
        SchemaError, match=r"^plan: #/record: #/properties/a/type: 'x'|is not a type"
    ):
        parse_plan({"fieldwise_plan": 1, "record": {"properties": {"a": {"type": "x"}}}})


def test_a_file_is_read_and_named_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(dump_plan(PLAN), "utf-8")
    assert load_plan(path) == PLAN
    path.write_text("{", "utf-8")
    with pytest.raises(PlanInvalid, match=r"plan\.json: line 1"):
        load_plan(path)
    with pytest.raises(PlanInvalid, match=r"none\.json: No such file"):
        load_plan(tmp_path / "none.json")
