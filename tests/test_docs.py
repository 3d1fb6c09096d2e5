"""What the documents say exists, exists; what exists is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.cli import app, models_app
from orchestration.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
COMMANDS = {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"FIELDWISE_{name.upper()}" in README


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    named = set(re.findall(r"(?:`|^ {4})make ([a-z]+)", text, re.MULTILINE))
    assert named
    assert named <= TARGETS


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"fieldwise ([a-z]+)", README))
    assert "extract" in named
    assert named <= COMMANDS | {"models", "jobs"}
    assert {"extract", "schemas", "app", "doctor"} <= COMMANDS
    assert models_app.registered_commands
