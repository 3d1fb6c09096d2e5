from __future__ import annotations

import pytest

from schemas.plan import Checks, FieldPlan, Origin, Plan, PlannedBy, Relation, Rule
from schemas.plan_checks import broken_rules, checked, why_not_checkable
from schemas.record import Cell, Record, Value, ValueStatus
from schemas.schema import Field, Kind
from schemas.source import resolve

SCHEMA = resolve(
    "title, pay money, cost money, low number, high number, posted date, closes date, tags list"
)
OBJECTS = resolve(
    '{"properties": {"offers": {"type": "array", "items": {"properties": {"price": {"type":'
    ' "number"}, "unit": {"type": "string"}}, "required": ["price"]}}}}'
)


def found(data: object) -> Value:
    return Value(str(data), data, status=ValueStatus.FOUND)


def record(**cells: Cell) -> Record:
    return Record(cells, "")


def test_a_plan_says_something_of_every_field() -> None:
    plan = Plan(SCHEMA, fields={"pay": FieldPlan(labels=("Gehalt",))})
    assert tuple(plan.fields) == SCHEMA.names
    assert plan.fields["title"] == FieldPlan()


def test_a_plan_names_no_field_that_the_schema_lacks() -> None:
    with pytest.raises(ValueError, match="'wage', which the schema lacks"):
        Plan(SCHEMA, fields={"wage": FieldPlan()})
    with pytest.raises(ValueError, match="'unheard', which the schema lacks"):
        Plan(OBJECTS, fields={"offers": FieldPlan(parts={"unheard": FieldPlan()})})
    with pytest.raises(ValueError, match="a rule names 'top'"):
        Plan(SCHEMA, rules=(Rule("low", Relation.LESS, "top"),))


def test_what_is_required_is_the_plans_to_say_and_the_schemas_where_it_does_not() -> None:
    assert Plan(OBJECTS).fields["offers"].parts["price"].required
    plan = Plan(OBJECTS, fields={"offers": FieldPlan(required=True)})
    assert plan.schema.fields[0].required
    assert plan.fields["offers"].required


def test_a_guided_schema_has_the_plans_words_and_the_same_names_and_kinds() -> None:
    plan = Plan(
        SCHEMA,
        record_xpath="/html/body/ul/li",
        fields={"pay": FieldPlan(hint="in the table", labels=("Gehalt", "Vergütung:"))},
        skip=("Related",),
    )
    guided = plan.guided()
    pay = guided.fields[1]
    assert (pay.hint, pay.labels) == ("in the table", ("gehalt", "vergütung", "pay"))
    assert (guided.record_xpath, guided.skip) == ("/html/body/ul/li", ("Related",))
    assert [(f.name, f.kind) for f in guided] == [(f.name, f.kind) for f in SCHEMA]


def test_a_plan_says_who_made_it() -> None:
    origin = Origin(PlannedBy.ENDPOINT, "Qwen2-72B-Instruct", 1204, 7.31, 1)
    assert origin.explain() == "planned by Qwen2-72B-Instruct (endpoint): 1,204 tokens, 7.3 s"
    assert Origin(note="the endpoint timed out").explain() == (
        "planned from the schema alone, no model was asked; the endpoint timed out"
    )


@pytest.mark.parametrize(
    ("kind", "checks", "reason"),
    [
        (Kind.NUMBER, Checks(minimum=0, maximum=10), ""),
        (Kind.MONEY, Checks(minimum=0.5), ""),
        (Kind.DATE, Checks(minimum="2020-01-01"), ""),
        (Kind.TEXT, Checks(pattern="^[A-Z]"), ""),
        (Kind.BOOLEAN, Checks(), ""),
        (Kind.TEXT, Checks(minimum=1), "bounds are for numbers, money and dates; 'x' is a text"),
        (Kind.DATE, Checks(minimum=3), "a bound of 'x' is a date (2026-11-21)"),
        (Kind.DATE, Checks(maximum="2026-02-30"), "a bound of 'x' is a date (2026-11-21)"),
        (Kind.NUMBER, Checks(minimum="2020-01-01"), "a bound of 'x' is a number"),
        (Kind.NUMBER, Checks(pattern="1"), "a pattern is for texts; 'x' is of kind number"),
        (Kind.NUMBER, Checks(minimum=2, maximum=1), "the minimum is above the maximum"),
        (Kind.TEXT, Checks(pattern="("), "#/pattern"),
    ],
)
def test_checks_fit_the_kind_of_the_field(kind: Kind, checks: Checks, reason: str) -> None:
    why = why_not_checkable(Field("x", kind), checks)
    assert why.startswith(reason)
    assert bool(why) == bool(reason)


