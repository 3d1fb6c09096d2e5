from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator
from pydantic import AnyUrl, BaseModel, ConfigDict, RootModel
from pydantic import Field as PydanticField

from schemas.classes import from_pydantic
from schemas.errors import SchemaError
from schemas.json_schema import load
from schemas.keywords import ANNOTATIONS, FORMATS, HONOURED, SCALARS, reason_for
from schemas.schema import Field, Kind


@pytest.mark.parametrize("draft", [Draft4Validator, Draft7Validator, Draft202012Validator])
def test_every_keyword_of_the_standard_has_been_thought_of(draft: Any) -> None:
    words = set(draft.META_SCHEMA["properties"])
    for word in words - HONOURED - ANNOTATIONS.keys():
        assert "unknown" not in reason_for(word, "string"), word


def test_every_kind_can_be_written() -> None:
    assert {*FORMATS.values(), *SCALARS.values(), Kind.CHOICE, Kind.OBJECT} == set(Kind)


# Files


def write(folder: Path, data: bytes) -> Path:
    path = folder / "jobs.json"
    path.write_bytes(data)
    return path


def test_a_schema_file_is_named_after_itself_unless_it_has_a_title(tmp_path: Path) -> None:
    data = json.dumps({"type": "object", "properties": {"x": {"type": "string"}}}).encode()
    assert load(write(tmp_path, data)).name == "jobs"
    assert load(write(tmp_path, b"\xef\xbb\xbf" + data)).name == "jobs"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"type": "object",\n  oops}', "line 2, column 3: not JSON"),
        (b"", "line 1, column 1: not JSON"),
        (b'{"title":\n "caf\xe9"}', "line 2, column 6: not UTF-8"),
        (b"\xef\xbb\xbf\xff", "line 1, column 1: not UTF-8"),
        (b'{"properties": {"a/b": {"type": 1, "type": 2}}}', "#/properties/a~1b: the key 'type'"),
        (b'{"type": "object", "type": "object"}', "#: the key 'type' is written twice"),
        (b'{"maxItems": NaN}', "NaN is no JSON number"),
        (b"[" * 200_000, "not JSON that can be read"),
        (b" " * 1_000_001, "at most 1,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, data: bytes, message: str
) -> None:
    path = write(tmp_path, data)
    with pytest.raises(SchemaError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(SchemaError, match=re.escape(str(path))):
            load(path)


# Pydantic


class Contract(StrEnum):
    FULL = "full-time"
    PART = "part-time"


class Address(BaseModel):
    """Where it is."""

    city: str
    code: str | None = None


class Job(BaseModel):
    """One job."""

    model_config = ConfigDict(extra="forbid")

    title: str = PydanticField(description="What the job is called")
    pay: str | None = PydanticField(None, json_schema_extra={"format": "money"})
    posted: date | None = None
    link: AnyUrl | None = None
    contract: Contract | None = None
    level: Literal["junior", "senior"] | None = None
    skills: list[str] = []
    office: Address | None = None
    others: list[Address] = PydanticField(default_factory=list, max_length=5)


class Jobs(RootModel[list[Job]]):
    pass


def test_a_pydantic_class_is_a_schema() -> None:
    schema = from_pydantic(Job)
    kinds = {f.name: (f.kind, f.many) for f in schema}
    assert (schema.name, schema.description, schema.many) == ("Job", "One job.", False)
    assert kinds == {
        "title": (Kind.TEXT, False),
        "pay": (Kind.MONEY, False),
        "posted": (Kind.DATE, False),
        "link": (Kind.URL, False),
        "contract": (Kind.CHOICE, False),
        "level": (Kind.CHOICE, False),
        "skills": (Kind.TEXT, True),
        "office": (Kind.OBJECT, False),
        "others": (Kind.OBJECT, True),
    }
    assert schema.fields[0] == Field("title", Kind.TEXT, "What the job is called", required=True)
    assert schema.fields[4].choices == ("full-time", "part-time")
    assert schema.fields[7].description == "Where it is."
    assert schema.fields[8].max_items == 5


def test_a_pydantic_list_is_many_records() -> None:
    schema = from_pydantic(Jobs)
    assert (schema.name, schema.many, schema.names) == ("Jobs", True, from_pydantic(Job).names)


class Bounded(BaseModel):
    price: float | None = PydanticField(gt=0)


class Mixed(BaseModel):
    price: float | str


class Tree(BaseModel):
    children: list[Tree]


class Opaque(BaseModel):
    handle: Callable[[], int]


def test_a_pydantic_class_may_set_limits() -> None:
    (price,) = from_pydantic(Bounded)
    assert price.limits == {"exclusiveMinimum": 0}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Mixed, "#/properties/price/anyOf: one kind of value besides null"),
        (Tree, "contains itself"),
        (Opaque, "Opaque: Pydantic has no JSON Schema of it"),
    ],
)
def test_a_pydantic_class_that_asks_for_more_is_refused(
    model: type[BaseModel], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        from_pydantic(model)


def test_what_python_says_of_a_value_is_a_kind_and_its_limits() -> None:
    class Offer(BaseModel):
        price: Decimal = PydanticField(ge=0, le=10_000)
        country: str | None = PydanticField(None, json_schema_extra={"format": "country"})
        summary: str = PydanticField(json_schema_extra={"format": "generated"})
        sizes: set[int] = set()
        code: str = PydanticField(pattern="^[A-Z]+$", max_length=5)

    price, country, summary, sizes, code = from_pydantic(Offer)
    assert (price.kind, dict(price.limits)) == (Kind.NUMBER, {"minimum": 0, "maximum": 10_000})
    assert (country.kind, dict(country.limits)) == (Kind.TEXT, {"format": "country"})
    assert (summary.kind, sizes.kind, sizes.unique) == (Kind.GENERATED, Kind.INTEGER, True)
    assert dict(code.limits) == {"pattern": "^[A-Z]+$", "maxLength": 5}
