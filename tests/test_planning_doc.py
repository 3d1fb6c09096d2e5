"""docs/planning.md shows a plan that can be followed, and names what there is to set."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orchestration.settings import Settings
from schemas.plan_json import document_schema, dump_plan, parse_plan

TEXT = (Path(__file__).parents[1] / "docs" / "planning.md").read_text("utf-8")
SETTINGS = [name for name in Settings.model_fields if name.startswith(("planner", "repair"))]


def test_the_plan_that_is_shown_is_one() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert dump_plan(parse_plan(json.loads(shown))) == shown


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_of_planning_is_named(name: str) -> None:
    assert f"FIELDWISE_{name.upper()}" in TEXT


@pytest.mark.parametrize("key", sorted(document_schema()["properties"]))
def test_every_key_of_a_plan_is_explained(key: str) -> None:
    assert key == "fieldwise_plan" or f"`{key}`" in TEXT or f"`{key}.*" in TEXT
