"""Jobs whose pages are gone: read again with other fields, resumed, and deleted for good."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from extractors.pages import Manners, Reader
from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from orchestration import Engine, Orders, Settings
from orchestration.events import Event, JobEnded, JobStarted, PageDone
from orchestration.storage.store import Job, JobState
from schemas.errors import FetchFailed, StoreError
from schemas.record import PageResult, PageStatus, Tier
from schemas.schema import Field, Schema

TITLES = Schema("post", (Field("title"),))
PLACES = Schema("place", (Field("place"),))


class Site:
    """Pages of its own behind a reader; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        title = request.url.path.strip("/")
        body = f"<p>Title: {title}</p><p>Place: Çanakkale</p>".encode("iso-8859-9")
        header = {"content-type": "text/html; charset=iso-8859-9", "cache-control": "no-store"}
        return httpx.Response(200, content=body, headers=header)

    def reader(self) -> Reader:
        manners = Manners(obey_robots=False, host_delay_s=0)
        return Reader(manners=manners, transport=httpx.MockTransport(self.answer))


def opened(tmp_path: Path, site: Site, **changes: object) -> Engine:
    settings = Settings(
        cache_dir=tmp_path / "cache",
        data_dir=tmp_path / "data",
        **changes,  # type: ignore[arg-type]
    )
    return Engine(settings, open_worker=lambda tier: ScriptedWorker(), reader=site.reader())


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def engine(tmp_path: Path, site: Site) -> Iterator[Engine]:
    with opened(tmp_path, site) as engine:
        yield engine


def ended(events: Iterator[Event]) -> tuple[Job, list[PageResult]]:
    told = list(events)
    last = told[-1]
    assert isinstance(last, JobEnded)
    return last.job, [event.result for event in told if isinstance(event, PageDone)]


def data(results: list[PageResult]) -> list[dict[str, object]]:
    return [record.data for result in results for record in result.records]


URLS = [f"https://ex.org/{number}" for number in range(3)]


def test_other_fields_are_read_without_fetching_again(engine: Engine, site: Site) -> None:
    first, _ = ended(engine.run(URLS, TITLES, Orders(job="may", tier=Tier.SMALL)))
    assert len(site.asked) == 3
    again, results = ended(engine.run_again(first, PLACES, Orders(job="june", tier=Tier.SMALL)))
    assert len(site.asked) == 3
    assert data(results) == [{"place": "Çanakkale"}] * 3
    assert (again.name, again.sources) == ("june", tuple(URLS))
    engine.store.delete(first.id)
    _, results = ended(engine.run_again(again, TITLES, Orders(tier=Tier.SMALL)))
    assert [record["title"] for record in data(results)] == ["0", "1", "2"]
    assert len(site.asked) == 3


def test_nothing_is_kept_where_fetched_pages_are_not_to_be(tmp_path: Path, site: Site) -> None:
    with opened(tmp_path, site, http_cache=False) as engine:
        job, _ = ended(engine.run(URLS, TITLES, Orders(tier=Tier.SMALL)))
        assert engine.store.kept(job.id) == set()
        ended(engine.run_again(job, PLACES, Orders(tier=Tier.SMALL)))
    assert len(site.asked) == 6


def test_pages_not_read_yet_are_read_with_the_other_fields_too(engine: Engine, site: Site) -> None:
    stopped = iter([False, False, False, True, True, True, True])
    job, results = ended(
        engine.run(URLS, TITLES, Orders(tier=Tier.SMALL, stop=lambda: next(stopped, True)))
    )
    assert len(results) < 3
    _, results = ended(engine.run_again(job, PLACES, Orders(tier=Tier.SMALL)))
    assert len(results) == 3


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    folder = tmp_path / "secret-upload-folder"
    folder.mkdir()
    page = folder / "post.html"
    page.write_text("<p>Title: Cook</p><p>Place: Oslo</p>")
    return page


def test_an_upload_goes_by_its_name_and_its_path_is_kept_nowhere(
    engine: Engine, tmp_path: Path, upload: Path
) -> None:
    names = {str(upload): "post.html"}
    job, (result,) = ended(engine.run([str(upload)], TITLES, Orders(names=names, tier=Tier.SMALL)))
    assert (job.sources, result.source) == (("post.html",), "post.html")
    left = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert b"secret-upload-folder" not in left
    upload.unlink()
    _, results = ended(engine.run_again(job, PLACES, Orders(tier=Tier.SMALL)))
    assert data(results) == [{"place": "Oslo"}]
    assert engine.page(job, "post.html").body.startswith(b"<p>Title: Cook")


