"""JSON Schema into a `Schema`, and back.

A keyword is honoured, or is an annotation that constrains nothing, or is refused with its place as
a JSON pointer ("#/properties/price/minimum") and the reason. None is ever ignored in silence.

Source: JSON Schema 2020-12 (json-schema.org/draft/2020-12), plus the older drafts' `definitions`.
Our own formats are "money", "generated" and those of text in `schemas.formats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from schemas.errors import SchemaError
from schemas.formats import TEXT_FORMATS
from schemas.json_text import decode_json, join_pointer, read_text
from schemas.keywords import (
    ARRAY_WORDS,
    FORMATS,
    HONOURED,
    MAX_LIST,
    OBJECT_WORDS,
    SCALARS,
    TYPES,
    check_annotation,
    is_annotation,
    reason_for,
)
from schemas.limits import LIMITS, admits, limits_of
from schemas.output import to_json_schema
from schemas.schema import MAX_ITEMS, MAX_RECORDS, Field, Kind, Schema
from schemas.wording import choices_of, folded, name_of, shown, text_of

__all__ = ["load", "loads", "parse", "to_json_schema"]

TAKE_OUT = "take it out, and check it on the exported values"


def parse(document: object, *, name: str = "record") -> Schema:
    """The `Schema` that a JSON Schema *document* (decoded JSON) describes.

    The top is an object, or an array of objects (`Schema.many`). Its `title` becomes the
    schema's name, else *name*.

    Raises:
        SchemaError: a keyword or value would not be honoured; `str()` opens with its JSON pointer.

    >>> parse({"properties": {"posted": {"type": "string", "format": "date"}}}).fields[0].kind
    <Kind.DATE: 'date'>
    """
    return _Reader(document).schema(name)


def loads(text: str, *, name: str = "record") -> Schema:
    """`parse` for JSON *text*.

    Raises:
        SchemaError: as `parse`; also for broken JSON (line and column) and keys written twice.
    """
    return parse(decode_json(text), name=name)


def load(path: Path) -> Schema:
    """`parse` for a UTF-8 JSON file; without a `title`, the schema is named after the file.

    Raises:
        SchemaError: as `loads`; also for a file that is missing, over 1 MB, or not UTF-8.
    """
    return parse(decode_json(read_text(path), origin=str(path)), name=path.stem)


@dataclass(frozen=True, slots=True)
class _Node:
    """A subschema: its JSON pointer, its keywords, and the `$ref`s that led to it.

    `title` and `description` are its own, or those of the node that referred to it.
    """

    place: str
    words: Mapping[str, Any]
    trail: tuple[str, ...]
    title: str
    description: str

    def only(self, allowed: frozenset[str], shape: str) -> None:
        """Refuse every keyword that *shape* does not honour."""
        for word in self.words:
            if word not in allowed and not is_annotation(word, self.place):
                place = join_pointer(self.place, word)
                raise SchemaError(f"{place}: {reason_for(word, shape)}", hint=TAKE_OUT)

    def refuse(self, word: str, reason: str, *deeper: str) -> SchemaError:
        return SchemaError(f"{join_pointer(self.place, word, *deeper)}: {reason}")


class _Reader:
    """Reads one document; `$ref`s are followed inside it."""

    def __init__(self, root: object) -> None:
        self.root = root

    def schema(self, name: str) -> Schema:
        top = self.settle(self.node(self.root, "#", ()))
        many = _type(top) == "array"
        record = self.settle(self.items(top)) if many else top
        if _type(record) != "object":
            raise SchemaError(f"{record.place}: a record is an object with `properties`")
        return Schema(
            name=top.title or record.title or name,
            fields=self.fields(record, objects=True),
            description=top.description or record.description,
            many=many,
            max_records=_records(top) if many else MAX_RECORDS,
        )

    def node(self, value: object, place: str, trail: tuple[str, ...]) -> _Node:
        """*value* as a subschema, its annotations checked."""
        if not isinstance(value, Mapping):
            raise SchemaError(f"{place}: a schema is an object here, not {shown(value)}")
        for word, content in value.items():
            check_annotation(word, content, place)
        title = text_of(value.get("title", ""), f"{place}/title")
        description = text_of(value.get("description", ""), f"{place}/description")
        return _Node(place, value, trail, title, description)

    def settle(self, node: _Node) -> _Node:
        """Follow `$ref` and Optional to the node that says its own type."""
        while word := next((w for w in ("$ref", "anyOf", "oneOf") if w in node.words), None):
            node.only(frozenset({word, "format"}), f"schema with `{word}`")
            inner = self.follow(node) if word == "$ref" else self.branch(node, word)
            node = replace(
                inner,
                words=_with_format(node, inner),
                title=node.title or inner.title,
                description=node.description or inner.description,
            )
        return node

    def follow(self, node: _Node) -> _Node:
        """The node that a `$ref` names, inside this document."""
        ref = node.words["$ref"]
        if not isinstance(ref, str) or not ref.startswith(("#/$defs/", "#/definitions/")):
            raise node.refuse("$ref", "only references to #/$defs/... or #/definitions/... work")
        if ref in node.trail:
            raise node.refuse("$ref", f"{ref} contains itself, which has no end on a page")
        target = self.root
        for step in unquote(ref[2:]).split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, Mapping) or key not in target:
                raise node.refuse("$ref", f"{ref} leads to nothing")
            target = target[key]
        return self.node(target, ref, (*node.trail, ref))

    def branch(self, node: _Node, word: str) -> _Node:
        """The only branch of an `anyOf` or `oneOf` that is not null."""
        branches = node.words[word]
        if not isinstance(branches, list) or not branches:
            raise node.refuse(word, "a list of schemas is needed")
        nodes = [
            self.node(value, f"{node.place}/{word}/{index}", node.trail)
            for index, value in enumerate(branches)
        ]
        kept = [inner for inner in nodes if inner.words.get("type") != "null"]
        for null in (inner for inner in nodes if inner.words.get("type") == "null"):
            null.only(frozenset({"type"}), "null")
        if len(kept) != 1:
            raise node.refuse(word, f"one kind of value besides null is needed, not {len(kept)}")
        return kept[0]

    def fields(self, node: _Node, *, objects: bool) -> tuple[Field, ...]:
        """The fields of an object; *objects*: whether they may be objects in turn."""
        node.only(OBJECT_WORDS, "object")
        properties = node.words.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            raise node.refuse("properties", "at least one property is needed")
        if not isinstance(node.words.get("additionalProperties", False), bool):
            raise node.refuse("additionalProperties", "keys that have no name cannot be looked for")
        required = _required(node, properties)
        return tuple(
            replace(
                self.field(name, self.property(node, name, value), objects=objects),
                required=name in required,
            )
            for name, value in properties.items()
        )

    def property(self, node: _Node, name: object, value: object) -> _Node:
        name = name_of(name, f"{node.place}/properties")
        return self.node(value, join_pointer(f"{node.place}/properties", name), node.trail)

    def field(self, name: str, node: _Node, *, objects: bool, lists: bool = True) -> Field:
        node = self.settle(node)
        shape = _type(node)
        if shape == "array":
            return self.list_field(name, node, objects=objects, lists=lists)
        description = _description(name, node)
        if shape == "object":
            if not objects:
                raise SchemaError(f"{node.place}: an object in an object's parts is too deep")
            parts = self.fields(node, objects=False)
            return Field(name, Kind.OBJECT, description, fields=parts)
        kind, choices, limits = _scalar(node, shape)
        return Field(name, kind, description, choices=choices, limits=limits)

    def list_field(self, name: str, node: _Node, *, objects: bool, lists: bool) -> Field:
        if not lists:
            raise SchemaError(f"{node.place}: a list in a list is not honoured yet")
        item = self.field(name, self.items(node), objects=objects, lists=False)
        description = _description(name, node) or item.description
        return replace(
            item,
            many=True,
            max_items=_most(node, MAX_ITEMS),
            min_items=_least(node),
            unique=_flag(node, "uniqueItems"),
            description=description,
        )

    def items(self, node: _Node) -> _Node:
        node.only(ARRAY_WORDS, "array")
        if "items" not in node.words:
            raise SchemaError(f"{node.place}: an array needs `items`, the schema of one of them")
        return self.node(node.words["items"], f"{node.place}/items", node.trail)


def _with_format(node: _Node, inner: _Node) -> Mapping[str, Any]:
    """The keywords of *inner*, and the `format` that *node*, an Optional of it, has beside it."""
    if "format" not in node.words:
        return inner.words
    # Pydantic writes a class's `json_schema_extra` there.
    _format_kind(node)
    words = inner.words
    if words.get("type") != "string" or not words.keys().isdisjoint({"format", "enum", "const"}):
        raise node.refuse("format", f"it is honoured on a plain string, not on {inner.place}")
    return {**words, "format": node.words["format"]}


def _type(node: _Node) -> str:
    """The node's one type besides null."""
    words = node.words
    if "type" not in words:
        for word, shape in {"properties": "object", "items": "array"}.items():
            if word in words:
                return shape
        if "enum" in words or "const" in words:
            return _type_of(words)
        node.only(HONOURED, "schema without `type`")
        raise SchemaError(f"{node.place}: a `type` is needed, one of {', '.join(TYPES)}")
    value = words["type"]
    names = value if isinstance(value, list) else [value]
    for name in names:
        if name not in (*TYPES, "null"):
            raise _unknown_type(node, name)
    kept = {name for name in names if name != "null"}
    if len(kept) != 1 or len(set(names)) != len(names):
        raise node.refuse("type", f"one type besides null is needed, not {shown(value)}")
    return str(kept.pop())


