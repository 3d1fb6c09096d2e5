from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas import library
from schemas.errors import SchemaError
from schemas.schema import Field, Kind
from schemas.source import resolve

RECORD = {"type": "object", "properties": {"x": {"type": "number"}}}


def test_a_ready_name_comes_first() -> None:
    assert resolve(" book\n") == library.get("book")


def test_a_file_is_read(tmp_path: Path) -> None:
    for name in ("mine.json", "my schema, with a comma"):
        path = tmp_path / name
        path.write_text(json.dumps(RECORD))
        assert resolve(str(path)).fields == (Field("x", Kind.NUMBER),)


def test_json_text_is_a_schema() -> None:
    assert resolve(json.dumps(RECORD)).fields == (Field("x", Kind.NUMBER),)


@pytest.mark.parametrize("text", ["x number", "x number,", "x number\n", "x number, " + "a" * 90])
def test_one_line_is_a_schema(text: str) -> None:
    assert resolve(text).fields[0] == Field("x", Kind.NUMBER)


def test_a_long_line_is_never_taken_for_a_file() -> None:
    text = ", ".join(f"field_{number}" for number in range(2000))
    assert len(resolve(text).fields) == 2000


def test_a_json_name_that_does_not_exist_is_a_missing_file() -> None:
    with pytest.raises(SchemaError, match=r"none\.json: No such file"):
        resolve("none.json")


@pytest.mark.parametrize(
    ("text", "hint"), [("jobposting", "did you mean `job_posting`?"), ("zzz", "write `zzz,`")]
)
def test_a_lone_word_is_neither_ready_nor_a_file(text: str, hint: str) -> None:
    with pytest.raises(SchemaError, match=r"article, book.*no such file") as caught:
        resolve(text)
    assert hint in caught.value.hint


def test_nothing_is_no_schema() -> None:
    with pytest.raises(SchemaError, match="empty"):
        resolve("  ")
