"""What a running job tells whoever watches it. The CLI and the app draw the same stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.cost import JobCost

if TYPE_CHECKING:
    from extractors.bad_pages import BadPage
    from orchestration.storage.store import Job
    from schemas.errors import SourceError
    from schemas.plan import Plan
    from schemas.record import PageResult

__all__ = ["Event", "JobEnded", "JobStarted", "LayoutPlanned", "LeftOut", "PageDone"]


@dataclass(frozen=True, slots=True)
class JobStarted:
    """Sources were opened: *total* pages to go through, *done* of them in an earlier run."""

    job: Job
    total: int
    done: int


@dataclass(frozen=True, slots=True)
class PageDone:
    """The page at *position* (from 0, in the order given) has ended and is stored."""

    position: int
    result: PageResult


@dataclass(frozen=True, slots=True)
class LayoutPlanned:
    """The page *source* is the first of its layout, and *plan* is how such pages are read."""

    source: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class LeftOut:
    """No plan is made for the page *source*: it cannot be read, or says nothing."""

    source: str
    why: SourceError | BadPage


@dataclass(frozen=True, slots=True)
class JobEnded:
    """Nothing more will come. `stopped` says why pages are missing; `None` when none are.

    `cost`: what this run took, not what earlier ones of the same job did.
    """

    job: Job
    stopped: str | None = None
    cost: JobCost = field(default_factory=JobCost)


Event = JobStarted | LayoutPlanned | PageDone | JobEnded
