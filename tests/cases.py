"""The test pages: one folder a case, with page.html, schema.json and expected.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.json_schema import parse
from schemas.schema import Schema
from schemas.source import resolve

FOLDER = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Case:
    """`expected`: the record's data; a list of them where the schema asks for many records."""

    name: str
    page: Path
    schema: Schema
    expected: Any


def load(name: str) -> Case:
    """The case in the folder *name*. A schema that is a JSON string is what `--schema` takes."""
    folder = FOLDER / name
    wanted = json.loads((folder / "schema.json").read_text("utf-8"))
    schema = resolve(wanted) if isinstance(wanted, str) else parse(wanted)
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    return Case(name, folder / "page.html", schema, expected)


def names() -> list[str]:
    """Every case that says what is expected."""
    return sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))
