"""One plan a layout: pages are told apart by fingerprint, and each new layout is planned once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from extractors.blocks import ParsedPage, parse_page
from extractors.layout import layout_of, likeness, same_layout
from extractors.pages import Page
from orchestration.plan_cache import PlanCache
from orchestration.planner import Planners
from schemas.errors import NotAPage
from schemas.plan import Plan, PlannedBy
from schemas.schema import Schema

__all__ = ["LayoutPlans"]


class LayoutPlans:
    """The plans of one job's pages for *schema*, made by *planner*.

    *cache*: plans of earlier jobs; `None`: none are looked up or kept. *samples*: pages of a layout
    shown to the planner.
    """

    def __init__(
        self, planner: Planners, schema: Schema, *, cache: PlanCache | None, samples: int = 3
    ) -> None:
        self._planner = planner
        self._schema = schema
        self._cache = cache
        self._samples = samples
        self._plans: list[Plan] = []

    def plan_for(self, page: Page, others: Iterable[Page] = ()) -> tuple[Plan, bool]:
        """The plan of *page*'s layout, and whether it is new to this job.

        *others*: pages that come after it; those of its layout are samples too.

        Raises:
            NotAPage: the page cannot be parsed.
            PlanError: no usable plan.
        """
        layout = layout_of(page)
        known = [plan for plan in self._plans if same_layout(plan.layout or "", layout)]
        if known:
            return max(known, key=lambda plan: likeness(plan.layout or "", layout)), False
        model = self._planner.name
        kept = (
            self._cache.find(self._schema, layout, model=model) if self._cache and model else None
        )
        if kept is None:
            made = self._planner.plan(self._schema, self._sampled(page, others, layout))
            kept = replace(made, layout=layout)
            worth_keeping = made.origin.by is self._planner.by is not PlannedBy.SCHEMA
            if self._cache and model and worth_keeping:
                self._cache.keep(kept, self._schema, model=model)
        self._plans.append(kept)
        return kept, True

    def _sampled(self, page: Page, others: Iterable[Page], layout: str) -> list[ParsedPage]:
        samples = [parse_page(page)]
        for other in others:
            if len(samples) == self._samples:
                break
            if (parsed := _parsed(other, layout)) is not None:
                samples.append(parsed)
        return samples


def _parsed(page: Page, layout: str) -> ParsedPage | None:
    """*page*, where it is of *layout*."""
    try:
        return parse_page(page) if same_layout(layout_of(page), layout) else None
    except NotAPage:
        return None
