from __future__ import annotations

import re
from pathlib import Path

import pytest

from extractors.model.machine import read_machine
from orchestration.commands.doctor import checks, model_table
from orchestration.settings import Settings


def said(tmp_path: Path, **changes: object) -> str:
    folders = {"cache_dir": tmp_path / "cache", "data_dir": tmp_path / "data"}
    settings = Settings.model_validate(folders | changes)
    return "\n".join(check.what for check in checks(settings))


def test_it_says_how_many_threads_a_worker_gets(tmp_path: Path) -> None:
    assert f"processor: {read_machine().threads} threads" in said(tmp_path)
    assert "processor: 7 threads a worker (as set" in said(tmp_path, threads=7)


def test_it_says_what_memory_is_left_and_whether_that_is_heeded(tmp_path: Path) -> None:
    if read_machine().memory_left is None:
        pytest.skip("this system does not say how much memory is left")
    assert "GiB left for us" in said(tmp_path)
    assert "loaded all the same" not in said(tmp_path)
    assert "loaded all the same" in said(tmp_path, check_memory=False)


def test_the_model_table_says_of_every_release_of_qwen2_what_it_is_for(tmp_path: Path) -> None:
    planner = {"planner_url": "http://host/v1", "planner_model": "Qwen/Qwen2-72B-Instruct"}
    settings = Settings.model_validate({"cache_dir": tmp_path, "data_dir": tmp_path, **planner})
    rows = [tuple(re.split(r" {2,}", line.strip())) for line in model_table(settings)]
    assert rows[0] == ("NAME", "ROLE", "CONTEXT", "LICENCE", "HERE", "MODEL")
    own, free = "Tongyi-Qianwen", "Apache-2.0"
    expected = {
        ("qwen2-0.5b", "to tune", "32K", free, "no", "Qwen2-0.5B"),
        ("qwen2-0.5b-instruct", "small", "32K", free, "no", "Qwen2-0.5B-Instruct"),
        ("qwen2-1.5b", "to tune", "32K", free, "no", "Qwen2-1.5B"),
        ("qwen2-1.5b-instruct", "large", "32K", free, "no", "Qwen2-1.5B-Instruct"),
        ("qwen2-7b", "to tune", "32K", free, "no", "Qwen2-7B"),
        ("qwen2-7b-instruct", "planner", "32K-128K", free, "no", "Qwen2-7B-Instruct"),
        ("qwen2-57b-a14b", "to tune", "32K", free, "no", "Qwen2-57B-A14B"),
        ("qwen2-57b-a14b-instruct", "planner", "32K-64K", free, "no", "Qwen2-57B-A14B-Instruct"),
        ("qwen2-72b", "to tune", "32K", own, "no", "Qwen2-72B"),
        ("qwen2-72b-instruct", "planner", "32K-128K", own, "endpoint", "Qwen2-72B-Instruct"),
    }
    assert {row for row in rows if row[0].startswith("qwen2-")} == expected
