"""Limits that a schema sets on single values: read strictly, and held to exactly.

They are kept as the JSON Schema keywords they came as. A value that breaks one is no answer: it
counts as absent, since the page's words are never bent to fit (see `schemas.fitting`).

Source: the validation vocabulary of JSON Schema 2020-12, and draft 4's true or false
`exclusiveMinimum` and `exclusiveMaximum`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

import regex
from jsonschema import Draft202012Validator

from schemas.errors import SchemaError
from schemas.formats import CHECKER, INTEGER_RANGES, NUMBER_FORMATS, TEXT_FORMATS
from schemas.json_text import join_pointer
from schemas.patterns import found
from schemas.wording import shown

__all__ = ["LENGTHS", "LIMITS", "admits", "limits_of"]

LENGTHS = frozenset({"minLength", "maxLength"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_OF_NUMBERS = _BOUNDS | {"multipleOf", "format"}
LIMITS: Mapping[str, frozenset[str]] = {
    "string": LENGTHS | {"pattern", "format"},
    "number": _OF_NUMBERS,
    "integer": _OF_NUMBERS,
    "boolean": frozenset(),
}
"""Which keywords limit the values of a type; beside them stands `enum`."""

_DISPUTED_BLANKS = re.compile("[\x1c-\x1f\x85\u180e\ufeff]")
_SAY_NOTHING = (("minLength", 0), ("minLength", 1))

# Python reads these another way than ECMA-262 does: \A and \Z, {,n}, inline flags, [] and [^],
# and what may one day be operations on sets of characters.
_NOT_PORTABLE = re.compile(
    r"(?<!\\)(?:\\\\)*(?:\\[AaZ]|\{,\d|\(\?(?![:=!]|<[=!])|\[\^?\]|\[\[|\[[^\]]*(?:--|&&|~~|\|\|))"
)


def limits_of(words: Mapping[str, Any], place: str, shape: str) -> dict[str, Any]:
    """The limits among *words*, the keywords of a value of type *shape* at *place*.

    Those that say nothing are left out: a text is never empty, so `minLength` 1 is none.

    Raises:
        SchemaError: one cannot be held to, or is no such keyword's value.
    """
    limits: dict[str, Any] = {}
    for word in sorted(LIMITS[shape] & words.keys()):
        for name, limit in _limit(words, word, join_pointer(place, word), shape).items():
            limits[name] = _tighter(name, limits[name], limit) if name in limits else limit
    return {name: limit for name, limit in limits.items() if (name, limit) not in _SAY_NOTHING}


def admits(schema: Mapping[str, Any], data: object) -> bool:
    """Whether *data* fits *schema*, a JSON Schema of one value, its formats checked too."""
    pattern = schema.get("pattern")
    others = {word: value for word, value in schema.items() if word != "pattern"}
    if not Draft202012Validator(others, format_checker=CHECKER).is_valid(data):
        return False
    return pattern is None or not isinstance(data, str) or _matches(pattern, data)


def _matches(pattern: str, text: str) -> bool:
    """Whether *text* matches *pattern* as Python reads it, and by ECMA-262 too.

    Digits and word signs are ASCII alone there, and other signs are blank: both must agree.
    """
    if _DISPUTED_BLANKS.search(text):
        return False
    return found(pattern, text) and found(pattern, text, ascii_only=True)


def _limit(words: Mapping[str, Any], word: str, place: str, shape: str) -> dict[str, Any]:
    """The limits that *word* means, by keyword."""
    value = words[word]
    if word in LENGTHS:
        return {word: _count(value, place)}
    if word == "pattern":
        return {word: _pattern(value, place)}
    if word == "format":
        return _format(value, place, shape)
    if isinstance(value, bool):
        return _draft_4(words, word, place)
    if word == "multipleOf" and _number(value, place) <= 0:
        raise SchemaError(f"{place}: a number above 0 is needed, not {shown(value)}")
    return {word: _number(value, place)}


def _tighter(word: str, one: float, other: float) -> float:
    """A range comes from a `format` and from the bounds beside it: both hold."""
    return max(one, other) if "inimum" in word else min(one, other)


def _count(value: object, place: str) -> int:
    number = _number(value, place)
    if number < 0 or number != int(number):
        raise SchemaError(f"{place}: a whole number from 0 is needed, not {shown(value)}")
    return int(number)


def _number(value: object, place: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise SchemaError(f"{place}: a number is needed, not {shown(value)}")
    return value


def _pattern(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise SchemaError(f"{place}: a pattern is text, not {shown(value)}")
    if _NOT_PORTABLE.search(value):
        raise SchemaError(f"{place}: {shown(value)} does not mean the same everywhere")
    try:
        re.compile(value)
        re.compile(value, re.ASCII)
        regex.compile(value)
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        raise SchemaError(f"{place}: {shown(value)} cannot be read: {error}") from error
    return value


def _format(value: object, place: str, shape: str) -> dict[str, Any]:
    if shape == "string":
        return {"format": value} if value in TEXT_FORMATS else {}
    if shape == "integer" and isinstance(value, str) and value in INTEGER_RANGES:
        least, most = INTEGER_RANGES[value]
        return {"minimum": least, "maximum": most}
    if isinstance(value, str) and value in NUMBER_FORMATS:
        return {}
    raise SchemaError(f"{place}: {shown(value)} is not honoured on a value of type {shape}")


def _draft_4(words: Mapping[str, Any], word: str, place: str) -> dict[str, Any]:
    """Draft 4 says `"minimum": 0, "exclusiveMinimum": true` for what is above 0."""
    if word not in ("exclusiveMinimum", "exclusiveMaximum"):
        raise SchemaError(f"{place}: a number is needed, not {shown(words[word])}")
    bound = "minimum" if word == "exclusiveMinimum" else "maximum"
    if not words[word] or bound not in words:
        return {}
    return {word: _number(words[bound], place)}