@pytest.mark.parametrize(
    ("name", "checks", "data", "stays"),
    [
        ("low", Checks(minimum=0, maximum=10), 10, True),
        ("low", Checks(minimum=0, maximum=10), 10.5, False),
        ("pay", Checks(minimum=1000), "999.99 EUR", False),
        ("pay", Checks(minimum=1000), "1000 EUR", True),
        ("pay", Checks(minimum=1000), "900..1200 EUR/month", False),
        ("pay", Checks(maximum=1000), "900..1200", False),
        ("pay", Checks(maximum=1000), "no amount at all", True),
        ("posted", Checks(minimum="2020-01-01"), "2019-12-31", False),
        ("posted", Checks(maximum="2026-11-21"), "2026-11-21", True),
        ("title", Checks(pattern="^[A-Z]"), "baker", False),
        ("title", Checks(pattern="ker"), "Baker", True),
    ],
)
def test_a_value_that_breaks_a_check_is_absent(
    name: str, checks: Checks, data: object, stays: bool
) -> None:
    plan = Plan(SCHEMA, fields={name: FieldPlan(checks=checks)})
    (after,) = checked(plan, [record(**{name: found(data)})])
    assert after.cells[name] == (found(data) if stays else Value())


def test_items_and_parts_are_checked_one_by_one() -> None:
    plan = Plan(SCHEMA, fields={"tags": FieldPlan(checks=Checks(pattern="^a"))})
    (after,) = checked(plan, [record(tags=(found("ab"), found("ba"), found("aa")))])
    assert after.data["tags"] == ["ab", "aa"]
    price = FieldPlan(checks=Checks(minimum=1))
    plan = Plan(OBJECTS, fields={"offers": FieldPlan(parts={"price": price})})
    offers = ({"price": found(0), "unit": found("kg")}, {"price": found(2), "unit": found("kg")})
    (after,) = checked(plan, [record(offers=offers)])
    assert after.data["offers"] == [{"price": None, "unit": "kg"}, {"price": 2, "unit": "kg"}]


@pytest.mark.parametrize(
    ("rule", "cells", "broken"),
    [
        (Rule("low", Relation.AT_MOST, "high"), {"low": 2, "high": 1}, True),
        (Rule("low", Relation.AT_MOST, "high"), {"low": 2, "high": 2}, False),
        (Rule("low", Relation.LESS, "high"), {"low": 2, "high": 2}, True),
        (Rule("low", Relation.DIFFERENT, "high"), {"low": 2, "high": 2}, True),
        (Rule("posted", Relation.AT_MOST, "closes"), {"posted": "2026-02-01"}, False),
        (
            Rule("posted", Relation.AT_MOST, "closes"),
            {"posted": "2026-02-01", "closes": "2026-01-31"},
            True,
        ),
        (Rule("pay", Relation.LESS, "low"), {"pay": "3 EUR", "low": 2}, False),
        (Rule("pay", Relation.LESS, "cost"), {"pay": "3..5 EUR", "cost": "4 EUR"}, False),
        (Rule("pay", Relation.LESS, "cost"), {"pay": "5 EUR", "cost": "4 EUR"}, True),
        (Rule("pay", Relation.LESS, "cost"), {"pay": "5 EUR", "cost": "4 USD"}, False),
        (Rule("pay", Relation.LESS, "cost"), {"pay": "5 EUR/hour", "cost": "4 EUR"}, False),
    ],
)
def test_rules_hold_two_fields_against_each_other(
    rule: Rule, cells: dict[str, object], broken: bool
) -> None:
    plan = Plan(SCHEMA, rules=(rule,))
    row = record(**{name: found(data) for name, data in cells.items()})
    assert broken_rules(plan, row) == ((rule,) if broken else ())
