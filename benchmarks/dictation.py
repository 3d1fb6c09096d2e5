"""The way into an extraction for JSON that one wants said: its page, and the answer to dictate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from extractors.answers.grammar import NOTHING, QUOTE_SUFFIX
from extractors.parsing.blocks import ParsedPage
from schemas.document import Document
from schemas.schema import Field, Kind, Schema

__all__ = ["answer_of", "page_of", "page_that_says", "scalar_text"]

QUOTED = (Kind.BOOLEAN, Kind.CHOICE)


def page_of(texts: Iterable[str]) -> ParsedPage:
    """A page of *texts*, a block each, white space folded as in any page.

    No two of its elements are of one kind: it lists nothing, and is answered as a whole.
    """
    lines = [" ".join(text.split()) for text in texts]
    parts = [(f"/html/body/x-{i}", line) for i, line in enumerate(filter(None, lines), start=1)]
    document = Document.from_blocks("https://example.org/", parts or [("/html/body", "-")])
    return ParsedPage(document, ())


def scalar_text(data: object) -> str:
    """A JSON scalar as a page prints it: numbers without an exponent."""
    if isinstance(data, bool) or data is None:
        return {True: "true", False: "false", None: NOTHING}[data]
    if isinstance(data, int | float):
        return f"{Decimal(repr(data)):f}"
    return str(data)


def scalars(data: object) -> Iterator[str]:
    """Every scalar in *data* as text, in order and as often as it stands there."""
    if isinstance(data, Mapping):
        for part in data.values():
            yield from scalars(part)
    elif isinstance(data, list):
        for item in data:
            yield from scalars(item)
    elif data is not None:
        yield scalar_text(data)


def page_that_says(data: object) -> ParsedPage:
    """A page on which everything in *data* stands."""
    return page_of(scalars(data))


def answer_of(schema: Schema, data: Any) -> str:
    """What a worker would have to write to say *data*: the inverse of `read_answer`.

    *data* need not fit: it is written in its own shape, names that the schema lacks at the end,
    and it is for the grammar to refuse it.
    """
    if schema.many and isinstance(data, list) and data:
        return "".join(_item(schema.fields, item, "") for item in data)
    if isinstance(data, dict) and not schema.many:
        return "".join(_lines(schema.fields, data, ""))
    return f"{NOTHING if data == [] else scalar_text(data)}\n"


def _lines(fields: tuple[Field, ...], data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for field in fields:
        yield _line(field, data.get(field.name), indent)
    named = {field.name for field in fields}
    for name, more in data.items():
        if name not in named:
            yield _line(Field(name), more, indent)


def _line(field: Field, data: Any, indent: str) -> str:
    key = f"{indent}{field.name}:"
    if data in (None, []) and not isinstance(data, bool | int):
        return _nothing(field, key, indent)
    if isinstance(data, dict):
        return f"{key}\n" + "".join(_lines(field.fields, data, f"{indent}  "))
    if isinstance(data, list):
        return f"{key}\n" + "".join(_item(field.fields, item, indent) for item in data)
    text = scalar_text(data)
    quote = f"{indent}{field.name}{QUOTE_SUFFIX}: {text}\n" if field.kind in QUOTED else ""
    return f"{key} {text}\n{quote}"


def _nothing(field: Field, key: str, indent: str) -> str:
    """Absence in the field's shape: a list of one null, an object with a null in each part."""
    if field.many:
        return f"{key}\n{indent}- {NOTHING}\n"
    if field.kind is Kind.OBJECT:
        return f"{key}\n" + "".join(_lines(field.fields, {}, f"{indent}  "))
    return f"{key} {NOTHING}\n"


def _item(fields: tuple[Field, ...], item: Any, indent: str) -> str:
    if not isinstance(item, dict):
        return f"{indent}- {scalar_text(item)}\n"
    lines = "".join(_lines(fields, item, f"{indent}  "))
    return f"{indent}- {lines[len(indent) + 2 :]}"
