"""Pydantic classes into a `Schema`, by the JSON Schema that Pydantic writes of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from schemas.errors import SchemaError
from schemas.json_schema import parse
from schemas.schema import Schema

__all__ = ["from_pydantic"]


def from_pydantic(model: type[BaseModel]) -> Schema:
    """The `Schema` of a Pydantic class; its aliases and `json_schema_extra` count.

    Raises:
        SchemaError: as `parse`, for the JSON Schema that Pydantic writes of *model*.
    """
    try:
        document = model.model_json_schema(schema_generator=_Plainly)
    except PydanticUserError as error:
        raise SchemaError(
            f"{model.__name__}: Pydantic has no JSON Schema of it: {error}"
        ) from error
    return parse(document, name=model.__name__)


class _Plainly(GenerateJsonSchema):
    """Pydantic's own JSON Schema, but for decimals, which it lets be numbers or texts."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        bounds = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum"}
        bounds |= {"lt": "exclusiveMaximum", "multiple_of": "multipleOf"}
        said = {word: float(schema[key]) for key, word in bounds.items() if key in schema}
        return {"type": "number", **said}
