"""The file of plans made before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from extractors.layout import layout_of, same_layout
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from orchestration.planning.cache import PlanCache
from orchestration.planning.layouts import LayoutPlans
from orchestration.planning.planner import Planners, SchemaPlanner
from schemas.errors import PlanError, StoreError
from schemas.plan import Plan, PlannedBy
from schemas.schema import Schema
from schemas.source import resolve

SCHEMA = resolve("title, pay number")
PAGE = Page("a.html", "", b"<title>Baker</title><main><h1>Baker</h1><p>Pay: 5</p></main>")


class Failing(SchemaPlanner):
    """A model that gives no plan."""

    name: str | None = "named"
    by = PlannedBy.ENDPOINT

    def plan(self, schema: Schema, samples: Sequence[ParsedPage]) -> Plan:
        raise PlanError("no")


class Named(SchemaPlanner):
    """Plans as the schema says, under a name: such plans are kept."""

    name: str | None = "named"


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with PlanCache(tmp_path / "plans.sqlite"):
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_plan_that_cannot_be_kept_serves_its_job_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "plans.sqlite"
    with PlanCache(path) as cache:
        cache._file.execute("PRAGMA query_only = ON")  # as where the disk is full
        with caplog.at_level(logging.WARNING):
            plan, is_new = LayoutPlans(Named(), SCHEMA, cache=cache).plan_for(PAGE)
        assert plan is not None
        assert is_new
        assert cache.find(SCHEMA, plan.layout or "", model="named") is None
    assert "the next job has to plan again: the plan could not be kept" in caplog.text


def test_a_file_that_is_none_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "plans.sqlite"
    path.write_text("these are no plans, and they are long enough to be no empty file" * 20)
    with pytest.raises(StoreError, match=r"kept plans cannot be opened: .*plans\.sqlite") as told:
        PlanCache(path)
    assert told.value.hint.startswith("move that file away")


def test_a_lesser_planners_plan_is_not_kept_as_that_of_the_one_that_failed(tmp_path: Path) -> None:
    with PlanCache(tmp_path / "plans.sqlite") as cache:
        planner = Planners([Failing(), SchemaPlanner()])
        plan, _ = LayoutPlans(planner, SCHEMA, cache=cache).plan_for(PAGE)
        assert plan is not None
        assert cache.find(SCHEMA, plan.layout or "", model="named") is None
        kept, _ = LayoutPlans(Named(), SCHEMA, cache=cache).plan_for(PAGE)
        assert cache.find(SCHEMA, plan.layout or "", model="named") == kept


def test_a_page_that_is_like_two_layouts_is_read_by_the_plan_of_the_likest() -> None:
    def page(first: int) -> Page:
        names = [
            chr(ord("a") + n // 26) + chr(ord("a") + n % 26) for n in range(first, first + 100)
        ]
        boxes = "".join(f'<div class="{name}"><p>Words.</p></div>' for name in names)
        return Page(f"{first}.html", "", f"<title>Baker</title><main>{boxes}</main>".encode())

    plans = LayoutPlans(SchemaPlanner(), SCHEMA, cache=None)
    (one, _), (other, is_new) = plans.plan_for(page(0)), plans.plan_for(page(70))
    assert one is not None
    assert other is not None
    assert is_new
    assert plans.plan_for(page(44)) == (other, False)
    assert same_layout(one.layout or "", layout_of(page(44)))
