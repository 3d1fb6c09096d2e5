"""Which texts an output type lets through: no model, one token a byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import llguidance
import pytest
from outlines.types import JsonSchema
from pydantic import BaseModel, ConfigDict

from extractors.output_types import close_objects, to_grammar

BYTES = llguidance.LLTokenizer("byte")


def accepts(output_type: Any, answer: str) -> bool:
    """Whether *answer* is a whole answer of that type."""
    matcher = llguidance.LLMatcher(BYTES, to_grammar(output_type))
    assert not matcher.is_error(), matcher.get_error()
    tokens = BYTES.tokenize_str(answer)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


class Place(BaseModel):
    city: str
    zip: str | None = None


class Tree(BaseModel):
    name: str
    parts: list[Tree] = []


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    city: str


class Scores(BaseModel):
    by_name: dict[str, int]


@dataclass
class Point:
    x: int


def search(words: str, limit: int) -> None:
    """A tool."""


@pytest.mark.parametrize(
    ("output_type", "answer"),
    [
        (Place, '{"city": "Oslo", "zip": "0150"}'),
        (Place, '{"city": "Oslo", "zip": null}'),
        (Place, '{"city": "北\\n\\"京"}'),
        (Tree, '{"name": "a", "parts": [{"name": "b", "parts": []}, {"name": "c"}]}'),
        (Open, '{"city": "Oslo", "zip": 1}'),
        (Scores, '{"by_name": {"a": 1, "b": 2}}'),
        (Point, '{"x": -1}'),
        (search, '{"words": "a", "limit": 3}'),
        (list[Place], '[{"city": "a"}, {"city": "b", "zip": null}]'),
        (list[Place], "[]"),
        (list[int], "[1, 22]"),
        (dict, '{"a": [1]}'),
        (None, "any text\nat all 北"),
        (None, ""),
        (int, "-12"),
        (float, "1.5"),
        (str, '"text"'),
    ],
)
def test_answers_of_the_type_pass(output_type: Any, answer: str) -> None:
    assert accepts(output_type, answer)


@pytest.mark.parametrize(
    ("output_type", "answer"),
    [
        (Place, '{"city": "Oslo", "country": "NO"}'),
        (Place, '{"city":"Oslo"}'),  # not as json.dumps writes it
        (Place, '{"zip": "0150"}'),
        (Tree, '{"name": "a", "parts": [{"name": "b", "size": 1}]}'),
        (Scores, '{"by_name": {"a": "b"}}'),
        (Point, '{"x": 1, "y": 2}'),
        (list[Place], '[{"city": "a", "more": 1}]'),
        (list[Place], '{"city": "a"}'),
        (int, "1.5"),
    ],
)
def test_others_do_not(output_type: Any, answer: str) -> None:
    assert not accepts(output_type, answer)


def test_white_space_of_the_users_own() -> None:
    spaced = JsonSchema(Place, whitespace_pattern=r"\n")
    assert accepts(spaced, '{\n"city":\n"Oslo"\n}')
    assert not accepts(spaced, '{"city": "Oslo"}')


def test_objects_are_closed_at_every_depth() -> None:
    inner = {"type": "object", "properties": {"a": {}}}
    closed = {**inner, "additionalProperties": False}
    for wrap in (
        lambda x: {"$defs": {"properties": x}},
        lambda x: {"items": x},
        lambda x: {"prefixItems": [x]},
        lambda x: {"anyOf": [x, {"type": "null"}]},
        lambda x: {"allOf": [x]},
        lambda x: {"additionalProperties": x},
    ):
        assert close_objects(wrap(inner)) == wrap(closed)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"properties": {"a": {}}, "additionalProperties": True},
        {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
        {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
        {"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}]},
        {"allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {}}}],
         "$defs": {"A": {"properties": {"a": {}}}}},
        {"const": {"properties": {"a": {}}}},
        True,
    ],
)  # fmt: skip
def test_what_is_open_on_purpose_or_in_parts_stays_open(schema: Any) -> None:
    assert close_objects(schema) == schema


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema = {"properties": {"properties": {"type": "string"}, "anyOf": {"type": "null"}}}
    assert close_objects(schema) == {**schema, "additionalProperties": False}


def test_a_class_that_refers_to_itself_with_more_words_is_closed() -> None:
    schema = {"$defs": {"A": {"properties": {"a": {}}}}, "properties": {
        "x": {"$ref": "#/$defs/A", "description": "the first"}}}  # fmt: skip
    assert close_objects(schema)["$defs"]["A"]["additionalProperties"] is False
