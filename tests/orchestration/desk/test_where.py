from __future__ import annotations

from pathlib import Path

import pytest

from extractors.model.devices import choose_device
from orchestration.desk.where import what_runs_where
from orchestration.settings import Settings


def line(folder: Path, **settings: object) -> str:
    return what_runs_where(
        Settings.model_validate({"cache_dir": folder, "device": "cpu", **settings})
    )


def test_without_weights_it_says_what_happens(tmp_path: Path) -> None:
    first = "Qwen 1.5B (Apache-2.0), fetched at the first run (1 to 3 GB), on this machine's CPU · "
    assert line(tmp_path).startswith(first)
    assert "FIELDWISE_OFFLINE forbids to fetch one" in line(tmp_path, offline=True)
    assert "fieldwise models pull qwen-x" in line(tmp_path, large_model="qwen-x")


def test_a_gpu_that_is_asked_for_and_is_not_there_is_not_named(tmp_path: Path) -> None:
    if choose_device("auto") == "cuda":
        pytest.skip("there is a GPU")
    assert "CPU, since no GPU can be used (fieldwise doctor" in line(tmp_path, device="cuda")


def test_it_says_who_plans_and_what_leaves_the_machine(tmp_path: Path) -> None:
    alone = "plans by the same model (FIELDWISE_PLANNER_URL names a larger one); pages stay on"
    assert alone in line(tmp_path)
    assert "before FIELDWISE_PLANNER_URL is set" in line(tmp_path, planner="endpoint")
    assert "plans from the fields alone; pages stay" in line(tmp_path, planner="schema")
    told = line(tmp_path, planner_url="http://gpu.example:8000/v1", planner_model="Qwen/Qwen2-72B")
    assert "plans by Qwen/Qwen2-72B at gpu.example" in told
