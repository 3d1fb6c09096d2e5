from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.errors import SchemaError
from schemas.json_schema import loads, parse, to_json_schema
from schemas.keywords import ANNOTATIONS, HONOURED
from schemas.schema import MAX_ITEMS, MAX_RECORDS, Field, Kind, Schema


def of(prop: object, **more: Any) -> dict[str, Any]:
    """A record with the one property "x"."""
    return {"type": "object", "properties": {"x": prop}, **more}


def field(prop: object, **more: Any) -> Field:
    return parse(of(prop, **more)).fields[0]


def refusal(document: object) -> str:
    with pytest.raises(SchemaError) as caught:
        parse(document)
    return str(caught.value)


# What is honoured


@pytest.mark.parametrize(
    ("prop", "kind"),
    [
        ({"type": "string"}, Kind.TEXT),
        ({"type": ["string", "null"]}, Kind.TEXT),
        ({"type": ["null", "number"]}, Kind.NUMBER),
        ({"type": "integer"}, Kind.INTEGER),
        ({"type": "boolean"}, Kind.BOOLEAN),
        ({"type": "string", "format": "date"}, Kind.DATE),
        ({"type": "string", "format": "date-time"}, Kind.DATETIME),
        ({"type": "string", "format": "uri"}, Kind.URL),
        ({"type": "string", "format": "uri-reference"}, Kind.URL),
        ({"type": "string", "format": "iri"}, Kind.URL),
        ({"type": "string", "format": "money"}, Kind.MONEY),
        ({"type": "string", "format": "uri", "minLength": 1}, Kind.URL),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, Kind.INTEGER),
        ({"oneOf": [{"type": "null"}, {"type": "string", "format": "date"}]}, Kind.DATE),
        ({"anyOf": [{"type": "number"}]}, Kind.NUMBER),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "format": "money"}, Kind.MONEY),
    ],
)
def test_a_scalar_has_the_kind_its_type_and_format_say(prop: object, kind: Kind) -> None:
    assert field(prop) == Field("x", kind)


@pytest.mark.parametrize(
    "prop",
    [
        {"enum": ["full", "part", None]},
        {"type": "string", "enum": ["full", "part"]},
        {"type": ["string", "null"], "enum": ["full", "part", None]},
        {"anyOf": [{"enum": ["full", "part"]}, {"type": "null"}]},
    ],
)
def test_an_enum_of_strings_is_a_choice(prop: object) -> None:
    assert field(prop) == Field("x", Kind.CHOICE, choices=("full", "part"))


def test_a_const_string_is_a_choice_of_one() -> None:
    assert field({"const": "EUR"}) == Field("x", Kind.CHOICE, choices=("EUR",))


def test_an_array_is_a_field_with_many_values() -> None:
    prop = {"type": ["array", "null"], "items": {"type": "number"}, "maxItems": 7}
    assert field(prop) == Field("x", Kind.NUMBER, many=True, max_items=7)


def test_an_array_without_a_limit_takes_the_usual_one() -> None:
    prop = {"type": "array", "items": {"type": "string"}, "minItems": 0, "uniqueItems": False}
    assert field(prop).max_items == MAX_ITEMS


def test_an_object_and_an_array_of_objects_have_parts() -> None:
    one = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
    parts = (Field("amount", Kind.NUMBER, required=True),)
    assert field(one) == Field("x", Kind.OBJECT, fields=parts)
    assert field({"type": "array", "items": one}).many
    assert field({"type": "array", "items": one}).fields == parts


def test_a_part_may_be_a_list_of_scalars() -> None:
    tags = {"type": "array", "items": {"type": "string"}}
    (part,) = field({"type": "object", "properties": {"tags": tags}}).fields
    assert part == Field("tags", many=True)


def test_required_names_are_honoured() -> None:
    document = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]}
    assert [f.required for f in parse(document)] == [False, True]


def test_an_array_of_objects_at_the_top_is_many_records() -> None:
    document = {"type": "array", "items": of({"type": "string"}), "maxItems": 30, "title": "jobs"}
    schema = parse(document)
    assert (schema.name, schema.many, schema.max_records) == ("jobs", True, 30)
    del document["maxItems"]
    assert parse(document).max_records == MAX_RECORDS


@pytest.mark.parametrize("root", ["$defs", "definitions"])
def test_a_local_reference_is_followed(root: str) -> None:
    prop = {"$ref": f"#/{root}/a~1b%25", "description": "here"}
    found = field(prop, **{root: {"a/b%": {"type": "integer", "description": "there"}}})
    assert found == Field("x", Kind.INTEGER, "here")


