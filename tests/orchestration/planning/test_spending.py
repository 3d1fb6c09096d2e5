"""What planning took is told, whatever becomes of the page that it was done for."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.scripted import ScriptedWorker
from orchestration.engine import Engine, Orders
from orchestration.events import Event, JobEnded, LayoutPlanned, PageDone
from orchestration.settings import Settings
from schemas.record import Tier
from schemas.source import resolve
from tests.orchestration.planner_server import PlannerServer, says

pytest.importorskip("openai", reason='the extra "planner" is not installed')

SCHEMA = resolve("perks,")
REPLY = {"fields": {"perks": {"hint": "On top.", "required": False, "tier": "auto"}}}
PAGE = "<title>Baker</title><main><h1>Baker</h1><p>Night work in a warm place.</p></main>"


def events(tmp_path: Path, *, stops: bool) -> list[Event]:
    """Of a job over one page, whose plan takes 150 tokens; *stops*: once that is made."""
    (tmp_path / "a.html").write_text(PAGE)
    told: list[Event] = []
    with PlannerServer(says(REPLY, tokens=150)).running() as server:
        settings = Settings(
            data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", planner_url=server.url
        )
        with Engine(settings, open_worker=lambda tier: ScriptedWorker()) as engine:
            for event in engine.run(
                [str(tmp_path / "a.html")],
                SCHEMA,
                Orders(stop=lambda: stops and isinstance(told[-1], LayoutPlanned)),
            ):
                told.append(event)
    return told


def test_a_plan_is_paid_for_where_the_job_is_stopped_before_its_page(tmp_path: Path) -> None:
    *_, planned, last = events(tmp_path, stops=True)
    assert isinstance(planned, LayoutPlanned)
    assert isinstance(last, JobEnded)
    assert last.stopped == "stopped"
    assert last.cost.spent[Tier.PLANNER].count == 150


def test_a_plan_is_paid_for_once_where_its_page_is_read(tmp_path: Path) -> None:
    *_, page, last = events(tmp_path, stops=False)
    assert isinstance(page, PageDone)
    assert isinstance(last, JobEnded)
    assert page.result.spent[Tier.PLANNER].count == last.cost.spent[Tier.PLANNER].count == 150
