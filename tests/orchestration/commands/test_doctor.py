from __future__ import annotations

from pathlib import Path

import pytest

from extractors.model.machine import read_machine
from orchestration.commands.doctor import checks
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