def test_the_top_may_be_a_reference() -> None:
    document = {"$ref": "#/$defs/Job", "$defs": {"Job": of({"type": "string"}, title="Job")}}
    assert parse(document) == Schema("Job", (Field("x"),))


def test_the_same_definition_may_be_used_twice() -> None:
    ref = {"$ref": "#/$defs/d"}
    document = {"properties": {"a": ref, "b": ref}, "$defs": {"d": {"type": "string"}}}
    assert parse(document).names == ("a", "b")


def test_names_and_descriptions_come_from_the_top() -> None:
    schema = parse(of({"type": "string"}, title="Job ad", description="One\n  job"), name="other")
    assert (schema.name, schema.description) == ("Job ad", "One job")
    assert parse(of({"type": "string"}), name="other").name == "other"


def test_a_title_describes_a_field_unless_it_repeats_the_name() -> None:
    assert field({"type": "string", "title": "Sale price"}).description == "Sale price"
    assert field({"type": "string", "title": "X"}).description == ""


def test_keywords_that_constrain_nothing_are_accepted() -> None:
    prop = {
        "type": "string",
        "$comment": "c",
        "examples": ["a"],
        "deprecated": False,
        "readOnly": True,
        "writeOnly": False,
        "default": None,
        "x-order": 3,
    }
    more: dict[str, Any] = {"$schema": "s", "$id": "https://ex.org/s", "additionalProperties": True}
    assert field(prop, **more) == Field("x")


def test_a_property_may_be_named_like_a_keyword() -> None:
    document = {"properties": {"$ref": {"type": "string"}, "minimum": {"type": "string"}}}
    assert parse(document).names == ("$ref", "minimum")


# What is refused


