"""The judge of what came out: the user's own JSON Schema, read by the jsonschema library.

Fieldwise has one rule beside the schema, "absent is an answer": every key is there, and a null
member says that the page does not. So a null member is passed over here. And its "date-time" may
lack the time and the offset from UTC, where the page has none; `local_time` tells where it did.
Nothing else is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend, validator_for

from schemas.formats import CHECKER

__all__ = ["Oracle"]


class Oracle:
    """Judges data by *schema*, a JSON Schema document as its author wrote it, in its own draft."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._dialect = validator_for(schema, default=Draft202012Validator)

    def objection(self, data: Any) -> str | None:
        """What *schema* has against *data* as a record; `None` when it fits."""
        return _first(self._validator, data)

    def local_time(self, data: Any) -> bool:
        """Whether RFC 3339 alone has something against *data*: an offset from UTC is missing."""
        return self.objection(data) is None and _first(self._exact_times, data) is not None

    def only_lacks(self, data: Any) -> bool:
        """Whether *data* is wrong, and only in what it does not say: missing keys and nulls."""
        return _first(self._strict, data) is not None and _first(self._lenient, data) is None

    @cached_property
    def _strict(self) -> Any:
        return self._with({})

    @cached_property
    def _validator(self) -> Any:
        return self._with({"properties": _stated_properties})

    @cached_property
    def _exact_times(self) -> Any:
        return self._with({"properties": _stated_properties}, exact_times=True)

    @cached_property
    def _lenient(self) -> Any:
        return self._with({"properties": _stated_properties, "required": _nothing})

    def _with(self, rules: dict[str, Any], *, exact_times: bool = False) -> Any:
        dialect: Any = extend(self._dialect, rules)  # type: ignore[no-untyped-call]
        return dialect(self._schema, format_checker=_every_format(exact_times=exact_times))


def _first(validator: Any, data: Any) -> str | None:
    error = next(validator.iter_errors(data), None)
    return None if error is None else f"{error.json_path}: {error.message}"[:200]


def _stated_properties(
    validator: Any, properties: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for name, inner in properties.items():
        if instance.get(name) is not None:
            yield from validator.descend(instance[name], inner, path=name, schema_path=name)


def _nothing(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    yield from ()


_OFFSET = re.compile(r"(?:Z|[+-]\d\d:\d\d)\Z", re.IGNORECASE)


def _every_format(*, exact_times: bool) -> FormatChecker:
    """The library's own checks, and ours where it has none without further packages."""
    checker = FormatChecker()
    checker.checkers = {**CHECKER.checkers, **FormatChecker.checkers}
    if exact_times:
        checker.checkers["date-time"] = (_has_offset, ValueError)
    return checker


def _has_offset(text: object) -> bool:
    return not isinstance(text, str) or _OFFSET.search(text) is not None
