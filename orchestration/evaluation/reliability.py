"""How far confidences can be trusted: answers judged one by one against gold.

Expected calibration error: Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from orchestration.evaluation.evaluate import GoldPage, pages_of
from orchestration.evaluation.scoring import is_right, pair_up
from schemas.record import Cell, PageResult, Record, Signals, Tier, Value, ValueStatus
from schemas.schema import Field, Schema

__all__ = ["Bin", "Judged", "bins", "calibration_error", "coverage_at", "judge"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer and whether it is right. `absent`: it said that the page does not say.

    `group`: the page's template or site.
    """

    page: str
    group: str
    field: Field
    confidence: float
    right: bool
    absent: bool
    tier: Tier | None
    signals: Signals | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: how many, their mean confidence, the share that is right."""

    count: int
    confidence: float
    right: float


def judge(
    schema: Schema, pages: Iterable[GoldPage], results: Iterable[PageResult]
) -> Iterator[Judged]:
    """Every answer of *results* that the gold of its page has a say on; objects are left out.

    Raises:
        GoldError: several results are of one page.
    """
    found = list(results)
    known = pages_of([result.source for result in found], list(pages))
    for result in found:
        page = known.get(result.source)
        if page is None:
            continue
        for record, gold in _pairs(schema, page, result.records):
            for field in schema:
                for value in _values(record.cells.get(field.name)):
                    yield from _judged(page, field, value, gold)


def _pairs(
    schema: Schema, page: GoldPage, records: Sequence[Record]
) -> Iterator[tuple[Record, Mapping[str, object]]]:
    """Records, each with the gold it is held against; one too many is held against nothing."""
    items = page.gold.get("items")
    if items is None:
        yield from ((record, page.gold) for record in records[:1])
        return
    taken = pair_up(schema, items, [record.data for record in records])
    gold = {place: item for item, place in zip(items, taken, strict=True) if place is not None}
    nothing = dict.fromkeys(schema.names)
    yield from ((record, gold.get(place, nothing)) for place, record in enumerate(records))


def _values(cell: Cell | None) -> Sequence[Value]:
    if isinstance(cell, Value):
        return [cell]
    return [item for item in cell if isinstance(item, Value)] if isinstance(cell, tuple) else []


def _judged(
    page: GoldPage, field: Field, value: Value, gold: Mapping[str, object]
) -> Iterator[Judged]:
    right = is_right(field, value.data, gold)
    if right is None or value.tier is None:  # no tier: nobody was asked
        return
    absent = value.status is ValueStatus.ABSENT
    yield Judged(
        page.name, page.group, field, value.confidence, right, absent, value.tier, value.signals
    )


def bins(answers: Sequence[Judged], *, count: int = 10) -> list[Bin]:
    """The reliability curve: *answers* in *count* bins of like size, the least sure first."""
    ordered = sorted(answers, key=lambda answer: answer.confidence)
    edges = [round(i * len(ordered) / count) for i in range(count + 1)]
    parts = [ordered[low:high] for low, high in pairwise(edges)]
    return [
        Bin(
            len(part),
            sum(answer.confidence for answer in part) / len(part),
            sum(answer.right for answer in part) / len(part),
        )
        for part in parts
        if part
    ]


def calibration_error(answers: Sequence[Judged], *, count: int = 10) -> float:
    """The mean distance of confidence and share right over `bins`, in [0, 1]; 0 of no answers."""
    total = len(answers) or 1
    return sum(b.count * abs(b.confidence - b.right) for b in bins(answers, count=count)) / total


def coverage_at(answers: Sequence[Judged], precision: float) -> float:
    """The largest share of *answers* at or over some confidence, of which *precision* are right."""
    ordered = sorted(answers, key=lambda answer: -answer.confidence)
    right = list(accumulate(int(answer.right) for answer in ordered))
    below = [answer.confidence for answer in ordered[1:]] + [-1.0]
    kept = [
        n
        for n, (answer, good, then) in enumerate(zip(ordered, right, below, strict=True), start=1)
        if good >= precision * n and then < answer.confidence  # equals stay together
    ]
    return max(kept, default=0) / (len(ordered) or 1)
