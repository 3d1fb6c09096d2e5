"""Jobs over files on disk, with a whole model of random weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from extractors.pages import Manners, Reader
from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.web.rendering import why_not
from extractors.worker import Extraction
from orchestration import Engine, Orders, Settings, extract
from orchestration.engine import Wanted
from orchestration.events import Event, JobEnded, JobStarted, PageDone
from orchestration.storage.store import JobState
from schemas.errors import ModelMissing, NoMemory, SchemaError, StoreError
from schemas.json_schema import parse
from schemas.plan import Plan
from schemas.record import PageStatus, Tier
from schemas.schema import Field, Schema
from tests.extractors import tiny

SCHEMA = Schema("post", (Field("title"), Field("place")))
PLACE = Schema("place", (Field("place"),))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        cache_dir=tmp_path / "cache",
        data_dir=tmp_path / "data",
        large_model=str(tiny.save(tmp_path / "weights")),
        offline=True,
        page_tokens=600,
        threads=1,
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine(settings) as engine:
        yield engine


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.html").write_text(f"<h1>Gardener {number}</h1><p>Ambleford</p>")
    return folder


def done(events: list[Event]) -> list[PageDone]:
    return [event for event in events if isinstance(event, PageDone)]


def test_a_job_is_a_start_a_page_each_and_an_end(engine: Engine, pages: Path) -> None:
    events = list(engine.run([str(pages)], SCHEMA))
    assert [type(event) for event in events] == [JobStarted, *[PageDone] * 4, JobEnded]
    assert [event.position for event in done(events)] == [0, 1, 2, 3]
    assert all(event.result.status is PageStatus.OK for event in done(events))


def test_what_comes_out_keeps_the_limits_of_the_schema(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>Rooms: 12</p><p>Floor: 3</p><p>Tags: a, b, a</p>")
    count = {"type": "integer", "maximum": 9}
    tags = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    schema = parse({"properties": {"rooms": count, "floor": count, "tags": tags}})
    with Engine(settings, open_worker=lambda tier: ScriptedWorker()) as engine:
        (page,) = done(list(engine.run([str(tmp_path / "page.html")], schema)))
    assert page.result.records[0].data == {"rooms": None, "floor": 3, "tags": ["a", "b"]}


class Post(BaseModel):
    place: str


FORMS = ("place,", {"place": "Ambleford"}, Post, PLACE, Plan(PLACE), '{"place": "Ambleford"}')


@pytest.mark.parametrize("wanted", FORMS, ids=lambda form: type(form).__name__)
def test_fields_are_asked_for_in_any_form(tmp_path: Path, wanted: Wanted) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Place: Ambleford</p>")
    bare = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data", offline=True)
    with Engine(bare, open_worker=lambda tier: ScriptedWorker()) as engine:
        (read,) = done(list(engine.run(page, wanted)))
        assert engine.estimate(page, wanted).pages == 1
    assert read.result.records[0].data == {"place": "Ambleford"}


def test_what_is_no_schema_is_refused_before_the_first_event(engine: Engine, pages: Path) -> None:
    with pytest.raises(SchemaError, match="no such file"):
        engine.run(pages, "nothing-of-that-name")
    assert engine.store.jobs() == []


def test_what_was_told_is_what_is_stored(engine: Engine, pages: Path) -> None:
    events = list(engine.run([str(pages)], SCHEMA))
    started = events[0]
    assert isinstance(started, JobStarted)
    assert list(engine.store.results(started.job.id)) == [e.result for e in done(events)]
    job = engine.store.job(started.job.id)
    assert job is not None
    assert job.state is JobState.DONE


def test_a_page_that_cannot_be_read_is_an_event_and_the_job_goes_on(
    engine: Engine, pages: Path
) -> None:
    (pages / "1.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    results = [event.result for event in done(list(engine.run([str(pages)], SCHEMA)))]
    assert [r.status.value for r in results] == ["ok", "failed", "ok", "ok"]
    assert "PNG" in str(results[1].reason)


def test_a_page_without_visible_text_is_bad_and_has_no_record(engine: Engine, pages: Path) -> None:
    (pages / "0.html").write_text("<body><div id=root></div><script>draw()</script>")
    first = done(list(engine.run([str(pages)], SCHEMA)))[0].result
    assert first.status is PageStatus.BAD
    assert first.records == ()


def test_a_stopped_job_keeps_what_is_done_and_goes_on_from_there(
    engine: Engine, pages: Path
) -> None:
    first: list[Event] = []
    stop = [False]
    for event in engine.run([str(pages)], SCHEMA, Orders(job="mine", stop=lambda: stop[0])):
        first.append(event)
        stop[0] = len(done(first)) == 2
    assert isinstance(first[-1], JobEnded)
    assert first[-1].stopped == "stopped"

    second = list(engine.run([str(pages)], SCHEMA, Orders(job="mine")))
    assert isinstance(second[0], JobStarted)
    assert (second[0].total, second[0].done) == (4, 2)
    assert [event.position for event in done(second)] == [2, 3]


def test_the_token_limit_ends_a_job_between_pages(engine: Engine, pages: Path) -> None:
    events = list(engine.run([str(pages)], SCHEMA, Orders(max_tokens=1)))
    assert len(done(events)) == 1
    assert isinstance(events[-1], JobEnded)
    assert "limit of 1 tokens" in str(events[-1].stopped)


def test_the_name_of_a_finished_job_is_refused(engine: Engine, pages: Path) -> None:
    list(engine.run([str(pages)], SCHEMA, Orders(job="mine")))
    with pytest.raises(StoreError, match="'mine' is finished"):
        list(engine.run([str(pages)], SCHEMA, Orders(job="mine")))


def test_without_weights_nothing_runs_and_the_job_can_be_taken_up(
    settings: Settings, pages: Path, tmp_path: Path
) -> None:
    bare = settings.model_copy(update={"large_model": "qwen2-1.5b-instruct"})
    with Engine(bare) as engine, pytest.raises(ModelMissing):
        list(engine.run([str(pages)], SCHEMA, Orders(job="mine")))
    with Engine(settings) as engine:
        assert len(done(list(engine.run([str(pages)], SCHEMA, Orders(job="mine"))))) == 4


def test_without_memory_nothing_runs_and_the_job_can_be_taken_up(
    settings: Settings, pages: Path
) -> None:
    def refuse(tier: Tier) -> ScriptedWorker:
        raise NoMemory("the model needs 2.0 GiB of memory, 1.0 GiB are left")

    with Engine(settings, open_worker=refuse) as engine, pytest.raises(NoMemory):
        list(engine.run([str(pages)], SCHEMA, Orders(job="mine")))
    with Engine(settings) as engine:
        assert len(done(list(engine.run([str(pages)], SCHEMA, Orders(job="mine"))))) == 4


def test_one_source_may_stand_alone_and_be_a_path(tmp_path: Path) -> None:
    bare = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data", offline=True)
    path = tmp_path / "none.html"
    for given in (str(path), path, [path]):
        (result,) = extract(given, schema=SCHEMA, settings=bare)
        assert (result.source, result.status) == (str(path), PageStatus.FAILED)


def test_unreadable_sources_need_no_model(settings: Settings, tmp_path: Path) -> None:
    bare = settings.model_copy(update={"large_model": "qwen2-1.5b-instruct"})
    (result,) = extract([str(tmp_path / "none.html")], schema=SCHEMA, settings=bare)
    assert result.status is PageStatus.FAILED


def test_extract_is_the_engine_in_one_call(settings: Settings, pages: Path) -> None:
    results = extract([str(pages)], schema=SCHEMA, settings=settings)
    assert [Path(result.source).name for result in results] == [f"{n}.html" for n in range(4)]
    for result in results:
        for cell in result.records[0].cells.values():
            evidence = cell.evidence  # type: ignore[union-attr]
            if evidence:
                span = evidence.span
                assert result.text[span.start : span.end] == evidence.quote


LONG = 120.0  # seconds that are waited for what should come at once


def never_waits() -> None:
    """What a page of the web waits for where there is nothing to wait for."""


def web(before: Callable[[], object] = never_waits) -> Reader:
    """A site of its own; each page is answered once *before* has returned."""

    def answer(request: httpx.Request) -> httpx.Response:
        before()
        title = request.url.path.strip("/")
        return httpx.Response(200, html=f"<p>Title: {title}</p><p>Place: Ambleford</p>")

    manners = Manners(obey_robots=False, host_delay_s=0, per_host=4)
    return Reader(manners=manners, transport=httpx.MockTransport(answer))


def test_pages_of_the_web_keep_their_order_and_their_places(settings: Settings) -> None:
    urls = [f"https://ex.org/{number}" for number in range(12)]
    with Engine(settings, open_worker=lambda tier: ScriptedWorker(), reader=web()) as engine:
        pages = done(list(engine.run([*urls, "none.html", "https://ex.org/last"], SCHEMA)))

    assert [page.position for page in pages] == list(range(14))
    assert [page.result.source for page in pages] == [*urls, "none.html", "https://ex.org/last"]
    assert pages[3].result.records[0].data == {"title": "3", "place": "Ambleford"}


class WaitsForTheWeb(ScriptedWorker):
    """Reads its first page no sooner than the site was asked for three."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = threading.Semaphore(0)
        self.in_time: list[bool] = []

    def asked(self) -> None:
        self._asked.release()

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        if not self.in_time:
            self.in_time = [self._asked.acquire(timeout=LONG) for _ in range(3)]
        return super().extract(page, schema, check_stop=check_stop)


