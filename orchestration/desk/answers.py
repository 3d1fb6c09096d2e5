"""What programs are answered, as plain data: JSON once it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from orchestration.cost import Estimate
from orchestration.desk.desk import JobLine
from orchestration.desk.runs import Run, RunState
from orchestration.exports.export import page_line
from orchestration.storage.corrections import Correction, Verdict
from schemas.plan import Plan
from schemas.plan_json import plan_to_json
from schemas.record import PageResult, PageStatus

__all__ = ["Corrected", "Estimated", "JobAbout", "Outcome", "PageLine", "Planned", "RunAbout"]


def _says(text: str) -> Any:
    """What a key means, for the JSON Schema that pydantic writes.

    Docstrings would do, but that parses this source, and Python 3.11's parser fails now and then
    where other threads run.
    """
    return Field(description=text)


@dataclass(frozen=True, slots=True)
class PageLine:
    """One page of a job."""

    source: Annotated[str, _says("Its address, or the name of the file.")]
    status: Annotated[
        PageStatus,
        _says(
            "Bad: no page worth reading, such as a login wall. Truncated: not all of it was read."
        ),
    ]
    reason: Annotated[str | None, _says("Why it is not ok, or what else there is to know.")]
    records_seen: Annotated[
        int | None, _says("How many records the page lists, where it was cut short.")
    ]
    next_page: Annotated[str | None, _says("Where the list goes on.")]
    records: Annotated[
        list[dict[str, Any]],
        _says(
            "Each of `values` by field, null where the page does not say, and `evidence` by "
            "field: quote, start and end in the page's text, xpath, markup, contrary, tier, "
            "confidence, status."
        ),
    ]

    @classmethod
    def of(cls, pages: Iterable[PageResult]) -> list[PageLine]:
        return [cls(**{**page_line(page), "status": page.status}) for page in pages]


@dataclass(frozen=True, slots=True)
class JobAbout:
    """A job in the list of jobs."""

    id: Annotated[int, _says("Its number, which other calls take.")]
    name: str
    created: Annotated[str, _says("When, ISO 8601.")]
    fields: list[str]
    pages: Annotated[dict[str, int], _says("How many there are, by their status.")]
    running: bool

    @classmethod
    def of(cls, line: JobLine) -> JobAbout:
        job = line.job
        pages = {status.value: count for status, count in line.counts.items()}
        made = job.created.isoformat()
        return cls(job.id, job.name, made, list(job.schema.names), pages, line.running)


@dataclass(frozen=True, slots=True)
class RunAbout:
    """How far a job is."""

    state: Annotated[RunState, _says("Loading: the model is not there yet.")]
    job: Annotated[int | None, _says("The job's id, once it is begun.")]
    pages_done: int
    pages_total: Annotated[int, _says("0 until the pages are counted.")]
    ahead: Annotated[int, _says("Jobs that run or wait before this one.")]
    tokens: Annotated[dict[str, int], _says("Spent so far, by tier.")]
    seconds: float
    seconds_left: Annotated[float | None, _says("By the pace so far.")]
    ended: Annotated[str | None, _says("Why it ended: done, or what stopped it.")]

    @classmethod
    def of(cls, run: Run, ahead: int) -> RunAbout:
        return cls(
            state=run.state,
            job=run.job.id if run.job else None,
            pages_done=run.done,
            pages_total=run.total,
            ahead=ahead,
            tokens={tier.value: count for tier, count in tuple(run.tokens.items())},
            seconds=run.seconds,
            seconds_left=run.seconds_left,
            ended=run.ended,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job, and what came of its pages."""

    job: Annotated[
        int | None,
        _says("Its id, for `results`, `export` and `delete`; null where it is not begun yet."),
    ]
    ended: Annotated[
        str | None, _says("Why it ended: done, or what stopped it; null while it goes on.")
    ]
    pages: Annotated[list[PageLine], _says("Empty where the call did not wait.")]


@dataclass(frozen=True, slots=True)
class Planned:
    """How pages of one layout will be read."""

    source: Annotated[str, _says("A page of that layout.")]
    made: Annotated[str, _says("Who made the plan, in words.")]
    plan: Annotated[dict[str, Any], _says("To look at, to change, and to hand to `extract`.")]

    @classmethod
    def of(cls, source: str, plan: Plan) -> Planned:
        return cls(source, plan.origin.explain(), plan_to_json(plan))


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a job is likely to take."""

    pages: int
    sampled: Annotated[int, _says("Pages that were read for this.")]
    failed: Annotated[
        int, _says("Those of them that could not be read, and count as costing nothing.")
    ]
    tokens: int
    seconds: float
    tokens_between: Annotated[
        list[int], _says("If all pages were as the cheapest or as the dearest of the sample.")
    ]
    seconds_between: list[float]
    by_tier: Annotated[dict[str, int], _says("Tokens.")]
    words: Annotated[str, _says("The same for people.")]

    @classmethod
    def of(cls, estimate: Estimate) -> Estimated:
        likely, least, most = estimate.likely, estimate.least, estimate.most
        return cls(
            pages=estimate.pages,
            sampled=estimate.sampled,
            failed=estimate.failed,
            tokens=likely.together.count,
            seconds=likely.together.seconds,
            tokens_between=[least.count, most.count],
            seconds_between=[least.seconds, most.seconds],
            by_tier={tier.value: cost.count for tier, cost in likely.spent.items()},
            words=estimate.explain(),
        )


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a person said of one value."""

    source: str
    record: int
    path: list[str | int]
    verdict: Verdict
    by: Annotated[str, _says("Who said so, '' where nobody signs in.")]
    at: Annotated[str, _says("When, ISO 8601.")]

    @classmethod
    def of(cls, said: Correction) -> Corrected:
        path: Sequence[str | int] = said.path
        when = said.at.isoformat()
        return cls(said.source, said.index, list(path), said.verdict, said.by, when)
