"""What a plan holds a record to beyond its schema: bounds, patterns, fields that check each other.

Bounds of amounts are compared without regard to their currency, those of dates by the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.errors import SchemaError
from schemas.limits import limits_of
from schemas.plan import Checks, FieldPlan, Plan, Relation, Rule
from schemas.record import ABSENT, Cell, Record, Value
from schemas.schema import Field, Kind, Schema

__all__ = ["broken_rules", "checked", "why_not_checkable"]

_DATES = frozenset({Kind.DATE, Kind.DATETIME})
_NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.MONEY})
_TEXTS = frozenset({Kind.TEXT, Kind.URL})


def why_not_checkable(field: Field, checks: Checks) -> str:
    """Why *checks* cannot be held against answers of *field*; "" where they can."""
    bounds = [b for b in (checks.minimum, checks.maximum) if b is not None]
    if checks.pattern is not None and field.kind not in _TEXTS:
        return f"a pattern is for texts; {field.name!r} is of kind {field.kind.value}"
    if bounds and field.kind not in _NUMBERS | _DATES:
        return f"bounds are for numbers, money and dates; {field.name!r} is a {field.kind.value}"
    if not all(_is_bound(field.kind, bound) for bound in bounds):
        what = "a date (2026-11-21)" if field.kind in _DATES else "a number"
        return f"a bound of {field.name!r} is {what}"
    if len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]  # both of one type
        return "the minimum is above the maximum"
    try:
        limits_of({} if checks.pattern is None else {"pattern": checks.pattern}, "#", "string")
    except SchemaError as error:
        return str(error)
    return ""


def checked(plan: Plan, records: Iterable[Record]) -> tuple[Record, ...]:
    """*records* with what breaks a check of *plan* taken out: such a value is absent."""
    fields = {field.name: field for field in plan.schema}
    return tuple(
        replace(
            record,
            cells={
                name: _kept(fields[name], plan.fields[name], cell)
                if name in plan.fields and name in fields
                else cell
                for name, cell in record.cells.items()
            },
        )
        for record in records
    )


def broken_rules(plan: Plan, record: Record) -> tuple[Rule, ...]:
    """The rules of *plan* that *record* breaks: at least one of each rule's two values is wrong."""
    return tuple(rule for rule in plan.rules if not _holds(plan.schema, rule, record))


def _is_bound(kind: Kind, bound: float | str) -> bool:
    if kind not in _DATES:
        return isinstance(bound, int | float) and not isinstance(bound, bool)
    try:
        return isinstance(bound, str) and date.fromisoformat(bound) is not None
    except ValueError:
        return False


def _kept(field: Field, planned: FieldPlan, cell: Cell) -> Cell:
    if isinstance(cell, Mapping):
        parts = {part.name: part for part in field.fields}
        return {
            name: _kept(parts[name], planned.parts[name], part)
            if name in parts and name in planned.parts
            else part
            for name, part in cell.items()
        }
    if isinstance(cell, tuple):
        items = tuple(_kept(field, planned, item) for item in cell)
        return tuple(item for item in items if item != ABSENT and not _is_empty(item))
    if cell.data is None or _passes(field.kind, planned.checks, cell.data):
        return cell
    return Value(tier=cell.tier, confidence=cell.confidence)


def _is_empty(cell: Cell) -> bool:
    return isinstance(cell, Value) and cell.data is None


def _passes(kind: Kind, checks: Checks, data: Any) -> bool:
    if checks.pattern is not None and not re.search(checks.pattern, str(data)):
        return False
    value = _comparable(kind, data)
    least, most = (_bound(kind, bound) for bound in (checks.minimum, checks.maximum))
    if value is None:
        return True
    return not (least is not None and value < least) and not (most is not None and value > most)


def _bound(kind: Kind, bound: float | str | None) -> Any:
    return bound if bound is None or kind in _DATES else Decimal(str(bound))


def _comparable(kind: Kind, data: Any) -> Any:
    """*data* as something with an order; `None` where it has none."""
    if kind in _DATES:
        return str(data)[:10]
    try:
        return Decimal(str(data).split()[0]) if kind in _NUMBERS and str(data).strip() else None
    except InvalidOperation:
        return None


def _holds(schema: Schema, rule: Rule, record: Record) -> bool:
    kinds = {field.name: field.kind for field in schema}
    values = [record.cells.get(name, ABSENT) for name in (rule.first, rule.second)]
    data = [value.data if isinstance(value, Value) else None for value in values]
    if None in data:
        return True
    if rule.relation is Relation.DIFFERENT:
        return bool(data[0] != data[1])
    if {_currency(d) for d in data} != {_currency(data[0])}:
        return True
    first, second = (
        _comparable(kinds[name], d) for name, d in zip((rule.first, rule.second), data, strict=True)
    )
    if first is None or second is None or type(first) is not type(second):
        return True
    return bool(first < second if rule.relation is Relation.LESS else first <= second)


def _currency(data: Any) -> str:
    """What stands after an amount: "EUR"; "" after a plain number or a date."""
    return str(data).partition(" ")[2]
