from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages import Page
from orchestration.storage.store import PAGES_AT_ONCE, JobState, Store
from schemas.document import Span
from schemas.errors import StoreError
from schemas.record import Evidence, PageResult, PageStatus, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema
from tests.orchestration.strategies import page_results

JOBS = Schema("job", (Field("title"), Field("pay", Kind.MONEY), Field("tags", many=True)))


def page(source: str, title: str = "Baker", status: PageStatus = PageStatus.OK) -> PageResult:
    evidence = Evidence(title, Span(0, len(title)), "/html/body/h1")
    value = Value(title, title, evidence, Tier.SMALL, 0.9, ValueStatus.FOUND)
    return PageResult(source, status, (Record({"title": value}, source),), text=title)


@given(results=st.lists(page_results, max_size=4))
def test_saved_results_come_back_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, results: list[PageResult]
) -> None:
    with Store(tmp_path_factory.mktemp("store") / "results.db") as store:
        job = store.create_job("j", JOBS)
        for position, result in reversed(list(enumerate(results))):
            store.save(job.id, position, result)
        assert list(store.results(job.id)) == results


def test_results_outlive_the_store_that_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "results.db"
    with Store(path) as store:
        job = store.create_job("may", JOBS, sources=["a.html"], options={"tier": "auto"})
        store.save(job.id, 0, page("a.html"))
    with Store(path) as store:
        assert store.jobs() == [job]
        assert list(store.results(job.id)) == [page("a.html")]


