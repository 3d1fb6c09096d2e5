"""One page from bytes to result: drawn where it must be, judged, answered by the cheapest tier."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Protocol

from extractors.answers.merging import is_absent
from extractors.bad_pages import BadKind, BadPage, why_bad
from extractors.embedded.headline import with_headline
from extractors.embedded.markup_answers import answer_from_markup
from extractors.lists.next_page import next_page
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Extraction, Interrupted
from orchestration.agreement import Agreement
from orchestration.cheapest import answered, listed, merged, remaining, unanswered
from orchestration.cost import Meter
from orchestration.learned import LearnedLayouts, fingerprint
from orchestration.router import Repairing, Router, failed_to_say
from schemas.errors import (
    DecodeFailed,
    FieldwiseError,
    ModelMissing,
    NoMemory,
    SourceError,
    StoreError,
)
from schemas.fitting import fitted
from schemas.plan import Plan
from schemas.plan_checks import checked
from schemas.record import ABSENT, Cell, Cost, PageResult, PageStatus, Record, Tier, Tokens
from schemas.schema import Kind, Schema

__all__ = ["Ask", "PageWorker", "Pipeline", "Stop", "Stopped"]

log = logging.getLogger(__name__)

Stop = Callable[[], bool]
"""Whether to stop; asked often."""


class PageWorker(Protocol):
    """Whatever fills a schema from a page: a model, or a script in tests."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None]
    ) -> Extraction:
        """See `extractors.worker.Worker.extract`."""


Ask = Callable[[Tier, ParsedPage, Schema, Stop], Extraction]
"""Has the worker of a tier read a page."""

_MANY_TAGS = 50_000
_DRAWN = frozenset({BadKind.EMPTY, BadKind.SHELL})  # what a browser may make a page of


class Stopped(Interrupted):
    """Raised to leave a page unfinished; records of a list that were finished before are kept."""


