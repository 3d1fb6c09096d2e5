"""What Outlines calls an output type, as a grammar for the decoder.

JSON Schemas (Pydantic classes, dataclasses, typed dicts, functions), regular expressions, choices,
plain Python types and context-free grammars become llguidance grammars, so that `decode` can run
them with its forced tokens. Two things differ from what the schema says by itself:

* An object that lists its properties takes no others. Left open, as Pydantic leaves it, it lets
  a small model add keys of its own. `"additionalProperties": true` keeps it open.
* JSON is written as `json.dumps` writes it, with one space after a comma or colon, so that all
  signs between values are forced. `JsonSchema(..., whitespace_pattern=...)` has its own way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_origin

import llguidance
from outlines.types.dsl import CFG, JsonSchema, Term, python_types_to_terms, to_regex
from pydantic import TypeAdapter

from schemas.errors import SchemaError

if TYPE_CHECKING:
    from llguidance._lib import JsonCompileOptions  # it has no public name

__all__ = ["close_objects", "to_grammar"]

_FREE_TEXT = r"start: /(?s:.*)/"
_AS_JSON_DUMPS: JsonCompileOptions = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
}


def to_grammar(output_type: Any) -> str:
    """A grammar that `GrammarCompiler.matcher` takes, for any output type of Outlines.

    `None` means any text. A list of objects is a JSON array.

    Raises:
        TypeError: Outlines knows no such type.
        SchemaError: it does, but the grammar would not honour all of it; the message says what.
    """
    if output_type is None:
        return _FREE_TEXT
    term = python_types_to_terms(output_type)
    if isinstance(term, JsonSchema):
        grammar = _json_grammar(json.loads(term.schema), term.whitespace_pattern)
    elif isinstance(term, CFG):
        grammar = _cfg_grammar(term.definition)
    elif get_origin(output_type) is list and _has_objects(term):
        # Outlines would spell the objects out as a regular expression, long and slow.
        grammar = _json_grammar(TypeAdapter(output_type).json_schema(), None)
    else:
        grammar = llguidance.LLMatcher.grammar_from_regex(to_regex(term))
    return _checked(grammar)


def _cfg_grammar(definition: str) -> str:
    """Lark as it is; llama.cpp's GBNF is read too, as Outlines does."""
    try:
        return str(llguidance.grammar_from("grammar", definition))
    except ValueError:  # what looked like GBNF is none
        return llguidance.LLMatcher.grammar_from_lark(definition)


def _json_grammar(schema: Any, whitespace: str | None) -> str:
    closed = json.dumps(close_objects(schema))
    if whitespace is None:
        return llguidance.LLMatcher.grammar_from_json_schema(closed, defaults=_AS_JSON_DUMPS)
    own: JsonCompileOptions = {"whitespace_flexible": True, "whitespace_pattern": whitespace}
    return llguidance.LLMatcher.grammar_from_json_schema(closed, overrides=own)


def _checked(grammar: str) -> str:
    is_error, messages = llguidance.LLMatcher.validate_grammar_with_warnings(grammar)
    if is_error:
        raise SchemaError(
            f"the output type cannot be honoured: {' '.join(messages)}",
            hint="leave that constraint out and check it after the answer",
        )
    return grammar


def _has_objects(term: Term) -> bool:
    """Whether a JSON Schema stands anywhere inside *term*."""
    if isinstance(term, JsonSchema):
        return True
    parts = [getattr(term, "term", None), *getattr(term, "terms", ())]
    return any(_has_objects(part) for part in parts if isinstance(part, Term))


_SCHEMA_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_SCHEMAS = ("items", "additionalProperties", "contains")
_UNIONS = ("allOf", "anyOf", "oneOf")
_COMBINING = (*_UNIONS, "$ref", "if", "dependentSchemas")


def close_objects(schema: Any) -> Any:
    """*schema* with `"additionalProperties": false` wherever it lists properties and does not say.

    Objects that several schemas describe together (`allOf`, or `properties` beside `anyOf`) stay
    open: closed, each part would refuse what the others name.

    >>> close_objects({"type": "array", "items": {"properties": {"a": {}}}})["items"]
    {'properties': {'a': {}}, 'additionalProperties': False}
    """
    return _closed(schema, keep_open=frozenset(_refs_combined(schema)))


def _closed(schema: Any, *, keep_open: frozenset[str], place: str = "#", part: bool = False) -> Any:
    """*place*: the schema's JSON pointer. *part*: something else describes the same object."""
    if not isinstance(schema, Mapping):
        return schema

    def inner(value: Any, key: str, *, part: bool = False) -> Any:
        return _closed(value, keep_open=keep_open, place=f"{place}/{key}", part=part)

    closed = dict(schema)
    for key in _SCHEMA_MAPS:
        if isinstance(schema.get(key), Mapping):
            closed[key] = {n: inner(value, f"{key}/{n}") for n, value in schema[key].items()}
    for key in _SCHEMAS:
        if key in schema:
            closed[key] = inner(schema[key], key)
    for key in (*_UNIONS, "prefixItems"):
        if isinstance(schema.get(key), list):
            shared = key != "prefixItems" and (part or _is_shared(schema, key))
            closed[key] = [
                inner(value, f"{key}/{i}", part=shared) for i, value in enumerate(schema[key])
            ]
    whole = not part and place not in keep_open and not any(key in schema for key in _COMBINING)
    if whole and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


def _is_shared(schema: Mapping[str, Any], key: str) -> bool:
    """Whether the members of *key* describe their object together with something else."""
    others = any(word in schema for word in (*_COMBINING, "properties") if word != key)
    return others or (key == "allOf" and len(schema[key]) > 1)


def _refs_combined(schema: Any) -> Iterator[str]:
    """The places that `$ref`s name from where they share an object with another schema."""
    if isinstance(schema, list):
        for value in schema:
            yield from _refs_combined(value)
    if not isinstance(schema, Mapping):
        return
    if "$ref" in schema and _is_shared(schema, "$ref"):
        yield str(schema["$ref"])
    for key, value in schema.items():
        if key in _UNIONS and isinstance(value, list) and _is_shared(schema, key):
            yield from (str(v["$ref"]) for v in value if isinstance(v, dict) and "$ref" in v)
        yield from _refs_combined(value)
