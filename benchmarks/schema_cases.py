"""JSON Schemas that other people wrote, with instances that fit them and instances that do not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Case", "Instance", "json_type", "maskbench", "suite", "wrapped"]

FOLDER = "jsonschemabench"
VALUE = "value"
_OF_THE_TOP = ("$schema", "$id", "id", "$defs", "definitions")


@dataclass(frozen=True, slots=True)
class Instance:
    """*data* as JSON; *valid*: whether the schema's author says that it fits."""

    data: Any
    valid: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A JSON Schema (decoded JSON, of any draft) and what is known of it."""

    name: str
    schema: Any
    instances: tuple[Instance, ...]


def maskbench(evaldata: Path) -> Iterator[Case]:
    """The sample of JSONSchemaBench (github.com/guidance-ai/jsonschemabench), as it stands."""
    with (evaldata / FOLDER / "maskbench_sample.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            tests = (Instance(test["data"], test["valid"]) for test in row["tests"])
            yield Case(row["id"], row["schema"], tuple(tests))


def suite(evaldata: Path, draft: str) -> Iterator[Case]:
    """The groups of the JSON-Schema-Test-Suite for *draft* ("draft7"), its optional ones too.

    A case is named after the file, below the draft's folder, and the group: "enum: simple enum".
    """
    root = evaldata / FOLDER / "json_schema_test_suite" / "tests" / draft
    for path in sorted(root.rglob("*.json")):
        file = path.relative_to(root).with_suffix("").as_posix()
        for group in json.loads(path.read_text(encoding="utf-8")):
            tests = (Instance(t["data"], t["valid"], t["description"]) for t in group["tests"])
            yield Case(f"{file}: {group['description']}", group["schema"], tuple(tests))


def wrapped(cases: Iterable[Case]) -> Iterator[Case]:
    """*cases* as schemas of a record's one property, which say a type.

    A record is an object, and a field has one type; the suite's schemas are mostly of bare values
    of any type. So each is asked once for every type that its instances have, with the instances
    of that type: adding the `type` that they have changes no verdict.
    """
    for case in cases:
        if not isinstance(case.schema, dict):
            continue
        for kind in dict.fromkeys(json_type(instance.data) for instance in case.instances):
            if kind != "null" and (schema := _of_type(case.schema, kind)) is not None:
                same = [i for i in case.instances if json_type(i.data) == kind]
                yield Case(f"{case.name} [{kind}]", _record(schema), tuple(map(_one, same)))


def json_type(data: object) -> str:
    """The name of the JSON type of *data*; "number" for whole numbers too."""
    if isinstance(data, bool):
        return "boolean"
    if data is None:
        return "null"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(data)]


def _of_type(schema: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """*schema* for values of *kind*; `None` where it says other types already."""
    if "type" not in schema and "$ref" not in schema:
        return {"type": kind, **schema}
    said = schema.get("type", kind)
    named = {kind, "integer"} if kind == "number" else {kind}
    return schema if named & set(said if isinstance(said, list) else [said]) else None


def _record(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of records whose one property is *schema*; what belongs to the top stays there."""
    top: dict[str, Any] = {word: schema[word] for word in _OF_THE_TOP if word in schema}
    inner = {word: content for word, content in schema.items() if word not in top}
    return {**top, "type": "object", "properties": {VALUE: inner}}


def _one(instance: Instance) -> Instance:
    return Instance({VALUE: instance.data}, instance.valid, instance.name)
