"""A link that leads nowhere known is no link that the page lacks: the result says which it is."""

from __future__ import annotations

from pathlib import Path

from extractors.scripted import ScriptedWorker
from orchestration import Engine, Settings
from orchestration.events import PageDone
from schemas.dsl import parse_dsl
from schemas.record import PageResult, PageStatus
from schemas.schema import Field, Kind, Schema

SCHEMA = parse_dsl("title, apply url")
ADDRESS = "<link rel='canonical' href='https://ex.org/jobs/1'>"
LINKS = "<p><a href='apply'>Apply</a> or <a href='../'>see all</a>"
OTHERS = "<p><a href='#end'>Down</a> <a href='mailto:x@ex.org'>Write</a> <a>here</a>"


def read(folder: Path, body: str, wanted: str | Schema = SCHEMA) -> PageResult:
    (folder / "page.html").write_text(f"<p>Title: Clerk{body}")
    schema = parse_dsl(wanted) if isinstance(wanted, str) else wanted
    settings = Settings(data_dir=folder, cache_dir=folder)
    with Engine(settings, open_worker=lambda tier: ScriptedWorker()) as engine:
        events = engine.run([folder / "page.html"], schema)
        (done,) = [event for event in events if isinstance(event, PageDone)]
        return done.result


def test_relative_links_of_a_page_without_an_address_are_counted(tmp_path: Path) -> None:
    result = read(tmp_path, LINKS)
    assert result.status is PageStatus.OK
    assert result.reason == (
        "relative links were left out (2): the page does not say its own address"
        " (give its URL, or save it with its address)"
    )


def test_nothing_is_said_where_nothing_was_lost(tmp_path: Path) -> None:
    assert read(tmp_path, OTHERS).reason is None
    assert read(tmp_path, ADDRESS + LINKS).reason is None
    assert read(tmp_path, LINKS, "title, place").reason is None
    assert read(tmp_path, "<p>Apply: https://ex.org/apply" + LINKS).reason is None


def test_links_that_are_parts_of_an_object_count_too(tmp_path: Path) -> None:
    parts = (Field("title"), Field("apply", Kind.URL))
    for many in (False, True):
        schema = Schema("job", (Field("post", Kind.OBJECT, fields=parts, many=many),))
        assert "left out (2)" in (read(tmp_path, LINKS, schema).reason or "")
        assert read(tmp_path, "<p>Apply: https://ex.org/apply" + LINKS, schema).reason is None
