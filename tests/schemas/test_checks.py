from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.checks import breach, ends, holds, issues
from schemas.plan import Checks, FieldPlan, Plan, Relation, Rule
from schemas.plan_checks import broken_rules, checked
from schemas.record import Record, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

SCHEMA = Schema(
    "job",
    (
        Field("pay", Kind.MONEY),
        Field("low", Kind.NUMBER),
        Field("high", Kind.NUMBER),
        Field("code"),
        Field("offers", Kind.OBJECT, many=True, fields=(Field("price", Kind.MONEY),)),
    ),
)
PLAN = Plan(
    SCHEMA,
    fields={
        "pay": FieldPlan(checks=Checks(minimum=10, maximum=100)),
        "code": FieldPlan(checks=Checks(pattern="^[A-Z]")),
        "offers": FieldPlan(parts={"price": FieldPlan(checks=Checks(minimum=1))}),
    },
    rules=(Rule("low", Relation.AT_MOST, "high"),),
)


def said(data: Any) -> Value:
    return Value(str(data), data, status=ValueStatus.FOUND)


def record(**data: Any) -> Record:
    return Record({name: said(value) for name, value in data.items()}, "")


def test_a_record_that_keeps_to_its_plan_has_no_issues() -> None:
    assert issues(PLAN, record(pay="10..100 EUR/hour", low=1, high=2, code="A1")) == ()
    assert issues(PLAN, record()) == ()


def test_each_issue_names_its_field_and_what_is_wrong() -> None:
    cells = dict(record(pay="9..20 EUR", low=3, high=2, code="a").cells)
    cells["offers"] = ({"price": said("0.50 EUR")}, {"price": said("2 EUR")})
    assert issues(PLAN, Record(cells, "")) == (
        'pay: "9..20 EUR" is below 10',
        'code: "a" does not match ^[A-Z]',
        'offers.price: "0.50 EUR" is below 1',
        "low <= high: 3 and 2 contradict each other",
    )


@pytest.mark.parametrize(
    ("kind", "checks", "data", "broken"),
    [
        (Kind.NUMBER, Checks(minimum=0.1), 0.1, False),
        (Kind.NUMBER, Checks(maximum=5), 6, True),
        (Kind.MONEY, Checks(maximum=100), "90..120 $", True),
        (Kind.DATE, Checks(minimum="2020-01-01"), "2019-12-31", True),
        (Kind.DATETIME, Checks(maximum="2020-01-01"), "2020-01-01T23:00:00", False),
        (Kind.TEXT, Checks(pattern="x"), "axb", False),
    ],
)
def test_bounds_and_patterns(kind: Kind, checks: Checks, data: Any, broken: bool) -> None:
    assert bool(breach(kind, checks, data)) is broken


@pytest.mark.parametrize(
    ("first", "relation", "second", "fits"),
    [
        ((Kind.DATE, "2021-01-02"), Relation.LESS, (Kind.DATE, "2021-01-02"), False),
        ((Kind.DATE, "2021-01-02"), Relation.AT_MOST, (Kind.DATETIME, "2021-01-02T09:00:00"), True),
        ((Kind.MONEY, "5 EUR"), Relation.LESS, (Kind.MONEY, "4 EUR"), False),
        ((Kind.MONEY, "5..9 EUR"), Relation.LESS, (Kind.MONEY, "6 EUR"), True),
        ((Kind.MONEY, "5 EUR"), Relation.LESS, (Kind.MONEY, "4 USD"), True),
        ((Kind.MONEY, "5 EUR/hour"), Relation.LESS, (Kind.MONEY, "4 EUR/day"), True),
        ((Kind.TEXT, "a"), Relation.DIFFERENT, (Kind.TEXT, "a"), False),
        ((Kind.NUMBER, 5), Relation.LESS, (Kind.NUMBER, None), True),
        ((Kind.NUMBER, 5), Relation.LESS, (Kind.DATE, "2021-01-01"), True),
    ],
)
def test_rules_between_two_values(
    first: tuple[Kind, Any], relation: Relation, second: tuple[Kind, Any], fits: bool
) -> None:
    assert holds(relation, first, second) is fits


@given(st.sampled_from(Kind), st.text(max_size=10) | st.integers() | st.floats() | st.none())
def test_any_data_has_ends_or_none(kind: Kind, data: Any) -> None:
    span = ends(kind, data)
    assert span is None or span[0] <= span[1]


def test_what_breaks_a_check_is_taken_out_by_the_plan() -> None:
    (kept,) = checked(PLAN, [record(pay="5..20 EUR", low=3, high=2)])
    assert kept.data["pay"] is None
    assert [str(rule) for rule in broken_rules(PLAN, kept)] == ["low <= high"]
