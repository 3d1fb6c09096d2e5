"""What is worth looking at of a job, as figures: coverage, confidence, tiers, time, reliability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestration.cost import cost_of
from orchestration.evaluation.reliability import Judged, bins, calibration_error
from orchestration.storage.corrections import leaves
from schemas.record import PageResult, Tier, Value, ValueStatus, cell_values
from schemas.schema import Schema

__all__ = ["Bars", "Curve", "charts_of", "reliability_of"]

_BINS = 10  # of confidence, each as wide as the others


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars beside each other, each of parts laid end to end.

    `rows`: a bar's label, and how much there is of each part, in the order of `parts`.
    `unit`: what the numbers are, "%" where they are shares of a hundred.
    """

    name: str
    title: str
    parts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points `(x, y, count)` in the unit square, beside the diagonal they should lie on."""

    name: str
    title: str
    points: tuple[tuple[float, float, int], ...]
    x: str = ""
    y: str = ""


def charts_of(schema: Schema, results: Sequence[PageResult]) -> list[Bars]:
    """All charts that need no gold; one that would be empty is left out."""
    made = [
        _coverage(schema, results),
        _tiers(schema, results),
        _confidence(results),
        _stages(results),
        _tokens(results),
    ]
    return [chart for chart in made if any(any(amounts) for _, amounts in chart.rows)]


def reliability_of(answers: Sequence[Judged]) -> Curve:
    """How often answers are right that say they are so sure."""
    error = calibration_error(answers)
    return Curve(
        "reliability",
        f"Reliability: expected calibration error {error:.3f}, {len(answers):,} answers",
        tuple((one.confidence, one.right, one.count) for one in bins(answers)),
        "confidence",
        "share that is right",
    )


def _coverage(schema: Schema, results: Iterable[PageResult]) -> Bars:
    """Of each field: the share of records whose pages say it."""
    kinds = ("found", "corrected", "in conflict", "absent")
    counts = {name: Counter[str]() for name in schema.names}
    for name, values in _fields(results):
        counts.setdefault(name, Counter())[_kind(values)] += 1
    rows = tuple((name, _shares(count, kinds)) for name, count in counts.items())
    return Bars("coverage", "Coverage: records that say the field", kinds, rows, "%")


def _kind(values: Sequence[Value]) -> str:
    stated = [value for value in values if value.status is not ValueStatus.ABSENT]
    if any(value.tier is Tier.PERSON for value in values):
        return "corrected"
    if any(value.status is ValueStatus.CONFLICT for value in stated):
        return "in conflict"
    return "found" if stated else "absent"


def _tiers(schema: Schema, results: Iterable[PageResult]) -> Bars:
    """Of each field: who gave the values."""
    counts = {name: Counter[str]() for name in schema.names}
    for name, values in _fields(results):
        stated = (value for value in values if value.status is not ValueStatus.ABSENT)
        counts.setdefault(name, Counter()).update(v.tier.value for v in stated if v.tier)
    asked = tuple(tier.value for tier in Tier if any(tier.value in c for c in counts.values()))
    rows = tuple((name, _shares(count, asked)) for name, count in counts.items())
    return Bars("tiers", "Tiers: who gave the values", asked, rows, "%")


def _confidence(results: Iterable[PageResult]) -> Bars:
    """How many values are how sure."""
    counts = Counter(
        min(_BINS - 1, int(value.confidence * _BINS))
        for _, values in _fields(results)
        for value in values
        if value.status is not ValueStatus.ABSENT and value.tier is not Tier.PERSON
    )
    rows = tuple(
        (f"{low / _BINS:.1f} to {(low + 1) / _BINS:.1f}", (float(counts[low]),))
        for low in range(_BINS)
    )
    return Bars("confidence", "Confidence: values by how sure they are", ("values",), rows)


def _stages(results: Sequence[PageResult]) -> Bars:
    """Seconds a page by stage."""
    seconds = Counter[str]()
    for result in results:
        seconds.update(result.seconds)
    count = max(1, len(results))
    rows = tuple((stage, (spent / count,)) for stage, spent in seconds.items())
    return Bars("time", "Time by stage, seconds a page", ("seconds",), rows, "s")


def _tokens(results: Sequence[PageResult]) -> Bars:
    """Tokens a page by tier."""
    count = max(1, len(results))
    rows = tuple(
        (tier.value, (cost.tokens.prompt / count, cost.tokens.output / count))
        for tier, cost in cost_of(results).spent.items()
        if cost.count
    )
    return Bars("tokens", "Tokens a page by tier", ("read", "written"), rows)


def _fields(results: Iterable[PageResult]) -> Iterator[tuple[str, list[Value]]]:
    """The values of every field of every record; those of an object's parts are the field's."""
    for result in results:
        for record in result.records:
            values: dict[str, list[Value]] = {}
            for path, cell in leaves(record):
                values.setdefault(str(path[0]), []).extend(cell_values(cell))
            yield from values.items()


def _shares(counts: Mapping[str, int], kinds: Sequence[str]) -> tuple[float, ...]:
    total = sum(counts.values()) or 1
    return tuple(100 * counts.get(kind, 0) / total for kind in kinds)
