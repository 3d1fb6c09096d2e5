"""The words users write in a schema: names, descriptions, choices."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from schemas.errors import SchemaError

__all__ = ["MAX_NAME", "choices_of", "folded", "name_of", "shown", "text_of"]

MAX_NAME = 100  # code points


def name_of(value: object, place: str) -> str:
    """*value* when it can name a field: 1 to 100 code points, none of them a control character.

    Raises:
        SchemaError: it cannot; the message opens with *place*.
    """
    if not isinstance(value, str) or not value.strip():
        raise SchemaError(f"{place}: a field's name is some text, not {shown(value)}")
    if len(value) > MAX_NAME:
        raise SchemaError(f"{place}: a name of {len(value)} characters; {MAX_NAME} is the most")
    if _has_controls(value):
        raise SchemaError(f"{place}: the name {shown(value)} holds a control character")
    return value


def text_of(value: object, place: str) -> str:
    """*value* as one line of text, white space folded. Raises SchemaError when it is not text."""
    if not isinstance(value, str):
        raise SchemaError(f"{place}: text is needed, not {shown(value)}")
    line = " ".join(value.split())
    if _has_controls(line):
        raise SchemaError(f"{place}: the text holds a control character")
    return line


def choices_of(values: Sequence[object], place: str) -> tuple[str, ...]:
    """*values* as the answers of a choice, nulls left out: at least one, all different, none blank.

    Raises:
        SchemaError: they are not; the message opens with *place*, and the index among several.
    """
    choices: list[str] = []
    for index, value in enumerate(values):
        here = f"{place}/{index}" if len(values) > 1 else place
        if value is None:
            continue
        if not isinstance(value, str):
            raise SchemaError(f"{here}: only strings can be chosen from, not {shown(value)}")
        if not value.strip() or _has_controls(value):
            raise SchemaError(f"{here}: {shown(value)} is blank or holds a control character")
        if value in choices:
            raise SchemaError(f"{here}: {shown(value)} is listed twice")
        choices.append(value)
    if not choices:
        raise SchemaError(f"{place}: at least one string to choose from is needed")
    return tuple(choices)


def folded(name: str) -> str:
    """*name* without case, spaces and punctuation: "Date posted" equals "date_posted"."""
    return re.sub(r"[\W_]+", "", name).casefold()


def shown(value: object) -> str:
    """*value* as JSON, short enough for a message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            return "a list"
        text = f"[{', '.join(map(shown, value))}]"
    else:
        text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _has_controls(text: str) -> bool:
    """Whether *text* holds a control character, half a surrogate pair or a line separator."""
    return any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text)
