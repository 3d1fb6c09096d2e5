"""A schema from whatever a user gives: a ready name, a file, JSON text, or one line."""

from __future__ import annotations

import os.path
from pathlib import Path

from schemas import library
from schemas.dsl import parse_dsl
from schemas.errors import SchemaError
from schemas.json_schema import load, loads
from schemas.schema import Schema

__all__ = ["resolve"]


def resolve(text: str) -> Schema:
    """The schema that *text* names or spells out, tried in this order.

    A ready schema's name; JSON Schema text (it opens with "{"); a file (it exists, or ends in
    ".json"); the one-line form (it holds a comma, a space or a line break).

    Raises:
        SchemaError: it is none of them, or what it names cannot be honoured.

    >>> resolve("title, posted date").names
    ('title', 'posted')
    """
    text = text.strip()
    if text in library.names():
        return library.get(text)
    if text.startswith("{"):
        return loads(text)
    # os.path and not Path: a long line of fields is no file, and Path.is_file raises for it.
    if os.path.isfile(text) or (text.endswith(".json") and "\n" not in text):
        return load(Path(text))
    if any(mark in text for mark in ", \t\n"):
        return parse_dsl(text)
    return _by_name(text)


def _by_name(text: str) -> Schema:
    if not text:
        raise SchemaError("the schema is empty", hint="name the fields: `title, posted date`")
    try:
        return library.get(text)
    except SchemaError as error:
        hint = error.hint if error.hint.startswith("did") else f"for one field, write `{text},`"
        raise SchemaError(f"{error}; and there is no such file", hint=hint) from error