def test_an_upload_that_is_gone_is_not_looked_for_on_this_disk(
    engine: Engine, tmp_path: Path, upload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = iter([True])
    names = {str(upload): "post.html"}
    job, _ = ended(
        engine.run(
            [str(upload)], TITLES, Orders(names=names, tier=Tier.SMALL, stop=lambda: next(stop))
        )
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "post.html").write_text("<p>Title: not yours</p>")
    _, (result,) = ended(engine.resume(job))
    assert result.status is PageStatus.FAILED
    assert "upload it again" in str(result.reason)


def test_a_page_of_an_archive_that_is_gone_is_not_looked_for_on_this_disk(
    tmp_path: Path, upload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, ours = upload.with_name("jobs.zip"), tmp_path / "jobs.zip"
    for path, title in ((archive, "x" * 500), (ours, "not yours")):
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("a.html", f"<p>Title: {title}</p>")
    monkeypatch.chdir(tmp_path)
    settings = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data", page_bytes=100)
    with Engine(settings, open_worker=lambda tier: ScriptedWorker()) as engine:
        names = {str(archive): "jobs.zip"}
        job, (result,) = ended(engine.run([str(archive)], TITLES, Orders(names=names)))
        assert (result.source, result.status) == ("jobs.zip::a.html", PageStatus.FAILED)
        with pytest.raises(FetchFailed, match="no longer here"):
            engine.page(job, result.source)
        _, results = ended(engine.run_again(job, TITLES))
    assert [str(result.reason) for result in results] == [
        "the uploaded file is no longer here (upload it again, for a new job)"
    ]


def test_a_failed_page_is_tried_again_and_no_other(engine: Engine, tmp_path: Path) -> None:
    page = tmp_path / "late.html"
    job, (result,) = ended(engine.run([str(page)], TITLES, Orders(tier=Tier.SMALL)))
    assert (job.state, result.status) == (JobState.DONE, PageStatus.FAILED)
    page.write_text("<p>Title: Cook</p>")
    job, results = ended(engine.resume(job))
    assert data(results) == [{"title": "Cook"}]
    with pytest.raises(StoreError, match="finished"):
        list(engine.resume(job))


def test_files_that_came_since_take_no_other_pages_place(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in "bcd":
        (folder / f"{name}.html").write_text(f"<p>Title: {name}</p>")
    stop = [False]
    for event in engine.run(
        [str(folder)], TITLES, Orders(job="may", tier=Tier.SMALL, stop=lambda: stop[0])
    ):
        stop[0] = isinstance(event, PageDone) and event.position == 1
    (folder / "a.html").write_text("<p>Title: a</p>")
    job, _ = ended(engine.run([str(folder)], TITLES, Orders(job="may", tier=Tier.SMALL)))
    titles = [record["title"] for record in data(list(engine.store.results(job.id)))]
    assert sorted(map(str, titles)) == ["a", "b", "c", "d"]


class StoppedOnce(ScriptedWorker):
    """Is stopped in the middle of the first page that it reads."""

    def __init__(self) -> None:
        super().__init__()
        self._first = True

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        whole = super().extract(page, schema, check_stop=check_stop)
        first, self._first = self._first, False
        return replace(whole, stopped=first, cut="stopped with 3 records unread" if first else None)


def test_records_finished_before_a_stop_are_kept_and_the_page_is_read_anew_on_going_on(
    tmp_path: Path, site: Site
) -> None:
    settings = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data")
    worker = StoppedOnce()
    with Engine(settings, open_worker=lambda tier: worker, reader=site.reader()) as engine:
        told = list(engine.run(URLS[:1], TITLES, Orders(tier=Tier.SMALL)))
        last = told[-1]
        assert isinstance(last, JobEnded)
        assert (last.stopped, last.job.state) == ("stopped", JobState.OPEN)
        (result,) = engine.store.results(last.job.id)
        assert (result.status, result.reason) == (
            PageStatus.STOPPED,
            "stopped with 3 records unread",
        )
        assert data([result]) == [{"title": "0"}]
        job, _ = ended(engine.resume(last.job))
        assert [page.status for page in engine.store.results(job.id)] == [PageStatus.OK]


def test_a_deleted_jobs_pages_are_gone_too(engine: Engine) -> None:
    job, _ = ended(engine.run(URLS, TITLES, Orders(tier=Tier.SMALL)))
    assert engine.store.kept(job.id) == set(URLS)
    engine.store.delete(job.id)
    assert engine.store.kept(job.id) == set()
    assert engine.store.kept_page(job.id, URLS[0]) is None


def test_a_source_given_twice_is_read_twice_by_a_job_that_was_stopped_too(
    engine: Engine, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Title: Gardener</p>")
    for event in engine.run([str(page), str(page)], TITLES, Orders(job="twice")):
        if isinstance(event, PageDone):
            break
    started, *events = engine.run([str(page), str(page)], TITLES, Orders(job="twice"))
    assert isinstance(started, JobStarted)
    assert (started.total, started.done) == (2, 1)
    assert [event.position for event in events if isinstance(event, PageDone)] == [1]
