"""What a plan holds a record to beyond its schema: bounds, patterns, fields that check each other.

Bounds of amounts are compared without regard to their currency, those of dates by the day; how,
is in `schemas.checks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from schemas.checks import breach, holds
from schemas.errors import SchemaError
from schemas.limits import limits_of
from schemas.plan import Checks, FieldPlan, Plan, Rule
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
    """*records* held against *plan*: a value that breaks a check is absent, of confidence 0.

    Two values that break a rule stay, no surer than 0.5: one of them is right at most.
    """
    return tuple(_doubted(plan, _without_breaches(plan, record)) for record in records)


def broken_rules(plan: Plan, record: Record) -> tuple[Rule, ...]:
    """The rules of *plan* that *record* breaks: at least one of each rule's two values is wrong."""
    return tuple(rule for rule in plan.rules if not _holds(plan.schema, rule, record))


def _without_breaches(plan: Plan, record: Record) -> Record:
    asked = {field.name: field for field in plan.schema}
    cells = {
        name: _kept(asked[name], plan.fields[name], cell) if name in asked else cell
        for name, cell in record.cells.items()
    }
    return replace(record, cells=cells)


def _doubted(plan: Plan, record: Record) -> Record:
    doubtful = {n for rule in broken_rules(plan, record) for n in (rule.first, rule.second)}
    cells = {
        name: replace(cell, confidence=min(cell.confidence, _DOUBT))
        if name in doubtful and isinstance(cell, Value)
        else cell
        for name, cell in record.cells.items()
    }
    return replace(record, cells=cells)


_DOUBT = 0.5


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
    if cell.data is None or not breach(field.kind, planned.checks, cell.data):
        return cell
    return Value(tier=cell.tier, signals=cell.signals)


def _is_empty(cell: Cell) -> bool:
    return isinstance(cell, Value) and cell.data is None


def _holds(schema: Schema, rule: Rule, record: Record) -> bool:
    kinds = {field.name: field.kind for field in schema}
    cells = [record.cells.get(name, ABSENT) for name in (rule.first, rule.second)]
    one, other = (cell.data if isinstance(cell, Value) else None for cell in cells)
    return holds(rule.relation, (kinds[rule.first], one), (kinds[rule.second], other))
