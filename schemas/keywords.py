"""Which JSON Schema keywords are honoured, which say nothing binding, and why others are refused.

Source: the vocabularies of JSON Schema 2020-12 (json-schema.org/draft/2020-12).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from schemas.errors import SchemaError
from schemas.limits import LIMITS
from schemas.schema import Kind
from schemas.wording import shown

__all__ = [
    "ANNOTATIONS",
    "ARRAY_WORDS",
    "FORMATS",
    "HONOURED",
    "MAX_LIST",
    "OBJECT_WORDS",
    "SCALARS",
    "TYPES",
    "check_annotation",
    "is_annotation",
    "reason_for",
]

MAX_LIST = 1000  # items; a page that says more cannot be answered within one decoding budget

TYPES = ("object", "array", "string", "number", "integer", "boolean")
SCALARS: Mapping[str, Kind] = {
    "string": Kind.TEXT,
    "number": Kind.NUMBER,
    "integer": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
}
FORMATS: Mapping[str, Kind] = {
    "date": Kind.DATE,
    "date-time": Kind.DATETIME,
    "uri": Kind.URL,
    "uri-reference": Kind.URL,
    "iri": Kind.URL,
    "money": Kind.MONEY,
    "generated": Kind.GENERATED,
}
ANNOTATIONS: Mapping[str, type | tuple[type, ...]] = {
    "$schema": str,
    "$id": str,
    "id": str,  # so drafts before 6 call it
    "$comment": str,
    "title": str,
    "description": str,
    "default": object,
    "examples": list,
    "deprecated": bool,
    "readOnly": bool,
    "writeOnly": bool,
    "$defs": Mapping,
    "definitions": Mapping,
    "self": Mapping,  # who keeps the schema, in Iglu's registries
}
"""Keywords that constrain no value, and what they hold; so do all that begin with "x-"."""

OBJECT_WORDS = frozenset({"type", "properties", "required", "additionalProperties"})
ARRAY_WORDS = frozenset({"type", "items", "maxItems", "minItems", "uniqueItems"})

_OTHERS = frozenset({"$ref", "anyOf", "oneOf", "enum", "const"}).union(*LIMITS.values())
_REASONS: Mapping[str, tuple[str, ...]] = {
    "how many keys there are is not honoured yet": ("minProperties", "maxProperties"),
    "patterns of keys are not honoured yet": ("patternProperties", "propertyNames"),
    "combined schemas are not honoured yet": ("allOf", "not", "if", "then", "else"),
    "conditions between keys are not honoured yet": (
        *("dependencies", "dependentRequired", "dependentSchemas"),
        *("unevaluatedItems", "unevaluatedProperties", "discriminator"),
    ),
    "lists with different kinds of items are not honoured yet": (
        *("prefixItems", "additionalItems", "contains", "minContains", "maxContains"),
    ),
    "text that holds other content is not honoured yet": (
        *("contentEncoding", "contentMediaType", "contentSchema"),
    ),
    "only plain references to #/$defs/... are followed": (
        *("$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef"),
        "$vocabulary",
    ),
    "an id below the top changes where references lead": ("$id", "id"),
}
_REASON_OF = {word: reason for reason, words in _REASONS.items() for word in words}
HONOURED = OBJECT_WORDS | ARRAY_WORDS | _OTHERS


def reason_for(word: str, shape: str) -> str:
    """Why the keyword *word* is refused on a *shape* ("string", "schema with `$ref`")."""
    if word in _REASON_OF:
        return _REASON_OF[word]
    if word in HONOURED and shape != "schema without `type`":
        article = "an" if shape[0] in "aeiou" else "a"
        return f"`{word}` is not honoured on {article} {shape}"
    close = get_close_matches(word, HONOURED | _REASON_OF.keys() | ANNOTATIONS.keys(), 1)
    return f"unknown keyword; did you mean `{close[0]}`?" if close else "unknown keyword"


def is_annotation(word: str, place: str) -> bool:
    """Whether *word* constrains nothing at the JSON pointer *place*."""
    # Below the top an `$id` opens a new document, where `#/$defs` means something else.
    if word in ("$id", "id"):
        return place == "#"
    return word in ANNOTATIONS or word.startswith("x-")


def check_annotation(word: object, content: object, place: str) -> None:
    """Raise SchemaError when *content* is nothing that an annotation called *word* can hold."""
    if not isinstance(word, str):
        raise SchemaError(f"{place}: a keyword is a string, not {shown(word)}")
    if word == "default" and content not in (None, []):
        hint = "leave it out: what the page does not say is null"
        raise SchemaError(f"{place}/default: the page does not say this value", hint=hint)
    if not isinstance(content, ANNOTATIONS.get(word, object)):
        raise SchemaError(f"{place}/{word}: {shown(content)} is not what it holds")
