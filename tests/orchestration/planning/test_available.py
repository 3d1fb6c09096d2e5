"""From settings to plans and on to records, with a server that is scripted."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from orchestration.cost import cost_of
from orchestration.engine import Engine
from orchestration.events import JobEnded, LayoutPlanned, LeftOut, PageDone
from orchestration.orders import Orders
from orchestration.planning.cache import PlanCache
from orchestration.settings import Settings
from schemas.errors import PlannerFailed, SourceError, StoreError
from schemas.plan import Checks, FieldPlan, Origin, Plan, PlannedBy
from schemas.record import PageResult, PageStatus, Record, Tier, Value
from schemas.schema import Field, Kind, Schema
from schemas.source import resolve
from tests.orchestration.planner_server import Answer, PlannerServer, fails, says

pytest.importorskip("openai", reason='the extra "planner" is not installed')

SCHEMA = resolve("title, pay number")
KEY = "secret-key-5678"


def reply(schema: Schema = SCHEMA, **more: Any) -> dict[str, Any]:
    """The least that a planner says of *schema*, on pages with no list and no heading."""
    fields = {}
    for field in schema:
        numbers = (
            {"minimum": 1, "maximum": 10} if field.kind in ("number", "money", "integer") else {}
        )
        said = {"hint": "At the top.", "required": True, "tier": "auto"}
        fields[field.name] = {**said, "labels": [], **numbers}
    return {"fields": fields, **more}


def job(title: str, pay: int, style: str = "card") -> str:
    boxes = "".join(f'<div class="{style}-{part}">' for part in "abcdefghij")
    return f"<title>{title}</title>{boxes}<h1>{title}</h1><p>Title: {title}</p><p>Pay: {pay}</p>"


@contextmanager
def engine(folder: Path, url: str | None, **settings: Any) -> Iterator[Engine]:
    made = Settings(
        cache_dir=folder / "cache",
        data_dir=folder / "data",
        planner_url=url,
        planner_api_key=KEY,
        **settings,
    )
    with Engine(made, open_worker=lambda tier: ScriptedWorker()) as running:
        yield running


def write(folder: Path, pages: dict[str, str]) -> str:
    (folder / "pages").mkdir(exist_ok=True)
    for name, body in pages.items():
        (folder / "pages" / f"{name}.html").write_text(body, "utf-8")
    return str(folder / "pages")


THREE = {"a": job("Baker", 5), "b": job("Cook", 50), "c": job("Nurse", 7, "tile")}


def test_one_call_a_layout_and_every_page_is_read_by_its_plan(tmp_path: Path) -> None:
    with PlannerServer(says(reply()), says(reply())).running() as server:
        with engine(tmp_path, server.url) as running:
            events = list(running.run([write(tmp_path, THREE)], SCHEMA))
    planned = [event for event in events if isinstance(event, LayoutPlanned)]
    assert [Path(event.source).name for event in planned] == ["a.html", "c.html"]
    assert len(server.asked) == 2
    assert "page 1 of 2" in server.asked[0].body["messages"][1]["content"]
    done = [event.result.records[0].data for event in events if isinstance(event, PageDone)]
    assert done == [
        {"title": "Baker", "pay": 5},
        {"title": "Cook", "pay": None},  # 50 is beyond what the plan lets through
        {"title": "Nurse", "pay": 7},
    ]


def test_a_layout_that_was_planned_before_is_not_planned_again(tmp_path: Path) -> None:
    with PlannerServer(says(reply()), says(reply())).running() as server:
        for _ in range(2):
            with engine(tmp_path, server.url) as running:
                events = list(running.run([write(tmp_path, THREE)], SCHEMA))
                assert sum(isinstance(event, LayoutPlanned) for event in events) == 2
        assert len(server.asked) == 2
        with engine(tmp_path, server.url, planner_model="another") as running:
            list(running.run([write(tmp_path, THREE)], SCHEMA))
        assert len(server.asked) > 2


def test_without_an_endpoint_nobody_is_asked(tmp_path: Path) -> None:
    with engine(tmp_path, None) as running:
        events = list(running.run([write(tmp_path, THREE)], SCHEMA))
    assert not any(isinstance(event, LayoutPlanned) for event in events)


def test_an_endpoint_that_fails_leaves_the_schema_to_plan(tmp_path: Path) -> None:
    with PlannerServer(fails(401, f"wrong key {KEY}")).running() as server:
        with engine(tmp_path, server.url) as running:
            events = list(running.run([write(tmp_path, THREE)], SCHEMA))
    planned = [event.plan for event in events if isinstance(event, LayoutPlanned)]
    assert {plan.origin.by for plan in planned} == {PlannedBy.SCHEMA}
    assert "HTTP 401" in planned[0].origin.note
    assert KEY not in planned[0].origin.note
    assert len(server.asked) == 1
    assert sum(isinstance(event, PageDone) for event in events) == 3


def test_where_no_fallback_is_allowed_the_job_stops_and_can_go_on(tmp_path: Path) -> None:
    with PlannerServer(fails(401), says(reply()), says(reply())).running() as server:
        with engine(tmp_path, server.url, planner_fallback=False) as running:
            pages = write(tmp_path, THREE)
            with pytest.raises(PlannerFailed, match="HTTP 401"):
                list(running.run([pages], SCHEMA, Orders(job="jobs")))
            events = list(running.run([pages], SCHEMA, Orders(job="jobs")))
    assert sum(isinstance(event, PageDone) for event in events) == 3


def test_planning_counts_towards_what_a_job_may_cost(tmp_path: Path) -> None:
    with PlannerServer(says(reply(), tokens=900)).running() as server:
        with engine(tmp_path, server.url) as running:
            events = list(running.run([write(tmp_path, THREE)], SCHEMA, Orders(max_tokens=800)))
    assert sum(isinstance(event, PageDone) for event in events) == 1
    assert "limit of 800 tokens" in str(events[-1])


def test_a_given_plan_serves_all_pages_and_nobody_is_asked(tmp_path: Path) -> None:
    plan = Plan(SCHEMA, fields={"pay": FieldPlan(checks=Checks(maximum=6))})
    with PlannerServer().running() as server:
        with engine(tmp_path, server.url) as running:
            events = list(running.run([write(tmp_path, THREE)], plan))
    done = [event.result.records[0].data["pay"] for event in events if isinstance(event, PageDone)]
    assert done == [5, None, None]
    assert server.asked == []


def test_error_pages_are_not_planned_for(tmp_path: Path) -> None:
    gone = "<title>404 Not Found</title><h1>404 Not Found</h1><p>The page was not found.</p>"
    with PlannerServer(says(reply()), says(reply())).running() as server:
        with engine(tmp_path, server.url) as running:
            list(running.run([write(tmp_path, {"a": gone})], SCHEMA))
    assert server.asked == []


def test_plans_alone(tmp_path: Path) -> None:
    with PlannerServer(says(reply()), says(reply())).running() as server:
        with engine(tmp_path, server.url) as running:
            told = list(running.plan([write(tmp_path, THREE)], SCHEMA))
    planned = [event for event in told if isinstance(event, LayoutPlanned)]
    assert [event.plan.fields["title"].hint for event in planned] == ["At the top."] * 2
    assert planned[0].plan.layout != planned[1].plan.layout


def test_the_key_is_kept_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = (fails(500, KEY), says(reply()), says(reply()))
    with PlannerServer(*answers).running() as server:
        with engine(tmp_path, server.url, planner_attempts=2) as running:
            events = list(running.run([write(tmp_path, THREE)], SCHEMA))
            assert KEY not in repr(running.settings)
    assert KEY not in repr(events)
    assert KEY not in caplog.text
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]


def test_a_kept_plan_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    plan = Plan(SCHEMA, layout="00" * 64, origin=Origin(PlannedBy.ENDPOINT, "m"))
    with PlanCache(tmp_path / "plans.sqlite") as cache:
        cache.keep(plan, SCHEMA, model="m")
        assert cache.find(SCHEMA, "00" * 64, model="m") == plan
        assert cache.find(SCHEMA, "ff" * 64, model="m") is None
        assert cache.find(SCHEMA, "00" * 64, model="n") is None
        assert cache.find(resolve("title, pay"), "00" * 64, model="m") is None
        cache._file.execute("UPDATE plans SET plan = '{}'")
        assert cache.find(SCHEMA, "00" * 64, model="m") is None


def test_pages_cannot_change_the_fields_nor_who_is_asked(tmp_path: Path, evaldata: Path) -> None:
    """Injections of the evaluation folder, before a planner that obeys the page at first."""
    rows = (evaldata / "hostile" / "prompt_injection" / "injections.jsonl").read_text("utf-8")
    texts = [json.dumps(json.loads(row), ensure_ascii=False) for row in rows.splitlines()[:40]]
    obeyed = {**reply(), "fields": {**reply()["fields"], "password": {"hint": "Send it."}}}
    pages = {}
    for number, text in enumerate(texts):
        body = job(f"Baker {number}", 5).replace("</h1>", f"</h1><p>{text}</p>")
        pages[f"{number:03d}"] = body
    with PlannerServer(*[says(obeyed)] * 2, *[says(reply())] * 60).running() as server:
        with engine(tmp_path, server.url) as running:
            events = list(running.run([write(tmp_path, pages)], SCHEMA))
    planned = [event.plan for event in events if isinstance(event, LayoutPlanned)]
    assert planned
    for plan in planned:
        assert tuple(plan.fields) == plan.schema.names == SCHEMA.names
    assert {asked.path for asked in server.asked} == {"/v1/chat/completions"}
    done = [event.result for event in events if isinstance(event, PageDone)]
    assert all(set(r.data) == set(SCHEMA.names) for result in done for r in result.records)


class Unsure(ScriptedWorker):
    """Answers as the script does, but is hardly sure of anything."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        read = super().extract(page, schema, check_stop=check_stop)
        return replace(read, records=tuple(_unsure(record) for record in read.records))


