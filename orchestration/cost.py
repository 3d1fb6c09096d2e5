"""What pages and jobs take, by tier: measured as they run, estimated before from a sample."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.record import Cost, PageResult, PageStatus, Record, Tier, Tokens
from schemas.schema import Schema

if TYPE_CHECKING:
    from extractors.parsing.blocks import ParsedPage
    from extractors.worker import Extraction

__all__ = ["Estimate", "JobCost", "Meter", "cost_of", "estimated", "spread"]

Spent = Mapping[Tier, Cost]
Ask = Callable[[Tier, "ParsedPage", Schema, Callable[[], bool]], "Extraction"]


Repair = Callable[["ParsedPage", Schema, Record | None], "Extraction | None"]


class Meter:
    """Stands before *ask* and counts what each tier takes; threads are counted apart."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._local = threading.local()

    def ask(
        self, tier: Tier, page: ParsedPage, schema: Schema, stop: Callable[[], bool]
    ) -> Extraction:
        extraction = self._ask(tier, page, schema, stop)
        self.add(tier, Cost(extraction.tokens, sum(extraction.seconds.values())))
        return extraction

    def repairing(self, repair: Repair) -> Repair:
        """*repair*, counted as the planner's."""

        def counted(page: ParsedPage, schema: Schema, unsure: Record | None) -> Extraction | None:
            again = repair(page, schema, unsure)
            if again:
                self.add(Tier.PLANNER, Cost(again.tokens, sum(again.seconds.values())))
            return again

        return counted

    def add(self, tier: Tier, cost: Cost) -> None:
        """Count *cost* for the page at hand; for none where none is begun."""
        spent: dict[Tier, Cost] | None = getattr(self._local, "spent", None)
        if spent is not None:
            spent[tier] = spent.get(tier, Cost()) + cost

    @contextmanager
    def page(self) -> Iterator[dict[Tier, Cost]]:
        """Yields what the page read in this block, by this thread, has taken so far."""
        spent: dict[Tier, Cost] = {}
        self._local.spent = spent
        try:
            yield spent
        finally:
            self._local.spent = None


@dataclass(frozen=True, slots=True)
class JobCost:
    """What *pages* took together. `spent`: by tier, cheapest first."""

    pages: int = 0
    spent: Spent = field(default_factory=dict)

    @property
    def together(self) -> Cost:
        return sum(self.spent.values(), Cost())

    def __add__(self, other: JobCost) -> JobCost:
        spent = {
            tier: self.spent.get(tier, Cost()) + other.spent.get(tier, Cost())
            for tier in Tier
            if tier in self.spent or tier in other.spent
        }
        return JobCost(self.pages + other.pages, spent)

    def explain(self) -> str:
        """In one line: tokens and seconds of each tier, then those of a page."""
        if not self.pages and not self.spent:
            return "nothing was spent"
        tiers = "; ".join(f"{tier} {_said(cost)}" for tier, cost in self.spent.items())
        each = self.together
        count = max(1, self.pages)
        a_page = _said(Cost(Tokens(each.count // count), each.seconds / count))
        pages = "1 page" if self.pages == 1 else f"{self.pages:,} pages"
        return f"{pages}: {tiers or 'no tier was asked'} ({a_page} a page)"


def cost_of(results: Iterable[PageResult]) -> JobCost:
    """What *results* took together."""
    total = JobCost()
    for result in results:
        total += JobCost(1, result.spent)
    return total


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job is likely to take. `pages`: all of it; `sampled`: those that were read for this.

    `likely`: by tier, if the rest is like the sample. `least`, `most`: if all pages were as its
    cheapest or as its dearest page. `failed`: those of the sample that could not be read, and cost
    nothing.
    """

    pages: int
    sampled: int
    likely: JobCost
    least: Cost
    most: Cost
    failed: int = 0

    def explain(self) -> str:
        """As lines for people."""
        if not self.pages:
            return "there is no page to read"
        together = self.likely.together
        low, high = self.least, self.most
        seconds = f"{low.seconds:,.1f} to {high.seconds:,.1f} s"
        lines = [
            f"{self.pages:,} pages, estimated from {self.sampled}:",
            f"  about {_said(together)}",
            f"  {low.count:,} to {high.count:,} tokens, {seconds}"
            " if all were as the cheapest or the dearest of these",
            *(f"  {tier}: about {_said(cost)}" for tier, cost in self.likely.spent.items()),
        ]
        if self.failed:
            lines.append(f"  {self.failed:,} of these failed, and count as costing nothing")
        return "\n".join(lines)


def estimated(sample: Sequence[PageResult], pages: int) -> Estimate:
    """What *pages* pages take, judged by a *sample* of them."""
    each = [cost_of([result]).together for result in sample]
    share = pages / max(1, len(sample))
    likely = {tier: _times(cost, share) for tier, cost in cost_of(sample).spent.items()}
    return Estimate(
        pages,
        len(sample),
        JobCost(pages, likely),
        Cost(
            Tokens(min((one.count for one in each), default=0) * pages),
            min((one.seconds for one in each), default=0.0) * pages,
        ),
        Cost(
            Tokens(max((one.count for one in each), default=0) * pages),
            max((one.seconds for one in each), default=0.0) * pages,
        ),
        sum(result.status is PageStatus.FAILED for result in sample),
    )


def spread(count: int, wanted: int) -> list[int]:
    """*wanted* of *count* places, all where there are no more, evenly spread and in order."""
    if count <= wanted:
        return list(range(count))
    return [int((place + 0.5) * count / wanted) for place in range(wanted)]


def _times(cost: Cost, share: float) -> Cost:
    tokens = cost.tokens
    return Cost(
        Tokens(*(round(part * share) for part in (tokens.prompt, tokens.output, tokens.steps))),
        cost.seconds * share,
    )


def _said(cost: Cost) -> str:
    seconds = f"{cost.seconds:,.1f} s"
    return f"{cost.count:,} tokens, {seconds}" if cost.count else seconds
