from __future__ import annotations

from pathlib import Path

from orchestration.desk.where import what_runs_where
from orchestration.settings import Settings


def line(folder: Path, **settings: object) -> str:
    return what_runs_where(
        Settings.model_validate({"cache_dir": folder, "device": "cpu", **settings})
    )


def test_without_weights_it_says_what_happens(tmp_path: Path) -> None:
    assert "fetched at the first run" in line(tmp_path)
    assert "fieldwise doctor" in line(tmp_path, offline=True)
    assert "fieldwise models pull qwen-x" in line(tmp_path, large_model="qwen-x")


def test_it_says_who_plans_and_what_leaves_the_machine(tmp_path: Path) -> None:
    assert "pages stay on this machine" in line(tmp_path)
    told = line(tmp_path, planner_url="http://gpu.example:8000/v1", planner_model="Qwen/Qwen2-72B")
    assert "plans by Qwen/Qwen2-72B at gpu.example" in told
