"""What programs are answered, as plain data: JSON once it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.cost import Estimate
from orchestration.desk.desk import JobLine
from orchestration.desk.runs import Run, RunState
from orchestration.exports.export import page_line
from orchestration.storage.corrections import Correction, Verdict
from schemas.plan import Plan
from schemas.plan_json import plan_to_json
from schemas.record import PageResult, PageStatus

__all__ = ["Corrected", "Estimated", "JobAbout", "Outcome", "PageLine", "Planned", "RunAbout"]

_DESCRIBED = {"use_attribute_docstrings": True}  # of pydantic, which writes their JSON Schema


@dataclass(frozen=True, slots=True)
class PageLine:
    """One page of a job."""

    __pydantic_config__ = _DESCRIBED

    source: str
    """Its address, or the name of the file."""
    status: PageStatus
    """Bad: no page worth reading, such as a login wall. Truncated: not all of it was read."""
    reason: str | None
    """Why it is not ok."""
    records_seen: int | None
    """How many records the page lists, where it was cut short."""
    next_page: str | None
    """Where the list goes on."""
    records: list[dict[str, Any]]
    """Each of `values` by field, null where the page does not say, and `evidence` by field: quote,
    start and end in the page's text, xpath, markup, contrary, tier, confidence, status."""

    @classmethod
    def of(cls, pages: Iterable[PageResult]) -> list[PageLine]:
        return [cls(**{**page_line(page), "status": page.status}) for page in pages]


@dataclass(frozen=True, slots=True)
class JobAbout:
    """A job in the list of jobs."""

    __pydantic_config__ = _DESCRIBED

    id: int
    """Its number, which other calls take."""
    name: str
    created: str
    """When, ISO 8601."""
    fields: list[str]
    pages: dict[str, int]
    """How many there are, by their status."""
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

    __pydantic_config__ = _DESCRIBED

    state: RunState
    """Loading: the model is not there yet."""
    job: int | None
    """The job's id, once it is begun."""
    pages_done: int
    pages_total: int
    """0 until the pages are counted."""
    ahead: int
    """Jobs that run or wait before this one."""
    tokens: dict[str, int]
    """Spent so far, by tier."""
    seconds: float
    seconds_left: float | None
    """By the pace so far."""
    ended: str | None
    """Why it ended: done, or what stopped it."""

    @classmethod
    def of(cls, run: Run, ahead: int) -> RunAbout:
        return cls(
            state=run.state,
            job=run.job.id if run.job else None,
            pages_done=run.done,
            pages_total=run.total,
            ahead=ahead,
            tokens={tier.value: count for tier, count in run.tokens.items()},
            seconds=run.seconds,
            seconds_left=run.seconds_left,
            ended=run.ended,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job, and what came of its pages."""

    __pydantic_config__ = _DESCRIBED

    job: int | None
    """Its id, for `results`, `export` and `delete`; null where it is not begun yet."""
    ended: str | None
    """Why it ended: done, or what stopped it; null while it goes on."""
    pages: list[PageLine]
    """Empty where the call did not wait."""


@dataclass(frozen=True, slots=True)
class Planned:
    """How pages of one layout will be read."""

    __pydantic_config__ = _DESCRIBED

    source: str
    """A page of that layout."""
    made: str
    """Who made the plan, in words."""
    plan: dict[str, Any]
    """To look at, to change, and to hand to `extract`."""

    @classmethod
    def of(cls, source: str, plan: Plan) -> Planned:
        return cls(source, plan.origin.explain(), plan_to_json(plan))


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a job is likely to take."""

    __pydantic_config__ = _DESCRIBED

    pages: int
    sampled: int
    """Pages that were read for this."""
    failed: int
    """Those of them that could not be read, and count as costing nothing."""
    tokens: int
    seconds: float
    tokens_between: list[int]
    """If all pages were as the cheapest or as the dearest of the sample."""
    seconds_between: list[float]
    by_tier: dict[str, int]
    """Tokens."""
    words: str
    """The same for people."""

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

    __pydantic_config__ = _DESCRIBED

    source: str
    record: int
    path: list[str | int]
    verdict: Verdict
    by: str
    """Who said so, "" where nobody signs in."""
    at: str
    """When, ISO 8601."""

    @classmethod
    def of(cls, said: Correction) -> Corrected:
        path: Sequence[str | int] = said.path
        when = said.at.isoformat()
        return cls(said.source, said.index, list(path), said.verdict, said.by, when)
