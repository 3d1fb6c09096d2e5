"""What is wrong with a record by its plan, in words: bounds, patterns, rules between fields.

Nothing is changed here; `schemas.plan_checks` is what acts on it. A range of money keeps to bounds
with both its ends. Amounts of other currencies or periods are not compared with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.money import Money
from schemas.patterns import found
from schemas.plan import Checks, FieldPlan, Plan, Relation
from schemas.record import ABSENT, Cell, Record, Value
from schemas.schema import Field, Kind
from schemas.wording import shown

__all__ = ["breach", "ends", "holds", "issues"]

_DATES = frozenset({Kind.DATE, Kind.DATETIME})
_NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER})


def issues(plan: Plan, record: Record) -> tuple[str, ...]:
    """What in *record* breaks a check or a rule of *plan*, a sentence each; () where all is well.

    Each opens with the field, or an object's part, that it is about: "pay.low: 5 is below 10".
    """
    found = [
        text
        for field in plan.schema
        if field.name in plan.fields and field.name in record.cells
        for text in _of_cell(field, plan.fields[field.name], record.cells[field.name], field.name)
    ]
    kinds = {field.name: field.kind for field in plan.schema}
    for rule in plan.rules:
        one, other = (_data(record, name) for name in (rule.first, rule.second))
        if not holds(rule.relation, (kinds[rule.first], one), (kinds[rule.second], other)):
            found.append(f"{rule}: {shown(one)} and {shown(other)} contradict each other")
    return tuple(found)


def breach(kind: Kind, checks: Checks, data: Any) -> str:
    """Which of *checks* *data*, the data of a *kind*, breaks, in words; "" where it keeps to all.

    What cannot be compared breaks no bound.
    """
    if checks.pattern is not None and not found(checks.pattern, str(data)):
        return f"{shown(data)} does not match {checks.pattern}"
    span = ends(kind, data)
    if span is None:
        return ""
    least, most = (_bound(kind, bound) for bound in (checks.minimum, checks.maximum))
    if least is not None and span[0] < least:
        return f"{shown(data)} is below {checks.minimum}"
    return f"{shown(data)} is above {checks.maximum}" if most is not None and span[1] > most else ""


def holds(relation: Relation, one: tuple[Kind, Any], other: tuple[Kind, Any]) -> bool:
    """Whether *relation* may hold between two values, each a kind and data.

    It does where one is `None`, and where they cannot be compared; of ranges, where it does for
    some amount of each.
    """
    if one[1] is None or other[1] is None:
        return True
    if relation is Relation.DIFFERENT:
        return bool(one[1] != other[1])
    first, second = ends(*one), ends(*other)
    if first is None or second is None or _unit(*one) != _unit(*other):
        return True
    least, most = first[0], second[1]
    return bool(least < most if relation is Relation.LESS else least <= most)


def ends(kind: Kind, data: Any) -> tuple[Any, Any] | None:
    """The lowest and the highest that *data* says, to compare with others of its kind.

    Days as ISO 8601 text, numbers and amounts as `Decimal`; `None` for what has no order.
    """
    try:
        if kind in _DATES:
            return str(data)[:10], str(data)[:10]
        if kind is Kind.MONEY:
            money = Money.parse(str(data))
            return money.low, money.low if money.high is None else money.high
        number = Decimal(str(data)) if kind in _NUMBERS else Decimal("NaN")
    except (InvalidOperation, ValueError):
        return None
    return (number, number) if number.is_finite() else None


def _of_cell(field: Field, planned: FieldPlan, cell: Cell, name: str) -> Iterator[str]:
    if isinstance(cell, tuple):
        for item in cell:
            yield from _of_cell(field, planned, item, name)
    elif isinstance(cell, Mapping):
        for part in field.fields:
            if part.name in planned.parts and part.name in cell:
                inner = f"{name}.{part.name}"
                yield from _of_cell(part, planned.parts[part.name], cell[part.name], inner)
    elif cell.data is not None and (said := breach(field.kind, planned.checks, cell.data)):
        yield f"{name}: {said}"


def _data(record: Record, name: str) -> Any:
    value = record.cells.get(name, ABSENT)
    return value.data if isinstance(value, Value) else None


def _bound(kind: Kind, bound: float | str | None) -> Any:
    return bound if bound is None or kind in _DATES else Decimal(str(bound))


def _unit(kind: Kind, data: Any) -> str:
    """What two values must share to be compared: days, plain numbers, or a currency and period."""
    if kind in _DATES:
        return "day"
    if kind is not Kind.MONEY:
        return ""
    money = Money.parse(str(data))
    return f"{money.currency}/{money.period}".strip("/")