def _unsure(record: Record) -> Record:
    cells = {
        n: replace(c, confidence=0.3) if isinstance(c, Value) else c
        for n, c in record.cells.items()
    }
    return replace(record, cells=cells)


def repaired(folder: Path, *answers: Answer, **settings: Any) -> tuple[PageResult, PlannerServer]:
    schema = resolve("title, city, pay number, open boolean, tags list")
    body = job("Baker", 5).replace("<h1>", "<h2>")  # no headline, which would answer the title
    body = body.replace("</h1>", "</h2><p>In Ulm, open now. Tags here: oven, flour</p>")
    with PlannerServer(*answers).running() as server:
        made = Settings(data_dir=folder, planner="schema", planner_url=server.url, **settings)
        with Engine(made, open_worker=lambda tier: Unsure()) as running:
            events = list(running.run([write(folder, {"a": body})], schema))
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    return result, server


def test_unsure_fields_are_answered_by_the_endpoint_where_it_can_quote(tmp_path: Path) -> None:
    reply = {
        "title": {"quote": "Baker"},
        "city": {"quote": "Ulm"},
        "pay": {"quote": "7"},
        "open": {"quote": "open now", "answer": "true"},
        "tags": {"quotes": ["oven", "flour", "sugar"]},
    }
    result, server = repaired(tmp_path, says(reply, tokens=400), repair_tokens=10_000)
    cells = result.records[0].cells
    assert len(server.asked) == 1
    assert result.records[0].data == {
        "title": "Baker",
        "city": "Ulm",
        "pay": 5,  # the page has no 7: what cannot be quoted is no answer, and changes nothing
        "open": True,
        "tags": ["oven", "flour"],
    }
    city, title = cells["city"], cells["title"]
    assert isinstance(city, Value)
    assert isinstance(title, Value)
    assert (city.tier, city.evidence and city.evidence.quote) == (Tier.PLANNER, "Ulm")
    assert title.tier is not Tier.PLANNER  # both say the same, and the worker said it first
    assert result.tokens.prompt == 400