def _type_of(words: Mapping[str, Any]) -> str:
    """The narrowest type of what `enum` or `const` lists; "string" where they are mixed."""
    listed = words["enum"] if "enum" in words else [words["const"]]
    values = [value for value in listed if value is not None] if isinstance(listed, list) else []
    shapes = (s for s in ("boolean", "integer", "number") if values)
    return next((s for s in shapes if all(admits({"type": s}, v) for v in values)), "string")


def _unknown_type(node: _Node, name: object) -> SchemaError:
    close = get_close_matches(str(name), TYPES, 1)
    meant = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(TYPES)}"
    return node.refuse("type", f"{shown(name)} is not a type{meant}")


def _scalar(node: _Node, shape: str) -> tuple[Kind, tuple[str, ...], dict[str, Any]]:
    """Kind, choices and limits of a node that is neither list nor object."""
    for word in ("enum", "const"):
        if word in node.words:
            node.only(frozenset({"type", word}), f"schema with `{word}`")
            if shape == "string":
                return Kind.CHOICE, choices_of(_listed(node, word), f"{node.place}/{word}"), {}
            return SCALARS[shape], (), {"enum": _numbers(node, word, shape)}
    node.only(LIMITS[shape] | {"type"}, shape)
    kind = _format_kind(node) if shape == "string" else SCALARS[shape]
    return kind, (), limits_of(node.words, node.place, shape)


