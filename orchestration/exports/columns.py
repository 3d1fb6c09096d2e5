"""Results as a table: which columns a schema makes, and what a record puts in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from schemas.record import ABSENT, Cell, PageResult, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = ["Column", "Entry", "Scalar", "columns", "rows"]

Scalar = str | int | float | bool | None
Entry = Scalar | list["Entry"]
"""What stands in one cell of the table: a scalar, or a list of entries for a `many` field."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `kind`: what each scalar is; `lists`: how many lists stand around it.
    `read`: what stands here for a page's record. `None`: the page does not say, or (with no
        record) has nothing to say it of.
    """

    name: str
    kind: Kind
    lists: int
    read: Callable[[PageResult, Record | None], Entry]


def columns(schema: Schema, *, evidence: bool = False, marked: bool = False) -> list[Column]:
    """The fields (an object's parts as `field.part`), then `source` and `status`.

    With *marked*, `_status` after the fields for every one that is generated, as it has no quote:
    "generated" where the model wrote something. With *evidence*, six more for every field:
    `_quote`, `_xpath`, `_markup` (the path there), `_contrary` (the other quote of a conflict),
    `_tier`, `_confidence`. No two columns share a name: one that a column before it has taken gets
    underscores added, so that a field of the user's named "source" keeps its name.
    """
    leaves = [leaf for field in schema for leaf in _leaves(field)]
    made = [_column(leaf, leaf.name, leaf.kind, _data) for leaf in leaves]
    generated = [leaf for leaf in leaves if marked and leaf.kind is Kind.GENERATED]
    made += [_column(leaf, f"{leaf.name}_status", Kind.TEXT, _status) for leaf in generated]
    made.append(Column("source", Kind.TEXT, 0, lambda page, record: page.source))
    made.append(Column("status", Kind.TEXT, 0, lambda page, record: page.status.value))
    if evidence:
        made += [
            _column(leaf, f"{leaf.name}_{suffix}", kind, of_value)
            for leaf in leaves
            for suffix, kind, of_value in EVIDENCE
        ]
    return list(_with_free_names(made))


def rows(results: Iterable[PageResult], table: Sequence[Column]) -> Iterator[list[Entry]]:
    """One row a record, in order; a page without records is one row without values."""
    for page in results:
        for record in page.records or (None,):
            yield [column.read(page, record) for column in table]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A field that is no object, or an object's part. `path` leads from a record to its cell."""

    path: tuple[str, ...]
    kind: Kind
    lists: int

    @property
    def name(self) -> str:
        return ".".join(self.path)


def _leaves(field: Field) -> list[_Leaf]:
    if field.kind != Kind.OBJECT:
        return [_Leaf((field.name,), field.kind, int(field.many))]
    return [
        _Leaf((field.name, part.name), part.kind, field.many + part.many) for part in field.fields
    ]


def _column(leaf: _Leaf, name: str, kind: Kind, of_value: Callable[[Value], Scalar]) -> Column:
    def read(page: PageResult, record: Record | None) -> Entry:
        return None if record is None else _entry(record.cells, leaf.path, of_value)

    return Column(name, kind, leaf.lists, read)


def _with_free_names(made: Iterable[Column]) -> Iterator[Column]:
    taken: set[str] = set()
    for column in made:
        name = column.name
        while name in taken:
            name += "_"
        taken.add(name)
        yield replace(column, name=name)


def _entry(cell: Cell, path: tuple[str, ...], of_value: Callable[[Value], Scalar]) -> Entry:
    """Follow *path* into *cell*, through every item of the lists on the way."""
    if isinstance(cell, tuple):
        return [_entry(item, path, of_value) for item in cell]
    if isinstance(cell, Value):
        # An object that is absent as a whole has no parts to walk into.
        says = cell.status != ValueStatus.ABSENT or cell.tier is Tier.PERSON
        return of_value(cell) if says and not path else None
    return _entry(cell.get(path[0], ABSENT), path[1:], of_value)


def _data(value: Value) -> Scalar:
    """The data; `None` for a number that is not finite, which not every format can carry."""
    data: Scalar = value.data
    return None if isinstance(data, float) and not isfinite(data) else data


def _status(value: Value) -> Scalar:
    return value.status.value


def _quote(value: Value) -> Scalar:
    return value.evidence.quote if value.evidence else None


def _xpath(value: Value) -> Scalar:
    return value.evidence.xpath if value.evidence else None


def _markup(value: Value) -> Scalar:
    return value.evidence.markup if value.evidence else None


def _contrary(value: Value) -> Scalar:
    return value.contrary.quote if value.contrary else None


def _tier(value: Value) -> Scalar:
    return value.tier.value if value.tier else None


def _confidence(value: Value) -> Scalar:
    return value.confidence


EVIDENCE: tuple[tuple[str, Kind, Callable[[Value], Scalar]], ...] = (
    ("quote", Kind.TEXT, _quote),
    ("xpath", Kind.TEXT, _xpath),
    ("markup", Kind.TEXT, _markup),
    ("contrary", Kind.TEXT, _contrary),
    ("tier", Kind.TEXT, _tier),
    ("confidence", Kind.NUMBER, _confidence),
)
