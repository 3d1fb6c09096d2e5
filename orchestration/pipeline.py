"""One page from bytes to result: parsed, drawn where it must be, judged, answered, checked."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from extractors.answers.merging import is_absent
from extractors.bad_pages import BadKind, BadPage, why_bad
from extractors.lists.next_page import next_page
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Extraction
from orchestration.answering import Answering
from orchestration.cost import Meter
from orchestration.router import Repairing, Router
from orchestration.task import Stop, Stopped, Task
from schemas.errors import FieldwiseError, ModelMissing, NoMemory, SourceError, StoreError
from schemas.record import ABSENT, Cell, Cost, PageResult, PageStatus, Record, Tier
from schemas.schema import Field, Kind, Schema

__all__ = ["Ask", "Pipeline"]

Ask = Callable[[Tier, ParsedPage, Schema, Stop], Extraction]
"""Has the worker of a tier read a page."""

Draw = Callable[[Page], Page]

_MANY_TAGS = 50_000
_DRAWN = frozenset({BadKind.EMPTY, BadKind.SHELL})  # what a browser may make a page of


@dataclass(frozen=True, slots=True)
class _Look:
    """A page as it is to be read. `page`: itself, or as a browser shows it; `bad`: what is wrong
    with it; `seconds`: what it took."""

    page: Page
    parsed: ParsedPage
    bad: BadPage | None
    seconds: float


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
        draw: Draw | None = None,
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

    def result(self, page: Page, task: Task) -> PageResult:
        """How *page* ends, with what each tier took for it.

        Raises:
            Stopped: *task* says so.
            ModelMissing, NoMemory, StoreError: nothing to do with the page.
        """
        with self._meter.page() as spent:
            ended = self._ended(page, task)
            if "markup" in ended.seconds:
                self._meter.add(Tier.MARKUP, Cost(seconds=ended.seconds["markup"]))
            return replace(ended, spent={tier: spent[tier] for tier in Tier if tier in spent})

    def _ended(self, page: Page, task: Task) -> PageResult:
        try:
            look = self._look(page, task.stop)
            if look.bad:
                return PageResult(page.source, PageStatus.BAD, reason=look.bad.explain())
            extraction = self._answered(look.page, look.parsed, task)
        except (ModelMissing, NoMemory, StoreError):
            raise
        except FieldwiseError as error:
            return PageResult(page.source, PageStatus.FAILED, reason=error.explain())
        return _result(page.source, look, extraction, task)

    def _look(self, page: Page, stop: Stop) -> _Look:
        started = time.perf_counter()
        shown, parsed, bad = self._parsed(page, stop)
        if page.body.count(b"<") > _MANY_TAGS:
            gc.collect()  # a tree is all cycles; a model may be loaded next, and needs the room
        return _Look(shown, parsed, bad, time.perf_counter() - started)

    def _parsed(self, page: Page, stop: Stop) -> tuple[Page, ParsedPage, BadPage | None]:
        """*page* as it is or as it was drawn, that as blocks, and what is wrong with it."""
        parsed = parse_page(page)
        bad = why_bad(page, parsed)
        if bad is None or bad.kind not in _DRAWN or self._draw is None:
            return page, parsed, bad
        drawn = _drawn(page, self._draw, stop)
        parsed = parse_page(drawn)
        return drawn, parsed, why_bad(drawn, parsed)

    def _answered(self, page: Page, parsed: ParsedPage, task: Task) -> Extraction:
        def ask(tier: Tier, left: Schema) -> Extraction:
            return self._ask(tier, parsed, left, task.stop)

        return Answering(page, parsed, task, router=self._router, ask=ask).extraction()


def _drawn(page: Page, draw: Draw, stop: Stop) -> Page:
    try:
        return draw(page)
    except SourceError:
        if stop():  # Ctrl-C in a terminal reaches the browser too; the page is not to blame
            raise Stopped from None
        raise


def _result(source: str, look: _Look, extraction: Extraction, task: Task) -> PageResult:
    """What is kept of a page that was answered: what passes the schema and the plan's checks."""
    lost = _lost_links(look.parsed, task.schema, extraction.records)
    missing = filter(None, (extraction.failed, extraction.cut, extraction.noted, lost))
    return PageResult(
        source,
        _status(extraction),
        task.gated(extraction.records),
        "; ".join(missing) or None,
        extraction.tokens,
        {"read": look.seconds, **extraction.seconds},
        look.parsed.document.text,
        extraction.seen,
        next_page(look.parsed) if task.schema.many else None,
    )


def _lost_links(parsed: ParsedPage, schema: Schema, records: Sequence[Record]) -> str | None:
    """What to say where a link may have been missed; `None`: nothing."""
    if not parsed.nowhere or not any(
        _lacks_link(field, record.cells.get(field.name, ABSENT))
        for record in records
        for field in schema
    ):
        return None
    return (
        f"relative links were left out ({parsed.nowhere:,}): the page does not say its own address"
        " (give its URL, or save it with its address)"
    )


def _lacks_link(field: Field, cell: Cell) -> bool:
    """Whether a link that *field* or a part of it asks for is missing in *cell*."""
    if field.kind is Kind.URL:
        return is_absent(cell)
    items = cell if isinstance(cell, tuple) else (cell,)
    return any(
        _lacks_link(part, item.get(part.name, ABSENT))
        for item in items
        if isinstance(item, Mapping)
        for part in field.fields
    )


def _status(extraction: Extraction) -> PageStatus:
    if extraction.stopped:
        return PageStatus.STOPPED
    if extraction.failed:
        return PageStatus.PARTIAL
    return PageStatus.TRUNCATED if extraction.cut else PageStatus.OK
