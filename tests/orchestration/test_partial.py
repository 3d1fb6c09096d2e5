"""A model that fails within a page costs no answer that something else gave."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.scripted import ScriptedWorker
from orchestration import Engine, Orders, Settings
from orchestration.commands.shared import ExitStatus, leave
from orchestration.events import JobEnded, PageDone
from schemas.errors import StoreError
from schemas.record import PageStatus
from schemas.schema import Field, Kind, Schema

SCHEMA = Schema("product", (Field("price", Kind.NUMBER), Field("colour")))
MARKUP = """<script type="application/ld+json">
{"@type": "Product", "name": "Spade", "offers": {"price": 12}}</script>
<h1>Spade</h1><p>12 EUR</p>"""
FAILS = "<p>Fail: the runtime stopped</p>"
RESTS = "<p>Colour: green</p>"


def run(folder: Path, *bodies: str, schema: Schema = SCHEMA) -> list[PageDone | JobEnded]:
    """A job over pages of these *bodies*, gone on with where it was run before."""
    for number, body in enumerate(bodies):
        (folder / f"{number}.html").write_text(body, "utf-8")
    settings = Settings(data_dir=folder, cache_dir=folder)
    with Engine(settings, open_worker=lambda tier: ScriptedWorker()) as engine:
        known = engine.store.job("tools")
        sources = [str(folder / f"{number}.html") for number in range(len(bodies))]
        events = engine.resume(known) if known else engine.run(sources, schema, Orders(job="tools"))
        return [event for event in events if isinstance(event, PageDone | JobEnded)]


def test_what_the_markup_says_stays_and_the_reason_is_told(tmp_path: Path) -> None:
    done, ended = run(tmp_path, MARKUP + RESTS + FAILS)
    assert isinstance(done, PageDone)
    assert done.result.status is PageStatus.PARTIAL
    assert done.result.reason == "colour could not be answered: the runtime stopped"
    assert done.result.records[0].data == {"price": 12, "colour": None}
    assert isinstance(ended, JobEnded)
    with pytest.raises(Exception) as left:
        leave(ended, {**dict.fromkeys(PageStatus, 0), PageStatus.PARTIAL: 1})  # type: ignore[arg-type]
    assert getattr(left.value, "exit_code", None) == ExitStatus.SOME_FAILED


def test_a_page_on_which_nothing_was_answered_failed(tmp_path: Path) -> None:
    done = run(tmp_path, RESTS + FAILS)[0]
    assert isinstance(done, PageDone)
    assert (done.result.status, done.result.records) == (PageStatus.FAILED, ())


def test_going_on_with_the_job_reads_such_a_page_anew(tmp_path: Path) -> None:
    run(tmp_path, MARKUP + FAILS, MARKUP + RESTS)
    (done, _) = run(tmp_path, MARKUP + RESTS)
    assert isinstance(done, PageDone)
    assert (done.position, done.result.status) == (0, PageStatus.OK)
    assert done.result.records[0].data == {"price": 12, "colour": "green"}
    with pytest.raises(StoreError, match="is finished"):
        run(tmp_path, MARKUP + RESTS)


def test_what_was_found_before_stays_where_the_page_is_gone(tmp_path: Path) -> None:
    run(tmp_path, MARKUP + FAILS)
    (tmp_path / "0.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    done, ended = run(tmp_path)
    assert isinstance(done, PageDone)
    assert (done.result.status, len(done.result.records)) == (PageStatus.PARTIAL, 1)
    assert isinstance(ended, JobEnded)
    assert ended.cost.pages == 1  # it was read all the same


def test_a_list_that_the_markup_gives_stays(tmp_path: Path) -> None:
    schema = Schema("product", SCHEMA.fields, many=True)
    done = run(tmp_path, MARKUP + RESTS + FAILS, schema=schema)[0]
    assert isinstance(done, PageDone)
    assert done.result.status is PageStatus.PARTIAL
    assert "the page's list could not be read" in str(done.result.reason)
    assert [record.data["price"] for record in done.result.records] == [12]