@pytest.mark.parametrize(
    ("prop", "message"),
    [
        ({"type": "number", "minimum": "0"}, '#/properties/x/minimum: a number is needed, not "0"'),
        ({"type": "string", "minimum": 0}, "/minimum: `minimum` is not honoured on a string"),
        ({"type": "number", "maxLength": 5}, "/maxLength: `maxLength` is not honoured on a number"),
        ({"type": "object", "properties": {}, "minProperties": 1}, "/minProperties: how many keys"),
        ({"type": "string", "format": "regex"}, '/format: "regex" is not honoured'),
        ({"type": "string", "format": []}, "/format: [] is not honoured"),
        ({"type": "number", "format": "date"}, '/format: "date" is not honoured on a value'),
        ({"type": "strng"}, "/type: \"strng\" is not a type; did you mean 'string'?"),
        ({"type": ["string", "number"]}, '/type: one type besides null is needed, not ["string"'),
        ({"type": "null"}, "/type: one type besides null"),
        ({"type": []}, "/type: one type besides null"),
        ({"type": [["string"]]}, "/type: [\"string\"] is not a type; did you mean 'string'?"),
        ({}, "#/properties/x: a `type` is needed"),
        ({"allOf": [{"type": "string"}]}, "/allOf: combined schemas are not honoured yet"),
        ({"enum": []}, "/enum: at least one string"),
        ({"enum": [None]}, "/enum: at least one string"),
        ({"enum": "a"}, "/enum: a list is needed"),
        ({"enum": ["a", None, 2]}, "/enum/2: only strings can be chosen from"),
        ({"enum": [None, "a", "a"]}, '/enum/2: "a" is listed twice'),
        ({"enum": ["a", None, None]}, "/enum: null is listed twice"),
        ({"enum": ["a", " "]}, '/enum/1: " " is blank'),
        ({"type": "integer", "enum": [1, 2.5]}, "/enum: 2.5 is not a value of type integer"),
        ({"type": "integer", "enum": [None]}, "/enum: at least one integer is needed"),
        ({"const": {}}, "/const: only strings can be chosen from"),
        ({"const": "a", "enum": ["a"]}, "/const: `const` is not honoured on a schema with `enum`"),
        ({"type": "string", "description": 5}, "#/properties/x/description: 5 is not"),
        ({"type": "string", "title": ["a"]}, "/title: "),
        ({"type": "string", "default": "a"}, "/default: the page does not say this value"),
        ({"type": "string", "default": False}, "/default: the page does not say this value"),
        ({"type": "string", "descripton": "a"}, "unknown keyword; did you mean `description`?"),
        ({"type": "string", "colour": "a"}, "/colour: unknown keyword"),
        ({"type": "string", "a/b~": 1}, "#/properties/x/a~1b~0: unknown keyword"),
        ({"type": "string", "$id": "a"}, "/$id: an id below the top"),
        ({"type": "string", "items": {}}, "/items: `items` is not honoured on a string"),
        ({"type": "string", "x-ray\n": 1, "description": "\x00"}, "holds a control character"),
        ({"type": "array"}, "#/properties/x: an array needs `items`"),
        ({"type": "array", "items": True}, "/items: a schema is an object here, not true"),
        ({"type": "array", "items": []}, "/items: a schema is an object here, not []"),
        (
            {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
            "#/properties/x/items: a list in a list is not honoured yet",
        ),
        ({"type": "array", "items": {"type": "string"}, "minItems": 65}, "/minItems: "),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1001}, "/maxItems: "),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, "/maxItems: "),
        ({"type": "array", "items": {"type": "string"}, "maxItems": True}, "/maxItems: "),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": 1}, "/uniqueItems: "),
        ({"type": "array", "prefixItems": [], "items": {"type": "string"}}, "/prefixItems: lists"),
        (of(of({"type": "string"})), "#/properties/x/properties/x: an object in an object's parts"),
        ({"type": "object", "properties": {}}, "/properties: at least one property"),
        ({"type": "object"}, "#/properties/x/properties: at least one property"),
        (of({"type": "string"}, additionalProperties={}), "/additionalProperties: keys"),
        ({"anyOf": []}, "/anyOf: a list of schemas is needed"),
        ({"anyOf": [{"type": "null"}]}, "/anyOf: one kind of value besides null"),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "besides null is needed, not 2"),
        ({"anyOf": [{"type": "string"}], "type": "string"}, "/type: `type` is not honoured on"),
        ({"anyOf": [{"type": "string"}, {"type": "null", "not": {}}]}, "/anyOf/1/not: "),
        ({"oneOf": [{"type": "string", "maxLength": -5}]}, "#/properties/x/oneOf/0/maxLength: "),
        ({"anyOf": [{"type": "string"}], "format": "regex"}, '#/properties/x/format: "regex" is'),
        ({"anyOf": [{"type": "number"}], "format": "date"}, "#/properties/x/format: it is"),
        ({"$ref": "#/$defs/short", "format": "date"}, "#/$defs/short/maxLength: a whole"),
        ({"$ref": "https://ex.org/s.json"}, "/$ref: only references to #/$defs"),
        ({"$ref": "#/$defs/none"}, "/$ref: #/$defs/none leads to nothing"),
        ({"$ref": "#/$defs/s", "type": "string"}, "/type: `type` is not honoured on a schema with"),
        ({"$ref": "#/$defs/short"}, "#/$defs/short/maxLength: a whole number from 0 is needed"),
        ({"$ref": "#/$defs/loop"}, "contains itself"),
        ({"$ref": "#/$defs/list"}, "#/$defs/list/items/$ref: #/$defs/list contains itself"),
    ],
)
def test_what_would_not_be_honoured_is_refused_with_its_place(prop: object, message: str) -> None:
    definitions = {
        "s": {"type": "string"},
        "short": {"type": "string", "maxLength": 0.5},
        "loop": {"$ref": "#/$defs/loop"},
        "list": {"type": "array", "items": {"$ref": "#/$defs/list"}},
    }
    text = refusal(of(prop, **{"$defs": definitions}))
    assert message in text
    assert text.startswith(("#/properties/x", "#/$defs/"))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (True, "#: a schema is an object here, not true"),
        ([], "#: a schema is an object here, not []"),
        ({}, "#: a `type` is needed"),
        ({"type": "string"}, "#: a record is an object"),
        ({"type": "array", "items": {"type": "string"}}, "#/items: a record is an object"),
        ({"type": "object", "properties": []}, "#/properties: at least one property"),
        ({"allOf": [{"type": "object"}]}, "#/allOf: combined schemas are not honoured yet"),
        (of({"type": "string"}, required=["y"]), "#/required/0: 'y' is not among the properties"),
        (of({"type": "string"}, required=["x", "x"]), "#/required/1: 'x' is listed twice"),
        (of({"type": "string"}, required=True), "#/required: a list of property names is needed"),
        (of({"type": "string"}, **{"$defs": []}), "#/$defs: "),
        ({"properties": {"": {"type": "string"}}}, "#/properties: a field's name is some text"),
        ({"properties": {"a" * 101: {"type": "string"}}}, "#/properties: a name of 101 characters"),
        ({"properties": {"a\nb": {"type": "string"}}}, "holds a control character"),
        ({"properties": {"\ud800": {"type": "string"}}}, "holds a control character"),
        ({"properties": {5: {"type": "string"}}}, "#/properties: a field's name is some text"),
        ({"type": "object", 5: 6}, "#: a keyword is a string, not 5"),
    ],
)
def test_a_document_that_describes_no_record_is_refused(document: object, message: str) -> None:
    assert refusal(document).startswith("#")
    assert message in refusal(document)


