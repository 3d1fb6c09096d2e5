"""A plan as a JSON document that people read, edit and compare, and back.

The law: `parse_plan(plan_to_json(plan)) == plan`. Keys come in one order and every field has its
own, so that two plans differ only in the lines where they differ. `plan.schema.json` is the
document's own JSON Schema, for editors; `document_schema` generates it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from schemas.errors import PlanInvalid, SchemaError
from schemas.json_schema import parse, to_json_schema
from schemas.json_text import decode_json, join_pointer, read_text
from schemas.plan import Checks, FieldPlan, Origin, Plan, PlannedBy, Relation, Rule
from schemas.plan_checks import why_not_checkable
from schemas.record import Tier
from schemas.schema import Field as Asked
from schemas.schema import Schema
from schemas.wording import shown

__all__ = ["VERSION", "document_schema", "dump_plan", "load_plan", "parse_plan", "plan_to_json"]

VERSION = 1
MAX_LABELS, MAX_SKIPPED, MAX_RULES = 12, 32, 32

_Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f]*$")]
_Said = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]*$")]
_XPath = Annotated[str, StringConstraints(max_length=2000, pattern=r"^(/[^/\s]+)+$")]
_Bound = int | float | Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Checks(_Part):
    """What every value keeps to; one that does not counts as absent."""

    minimum: _Bound = Field(None, description="for numbers and amounts; an ISO date for dates")
    maximum: _Bound = Field(None, description="as minimum, the other way")
    pattern: str | None = Field(None, description="for texts: found somewhere in each value")


class _Field(_Part):
    """Where a field stands, who answers it, and how answers are checked."""

    tier: Literal["auto", "markup", "selector", "small", "large", "planner"] = Field(
        "auto", description="the cheapest tier that is likely to answer"
    )
    hint: _Line = Field("", description="where to look, one sentence")
    labels: list[_Said] = Field(
        [], max_length=MAX_LABELS, description="what the page prints beside the value"
    )
    required: bool = Field(False, description="a page without it is worth a second look")
    checks: _Checks = _Checks(minimum=None, maximum=None, pattern=None)
    parts: dict[str, _Field] = Field({}, description="of an object, by name")


class _Rule(_Part):
    """Two fields that check each other; holds where either is absent."""

    first: str
    relation: Literal["<", "<=", "!="]
    second: str


class _Origin(_Part):
    """Who wrote the plan, and what it cost."""

    by: Literal["endpoint", "worker", "schema"] = "schema"
    model: str | None = None
    tokens: int = Field(0, ge=0, description="read and written, retries included")
    seconds: float = Field(0.0, ge=0)
    prompt: int = Field(0, ge=0, description="version of the prompt; 0: no model was asked")
    note: _Line = Field("", description="why a better informed planner did not write it")


class _Document(_Part):
    """A Fieldwise plan: how the pages of one layout are read for one schema."""

    fieldwise_plan: Literal[1] = Field(description="version of this format")
    record: dict[str, Any] = Field(description="what to extract: a JSON Schema")
    layout: str | None = Field(None, description="fingerprint of the pages it was made for")
    record_xpath: _XPath | None = Field(None, description="the element repeated once a record")
    skip: list[_Said] = Field(
        [], max_length=MAX_SKIPPED, description="sections to skip: a heading's words, or an XPath"
    )
    fields: dict[str, _Field] = Field({}, description="by name")
    rules: list[_Rule] = Field([], max_length=MAX_RULES, description="fields that check each other")
    origin: _Origin = Field(default_factory=lambda: _Origin(by="schema"))


def document_schema() -> dict[str, Any]:
    """The JSON Schema of plan documents, as `plan.schema.json` holds it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    written = _Document.model_json_schema(mode="validation")
    named = json.loads(json.dumps(written).replace("#/$defs/_", "#/$defs/"))
    definitions = named.pop("$defs")
    for name, definition in definitions.items():
        definition["title"] = name.removeprefix("_")
    return {
        **head,
        **named,
        "title": "Fieldwise plan",
        "$defs": {name.removeprefix("_"): definitions[name] for name in sorted(definitions)},
    }


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """*plan* as decoded JSON, its keys in the order of the published schema."""
    return {
        "fieldwise_plan": VERSION,
        "record": to_json_schema(plan.schema),
        "layout": plan.layout,
        "record_xpath": plan.record_xpath,
        "skip": list(plan.skip),
        "fields": {name: _field_out(planned) for name, planned in plan.fields.items()},
        "rules": [
            {"first": rule.first, "relation": rule.relation.value, "second": rule.second}
            for rule in plan.rules
        ],
        "origin": {
            "by": plan.origin.by.value,
            "model": plan.origin.model,
            "tokens": plan.origin.tokens,
            "seconds": plan.origin.seconds,
            "prompt": plan.origin.prompt,
            "note": plan.origin.note,
        },
    }


def dump_plan(plan: Plan) -> str:
    """*plan* as text for people: what fits a line of 100 stands on one, a line break ends it."""
    return _written(plan_to_json(plan), "") + "\n"


