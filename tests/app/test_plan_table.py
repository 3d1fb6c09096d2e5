"""What a person changes in the plan's table, without a browser."""

from __future__ import annotations

from schemas.plan import FieldPlan, Plan, Relation, Rule
from schemas.record import Tier
from schemas.schema import Field, Schema
from ui.plan import changed, fitted, plan_table

POST = Schema("post", (Field("title", required=True), Field("low"), Field("high")))
PLAN = Plan(
    POST,
    fields={"title": FieldPlan(Tier.LARGE, "at the top", ("Job",), required=True)},
    skip=("Other jobs",),
    rules=(Rule("low", Relation.AT_MOST, "high"),),
)


def test_what_the_rows_say_is_taken_and_the_rest_is_kept() -> None:
    row = {"field": "title", "hint": " in  the\nhead ", "labels": "Post| Post |Role|", "tier": ""}
    plan = changed(PLAN, [row, {"field": "no such"}])
    assert plan.fields["title"] == FieldPlan(None, "in the head", ("Post", "Role"), required=True)
    assert (plan.skip, plan.rules, plan.fields["low"]) == (("Other jobs",), PLAN.rules, FieldPlan())


def test_a_tier_that_there_is_not_is_left_open() -> None:
    rows = [{"field": "low", "tier": "person"}, {"field": "high", "tier": "small"}]
    plan = changed(PLAN, rows)
    assert (plan.fields["low"].tier, plan.fields["high"].tier) == (None, Tier.SMALL)


def test_other_fields_keep_what_the_plan_says_of_those_that_stayed() -> None:
    other = Schema(
        "post", (Field("title", description="what it is called"), Field("low"), Field("place"))
    )
    plan = fitted(PLAN, other)
    assert (plan.schema, plan.rules) == (other, ())
    assert plan.fields["title"].hint == "at the top"
    assert plan.fields["place"] == FieldPlan()


def test_words_of_the_plan_are_only_text() -> None:
    hostile = Plan(POST, fields={"title": FieldPlan(hint='"><script>x()</script>')})
    assert "<script" not in plan_table("<b>page", hostile)
    assert "<b>page" not in plan_table("<b>page", hostile)
