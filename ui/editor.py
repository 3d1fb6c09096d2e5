"""The small table in which a person changes the fields of a schema."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestration.desk.highlight import inert
from schemas.errors import SchemaError
from schemas.schema import Field, Kind, Schema

__all__ = ["edited", "editor", "signature"]

MOST_FIELDS = 64
LONGEST_TEXT = 500  # characters of a name, description or choice

KINDS = [kind for kind in Kind if kind is not Kind.OBJECT]


def editor(schema: Schema) -> str:
    """The fields of *schema* as a table of inputs. Objects keep their parts as they are."""
    rows = "".join(_row(field) for field in schema)
    heads = ("name", "kind", "what it is", "required", "several", "")
    cells = "".join(f'<th scope="col">{head or UNSEEN_REMOVE}</th>' for head in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Fields">'
        f'<table data-for="{signature(schema)}"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        '<p><button type="button" data-act="add">＋ add a field</button></p>'
        f"<template>{_row(Field('new_field'), fresh=True)}</template>"
    )


def signature(schema: Schema) -> str:
    """Tells schemas apart, so that edits of one are never taken for edits of another."""
    return f"{zlib.crc32(repr(schema).encode('utf-8', 'replace')):08x}"


def edited(schema: Schema, rows: Sequence[Mapping[str, Any]]) -> Schema:
    """*schema* with its fields as the table's *rows* say; what a row does not show is kept.

    Raises:
        SchemaError: a field has no name, two have the same, or choices are missing.
    """
    if not rows:
        raise SchemaError("there is no field", hint="add one")
    if len(rows) > MOST_FIELDS:
        raise SchemaError(f"more than {MOST_FIELDS} fields", hint="ask for fewer at a time")
    known = {field.name: field for field in schema}
    fields: dict[str, Field] = {}
    for row in rows:
        field = _field(row, known)
        if field.name in fields:
            raise SchemaError(f"the field {field.name!r} stands twice", hint="rename one of them")
        fields[field.name] = field
    same = tuple(fields.values()) == schema.fields
    return schema if same else replace(schema, fields=tuple(fields.values()))


UNSEEN_REMOVE = '<span class="unseen">remove</span>'


def _row(field: Field, *, fresh: bool = False) -> str:
    name = "" if fresh else inert(field.name)
    kinds = KINDS if field.kind is not Kind.OBJECT else [Kind.OBJECT]
    options = "".join(
        f"<option{' selected' if kind is field.kind else ''}>{kind}</option>" for kind in kinds
    )
    choices = inert(" | ".join(field.choices))
    return (
        f'<tr><td><input type="text" data-part="name" aria-label="Name" value="{name}"></td>'
        f'<td><select data-part="kind" aria-label="Kind">{options}</select>'
        f'<input type="text" data-part="choices" aria-label="Choices, with | between"'
        f' placeholder="this | that" value="{choices}"></td>'
        f'<td><input type="text" data-part="description" aria-label="Description"'
        f' placeholder="what it is" value="{inert(field.description)}"></td>'
        f"<td>{_box('required', field.required)}</td><td>{_box('many', field.many)}</td>"
        '<td><button type="button" data-act="remove" aria-label="Remove this field">✕</button></td>'
        "</tr>"
    )


def _box(part: str, on: bool) -> str:
    label = {"required": "Required", "many": "Several values"}[part]
    checked = " checked" if on else ""
    return f'<input type="checkbox" data-part="{part}" aria-label="{label}"{checked}>'


def _field(row: Mapping[str, Any], known: Mapping[str, Field]) -> Field:
    name = str(row.get("name", "")).strip()[:LONGEST_TEXT]
    if not name:
        raise SchemaError("a field has no name", hint="name it, or remove it")
    kind = _kind(str(row.get("kind", "")), name)
    before = known.get(name, Field(name))
    if kind is Kind.OBJECT and before.kind is not Kind.OBJECT:
        raise SchemaError(f"the parts of {name!r} are not known", hint="paste a JSON Schema")
    same_kind = before.kind is kind
    field = replace(
        before if same_kind else Field(name),
        kind=kind,
        description=" ".join(str(row.get("description", "")).split())[:LONGEST_TEXT],
        required=bool(row.get("required")),
        many=bool(row.get("many")),
        choices=_choices(row, name) if kind is Kind.CHOICE else (),
    )
    return before if _alike(field, before) else field


def _alike(field: Field, before: Field) -> bool:
    """Whether all that changed is white space, which an input does not keep."""
    return replace(field, description=before.description) == before and (
        field.description == " ".join(before.description.split())[:LONGEST_TEXT]
    )


def _kind(text: str, name: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise SchemaError(f"{text!r} is no kind of field, in {name!r}") from None


def _choices(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    parts = [part.strip()[:LONGEST_TEXT] for part in str(row.get("choices", "")).split("|")]
    choices = tuple(dict.fromkeys(filter(None, parts)))
    if not choices:
        raise SchemaError(f"the choices of {name!r} are missing", hint="write `this | that`")
    return choices