def test_the_network_works_while_the_model_does(settings: Settings) -> None:
    worker = WaitsForTheWeb()
    reader = web(before=worker.asked)
    with Engine(settings, open_worker=lambda tier: worker, reader=reader) as engine:
        pages = done(list(engine.run([f"https://ex.org/{n}" for n in range(8)], SCHEMA)))

    assert len(pages) == 8
    assert worker.in_time == [True] * 3


def test_a_job_can_be_stopped_while_it_waits_for_the_network(settings: Settings) -> None:
    asked, may_answer, answered = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        may_answer.wait(LONG)
        answered.set()

    worker = ScriptedWorker()
    with Engine(settings, open_worker=lambda tier: worker, reader=web(before=wait)) as engine:
        events = list(engine.run(["https://ex.org/1"], SCHEMA, Orders(stop=asked.is_set)))
        waited_for_the_page = answered.is_set()
        may_answer.set()

    assert not waited_for_the_page
    assert isinstance(events[-1], JobEnded)
    assert events[-1].stopped == "stopped"


@pytest.mark.browser
@pytest.mark.skipif(why_not() is not None, reason=f"cannot render: {why_not()}")
@pytest.mark.parametrize(("render", "status"), [(True, PageStatus.OK), (False, PageStatus.BAD)])
def test_an_empty_page_is_drawn_where_that_is_on(
    settings: Settings, tmp_path: Path, render: bool, status: PageStatus
) -> None:
    drawn = "'<h1>Title: Cook</h1>' + '<p>Bakes bread all night.'.repeat(9)"
    (tmp_path / "a.html").write_text(f"<script>document.write({drawn})</script>")
    chosen = settings.model_copy(update={"render": render})
    with Engine(chosen, open_worker=lambda tier: ScriptedWorker()) as engine:
        (page,) = done(list(engine.run([str(tmp_path / "a.html")], SCHEMA)))

    assert page.result.status is status
    assert [record.data["title"] for record in page.result.records] == ["Cook"] * render
