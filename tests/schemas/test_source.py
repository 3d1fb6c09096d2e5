from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from schemas import library
from schemas.errors import SchemaError
from schemas.schema import Field, Kind, Schema
from schemas.source import AnySchema, as_schema, resolve

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


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ({"type": "object", "properties": ["title"]}, "#/properties: at least one property"),
        ({"allOf": [RECORD, RECORD]}, "#/allOf: combined schemas"),
    ],
)
def test_a_json_schema_that_is_wrong_is_not_taken_for_an_example(
    document: dict[str, object], wrong: str
) -> None:
    with pytest.raises(SchemaError, match=wrong):
        resolve(json.dumps(document))


def test_nothing_is_no_schema() -> None:
    with pytest.raises(SchemaError, match="empty"):
        resolve("  ")


def test_an_example_is_a_schema_too(tmp_path: Path) -> None:
    example = {"title": "Gardener", "posted": "2026-11-21", "type": "full-time"}
    asked = (Field("title"), Field("posted", Kind.DATE), Field("type"))
    (tmp_path / "job.json").write_text(json.dumps(example))
    assert resolve(json.dumps(example)).fields == asked
    assert resolve(str(tmp_path / "job.json")).fields == asked
    assert resolve(str(tmp_path / "job.json")).name == "job"
    assert resolve(json.dumps([example])).many


def test_a_file_may_hold_lines_of_fields(tmp_path: Path) -> None:
    path = tmp_path / "job.txt"
    path.write_text("title: what the job is called\nposted date\n")
    schema = resolve(str(path))
    assert (schema.name, schema.names) == ("job", ("title", "posted"))


@pytest.mark.parametrize(
    "document",
    [
        {"type": "object"},
        {"$ref": "#/$defs/x"},
        {"properties": {"x": {"type": "nmber"}}},
        {"type": ["object", "null"], "properties": {}},
        {},
    ],
)
def test_what_is_meant_as_a_json_schema_is_judged_as_one(document: object) -> None:
    with pytest.raises(SchemaError, match=r"#"):
        resolve(json.dumps(document))


def test_properties_alone_are_not_taken_for_an_example() -> None:
    with pytest.raises(SchemaError, match="properties of a JSON Schema") as caught:
        resolve('{"title": {"type": "string"}, "pay": {"type": "number", "minimum": 1}}')
    assert "properties" in caught.value.hint


class Job(BaseModel):
    title: str
    posted: date | None = None


@pytest.mark.parametrize(
    "given",
    [
        Schema("Job", (Field("title"), Field("posted", Kind.DATE))),
        "title, posted date",
        Job,
        {"title": "Gardener", "posted": "2026-11-21"},
        {
            "properties": {
                "title": {"type": "string"},
                "posted": {"type": "string", "format": "date"},
            }
        },
        [{"title": "Gardener", "posted": "2026-11-21"}],
    ],
)
def test_python_takes_a_schema_in_any_form(given: AnySchema) -> None:
    assert [(f.name, f.kind) for f in as_schema(given)] == [
        ("title", Kind.TEXT),
        ("posted", Kind.DATE),
    ]


def test_what_is_no_schema_is_refused_by_its_type() -> None:
    with pytest.raises(SchemaError, match="int is no schema"):
        as_schema(5)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="Path is no schema"):
        as_schema(Path)  # type: ignore[arg-type]