def test_a_page_saved_twice_is_kept_once(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("j", JOBS)
        store.save(job.id, 0, page("a", "first"))
        store.save(job.id, 0, page("a", "second"))
        assert list(store.results(job.id)) == [page("a", "second")]


def test_more_results_than_one_read_takes_all_come_back(tmp_path: Path) -> None:
    count = 2 * PAGES_AT_ONCE + 1
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("j", JOBS)
        for position in range(count):
            store.save(job.id, position, page(f"{position}.html"))
        assert [r.source for r in store.results(job.id)] == [f"{n}.html" for n in range(count)]


def test_a_failed_page_is_not_finished(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("j", JOBS)
        other = store.create_job("other", JOBS)
        for position, status in enumerate(PageStatus):
            store.save(job.id, position, page(f"{status}.html", status=status))
        store.save(other.id, 0, page("elsewhere.html"))
        assert [list(PageStatus)[place] for place in sorted(store.finished(job.id))] == [
            PageStatus.OK,
            PageStatus.BAD,
            PageStatus.TRUNCATED,
        ]
        assert store.counts(job.id) == dict.fromkeys(PageStatus, 1)


def test_a_job_says_what_it_was_made_from(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("may", JOBS, sources=["x.zip", "\udcff.html"], options={"ask": "é"})
        assert (job.name, job.schema, job.state) == ("may", JOBS, JobState.OPEN)
        assert (job.sources, job.options) == (("x.zip", "\udcff.html"), {"ask": "é"})
        assert job.created.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - job.created) < timedelta(minutes=1)


def test_a_job_is_found_by_name_and_by_id(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        first = store.create_job("2 jobs", JOBS)
        second = store.create_job("naïve \ud800", JOBS)
        assert store.job("2 jobs") == first
        assert store.job(2) == second
        assert store.job("naïve \ud800") == second
        assert store.job("nobody") is None
        assert store.job(99) is None
        assert store.jobs() == [second, first]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        store.create_job("may", JOBS)
        with pytest.raises(StoreError, match="named 'may' already") as caught:
            store.create_job("may", JOBS)
        assert "another name" in caught.value.hint
        with pytest.raises(StoreError, match="needs a name"):
            store.create_job("", JOBS)
        assert len(store.jobs()) == 1


def test_a_state_is_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("may", JOBS)
        store.set_state(job.id, JobState.DONE)
        found = store.job("may")
        assert found is not None
        assert found.state == JobState.DONE
        with pytest.raises(StoreError, match="no job 7"):
            store.set_state(7, JobState.DONE)


def test_saving_to_a_deleted_job_is_an_error(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("may", JOBS)
        store.delete(job.id)
        with pytest.raises(StoreError, match=f"no job {job.id}"):
            store.save(job.id, 0, page("a"))
        with pytest.raises(StoreError, match="CHECK"):
            store.save(store.create_job("june", JOBS).id, -1, page("a"))


def test_a_deleted_job_leaves_no_byte_behind(tmp_path: Path) -> None:
    secret = "Ada Lovelace, 12 St James's Square"
    with Store(tmp_path / "results.db") as store:
        kept = store.create_job("kept", JOBS)
        store.save(kept.id, 0, page("kept.html"))
        job = store.create_job("gone", JOBS)
        for position in range(40):
            store.save(job.id, position, page(f"{secret}/{position}", secret * 50))
        store.delete(job.id)
        store.delete(job.id)
        left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert secret.encode() not in left
        assert list(store.results(job.id)) == []
        assert store.finished(job.id) == set()
        assert list(store.results(kept.id)) == [page("kept.html")]


def test_the_bytes_of_a_page_are_kept_with_it(tmp_path: Path) -> None:
    day = date(2026, 11, 21)
    kept = Page("a", "https://ex.org/\ud800", b"<p>\x00\xff", "text/html; charset=x", day)
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("j", JOBS)
        store.save(job.id, 0, page("a"), page=kept)
        store.save(job.id, 1, page("b"), page=Page("b", "", b""))
        store.save(job.id, 2, page("c"))
        assert store.kept_page(job.id, "a") == kept
        assert store.kept(job.id) == {"a", "b"}
        assert store.kept_page(job.id, "c") is None
        assert store.places(job.id) == [("a", 0), ("b", 1), ("c", 2)]


def test_a_large_job_that_is_deleted_gives_its_room_back(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        small = store.create_job("small", JOBS)
        store.save(small.id, 0, page("a"))
        large = store.create_job("large", JOBS)
        body = os.urandom(5 * 2**20)
        for place in range(5):
            store.save(large.id, place, page(f"{place}"), page=Page(f"{place}", "", body))
        store.delete(large.id)
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 2**20
        assert list(store.results(small.id)) == [page("a")]


def test_an_id_is_never_used_again(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        first = store.create_job("a", JOBS)
        store.delete(first.id)
        assert store.create_job("b", JOBS).id > first.id


def test_a_killed_writer_loses_no_saved_page(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    script = f"""
import os
from pathlib import Path
from orchestration.storage.store import Store
from schemas.record import PageResult, PageStatus
from schemas.schema import Schema
store = Store(Path({str(path)!r}))
job = store.create_job("j", Schema("s", ()))
for position in range(5):
    store.save(job.id, position, PageResult(str(position), PageStatus.OK))
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=Path.cwd(), check=False)
    assert killed.returncode == -9
    with Store(path) as store:
        assert store.finished(1) == {0, 1, 2, 3, 4}


def test_readers_see_whole_pages_while_a_job_writes(tmp_path: Path) -> None:
    pages = [page(f"{number}.html", "word " * number) for number in range(60)]
    seen: list[list[PageResult]] = []
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("j", JOBS)

        def read() -> None:
            while not seen or len(seen[-1]) < len(pages):
                seen.append(list(store.results(job.id)))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        for position, result in enumerate(pages):
            store.save(job.id, position, result)
        reader.join(timeout=30)
        assert not reader.is_alive()
    assert all(read == pages[: len(read)] for read in seen)


def test_two_stores_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with Store(path) as one, Store(path) as two:
        job = one.create_job("j", JOBS)
        threads = [
            threading.Thread(target=_save_pages, args=(store, job.id, start))
            for start, store in enumerate([one, two])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(list(one.results(job.id))) == 40


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    start = threading.Barrier(6)
    names: list[str] = []

    def open_one(name: str) -> None:
        start.wait()
        with Store(path) as store:
            names.append(store.create_job(name, JOBS).name)

    threads = [threading.Thread(target=open_one, args=(f"j{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"j{number}" for number in range(6)]


def _save_pages(store: Store, job_id: int, start: int) -> None:
    for position in range(start, 40, 2):
        store.save(job_id, position, page(f"{position}.html"))


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with Store(tmp_path / "results.db") as store:
        store.create_job("j", JOBS)
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes " * 200)
    with pytest.raises(StoreError, match=r"notes\.txt") as caught:
        Store(path)
    assert "move that file away" in caught.value.hint
    assert path.read_text() == "my notes " * 200


def test_a_folder_is_no_results_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open"):
        Store(tmp_path)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('m999_later', '2030-01-01')")
    connection.close()
    with pytest.raises(StoreError, match="newer Fieldwise") as caught:
        Store(path)
    assert "update" in caught.value.hint


def test_a_damaged_page_is_an_error_not_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        job = store.create_job("j", JOBS)
        store.save(job.id, 0, page("a"))
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE pages SET body = ?", (b'{"source": 1}',))
        connection.close()
        with pytest.raises(StoreError, match="page 0 of job 1 does not read back"):
            list(store.results(job.id))


DAMAGES = {
    "its fields are no JSON": ("schema", b"{"),
    "its fields are none": ("schema", b'{"name": ""}'),
    "its options are a list": ("options", b"[]"),
    "its state is unknown": ("state", "lost"),
    "its name is no UTF-8": ("name", b"j\xff"),
    "its day is none": ("created", "yesterday"),
}


@pytest.mark.parametrize(("column", "value"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_job_is_named_beside_the_others_and_can_be_deleted(
    tmp_path: Path, column: str, value: object
) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        whole, broken = (store.create_job(name, JOBS) for name in ("whole", "j"))
        with sqlite3.connect(path) as connection:
            connection.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (value, broken.id))
        connection.close()
        assert store.jobs() == [whole]
        (damaged,) = store.damaged_jobs()
        assert (damaged.id, damaged.name[0]) == (broken.id, "j")
        assert "job 2 does not read back" in damaged.why
        assert "`fieldwise jobs delete '#2'`" in damaged.why
        store.delete(damaged.id)
        assert store.damaged_jobs() == []
        assert store.jobs() == [whole]


def test_a_job_with_a_page_of_no_known_status_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        job = store.create_job("j", JOBS)
        store.save(job.id, 0, page("a"))
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE pages SET status = 'lost'")
        connection.close()
        assert [damaged.id for damaged in store.damaged_jobs()] == [job.id]
        with pytest.raises(StoreError, match="a page of job 1 does not read back"):
            store.counts(job.id)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "results.db")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.jobs()
