"""The file of plans made before."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from extractors.pages import Page
from orchestration.planning.cache import PlanCache
from orchestration.planning.layouts import LayoutPlans
from orchestration.planning.planner import SchemaPlanner
from schemas.errors import StoreError
from schemas.source import resolve

SCHEMA = resolve("title, pay number")
PAGE = Page("a.html", "", b"<title>Baker</title><main><h1>Baker</h1><p>Pay: 5</p></main>")


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
