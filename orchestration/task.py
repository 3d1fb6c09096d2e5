"""What a page is read for: the fields, who may answer, and what the job's other pages taught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from extractors.reading import Interrupted
from orchestration.agreement import Agreement
from orchestration.learned import LearnedLayouts
from schemas.fitting import fitted
from schemas.plan import Plan
from schemas.plan_checks import checked
from schemas.record import Record, Tier
from schemas.schema import Schema

__all__ = ["Stop", "Stopped", "Task"]

Stop = Callable[[], bool]
"""Whether to stop; asked often."""


class Stopped(Interrupted):
    """Raised to leave a page unfinished; records of a list that were finished before are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Of the pages of a job all is the same but *plan*.

    tier: the worker that reads them, or MARKUP for none; `None`: the markup answers what it can,
        what was *learned* from the pages before more, the workers the rest.
    plan: how pages of this one's layout are read; `None`: as the schema says.
    learned: `None`: nothing is learned. agreed: what the pages before say of the small worker.
        Both are added to.
    """

    schema: Schema
    tier: Tier | None
    stop: Stop
    plan: Plan | None = None
    learned: LearnedLayouts | None = None
    agreed: Agreement = field(default_factory=Agreement)

    @property
    def guided(self) -> Schema:
        """The schema, with what the plan says of where its fields stand."""
        return self.plan.guided() if self.plan else self.schema

    def checked(self, records: Sequence[Record]) -> tuple[Record, ...]:
        """*records* without what a check of the plan does not let through."""
        return tuple(checked(self.plan, records) if self.plan else records)

    def gated(self, records: Sequence[Record]) -> tuple[Record, ...]:
        """*records* without what the schema or a check of the plan does not let through.

        A record that the plan's checks leave nothing of stays, and shows that they did.
        """
        kept = fitted(self.schema, records)
        if self.plan is None:
            return kept
        one = replace(self.schema, many=False)  # a list may have become too short
        held = fitted(one, self.checked(kept))
        return tuple(replace(new, index=old.index) for old, new in zip(kept, held, strict=True))
