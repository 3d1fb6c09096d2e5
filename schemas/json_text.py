"""JSON as people write it: files and text, read strictly, with the place of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.errors import SchemaError

__all__ = ["MAX_BYTES", "decode_json", "join_pointer", "read_text"]

MAX_BYTES = 1_000_000


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without its byte order mark.

    Raises:
        SchemaError: it is missing, not a file, over `MAX_BYTES`, or not UTF-8 (line and column).
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "give the path of a JSON Schema file that can be read"
        raise SchemaError(f"{path}: {reason}", hint=hint) from error
    if len(data) > MAX_BYTES:
        raise SchemaError(f"{path}: a schema is at most {MAX_BYTES:,} bytes long")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _line_and_column(error.object[: error.start])
        raise SchemaError(f"{path}: {place}: not UTF-8", hint="save it as UTF-8") from error


def decode_json(text: str, *, origin: str = "") -> Any:
    """*text* decoded; unlike `json.loads`, a key written twice and NaN are errors.

    Raises:
        SchemaError: not JSON. The message opens with *origin* (a file's name) and the place.
    """
    prefix = f"{origin}: " if origin else ""
    try:
        document = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        hint = "check the brackets, quotes and commas there"
        raise SchemaError(f"{prefix}{place}: not JSON: {error.msg}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{prefix}not JSON that can be read: {error}") from error
    for place, key in _repeated(document):
        hint = "keep one of them"
        raise SchemaError(f"{prefix}{place}: the key {key!r} is written twice", hint=hint)
    return document


def join_pointer(place: str, *keys: str) -> str:
    """The JSON pointer *place*, some *keys* deeper (RFC 6901)."""
    return "/".join([place, *(key.replace("~", "~0").replace("/", "~1") for key in keys)])


class _Repeated:
    """Stands in for an object that says *key* twice, until its place is known."""

    def __init__(self, key: str) -> None:
        self.key = key


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Repeated:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            return _Repeated(key)
        found[key] = value
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _repeated(document: object) -> Iterator[tuple[str, str]]:
    """Place and key of every object that says a key twice."""
    waiting: list[tuple[str, object]] = [("#", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, _Repeated):
            yield place, value.key
        elif isinstance(value, dict):
            waiting += [(join_pointer(place, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}/{index}", inner) for index, inner in enumerate(value)]


def _line_and_column(before: bytes) -> str:
    """Where the text after the bytes *before* begins, counted from 1."""
    lines = before.decode("utf-8", "replace").split("\n")
    return f"line {len(lines)}, column {len(lines[-1]) + 1}"
