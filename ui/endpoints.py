"""The methods of `Programs` as programs see them: what each takes and gives, as JSON Schema."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from orchestration.desk.programs import Programs
from schemas.errors import FieldwiseError

__all__ = ["FILES", "NAMES", "TOOLS_PATH", "Endpoint", "endpoints"]

FILES = "files"
"""The argument that takes uploads; what is called so has been checked before `call`."""

TOOLS_PATH = "/gradio_api/mcp"
"""Where they are MCP tools: where Gradio would serve its own, and leaves answers uncompressed."""

AS_FOR_EXTRACT = "as for `extract`"
_FIELD = "given_"
NAMES = (
    *("schemas", "extract", "again", "plan", "estimate", "progress", "jobs", "results", "export"),
    *("correct", "corrections", "stop", "delete"),
)


@dataclass(frozen=True)
class Endpoint:
    """One method. `says`, `gives`: what it does, and what it answers, in words; `says_of`: of each
    argument, in order."""

    name: str
    says: str
    gives: str
    says_of: Mapping[str, str]
    _method: Callable[..., Any]
    _taken: type[BaseModel]
    _told: TypeAdapter[Any]
    gives_file: bool

    @cached_property
    def takes(self) -> Mapping[str, Any]:
        """The JSON Schema of its arguments, an object."""
        return self._taken.model_json_schema()

    @cached_property
    def answer(self) -> Mapping[str, Any]:
        """The JSON Schema of what it gives."""
        schema = self._told.json_schema(mode="serialization")
        return cast(Mapping[str, Any], _on_one_line(schema))

    def call(self, owner: str, given: Mapping[str, Any]) -> Any:
        """The answer to *owner*, as JSON, or a path where it `gives_file`.

        *given*: argument to value; one that is left out has its default.

        Raises:
            FieldwiseError: the method's own, or an argument is not what it should be.
        """
        try:
            taken = self._taken.model_validate(dict(given))
        except ValidationError as error:
            raise FieldwiseError(_wrong(error), hint=f"see what {self.name} takes") from error
        arguments = {name: getattr(taken, _FIELD + name) for name in self.says_of}
        answer = self._method(owner, **arguments)
        return answer if self.gives_file else self._told.dump_python(answer, mode="json")


def endpoints(programs: Programs) -> list[Endpoint]:
    """All there are."""
    known = dict(_arguments(inspect.getdoc(programs.extract) or ""))
    return [_endpoint(getattr(programs, name), known) for name in NAMES]


def _endpoint(method: Callable[..., Any], known: Mapping[str, str]) -> Endpoint:
    """What is said to be as for `extract` is what is *known* of it."""
    text = inspect.getdoc(method) or ""
    arguments = {
        name: known[name] if about == AS_FOR_EXTRACT else about for name, about in _arguments(text)
    }
    signature = inspect.signature(method, eval_str=True)
    return Endpoint(
        name=method.__name__,
        says=_line(re.split(r"\n(?=Args:|Returns:)", text)[0]),
        gives=_line(text.partition("Returns:\n")[2]),
        says_of=arguments,
        _method=method,
        _taken=_model(method.__name__, signature, arguments),
        _told=TypeAdapter(signature.return_annotation),
        gives_file=signature.return_annotation is Path,
    )


def _model(
    name: str, signature: inspect.Signature, arguments: Mapping[str, str]
) -> type[BaseModel]:
    """What holds *arguments* to their types; names are prefixed, as pydantic keeps some."""
    fields: dict[str, Any] = {}
    for argument, says in arguments.items():
        one = signature.parameters[argument]
        default = ... if one.default is one.empty else one.default
        about = Field(default, alias=argument, description=says)
        fields[_FIELD + argument] = (one.annotation, about)
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def _arguments(text: str) -> Iterator[tuple[str, str]]:
    """What a docstring's `Args` say of each: lines that are further in go on."""
    listed = text.partition("Args:\n")[2].partition("Returns:\n")[0]
    for found in re.finditer(r"^ {4}(\w+): (.*(?:\n {6,}.*)*)", listed, re.MULTILINE):
        yield found[1], _line(found[2])


def _on_one_line(schema: Any) -> Any:
    """*schema* with each description on one line, as lists of endpoints print it."""
    if isinstance(schema, list):
        return [_on_one_line(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _line(part) if key == "description" and isinstance(part, str) else _on_one_line(part)
        for key, part in schema.items()
    }


def _line(text: str) -> str:
    return " ".join(text.split())


def _wrong(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
