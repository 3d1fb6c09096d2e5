"""The file of plans made before."""

from __future__ import annotations

from pathlib import Path

from orchestration.planning.cache import PlanCache


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with PlanCache(tmp_path / "plans.sqlite"):
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
