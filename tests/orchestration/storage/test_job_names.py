from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.storage.job_names import find_job
from orchestration.storage.store import Store
from schemas.errors import StoreError
from schemas.schema import Field, Schema

TITLES = Schema("post", (Field("title"),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "results.sqlite") as opened:
        opened.create_job("tools", TITLES)
        yield opened


def renamed(store: Store, name: str) -> None:
    """Another job, called as an older version would have let it be."""
    job = store.create_job("older", TITLES)
    with sqlite3.connect(store.path) as file:
        file.execute("UPDATE jobs SET name = ? WHERE id = ?", (name.encode(), job.id))
    file.close()


@pytest.mark.parametrize("name", ["12", "#12", " 12 ", "# 12", "٣", "9" * 400])
def test_no_new_job_has_a_number_for_a_name(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="that is a job's number") as caught:
        store.create_job(name, TITLES)
    assert "jobs-" in caught.value.hint


@pytest.mark.parametrize("name", ["12 jobs", "2026-11", "#12b", "v1.0", "1e3"])
def test_a_name_may_hold_numbers(store: Store, name: str) -> None:
    assert find_job(store, store.create_job(name, TITLES).name).name == name


@pytest.mark.parametrize("said", ["tools", "1", "#1", " 1 "])
def test_a_job_is_found_by_name_and_by_number(store: Store, said: str) -> None:
    assert find_job(store, said).name == "tools"


def test_an_older_jobs_name_does_not_hide_the_job_with_that_number(store: Store) -> None:
    renamed(store, "1")
    with pytest.raises(StoreError, match="number of the job 'tools', and another one's name") as e:
        find_job(store, "1")
    assert e.value.hint == "write `#1` for the one, `#2` for the other"
    assert [find_job(store, said).name for said in ("#1", "#2", "2")] == ["tools", "1", "1"]


def test_an_older_job_named_by_a_number_that_no_job_has_is_found(store: Store) -> None:
    renamed(store, "77")
    assert find_job(store, "77").id == 2


@pytest.mark.parametrize("said", ["7", "#7", "#", "", "nope", "9" * 400])
def test_what_is_neither_is_no_job(store: Store, said: str) -> None:
    with pytest.raises(StoreError, match="there is no job"):
        find_job(store, said)
