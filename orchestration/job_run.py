"""One job from its first page to its last: read, answered, stored, told."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

from extractors.pages import Page, Source
from extractors.parsing.blocks import ParsedPage, parse_page
from orchestration.cost import JobCost, cost_of
from orchestration.events import Event, JobEnded, JobStarted, LayoutPlanned, PageDone
from orchestration.intake import Intake
from orchestration.learned import LearnedLayouts, fingerprint
from orchestration.orders import Orders
from orchestration.pipeline import Pipeline
from orchestration.planning.layouts import Ahead, PlanSource
from orchestration.storage.store import Job, JobState, Store
from orchestration.task import Stopped, Task
from schemas.errors import NotAPage, SourceError
from schemas.plan import Plan
from schemas.record import (
    Cost,
    PageResult,
    PageStatus,
    Tier,
    Tokens,
    ValueStatus,
    cell_values,
)

__all__ = ["JobRun"]


class JobRun:
    """Runs *job* as *orders* say, its pages read as *plans* say.

    `selectors`: what the first pages of a layout teach answers the next ones.
    """

    def __init__(
        self,
        job: Job,
        orders: Orders,
        plans: PlanSource,
        *,
        store: Store,
        intake: Intake,
        pipeline: Pipeline,
        selectors: bool = False,
    ) -> None:
        self._job = job
        self._orders = orders
        self._plans = plans
        self._store = store
        self._intake = intake
        self._pipeline = pipeline
        learns = selectors and orders.tier is None and not job.schema.many
        self._task = Task(
            schema=job.schema,
            tier=orders.tier,
            stop=orders.stop,
            learned=LearnedLayouts(job.schema) if learns else None,
        )
        self._spent = JobCost()
        self._saved: set[tuple[str, int]] = set()  # pages of earlier runs
        self._unstored = 0  # tokens of plans whose first page was not stored

    def events(self, given: Sequence[str]) -> Iterator[Event]:
        """The events of reading *given*, sources as the intake takes them."""
        job, orders = self._job, self._orders
        found = self._intake.found(job, given, orders.names)
        finished = self._store.finished(job.id)
        placed = zip(self._intake.places(job, found), found, strict=True)
        left = [(place, source) for place, source in placed if place not in finished]
        yield JobStarted(job, len(found), len(found) - len(left))
        self._learn_again()
        self._saved = set(self._store.places(job.id))
        sources = [source for _, source in left]
        with closing(self._intake.pages(job, sources, stop=orders.stop)) as pages:
            coming = Ahead(pages)
            for place, source in left:
                reason = self._why_to_stop()
                if reason is None:
                    reason = yield from self._one(place, source, coming)
                if reason is not None:
                    yield JobEnded(job, reason, self._cost())
                    return
        self._store.set_state(job.id, JobState.DONE)
        yield JobEnded(replace(job, state=JobState.DONE), cost=self._cost())

    def _one(
        self, place: int, source: Source, coming: Ahead[Page | SourceError]
    ) -> Generator[Event, None, str | None]:
        """Read the next page; returns why the job ends with it, `None` where it goes on."""
        page = next(coming, None)
        before = self._plans.tokens
        plan, is_new = self._plans.plan_for(page, coming.peek)
        planning = self._plans.tokens - before
        if plan and is_new:
            yield LayoutPlanned(source.name, plan)
        result = self._result(source, page, plan)
        if result is None:
            self._unstored += planning
            return "stopped"
        result = _with_planning(result, planning)
        stored = self._stored(place, source, page, result)
        self._spent += cost_of([result])
        yield PageDone(place, stored)
        return "stopped" if result.status is PageStatus.STOPPED else None

    def _result(
        self, source: Source, page: Page | SourceError | None, plan: Plan | None
    ) -> PageResult | None:
        """How one page ends; `None` when it was stopped."""
        if isinstance(page, SourceError):
            return PageResult(source.name, PageStatus.FAILED, reason=page.explain())
        if page is None:
            return None
        try:
            return self._pipeline.result(page, replace(self._task, plan=plan))
        except Stopped:
            return None

    def _stored(
        self, place: int, source: Source, page: Page | SourceError | None, result: PageResult
    ) -> PageResult:
        """What stands of a page from now on: *result*, but where it failed what was there."""
        if result.status is PageStatus.FAILED and (earlier := self._earlier(place, source)):
            return earlier
        kept = page if isinstance(page, Page) and self._intake.keeps(self._job, source) else None
        self._store.save(self._job.id, place, result, page=kept)
        return result

    def _earlier(self, place: int, source: Source) -> PageResult | None:
        """What an earlier run found on a page that now cannot be read: it stays."""
        if (source.name, place) not in self._saved:
            return None
        earlier = self._store.page(self._job.id, source.name, corrected=False)
        return earlier if earlier and earlier.records else None

    def _learn_again(self) -> None:
        """What the job's finished pages taught. Nothing is fetched for it."""
        learned = self._task.learned
        if learned is None:
            return
        kept = self._store.kept(self._job.id)
        for result in self._store.results(self._job.id, corrected=False):
            at_hand = result.source in kept or "://" not in result.source
            if at_hand and result.status is PageStatus.OK and _left_fields_open(result):
                with suppress(SourceError):
                    page = self._intake.page(self._job, result.source)
                    parse = partial(_parsed_again, page, result.text)
                    learned.note(fingerprint(page), parse, result.records[0])

    def _why_to_stop(self) -> str | None:
        limit = self._orders.max_tokens
        if self._orders.stop():
            return "stopped"
        if limit is not None and self._cost().together.count >= limit:
            return f"the limit of {limit:,} tokens was reached"
        return None

    def _cost(self) -> JobCost:
        """What this run took so far, planning too."""
        return self._spent + JobCost(0, _planning(self._unstored))


def _planning(tokens: int) -> Mapping[Tier, Cost]:
    return {Tier.PLANNER: Cost(Tokens(tokens))} if tokens else {}


def _with_planning(result: PageResult, tokens: int) -> PageResult:
    """*result*, with what planning for the layout that begins with it took: it is kept so."""
    if not tokens:
        return result
    both = cost_of([result]) + JobCost(0, _planning(tokens))
    return replace(result, spent=both.spent)


def _left_fields_open(result: PageResult) -> bool:
    """Whether the page's markup did: what it answers as a whole teaches nothing."""
    return any(
        all(v.status is ValueStatus.ABSENT or v.tier is not Tier.MARKUP for v in cell_values(cell))
        for record in result.records
        for cell in record.cells.values()
    )


def _parsed_again(page: Page, text: str) -> ParsedPage:
    """*page*, of which *text* was read before. Raises NotAPage where it says another thing now,
    or did in a browser: places in that text are none in this one."""
    parsed = parse_page(page)
    if parsed.document.text != text:
        raise NotAPage(f"{page.source} is not as it was")
    return parsed