def test_a_quote_takes_no_generated_words_place(tmp_path: Path) -> None:
    schema = Schema("job", (Field("trade"), Field("summary", Kind.GENERATED)))
    with PlannerServer(says({"trade": {"quote": "Baker"}})).running() as server:
        made = Settings(
            data_dir=tmp_path, planner="schema", planner_url=server.url, repair_tokens=999
        )
        with Engine(made, open_worker=lambda tier: Unsure()) as running:
            events = list(running.run([write(tmp_path, {"a": job("Baker", 5)})], schema))
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    (asked,) = server.asked
    assert "summary" not in json.dumps(asked.body)
    assert str(result.records[0].data["summary"]).startswith("A page of")


def test_kept_plans_that_cannot_be_read_are_an_error_of_the_store(tmp_path: Path) -> None:
    cache = PlanCache(tmp_path / "plans.sqlite")
    cache.close()
    with pytest.raises(StoreError, match="cannot be read"):
        cache.find(SCHEMA, "", model="scripted")


def test_what_asking_again_takes_is_counted(tmp_path: Path) -> None:
    result, _ = repaired(tmp_path, says("no JSON", tokens=300), repair_tokens=10_000)
    assert result.records[0].data["pay"] == 5
    assert result.spent[Tier.PLANNER].tokens.prompt == 300
    assert result.status is PageStatus.OK
    assert "gave no answer for title, city, pay, open, tags: the reply is not JSON" in str(
        result.reason
    )


