"""What the documents say exists, exists; what exists is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.cli import app, models_app
from orchestration.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PACKAGES = ("schemas", "extractors", "orchestration", "ui")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
COMMANDS = {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_as_the_code_says(name: str) -> None:
    field = Settings.model_fields[name]
    _, default, means = _row_of(f"FIELDWISE_{name.upper()}")
    assert means == field.description
    if field.default_factory is None:
        assert default.strip("`") == _written(field.default)


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"FIELDWISE_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"FIELDWISE_[A-Z_]*[A-Z]", SETTINGS + README)) <= known


def _row_of(variable: str) -> list[str]:
    row = next(line for line in SETTINGS.splitlines() if line.startswith(f"| `{variable}` |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def _written(default: object) -> str:
    """A setting's default as people write it in the environment."""
    if default is None:
        return "unset"
    return str(default).lower() if isinstance(default, bool) else str(default)


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


def test_every_module_has_its_place_in_the_picture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = {path.stem for part in PACKAGES for path in (ROOT / part).rglob("*.py")}
    assert {
        name for name in names if not name.startswith("__") and f"`{name}`" not in text
    } == set()