def load_plan(path: Path) -> Plan:
    """`parse_plan` for a UTF-8 JSON file.

    Raises:
        PlanInvalid: as `parse_plan`; also for a file that is missing, too long or not JSON.
        SchemaError: the schema in it is not one that is honoured.
    """
    try:
        document = decode_json(read_text(path), origin=str(path))
    except SchemaError as error:
        raise PlanInvalid(str(error)) from error
    return parse_plan(document, origin=str(path))


def parse_plan(document: object, *, origin: str = "plan") -> Plan:
    """The plan that *document*, decoded JSON, is.

    Raises:
        PlanInvalid: it is none; the message opens with *origin* and the place.
        SchemaError: the schema in it is not one that is honoured.
    """
    try:
        read = _Document.model_validate(document)
    except ValidationError as error:
        raise _first_of(error, origin) from error
    try:
        schema = parse(read.record)
    except SchemaError as error:
        raise SchemaError(f"{origin}: #/record: {error}", hint=error.hint) from error
    fields = {field.name: field for field in schema}
    for name in read.fields:
        if name not in fields:
            raise _lacking(f"{origin}: {join_pointer('#/fields', name)}", name, schema)
    for index, rule in enumerate(read.rules):
        for name in (rule.first, rule.second):
            if name not in fields:
                raise _lacking(f"{origin}: #/rules/{index}", name, schema)
    planned = {
        name: _field_in(fields[name], said, f"{origin}: {join_pointer('#/fields', name)}")
        for name, said in read.fields.items()
    }
    return Plan(
        _without_required(schema),
        layout=read.layout,
        record_xpath=read.record_xpath,
        fields=planned,
        skip=tuple(read.skip),
        rules=tuple(Rule(r.first, Relation(r.relation), r.second) for r in read.rules),
        origin=Origin(PlannedBy(read.origin.by), **read.origin.model_dump(exclude={"by"})),
    )


def _written(value: Any, indent: str, before: int = 0) -> str:
    """*value* as JSON. *before*: characters that stand before it in its line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (indent and before + len(line) <= _WIDE):
        return line
    deeper = f"{indent}  "
    if isinstance(value, dict):
        heads = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        pairs = zip(heads, value.values(), strict=True)
        inner = [head + _written(part, deeper, len(deeper + head)) for head, part in pairs]
        return "\n".join(["{", ",\n".join(deeper + part for part in inner), f"{indent}}}"])
    inner = [_written(part, deeper, len(deeper)) for part in value]
    return "\n".join(["[", ",\n".join(deeper + part for part in inner), f"{indent}]"])


_WIDE = 100


def _field_out(planned: FieldPlan) -> dict[str, Any]:
    parts = {name: _field_out(part) for name, part in planned.parts.items()}
    return {
        "tier": planned.tier.value if planned.tier else "auto",
        "hint": planned.hint,
        "labels": list(planned.labels),
        "required": planned.required,
        "checks": {
            name: value for name, value in asdict(planned.checks).items() if value is not None
        },
        **({"parts": parts} if parts else {}),
    }


def _field_in(asked: Asked, said: _Field, place: str) -> FieldPlan:
    checks = Checks(said.checks.minimum, said.checks.maximum, said.checks.pattern)
    if reason := why_not_checkable(asked, checks):
        raise PlanInvalid(f"{place}/checks: {reason}", hint="set that check to null")
    parts = {part.name: part for part in asked.fields}
    for name in said.parts:
        if name not in parts:
            raise PlanInvalid(f"{place}/parts: {asked.name!r} has no part {name!r}")
    return FieldPlan(
        tier=None if said.tier == "auto" else Tier(said.tier),
        hint=said.hint,
        labels=tuple(said.labels),
        required=said.required,
        checks=checks,
        parts={
            name: _field_in(parts[name], part, f"{place}/parts/{name}")
            for name, part in said.parts.items()
        },
    )


def _without_required(schema: Schema) -> Schema:
    """*schema* as a plan has it: what comes out names every field as required; the plan says which
    are."""
    return replace(
        schema,
        fields=tuple(
            replace(f, required=False, fields=tuple(replace(p, required=False) for p in f.fields))
            for f in schema
        ),
    )


def _lacking(place: str, name: str, schema: Schema) -> PlanInvalid:
    hint = f"the schema has {', '.join(schema.names)}"
    return PlanInvalid(f"{place}: the schema has no field {name!r}", hint=hint)


def _first_of(error: ValidationError, origin: str) -> PlanInvalid:
    """The first thing that is wrong, with its JSON pointer."""
    first = error.errors(include_url=False)[0]
    steps = [str(step) for step in first["loc"] if not str(step).startswith(_BRANCHES)]
    place = join_pointer("#", *steps)
    if steps == ["fieldwise_plan"]:
        given = first["input"]
        what = "it says no version" if first["type"] == "missing" else f"version {shown(given)}"
        return PlanInvalid(f"{origin}: {place}: {what}; this reads version {VERSION}")
    if first["type"] == "extra_forbidden":
        return PlanInvalid(f"{origin}: {place}: no such key in a plan")
    said = first["msg"].lower().partition(" or instance of ")[0]  # names a class of ours
    return PlanInvalid(f"{origin}: {place}: {said}, not {shown(first['input'])}")


_BRANCHES = (
    "constrained-str",
    "float",
    "int",
    "nullable",
)  # pydantic's names for branches of a union