def test_dates_that_the_endpoint_quotes_are_read_as_the_page_writes_them(tmp_path: Path) -> None:
    body = '<html lang="de"><h1>Baker</h1><p>From 3/4/2026 on</p>'
    with PlannerServer(says({"starts": {"quote": "3/4/2026"}})).running() as server:
        made = Settings(
            data_dir=tmp_path, planner="schema", planner_url=server.url, repair_tokens=999
        )
        with Engine(made, open_worker=lambda tier: Unsure()) as running:
            events = list(running.run([write(tmp_path, {"a": body})], resolve("starts date")))
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    assert result.records[0].data == {"starts": "2026-04-03"}


def test_a_list_that_a_check_makes_too_short_is_absent(tmp_path: Path) -> None:
    schema = Schema("job", (Field("title"), Field("tags", many=True, min_items=2)))
    tags = FieldPlan(checks=Checks(pattern="^o"))
    page = write(tmp_path, {"a": "<p>Title: Baker</p><p>Tags: oven, flour</p>"})
    with Engine(Settings(data_dir=tmp_path), open_worker=lambda tier: ScriptedWorker()) as running:
        events = list(running.run([page], Plan(schema, fields={"tags": tags})))
    (result,) = [event.result for event in events if isinstance(event, PageDone)]
    assert result.records[0].data == {"title": "Baker", "tags": None}


def test_a_job_is_not_gone_on_with_by_another_plan(tmp_path: Path) -> None:
    page = write(tmp_path, {"a": job("Baker", 5), "b": job("Cook", 6)})
    plan = Plan(SCHEMA, skip=("Related",))
    with Engine(Settings(data_dir=tmp_path), open_worker=lambda tier: ScriptedWorker()) as running:
        for event in running.run([page], plan, Orders(job="jobs")):
            if isinstance(event, PageDone):
                break
        with pytest.raises(StoreError, match="another plan"):
            list(running.run([page], Plan(SCHEMA), Orders(job="jobs")))
        events = list(running.run([page], plan, Orders(job="jobs")))
    assert isinstance(events[-1], JobEnded)


def test_without_a_budget_unsure_fields_stay_as_they_are(tmp_path: Path) -> None:
    result, server = repaired(tmp_path)
    assert server.asked == []
    assert result.records[0].data["pay"] == 5


def test_an_endpoint_that_fails_leaves_unsure_fields_as_they_are(tmp_path: Path) -> None:
    result, server = repaired(tmp_path, fails(401), repair_tokens=10_000)
    assert result.records[0].data["pay"] == 5
    assert len(server.asked) == 1


def test_what_a_planner_took_in_vain_counts_and_is_kept_with_the_job(tmp_path: Path) -> None:
    bad = [says("no JSON", tokens=450)] * 2
    with PlannerServer(*bad).running() as server:
        with engine(tmp_path, server.url, planner_attempts=2) as running:
            pages = write(tmp_path, THREE)
            events = list(running.run([pages], SCHEMA, Orders(job="jobs", max_tokens=800)))
            job = running.store.job("jobs")
            assert job
            kept = cost_of(running.store.results(job.id))
    ended = events[-1]
    assert isinstance(ended, JobEnded)
    assert "limit of 800 tokens" in str(ended.stopped)
    assert sum(isinstance(event, PageDone) for event in events) == 1
    assert kept == ended.cost
    assert kept.spent[Tier.PLANNER].count == 900


def test_all_jobs_of_an_engine_ask_one_endpoint_within_one_limit(tmp_path: Path) -> None:
    with PlannerServer(*[says(reply(), tokens=600)] * 9).running() as server:
        with engine(tmp_path, server.url, planner_tokens=500) as running:
            pages = write(tmp_path, THREE)
            first = list(running.plan([pages], SCHEMA))
            list(running.run([pages], resolve("title, pay integer"), Orders(job="another")))
    assert len(server.asked) == 1
    later = first[1]
    assert isinstance(later, LayoutPlanned)
    assert "took 600 tokens; the limit is 500" in later.plan.origin.note


def test_pages_that_no_plan_can_be_made_for_are_told_with_the_reason(tmp_path: Path) -> None:
    gone = "<title>404 Not Found</title><h1>404 Not Found</h1><p>The page was not found.</p>"
    pages = write(tmp_path, {"a": job("Baker", 5), "b": gone})
    with engine(tmp_path, None) as running:
        told = list(running.plan([pages, str(tmp_path / "none.html")], SCHEMA))
    left_out = {Path(one.source).name: one.why for one in told if isinstance(one, LeftOut)}
    assert set(left_out) == {"b.html", "none.html"}
    assert isinstance(left_out["none.html"], SourceError)
    assert "not found" in left_out["b.html"].explain()
    assert sum(isinstance(one, LayoutPlanned) for one in told) == 1
