from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from schemas import library
from schemas.errors import SchemaError
from schemas.json_schema import parse, to_json_schema
from schemas.schema import Kind

READY = ("article", "book", "event", "job_posting", "product", "real_estate", "recipe")


def test_the_ready_schemas_are_listed_in_order() -> None:
    assert library.names() == READY


@pytest.mark.parametrize("name", READY)
def test_a_ready_schema_is_valid_and_says_what_each_field_is(name: str) -> None:
    document = json.loads(files(library).joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(document)
    schema = library.get(name)
    assert schema.name == name
    assert schema.description
    assert all(field.description and field.required for field in schema)
    assert parse(to_json_schema(schema)) == schema


def test_a_job_posting_has_a_date_and_its_pay_as_written() -> None:
    kinds = {field.name: field.kind for field in library.get("job_posting")}
    assert kinds["date_posted"] is Kind.DATE
    assert kinds["salary"] is Kind.TEXT


def test_a_product_is_in_stock_or_not() -> None:
    availability = library.get("product").fields[-1]
    assert availability.choices == ("InStock", "OutOfStock")


def test_an_unknown_name_lists_the_known_ones_and_suggests_one() -> None:
    with pytest.raises(SchemaError, match="article, book, event") as caught:
        library.get("job_postng")
    assert caught.value.hint == "did you mean `job_posting`?"


@pytest.mark.parametrize("name", ["", "../library/book", "book.json"])
def test_a_path_is_no_ready_name(name: str) -> None:
    with pytest.raises(SchemaError):
        library.get(name)