def _format_kind(node: _Node) -> Kind:
    form = node.words.get("format")
    if "format" not in node.words or (isinstance(form, str) and form in TEXT_FORMATS):
        return Kind.TEXT
    if not isinstance(form, str) or form not in FORMATS:
        known = ", ".join([*FORMATS, *TEXT_FORMATS])
        raise node.refuse("format", f"{shown(form)} is not honoured; these are: {known}")
    return FORMATS[form]


def _listed(node: _Node, word: str) -> list[Any]:
    """The values of `enum` or `const`, null among them once at most."""
    values = node.words[word] if word == "enum" else [node.words[word]]
    if not isinstance(values, list):
        raise node.refuse(word, f"a list is needed, not {shown(values)}")
    if values.count(None) > 1:
        raise node.refuse(word, "null is listed twice")
    return values


def _numbers(node: _Node, word: str, shape: str) -> list[Any]:
    """The numbers, or truth values, that an `enum` lets through."""
    values = [value for value in _listed(node, word) if value is not None]
    for value in values:
        if not admits({"type": shape}, value):
            raise node.refuse(word, f"{shown(value)} is not a value of type {shape}")
    if not values:
        raise node.refuse(word, f"at least one {shape} is needed")
    return values


def _required(node: _Node, properties: Mapping[str, Any]) -> frozenset[str]:
    names = node.words.get("required", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise node.refuse("required", f"a list of property names is needed, not {shown(names)}")
    for index, name in enumerate(names):
        if name not in properties:
            raise node.refuse("required", f"{name!r} is not among the properties", str(index))
        if name in names[:index]:
            raise node.refuse("required", f"{name!r} is listed twice", str(index))
    return frozenset(names)


def _most(node: _Node, default: int, *, largest: int = MAX_LIST) -> int:
    """How many items an array may have."""
    limit = node.words.get("maxItems", default)
    if not _is_count(limit, 1, largest):
        raise node.refuse("maxItems", f"a whole number from 1 to {largest} is needed")
    return int(limit)


def _least(node: _Node, *, largest: int = MAX_LIST) -> int:
    """How few it may have, if it is there at all."""
    least, most = node.words.get("minItems", 0), _most(node, MAX_ITEMS, largest=largest)
    if not _is_count(least, 0, most):
        raise node.refuse("minItems", f"a whole number from 0 to {most} is needed")
    return int(least)


def _flag(node: _Node, word: str) -> bool:
    value = node.words.get(word, False)
    if not isinstance(value, bool):
        raise node.refuse(word, f"true or false is needed, not {shown(value)}")
    return value


def _records(top: _Node) -> int:
    """How many records a page may list."""
    if _least(top, largest=MAX_RECORDS):
        raise top.refuse("minItems", "a page may list none, so a least number is not honoured")
    if _flag(top, "uniqueItems"):
        raise top.refuse("uniqueItems", "a page may say a thing twice; only false is honoured")
    return _most(top, MAX_RECORDS, largest=MAX_RECORDS)


def _is_count(value: object, low: int, high: int) -> bool:
    # JSON Schema counts 2.0 as a whole number too.
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    return bool(whole) and low <= value <= high  # type: ignore[operator]


def _description(name: str, node: _Node) -> str:
    """What helps to find the field; a title that only repeats the name does not."""
    if node.description or folded(node.title) == folded(name):
        return node.description
    return node.title