def test_a_deep_chain_of_optionals_ends_in_an_answer() -> None:
    prop: dict[str, Any] = {"type": "string"}
    for _ in range(5000):
        prop = {"anyOf": [prop]}
    assert field(prop).kind is Kind.TEXT


# Laws

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
WORDS = st.text(st.characters(categories=["L", "N", "P"]), max_size=12)
PLAIN_KINDS = [kind for kind in Kind if kind not in (Kind.CHOICE, Kind.OBJECT)]


def fields_of(one: st.SearchStrategy[Field]) -> st.SearchStrategy[tuple[Field, ...]]:
    return st.lists(one, min_size=1, max_size=4, unique_by=lambda f: f.name).map(tuple)


SCALAR_FIELDS = st.builds(
    Field,
    NAMES,
    st.sampled_from(PLAIN_KINDS),
    WORDS,
    required=st.just(True),
    many=st.just(False),
) | st.builds(
    Field,
    NAMES,
    st.just(Kind.CHOICE),
    WORDS,
    required=st.just(True),
    many=st.booleans(),
    choices=st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple),
)
OBJECT_FIELDS = st.builds(
    Field,
    NAMES,
    st.just(Kind.OBJECT),
    WORDS,
    required=st.just(True),
    many=st.booleans(),
    fields=fields_of(SCALAR_FIELDS),
)
SCHEMAS = st.builds(
    Schema,
    NAMES,
    fields_of(SCALAR_FIELDS | OBJECT_FIELDS),
    WORDS,
    many=st.booleans(),
)


@given(SCHEMAS)
def test_what_is_written_as_json_schema_reads_back_the_same(schema: Schema) -> None:
    assert parse(to_json_schema(schema)) == schema
    assert loads(json.dumps(to_json_schema(schema))) == schema


@given(SCHEMAS)
def test_the_written_schema_is_valid_and_closed_and_allows_nulls(schema: Schema) -> None:
    document = to_json_schema(schema)
    Draft202012Validator.check_schema(document)
    validator = Draft202012Validator(document)
    nothing = dict.fromkeys(schema.names)
    answer: Any = [nothing] if schema.many else nothing
    assert validator.is_valid(answer)
    more = {**nothing, "more than the names": None}
    assert not validator.is_valid([more] if schema.many else more)
    assert not validator.is_valid([{}] if schema.many else {})


def places(document: dict[str, Any], place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema of a written schema, with its pointer."""
    yield place, document
    if "items" in document:
        yield from places(document["items"], f"{place}/items")
    for name, inner in document.get("properties", {}).items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield from places(inner, f"{place}/properties/{escaped}")


UNHONOURED = sorted(
    {"allOf", "anyOf", "not", "if", "then", "patternProperties", "prefixItems", "contains"}
    | {"minProperties", "dependentRequired", "unevaluatedProperties", "contentEncoding"}
    | {"$anchor", "$dynamicRef", "nullable", "anything"}
)


@given(SCHEMAS, st.sampled_from(UNHONOURED), st.data())
def test_no_keyword_is_ignored_wherever_it_stands(
    schema: Schema, word: str, data: st.DataObject
) -> None:
    document = to_json_schema(schema)
    place, subschema = data.draw(st.sampled_from(list(places(document))))
    subschema[word] = 1
    assert refusal(document).startswith(f"{place}/")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["string", "object", "#/$defs/a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*sorted(HONOURED), *sorted(ANNOTATIONS), "a"]), inner, max_size=4
        )
    ),
)


@given(JSON)
def test_any_json_is_a_schema_or_refused_with_its_place(document: object) -> None:
    refused = None
    try:
        assert parse(document).fields
    except SchemaError as error:
        refused = error
    assert refused is None or str(refused).startswith("#")
