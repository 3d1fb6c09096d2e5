"""What people said of single values, and how that changes what the models answered.

A correction names its value by the page's source, the record's `index` there, and the path from
the record to the value: `("title",)`, `("place", "city")`, or `()` for the record as a whole. A
list is one value: items have no lasting place once others may go. The models' answers stay as they
were; `corrected` lays the corrections over them, whenever results are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from orchestration.storage.codec import Plain, cell_from_plain, cell_to_plain
from schemas.record import ABSENT, Cell, PageResult, Record, Tier, Value

__all__ = [
    "MISSING",
    "Correction",
    "Path",
    "Verdict",
    "corrected",
    "from_body",
    "leaves",
    "put",
    "to_body",
]

Path = tuple[str | int, ...]
"""From a record to a value: names of fields and parts. For `put` also a list's items, from 0."""

MISSING = Value(tier=Tier.PERSON, confidence=1.0)
"""Somebody looked: the page does not say."""


class Verdict(StrEnum):
    ACCEPTED = "accepted"  # the models' answer is right
    SELECTED = "selected"  # the right words were selected on the page
    TYPED = "typed"  # typed, so no words of the page stand behind it
    ABSENT = "absent"  # the page does not say; of a whole record: it is none


@dataclass(frozen=True, slots=True)
class Correction:
    """One person's word on one value; it is the only one on that value.

    `cell` is what stands there from now on: of an accepted value the models' own, with their tier;
    otherwise values of the tier "person", whose evidence is `None` where they were typed.
    `by`: who said so, "" where nobody has a name. `at`: when, in UTC.
    """

    source: str
    index: int
    path: Path
    verdict: Verdict
    cell: Cell = MISSING
    by: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def covers(self, source: str, index: int, path: Path) -> bool:
        """Whether it speaks of that value, or of a whole that the value is part of."""
        return (self.source, self.index) == (source, index) and path[: len(self.path)] == self.path


def corrected(result: PageResult, corrections: Iterable[Correction]) -> PageResult:
    """*result* with all *corrections* of its page in place; those of other pages do nothing.

    A record that was marked absent is left out; an index after the last record adds one. Each
    record's `index` stays that of the models' answer.
    """
    mine = [correction for correction in corrections if correction.source == result.source]
    if not mine:
        return result
    count = max(len(result.records), *(correction.index + 1 for correction in mine))
    records = (_record(result, index, mine) for index in range(count))
    return replace(result, records=tuple(record for record in records if record is not None))


def _record(result: PageResult, index: int, corrections: Iterable[Correction]) -> Record | None:
    mine = [correction for correction in corrections if correction.index == index]
    known = result.records[index] if index < len(result.records) else None
    if known is None and not mine:
        return None
    cells: Cell = known.cells if known else {}
    for correction in sorted(mine, key=lambda one: len(one.path)):
        if not correction.path and correction.verdict is Verdict.ABSENT:
            return None
        cells = put(cells, correction.path, correction.cell)
    url = known.url if known else result.source
    return Record(cells if isinstance(cells, Mapping) else {}, url, index)


def put(cell: Cell, path: Path, new: Cell) -> Cell:
    """*cell* with *new* at *path*; an item after a list's last is one more, `MISSING` none."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(cell) if isinstance(cell, tuple) else []
        old = items[step] if step < len(items) else ABSENT
        item = put(old, rest, new)
        items[step : step + 1] = [] if item == MISSING else [item]
        return tuple(items)
    parts = dict(cell) if isinstance(cell, Mapping) else {}
    parts[step] = put(parts.get(step, ABSENT), rest, new)
    return parts


def leaves(record: Record) -> Iterator[tuple[Path, Cell]]:
    """Every value and list of *record* and the path to it, in order."""
    for name, cell in record.cells.items():
        if isinstance(cell, Mapping):
            yield from (((name, part), inner) for part, inner in cell.items())
        else:
            yield (name,), cell


def to_body(correction: Correction) -> Plain:
    """What the store keeps of *correction* beside its place, as a JSON object."""
    return {
        "verdict": correction.verdict.value,
        "cell": cell_to_plain(correction.cell),
        "by": correction.by,
        "at": correction.at.isoformat(),
    }


def from_body(source: str, index: int, path: Iterable[Any], body: Plain) -> Correction:
    """The inverse of `to_body`. Raises KeyError, TypeError or ValueError on anything else."""
    return Correction(
        source,
        index,
        tuple(path),
        Verdict(body["verdict"]),
        cell_from_plain(body["cell"]),
        body["by"],
        datetime.fromisoformat(body["at"]),
    )
