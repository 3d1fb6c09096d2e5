"""Ready-made schemas, one JSON Schema file each."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files

from schemas.errors import SchemaError
from schemas.json_schema import loads
from schemas.schema import Schema

__all__ = ["get", "names"]


def names() -> tuple[str, ...]:
    """The ready schemas' names, sorted."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name[:-5] for name in entries if name.endswith(".json")))


def get(name: str) -> Schema:
    """The ready schema *name*. Raises SchemaError, listing the known ones, when there is none."""
    if name not in names():
        close = get_close_matches(name, names(), 1)
        hint = f"did you mean `{close[0]}`?" if close else None
        raise SchemaError(f"no ready schema {name!r}; there are {', '.join(names())}", hint=hint)
    return loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"), name=name)
