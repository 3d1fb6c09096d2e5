from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.skeleton import draw_skeleton
from orchestration.cli import app
from schemas.plan import PlannedBy
from schemas.plan_json import dump_plan, load_plan
from schemas.source import resolve
from tests.orchestration.planner_server import PlannerServer, says

PAGES = Path(__file__).parents[2] / "pages"
TEACHER = str(PAGES / "job_teacher" / "page.html")
EVENTS = str(PAGES / "events_list" / "page.html")


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDWISE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FIELDWISE_PLANNER", "schema")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_plan_from_the_schema_says_so_and_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    done = run("plan", TEACHER, "--schema", "title, salary money", "-o", str(path))
    assert done.exit_code == 0
    assert "planned from the schema alone, no model was asked" in done.stderr
    plan = load_plan(path)
    assert plan.origin.by is PlannedBy.SCHEMA
    assert plan.layout
    read = run("extract", TEACHER, "--plan", str(path), "--tier", "markup", "--quiet")
    assert read.exit_code == 0
    assert list(json.loads(read.stdout)["records"][0]["values"]) == ["title", "salary"]


def test_a_plan_is_printed_where_no_file_is_named() -> None:
    done = run("plan", TEACHER, "--ask", "the title and the salary", "--quiet")
    assert list(json.loads(done.stdout)["fields"]) == ["title", "salary"]


def test_every_layout_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    assert (
        run("plan", TEACHER, EVENTS, "--schema", "title, day date", "-o", str(path)).exit_code == 0
    )
    assert load_plan(path).layout != load_plan(tmp_path / "plan-2.json").layout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("extract", TEACHER), "nothing is asked for"),
        (("plan", TEACHER), "nothing is asked for"),
        (("extract", TEACHER, "--plan", "none.json"), "none.json: No such file"),
        (("extract", TEACHER, "--plan", TEACHER), "not JSON"),
        (("extract", TEACHER, "--plan", "x.json", "--schema", "a, b"), "has its own schema"),
        (("plan", TEACHER, "--schema", "a wage"), "is not a kind"),
    ],
)
def test_what_cannot_be_followed_is_bad_usage(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_an_edited_plan_changes_what_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    page = tmp_path / "page.html"
    offer = (
        '{"@type": "Product", "name": "Kettle", "offers": {"price": "30", "priceCurrency": "EUR"}}'
    )
    page.write_text(
        f'<h1>Kettle</h1><p>Price: 30 EUR</p><script type="application/ld+json">{offer}</script>',
        "utf-8",
    )
    run("plan", str(page), "--schema", "name, price money", "-o", str(path))
    before = run("extract", str(page), "--plan", str(path), "--tier", "markup", "--quiet")
    plan = json.loads(path.read_text("utf-8"))
    plan["fields"]["name"]["checks"] = {"pattern": "^Pan"}
    path.write_text(json.dumps(plan), "utf-8")
    after = run("extract", str(page), "--plan", str(path), "--tier", "markup", "--quiet")
    names = [json.loads(done.stdout)["records"][0]["values"]["name"] for done in (before, after)]
    assert names == ["Kettle", None]


def test_no_page_to_plan_for_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone.html"
    gone.write_text("<title>404 Not Found</title><h1>404 Not Found</h1>", "utf-8")
    done = run("plan", str(gone), str(tmp_path / "none.html"), "--schema", "title, pay", "-q")
    assert done.exit_code == 3
    assert "gone.html: left out: " in done.stderr
    assert "none.html: left out: " in done.stderr
    assert "there is no plan: none of the 2 pages can be used" in done.stderr


def test_sources_that_cannot_be_read_are_named_beside_the_plan(tmp_path: Path) -> None:
    picture = tmp_path / "picture.html"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    done = run("plan", TEACHER, str(picture), "--schema", "title, pay")
    assert done.exit_code == 1  # as `extract` has it
    assert "picture.html: left out: " in done.stderr
    assert "PNG" in done.stderr
    assert list(json.loads(done.stdout)["fields"]) == ["title", "pay"]


def test_the_endpoint_is_asked_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai", reason='the extra "planner" is not installed')
    parsed = parse_page(Page(TEACHER, "", Path(TEACHER).read_bytes()))
    labels = draw_skeleton(parsed, resolve("title, salary"), budget=6_000).labels
    key = f"L{labels.index('Salary') + 1}"
    field = {"hint": "The heading.", "labels": [], "required": True, "tier": "auto"}
    reply = {"fields": {"title": field, "salary": {**field, "labels": [key]}}, "skip": []}
    monkeypatch.setenv("FIELDWISE_PLANNER", "endpoint")
    with PlannerServer(says(reply, tokens=1_500)).running() as server:
        monkeypatch.setenv("FIELDWISE_PLANNER_URL", server.url)
        path = tmp_path / "plan.json"
        done = run("plan", TEACHER, "--schema", "title, salary", "-o", str(path))
    assert "planned by Qwen/Qwen2-72B-Instruct (endpoint): 1,500 tokens" in done.stderr
    assert load_plan(path).fields["salary"].labels == ("Salary",)
    assert dump_plan(load_plan(path)) == path.read_text("utf-8")


@pytest.mark.parametrize("place", ["", "missing/plan.json"])
def test_a_place_for_the_plan_is_refused_before_anything_is_planned(
    tmp_path: Path, place: str
) -> None:
    done = run("plan", "nowhere.html", "--schema", "title,", "-o", str(tmp_path / place))
    assert done.exit_code == 2
    assert "is not a file in an existing folder" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("words", ["", "  ", "?!"])
def test_words_that_say_nothing_ask_for_nothing(words: str) -> None:
    done = run("extract", TEACHER, "--ask", words)
    assert done.exit_code == 2
    assert "nothing is asked for" in done.stderr


def test_why_a_plan_is_refused_names_no_class_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    run("plan", TEACHER, "--schema", "title,", "-o", str(path))
    path.write_text(json.dumps({**json.loads(path.read_text()), "origin": None}))
    done = run("extract", TEACHER, "--plan", str(path))
    assert done.exit_code == 2
    assert "#/origin: input should be a valid dictionary, not null" in done.stderr


def test_a_planner_says_nothing_of_packages_that_are_not_needed(tmp_path: Path) -> None:
    settings = {
        "FIELDWISE_DATA_DIR": str(tmp_path),
        "FIELDWISE_PLANNER": "endpoint",
        "FIELDWISE_PLANNER_URL": "http://127.0.0.1:9/v1",
        "FIELDWISE_PLANNER_FALLBACK": "false",
        "FIELDWISE_PLANNER_ATTEMPTS": "1",
    }
    command = [sys.executable, "-m", "orchestration", "plan", TEACHER, "--schema", "title,"]
    done = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith("fieldwise: the planning endpoint cannot be reached")


def test_a_planners_address_that_is_none_is_refused_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIELDWISE_PLANNER_URL", "localhost:8000/v1")
    done = run("plan", "nowhere.html", "--schema", "title,")
    assert done.exit_code == 2
    assert "FIELDWISE_PLANNER_URL: the address has no scheme" in done.stderr
    assert "write http://localhost:8000/v1" in done.stderr
