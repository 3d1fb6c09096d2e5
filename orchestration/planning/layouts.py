"""One plan a layout: pages are told apart by fingerprint, and each new layout is planned once."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Protocol, TypeVar

from extractors.bad_pages import BadPage, why_bad
from extractors.layout import layout_of, likeness, same_layout
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from orchestration.planning.cache import PlanCache
from orchestration.planning.planner import Planner
from schemas.errors import NotAPage, PlanError, SourceError, StoreError
from schemas.plan import Plan
from schemas.schema import Schema

__all__ = ["Ahead", "GivenPlan", "LayoutPlans", "Peek", "PlanSource", "each_layout"]

log = logging.getLogger(__name__)

Peek = Callable[[int], Iterable[object]]
"""Gives some of the items that come next."""

_Item = TypeVar("_Item")


class Ahead(Iterator[_Item]):
    """*items* in order, with a look at those to come. What was looked at is held until its turn."""

    def __init__(self, items: Iterator[_Item]) -> None:
        self._items = items
        self._held: deque[_Item] = deque()

    def __next__(self) -> _Item:
        return self._held.popleft() if self._held else next(self._items)

    def peek(self, count: int) -> list[_Item]:
        """Up to *count* items that come next; waits for them."""
        self._held.extend(islice(self._items, max(0, count - len(self._held))))
        return list(islice(self._held, count))


class PlanSource(Protocol):
    """Where a job's plans come from. `tokens`: what planning took so far, in vain too."""

    @property
    def tokens(self) -> int: ...

    def plan_for(self, page: object, ahead: Peek) -> tuple[Plan | None, bool]:
        """See `LayoutPlans.plan_for`; `None` too for what is no page."""


class GivenPlan:
    """One *plan* for all pages; `None`: they are read as their schema says."""

    tokens = 0

    def __init__(self, plan: Plan | None) -> None:
        self._plan = plan

    def plan_for(self, page: object, ahead: Peek) -> tuple[Plan | None, bool]:
        """The plan; it is never new."""
        return self._plan, False


class LayoutPlans:
    """The plans of one job's pages for *schema*, made by *planner*.

    *cache*: plans of earlier jobs; `None`: none are looked up or kept. *samples*: pages of a layout
    shown to the planner. `tokens`: what planning took so far.
    """

    def __init__(
        self, planner: Planner, schema: Schema, *, cache: PlanCache | None, samples: int = 3
    ) -> None:
        self.tokens = 0
        self._planner = planner
        self._schema = schema
        self._cache = cache
        self._samples = samples
        self._plans: list[Plan] = []

    def plan_for(self, page: object, ahead: Peek = lambda count: ()) -> tuple[Plan | None, bool]:
        """The plan of *page*'s layout, and whether it is new to this job.

        `None` for a page that says nothing: a wall, an error page, no page at all. *ahead*: gives
        some pages that come after it; those of its layout are samples too.

        Raises:
            PlanError: no usable plan.
        """
        if not isinstance(page, Page):
            return None, False
        try:
            layout, parsed = layout_of(page), parse_page(page)
        except NotAPage:
            return None, False
        known = [plan for plan in self._plans if same_layout(plan.layout or "", layout)]
        if known:
            return max(known, key=lambda plan: likeness(plan.layout or "", layout)), False
        if why_bad(page, parsed):
            return None, False
        plan = self._kept(layout) or self._made(layout, parsed, ahead)
        self._plans.append(plan)
        return plan, True

    def _kept(self, layout: str) -> Plan | None:
        model = self._planner.name
        return (
            self._cache.find(self._schema, layout, model=model) if self._cache and model else None
        )

    def _made(self, layout: str, page: ParsedPage, ahead: Peek) -> Plan:
        others = ahead(_LOOKED_AT) if self._samples > 1 else ()
        alike = (_parsed(other, layout) for other in others if isinstance(other, Page))
        samples = [page, *islice(filter(None, alike), self._samples - 1)]
        try:
            plan = replace(self._planner.plan(self._schema, samples), layout=layout)
        except PlanError as error:
            self.tokens += error.tokens
            raise
        self.tokens += plan.origin.tokens
        # A lesser planner's plan would stand in the way of the one that was wanted.
        if self._planner.name and plan.origin.by is self._planner.by:
            self._keep(plan, self._planner.name)
        return plan

    def _keep(self, plan: Plan, model: str) -> None:
        if self._cache is None:
            return
        try:
            self._cache.keep(plan, self._schema, model=model)
        except StoreError as error:  # it was paid for, and serves this job all the same
            log.warning("the next job has to plan again: %s", error)


def each_layout(
    planned: PlanSource, pages: Ahead[_Item]
) -> Iterator[tuple[int, Plan | SourceError | BadPage]]:
    """The plan of each layout among *pages*, with the number of its first page; and of each page
    that no plan can be made for, why: it cannot be read, or says nothing."""
    for number, page in enumerate(pages):
        plan, is_new = planned.plan_for(page, pages.peek)
        if plan is None:
            yield number, _why_not(page)
        elif is_new:
            yield number, plan


def _why_not(page: object) -> SourceError | BadPage:
    nothing = NotAPage("there is nothing to plan for")
    if not isinstance(page, Page):
        return page if isinstance(page, SourceError) else nothing
    try:
        return why_bad(page, parse_page(page)) or nothing
    except NotAPage as error:
        return error


_LOOKED_AT = 6  # pages after the first of a layout, for more samples


def _parsed(other: Page, layout: str) -> ParsedPage | None:
    """*other* as a sample, where it is of *layout* and a page at all."""
    try:
        if not same_layout(layout_of(other), layout):
            return None
        parsed = parse_page(other)
    except NotAPage:
        return None
    return None if why_bad(other, parsed) else parsed