class Pipeline:
    """*ask* is called for the fields that the markup leaves open. *draw*: shows a page as a browser
    does; `None` where that is off or there is no browser.

    *small_first*: the small worker is asked before the large one. What it is at least as sure of as
    *least* stands, whether a value or that there is none; the rest climbs. *repair*: who is asked
    for what the workers leave unsure, and may give none.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        draw: Callable[[Page], Page] | None = None,
        small_first: bool = False,
        least: float = 0.9,
        repair: Repairing = lambda page, schema, unsure: None,
    ) -> None:
        self._meter = Meter(ask)
        self._ask = self._meter.ask
        self._draw = draw
        self._router = Router(
            small_first=small_first, least=least, repair=self._meter.repairing(repair)
        )

    def result(
        self,
        page: Page,
        schema: Schema,
        tier: Tier | None,
        stop: Stop,
        *,
        plan: Plan | None = None,
        learned: LearnedLayouts | None = None,
        agreed: Agreement | None = None,
    ) -> PageResult:
        """How *page* ends. *plan*: how pages of its layout are read; `None`: as the schema says.
        *agreed*: what the job's pages before say of the small worker; it is added to.

        *tier*: the worker that reads it, or MARKUP for none; `None`: the markup answers what it
        can, what was *learned* from the job's other pages more, the workers the rest.

        Raises:
            Stopped: *stop* said so.
            ModelMissing, NoMemory, StoreError: nothing to do with the page.
        """
        with self._meter.page() as spent:
            agreed = agreed or Agreement()
            ended = self._ended(page, schema, tier, stop, plan, learned, agreed)
            if "markup" in ended.seconds:
                self._meter.add(Tier.MARKUP, Cost(seconds=ended.seconds["markup"]))
            return replace(ended, spent={tier: spent[tier] for tier in Tier if tier in spent})

    def _ended(
        self,
        page: Page,
        schema: Schema,
        tier: Tier | None,
        stop: Stop,
        plan: Plan | None,
        learned: LearnedLayouts | None,
        agreed: Agreement,
    ) -> PageResult:
        started = time.perf_counter()
        try:
            parsed, bad = self._parsed(page, stop)
            if page.body.count(b"<") > _MANY_TAGS:
                gc.collect()  # a tree is all cycles; a model may be loaded next, and needs the room
            read = time.perf_counter() - started
            if bad:
                return PageResult(page.source, PageStatus.BAD, reason=bad.explain())
            extraction = self._answered(page, parsed, schema, tier, stop, plan, learned, agreed)
        except (ModelMissing, NoMemory, StoreError):
            raise
        except FieldwiseError as error:
            return PageResult(page.source, PageStatus.FAILED, reason=error.explain())
        said = extraction.failed, extraction.cut, extraction.noted
        missing = filter(None, (*said, _lost_links(parsed, schema, extraction.records)))
        return PageResult(
            page.source,
            _status(extraction),
            _gated(plan, schema, extraction.records),
            "; ".join(missing) or None,
            extraction.tokens,
            {"read": read, **extraction.seconds},
            parsed.document.text,
            extraction.seen,
            next_page(parsed) if schema.many else None,
        )

    def _parsed(self, page: Page, stop: Stop) -> tuple[ParsedPage, BadPage | None]:
        """*page* as blocks, and what is wrong with it."""
        parsed = parse_page(page)
        bad = why_bad(page, parsed)
        if bad is None or bad.kind not in _DRAWN or self._draw is None:
            return parsed, bad
        try:
            drawn = self._draw(page)
        except SourceError:
            if stop():  # Ctrl-C in a terminal reaches the browser too; the page is not to blame
                raise Stopped from None
            raise
        parsed = parse_page(drawn)
        return parsed, why_bad(drawn, parsed)

    def _answered(
        self,
        page: Page,
        parsed: ParsedPage,
        schema: Schema,
        tier: Tier | None,
        stop: Stop,
        plan: Plan | None,
        learned: LearnedLayouts | None,
        agreed: Agreement,
    ) -> Extraction:
        guided = plan.guided() if plan else schema

        def ask(one: Tier, left: Schema) -> Extraction:
            return self._ask(one, parsed, left, stop)

        if tier not in (None, Tier.MARKUP):
            return ask(tier, guided)
        started = time.perf_counter()
        found = answer_from_markup(page, parsed, schema)
        if tier is None:
            found = with_headline(page, parsed, guided, found)
        found = checked(plan, found) if plan else found
        seconds = {"markup": time.perf_counter() - started}
        seen = listed(parsed, guided, found)
        whole = answered(schema, found) and len(found) >= (seen or 0)
        if tier is Tier.MARKUP or (found and whole):
            records = merged(schema, found, ()) or (Record({}, parsed.document.url),)
            records = () if schema.many and not found else records
            return Extraction(records, None, Tokens(), seconds, seen)
        layout = cache(lambda: fingerprint(page))

        def by_workers(left: Schema, others: Sequence[Record]) -> Extraction:
            """What the workers say of *left*; where they fail, *others* are not to be lost."""
            try:
                return self._router.answered(
                    parsed, left, ask, plan=plan, known=lambda: agreed.on(layout())
                )
            except DecodeFailed as error:
                if unanswered(schema, others) >= set(schema.names):
                    raise
                return Extraction((), None, Tokens(), failed=failed_to_say(left, error))

        asked = remaining(guided, found)
        if learned is not None:
            taught = self._taught(layout(), parsed, found, schema, asked, by_workers, learned)
            if not taught.cut and not taught.failed:
                # As it is stored: a resumed job learns from what stands there.
                (said,) = _gated(plan, schema, taught.records)
                learned.note(layout(), lambda: parsed, said)
            return replace(taught, seconds={**seconds, **taught.seconds})
        extraction = by_workers(asked, found)
        records = merged(schema, found, extraction.records)
        return replace(extraction, records=records, seconds={**seconds, **extraction.seconds})

    def _taught(
        self,
        layout: str,
        parsed: ParsedPage,
        found: Sequence[Record],
        schema: Schema,
        asked: Schema,
        by_workers: Callable[[Schema, Sequence[Record]], Extraction],
        learned: LearnedLayouts,
    ) -> Extraction:
        """What is asked beside *found*: by selectors, and for what these leave open by workers."""
        known = learned.answers(layout, parsed)
        open_ = replace(asked, fields=tuple(f for f in asked.fields if f.name not in known))
        url = parsed.document.url
        extraction = Extraction((), None, Tokens())
        if open_.fields:
            extraction = by_workers(open_, [_beside(schema, found, known, (), url)])
        record = _beside(schema, found, known, extraction.records, url)
        return replace(extraction, records=(record,))


def _beside(
    schema: Schema,
    found: Sequence[Record],
    known: Mapping[str, Cell],
    then: Sequence[Record],
    url: str,
) -> Record:
    """What *found* says, else what is *known*, else what *then* says."""
    read = then[0].cells if then else {}
    nothing: dict[str, Cell] = {f.name: () if f.many else ABSENT for f in schema}
    cells = {name: known.get(name, read.get(name, cell)) for name, cell in nothing.items()}
    (record,) = merged(schema, found, (Record(cells, url),))
    return record


def _lost_links(parsed: ParsedPage, schema: Schema, records: Sequence[Record]) -> str | None:
    """What to say where a link may have been missed; `None`: nothing."""
    wanted = [field.name for field in schema if field.kind is Kind.URL]
    lacking = any(is_absent(record.cells.get(name, ())) for record in records for name in wanted)
    if not (lacking and parsed.nowhere):
        return None
    return (
        f"relative links were left out ({parsed.nowhere:,}): the page does not say its own address"
        " (give its URL, or save it with its address)"
    )


def _status(extraction: Extraction) -> PageStatus:
    if extraction.stopped:
        return PageStatus.STOPPED
    if extraction.failed:
        return PageStatus.PARTIAL
    return PageStatus.TRUNCATED if extraction.cut else PageStatus.OK


def _gated(plan: Plan | None, schema: Schema, records: Sequence[Record]) -> tuple[Record, ...]:
    """*records* without what *schema* or a check of *plan* does not let through.

    A record that the plan's checks leave nothing of stays, and shows that they did.
    """
    kept = fitted(schema, records)
    if plan is None:
        return kept
    one = replace(schema, many=False)  # a list may have become too short
    held = fitted(one, checked(plan, kept))
    return tuple(replace(new, index=old.index) for old, new in zip(kept, held, strict=True))
