"""The JSON Schema of what comes out: of whole records, and of one value."""

from __future__ import annotations

from typing import Any

from schemas.keywords import FORMATS, SCALARS
from schemas.schema import Field, Kind, Schema

__all__ = ["to_json_schema", "value_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def to_json_schema(schema: Schema) -> dict[str, Any]:
    """The JSON Schema of what comes out: every key is there, every value nullable, no item is.

    `parse` reads it back to the same names, kinds, lists, limits, choices and order; all are
    `required` there, because an absent value is a null and not a missing key.
    """
    head = {"$schema": DIALECT, "title": schema.name, **_described(schema.description)}
    record = _object_out(schema.fields)
    if schema.many:
        return {**head, "type": "array", "items": record, "maxItems": schema.max_records}
    return {**head, **record}


def _object_out(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.name: _field_out(field) for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def value_schema(field: Field) -> dict[str, Any]:
    """The JSON Schema of one value of *field*: of an item where it is a list, and never null."""
    if field.kind is Kind.OBJECT:
        return _object_out(field.fields)
    if field.kind is Kind.CHOICE:
        return {"type": "string", "enum": list(field.choices)}
    for shape, kind in SCALARS.items():
        if kind is field.kind:
            return {"type": shape, **field.limits}
    form = next(form for form, kind in FORMATS.items() if kind is field.kind)
    return {"type": "string", "format": form, **field.limits}


def _field_out(field: Field) -> dict[str, Any]:
    one = value_schema(field)
    if field.many:
        one = {"type": "array", "items": one, **_list_limits(field)}
    return {**_or_null(one), **_described(field.description)}


def _list_limits(field: Field) -> dict[str, Any]:
    limits: dict[str, Any] = {"maxItems": field.max_items}
    if field.min_items:
        limits["minItems"] = field.min_items
    if field.unique:
        limits["uniqueItems"] = True
    return limits


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _described(description: str) -> dict[str, Any]:
    return {"description": description} if description else {}
