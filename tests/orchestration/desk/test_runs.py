from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from extractors.scripted import ScriptedWorker
from orchestration.desk.desk import Desk
from orchestration.desk.readiness import Readiness
from orchestration.desk.review_queue import Item
from orchestration.desk.runs import MOST_OF_ONE, MOST_WAITING, Asked, Run, RunState
from orchestration.desk.sheet import Order
from orchestration.engine import Engine, Orders
from orchestration.exports.export import Format
from orchestration.settings import Settings
from orchestration.storage.store import Store
from schemas.dsl import parse_dsl
from schemas.errors import FieldwiseError, StoreError
from schemas.record import PageResult, PageStatus

TITLE = parse_dsl("title, place")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)
    worker = ScriptedWorker(seconds=0.2)
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(settings, open_worker=lambda tier: worker))
        yield stack.enter_context(Desk(engine, Readiness()))


@pytest.fixture
def pages(tmp_path: Path) -> list[str]:
    (tmp_path / "a.html").write_text("<p>Title: Baker</p><p>Place: Oslo</p>")
    (tmp_path / "b.html").write_text("<p>Fail: out of breath</p>")
    return [str(tmp_path / "a.html"), str(tmp_path / "b.html")]


def ended(run: Run) -> Run:
    deadline = time.monotonic() + 30
    while not run.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return run


def test_a_run_counts_its_pages_and_fills_its_rows(desk: Desk, pages: list[str]) -> None:
    run = ended(desk.start(Asked(pages, TITLE), ""))
    assert (run.done, run.total, run.ended) == (2, 2, "done")
    assert run.counts[PageStatus.FAILED] == 1
    assert run.job is not None
    rows = desk.sheet(run.job).view(Order()).rows
    assert [row.marks[0].text for row in rows] == ["Baker", None]
    assert rows[1].reason == "out of breath"


def test_jobs_run_one_after_the_other_and_one_that_waits_can_be_stopped(
    desk: Desk, pages: list[str]
) -> None:
    first = desk.start(Asked(pages, TITLE), "")
    second = desk.start(Asked(pages, TITLE), "")
    assert second.state is RunState.WAITING
    assert desk.runs.ahead_of(second) == 1
    second.stop.set()
    assert ended(second).ended == "stopped before the first page"
    assert first.is_over
    assert second.job is None


def test_only_so_many_of_one_user_wait(desk: Desk, pages: list[str]) -> None:
    runs = [desk.start(Asked(pages, TITLE), "anna") for _ in range(MOST_OF_ONE)]
    with pytest.raises(FieldwiseError, match="too many jobs are waiting"):
        desk.start(Asked(pages, TITLE), "anna")
    runs.append(desk.start(Asked(pages, TITLE), "bob"))
    for run in runs:
        run.stop.set()


def test_only_so_many_of_all_users_wait(desk: Desk, pages: list[str]) -> None:
    runs = [desk.start(Asked(pages * 9, TITLE), f"user {number}") for number in range(MOST_WAITING)]
    with pytest.raises(FieldwiseError, match="too many jobs are waiting"):
        desk.start(Asked(pages, TITLE), "one more")
    for run in runs:
        run.stop.set()


def test_rows_that_were_corrected_while_others_were_still_read_stay_corrected(
    tmp_path: Path, pages: list[str]
) -> None:
    class Held(Store):
        """Gives results to a thread called "slow" no sooner than it is let."""

        let = threading.Event()

        def results(self, job_id: int, *, corrected: bool = True) -> Iterator[PageResult]:
            found = list(super().results(job_id, corrected=corrected))
            if threading.current_thread().name == "slow":
                self.let.wait(30)
            return iter(found)

    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)
    with ExitStack() as stack:
        store = stack.enter_context(Held(tmp_path / "results.db"))
        engine = Engine(settings, open_worker=lambda tier: ScriptedWorker(), store=store)
        list(stack.enter_context(engine).run(pages[:1], TITLE, Orders(job="may")))
        desk = stack.enter_context(Desk(engine, Readiness()))
        [line] = desk.jobs("")
        slow = threading.Thread(target=desk.sheet, args=[line.job], name="slow")
        slow.start()
        item = Item(pages[0], 0, ("title",))
        with desk.reviewing(line.job, item, "") as review:
            review.type(item.source, 0, item.path, "Cook")
        store.let.set()
        slow.join()
        [row] = desk.sheet(line.job).rows()
    assert row.marks[0].text == "Cook"


def test_a_user_sees_no_job_of_another(desk: Desk, pages: list[str]) -> None:
    job = ended(desk.start(Asked(pages, TITLE), "anna")).job
    assert job is not None
    assert desk.job(job.id, "anna") == desk.job(job.id, "")  # "": nobody signs in here
    assert desk.jobs("bob") == []
    with pytest.raises(StoreError, match="no job"):
        desk.job(job.id, "bob")


def test_a_job_that_runs_is_not_deleted(desk: Desk, pages: list[str]) -> None:
    run = desk.start(Asked(pages * 20, TITLE), "")
    while run.job is None:
        time.sleep(0.01)
    with pytest.raises(StoreError, match="still running"):
        desk.delete(run.job)
    run.stop.set()
    desk.delete(ended(run).job or run.job)
    assert desk.jobs("") == []


def test_a_deleted_job_leaves_neither_rows_nor_files(desk: Desk, pages: list[str]) -> None:
    run = ended(desk.start(Asked(pages, TITLE), ""))
    job = run.job
    assert job is not None
    export = desk.export(job, Format.CSV)
    gold, _ = desk.gold.save(job, everything=True)
    assert set(desk.exported(job)) == {export.name, gold.name}
    desk.delete(job)
    assert not export.exists()
    assert not gold.exists()
    assert (run.job, run.sheet, desk.exported(job)) == (None, None, [])
    with pytest.raises(StoreError, match="no job"):
        desk.job(job.id, "")


def test_jobs_are_found_by_name_field_and_source(desk: Desk, pages: list[str]) -> None:
    ended(desk.start(Asked(pages, TITLE, job="Spring"), ""))
    for words in ("spring", "PLACE", "a.html", "spring title"):
        assert len(desk.jobs("", words)) == 1
    assert desk.jobs("", "autumn") == []
