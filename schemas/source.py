"""A schema from whatever a user gives: a ready name, a file, JSON text, one line, a class."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas import library
from schemas.classes import from_pydantic
from schemas.dsl import parse_dsl
from schemas.errors import SchemaError
from schemas.example import from_example
from schemas.json_schema import parse
from schemas.json_text import decode_json, read_text
from schemas.keywords import TYPES
from schemas.schema import Schema

__all__ = ["AnySchema", "as_schema", "resolve", "spelt_out"]

AnySchema = Schema | str | type[BaseModel] | Mapping[str, Any] | list[Any]
"""What `as_schema` takes."""


def as_schema(given: AnySchema) -> Schema:
    """The schema that *given* is, names, or is an example of.

    A `Schema`; text as `resolve` takes it; a Pydantic class; decoded JSON, which is a JSON Schema
    or an example of a record.

    Raises:
        SchemaError: it is none of them, or asks for what cannot be honoured.

    >>> as_schema({"title": "Gardener", "posted": "2026-11-21"}).names
    ('title', 'posted')
    """
    if isinstance(given, Schema):
        return given
    if isinstance(given, str):
        return resolve(given)
    if isinstance(given, Mapping | list):
        return _from_json(given, "record")
    given_type: object = given
    if isinstance(given_type, type) and issubclass(given_type, BaseModel):
        return from_pydantic(given_type)
    hint = "give a Schema, text, a Pydantic class, a JSON Schema or an example"
    kind = given_type if isinstance(given_type, type) else type(given)
    raise SchemaError(f"{kind.__name__} is no schema", hint=hint)


def resolve(text: str) -> Schema:
    """The schema that *text* names or spells out, tried in this order.

    A ready schema's name; JSON text (it opens with "{" or "["); a file (it exists, or ends in
    ".json") of JSON or of lines; the one-line form (it holds a comma, a space or a line break).
    JSON is a JSON Schema or an example of a record (see `schemas.example`).

    Raises:
        SchemaError: it is none of them, or what it names cannot be honoured.

    >>> resolve("title, posted date").names
    ('title', 'posted')
    """
    text = text.strip()
    if text in library.names():
        return library.get(text)
    if text.startswith(("{", "[")):
        return spelt_out(text)
    # os.path and not Path: a long line of fields is no file, and Path.is_file raises for it.
    if os.path.isfile(text) or (text.endswith(".json") and "\n" not in text):
        return _from_file(Path(text))
    if any(mark in text for mark in ", \t\n"):
        return parse_dsl(text)
    return _by_name(text)


def spelt_out(text: str, *, name: str = "record", origin: str = "") -> Schema:
    """The schema that *text* spells out, as JSON or as lines of fields; never the name of anything.

    Raises:
        SchemaError: it cannot be read; errors of JSON open with *origin*, a file's name.
    """
    if text.strip().startswith(("{", "[")):
        return _from_json(decode_json(text, origin=origin), name)
    return parse_dsl(text, name=name)


def _from_file(path: Path) -> Schema:
    text = read_text(path)
    if path.suffix.lower() == ".json":
        return _from_json(decode_json(text, origin=str(path)), path.stem)
    return spelt_out(text, name=path.stem, origin=str(path))


def _from_json(document: object, name: str) -> Schema:
    if _is_schema(document):
        return parse(document, name=name)
    _refuse_bare_properties(document)
    return from_example(document, name=name)


_SCHEMA_WORDS = frozenset({"$schema", "$ref", "$defs", "allOf", "anyOf", "oneOf"})


def _is_schema(document: object) -> bool:
    """Whether decoded JSON is meant as a JSON Schema, and not as an example of a record."""
    if not isinstance(document, Mapping):
        return not isinstance(document, list)  # JSON of another type: the reader says what is wrong
    if not document or not _SCHEMA_WORDS.isdisjoint(document):
        return True
    kinds = document.get("type")
    typed = kinds if isinstance(kinds, list) else [kinds]
    if isinstance(document.get("properties"), Mapping):
        return True
    return bool(typed) and all(kind in (*TYPES, "null") for kind in typed)


def _refuse_bare_properties(document: object) -> None:
    """{"title": {"type": "string"}} is the middle of a JSON Schema, and as an example absurd."""
    values = list(document.values()) if isinstance(document, Mapping) else []
    if values and all(isinstance(value, Mapping) and _is_typed(value) for value in values):
        hint = 'put them into {"type": "object", "properties": ...}'
        raise SchemaError("these are the properties of a JSON Schema, without it", hint=hint)


def _is_typed(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and kind in TYPES


def _by_name(text: str) -> Schema:
    if not text:
        raise SchemaError("the schema is empty", hint="name the fields: `title, posted date`")
    try:
        return library.get(text)
    except SchemaError as error:
        hint = error.hint if error.hint.startswith("did") else f"for one field, write `{text},`"
        raise SchemaError(f"{error}; and there is no such file", hint=hint) from error
