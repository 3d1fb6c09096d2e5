"""One page from bytes to result: drawn where it must be, judged, answered by the cheapest tier."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from extractors.bad_pages import BadKind, BadPage, why_bad
from extractors.blocks import ParsedPage, parse_page
from extractors.headline import with_headline
from extractors.markup_answers import answer_from_markup
from extractors.next_page import next_page
from extractors.pages import Page
from extractors.worker import Extraction, Interrupted
from orchestration.cheapest import answered, easier, merged, remaining, settled, unsettled
from orchestration.cost import Meter
from orchestration.learned import LearnedLayouts, fingerprint
from schemas.errors import FieldwiseError, ModelMissing, NoMemory, SourceError, StoreError
from schemas.fitting import fitted
from schemas.plan import Plan
from schemas.plan_checks import checked
from schemas.record import ABSENT, Cell, Cost, PageResult, PageStatus, Record, Tier, Tokens
from schemas.schema import Schema

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
        repair: Callable[[ParsedPage, Schema], Extraction | None] = lambda page, schema: None,
    ) -> None:
        self._meter = Meter(ask)
        self._ask = self._meter.ask
        self._draw = draw
        self._small_first = small_first
        self._least = least
        self._repair = repair

    def result(
        self,
        page: Page,
        schema: Schema,
        tier: Tier | None,
        stop: Stop,
        *,
        plan: Plan | None = None,
        learned: LearnedLayouts | None = None,
    ) -> PageResult:
        """How *page* ends. *plan*: how pages of its layout are read; `None`: as the schema says.

        *tier*: the worker that reads it, or MARKUP for none; `None`: the markup answers what it
        can, what was *learned* from the job's other pages more, the workers the rest.

        Raises:
            Stopped: *stop* said so.
            ModelMissing, NoMemory, StoreError: nothing to do with the page.
        """
        with self._meter.page() as spent:
            ended = self._ended(page, schema, tier, stop, plan, learned)
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
    ) -> PageResult:
        started = time.perf_counter()
        try:
            parsed, bad = self._parsed(page, stop)
            read = time.perf_counter() - started
            if bad:
                return PageResult(page.source, PageStatus.BAD, reason=bad.explain())
            extraction = self._answered(page, parsed, schema, tier, stop, plan, learned)
        except (ModelMissing, NoMemory, StoreError):
            raise
        except FieldwiseError as error:
            return PageResult(page.source, PageStatus.FAILED, reason=error.explain())
        return PageResult(
            page.source,
            _status(extraction),
            _gated(plan, schema, extraction.records),
            extraction.cut,
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
    ) -> Extraction:
        guided = plan.guided() if plan else schema
        if tier not in (None, Tier.MARKUP):
            return self._ask(tier, parsed, guided, stop)
        started = time.perf_counter()
        found = answer_from_markup(page, parsed, schema)
        if tier is None:
            found = with_headline(page, parsed, guided, found)
        found = checked(plan, found) if plan else found
        seconds = {"markup": time.perf_counter() - started}
        if tier is Tier.MARKUP or (found and answered(schema, found)):
            records = merged(schema, found, ()) or (Record({}, parsed.document.url),)
            return Extraction(() if schema.many and not found else records, None, Tokens(), seconds)
        asked = remaining(guided, found)

        def by_workers(left: Schema) -> Extraction:
            return self._repaired(parsed, left, self._climbed(parsed, left, plan, stop))

        if learned is not None:
            layout = fingerprint(page)
            taught = self._taught(layout, parsed, found, schema, asked, by_workers, learned)
            if not taught.cut:
                # As it is stored: a resumed job learns from what stands there.
                (said,) = _gated(plan, schema, taught.records)
                learned.note(layout, lambda: parsed, said)
            return replace(taught, seconds={**seconds, **taught.seconds})
        extraction = by_workers(asked)
        records = merged(schema, found, extraction.records)
        return replace(extraction, records=records, seconds={**seconds, **extraction.seconds})

    def _taught(
        self,
        layout: str,
        parsed: ParsedPage,
        found: Sequence[Record],
        schema: Schema,
        asked: Schema,
        by_workers: Callable[[Schema], Extraction],
        learned: LearnedLayouts,
    ) -> Extraction:
        """What is asked beside *found*: by selectors, and for what these leave open by workers."""
        known = learned.answers(layout, parsed)
        open_ = replace(asked, fields=tuple(f for f in asked.fields if f.name not in known))
        extraction = Extraction((), None, Tokens())
        if open_.fields:
            extraction = by_workers(open_)
        record = _beside(schema, found, known, extraction.records, parsed.document.url)
        return replace(extraction, records=(record,))

    def _climbed(
        self, parsed: ParsedPage, schema: Schema, plan: Plan | None, stop: Stop
    ) -> Extraction:
        """What the workers answer, the large one for what the small one was not sure of.

        A list of records is read by the large one alone, and so are fields that *plan* gives it.
        """
        easy = None if schema.many else easier(schema, plan)
        sure = self._first_answers(parsed, easy, stop) if easy else None
        if easy is None or sure is None:
            return self._ask(Tier.LARGE, parsed, schema, stop)
        climbing = unsettled(easy, sure.records, least=self._least)
        settled_names = set(easy.names) - set(climbing.names if climbing else ())
        left = tuple(field for field in schema.fields if field.name not in settled_names)
        if not left:
            return sure
        asked = replace(schema, fields=left)
        return _joined(sure, self._ask(Tier.LARGE, parsed, asked, stop), asked)

    def _repaired(self, parsed: ParsedPage, schema: Schema, read: Extraction) -> Extraction:
        """*read*, with what it is unsure of answered by the planner where that is asked.

        Where both say the same, *read* stands.
        """
        asked = None if schema.many else unsettled(schema, read.records, least=self._least)
        again = asked and self._repair(parsed, asked)
        if not asked or not again:
            return read
        self._meter.add(Tier.PLANNER, Cost(again.tokens, sum(again.seconds.values())))
        if not again.records:
            return replace(read, tokens=read.tokens + again.tokens)
        new, old = again.records[0].data, read.records[0].data if read.records else {}
        others = tuple(f for f in asked if f.name in new and new[f.name] != old.get(f.name))
        return _joined(read, again, replace(asked, fields=others))

    def _first_answers(self, parsed: ParsedPage, schema: Schema, stop: Stop) -> Extraction | None:
        """What the small worker says; `None` where none is to be asked, or none is here."""
        if not self._small_first:
            return None
        try:
            return self._ask(Tier.SMALL, parsed, schema, stop)
        except ModelMissing as error:
            log.warning("there is no small worker, the large one reads all: %s", error)
            self._small_first = False
            return None


def _joined(first: Extraction, then: Extraction, asked: Schema) -> Extraction:
    """One reading of a page from two: *then* of the fields of *asked*."""
    return replace(
        then,
        cut=then.cut or first.cut,
        records=settled(first.records, then.records, asked),
        tokens=first.tokens + then.tokens,
        seconds={
            stage: first.seconds.get(stage, 0.0) + then.seconds.get(stage, 0.0)
            for stage in {**first.seconds, **then.seconds}
        },
    )


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


def _status(extraction: Extraction) -> PageStatus:
    if extraction.stopped:
        return PageStatus.STOPPED
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
