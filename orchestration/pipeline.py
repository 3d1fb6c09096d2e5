"""One page from bytes to result: drawn where it must be, judged, answered by the cheapest tier."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from extractors.bad_pages import BadKind, BadPage, why_bad
from extractors.blocks import ParsedPage, parse_page
from extractors.markup_answers import answer_from_markup
from extractors.next_page import next_page
from extractors.pages import Page
from extractors.worker import Extraction
from orchestration.cheapest import answered, merged, remaining
from orchestration.learned import LearnedLayouts, fingerprint
from schemas.errors import FieldwiseError, ModelMissing, NoMemory, SourceError, StoreError
from schemas.fitting import fitted
from schemas.record import ABSENT, Cell, PageResult, PageStatus, Record, Tier, Tokens
from schemas.schema import Schema

__all__ = ["Ask", "PageWorker", "Pipeline", "Stop", "Stopped"]

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


class Stopped(Exception):
    """Raised to leave a page unfinished."""


class Pipeline:
    """*ask* is called for the fields that the markup leaves open. *draw*: shows a page as a browser
    does; `None` where that is off or there is no browser."""

    def __init__(self, ask: Ask, *, draw: Callable[[Page], Page] | None = None) -> None:
        self._ask = ask
        self._draw = draw

    def result(
        self,
        page: Page,
        schema: Schema,
        tier: Tier | None,
        stop: Stop,
        *,
        learned: LearnedLayouts | None = None,
    ) -> PageResult:
        """How *page* ends.

        *tier*: the worker that reads it, or MARKUP for none; `None`: the markup answers what it
        can, what was *learned* from the job's other pages more, the large worker the rest.

        Raises:
            Stopped: *stop* said so.
            ModelMissing, NoMemory, StoreError: nothing to do with the page.
        """
        started = time.perf_counter()
        try:
            parsed, bad = self._parsed(page, stop)
            read = time.perf_counter() - started
            if bad:
                return PageResult(page.source, PageStatus.BAD, reason=bad.explain())
            if tier is None and learned is not None:
                extraction = self._taught(page, parsed, schema, stop, learned)
            else:
                extraction = self._answered(page, parsed, schema, tier, stop)
        except (ModelMissing, NoMemory, StoreError):
            raise
        except FieldwiseError as error:
            return PageResult(page.source, PageStatus.FAILED, reason=error.explain())
        return PageResult(
            page.source,
            PageStatus.TRUNCATED if extraction.cut else PageStatus.OK,
            fitted(schema, extraction.records),
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
        self, page: Page, parsed: ParsedPage, schema: Schema, tier: Tier | None, stop: Stop
    ) -> Extraction:
        if tier not in (None, Tier.MARKUP):
            return self._ask(tier, parsed, schema, stop)
        started = time.perf_counter()
        found = answer_from_markup(page, parsed, schema)
        seconds = {"markup": time.perf_counter() - started}
        if tier is Tier.MARKUP or (found and answered(schema, found)):
            records = merged(schema, found, ()) or (Record({}, parsed.document.url),)
            return Extraction(() if schema.many and not found else records, None, Tokens(), seconds)
        extraction = self._ask(Tier.LARGE, parsed, remaining(schema, found), stop)
        records = merged(schema, found, extraction.records)
        return replace(extraction, records=records, seconds={**seconds, **extraction.seconds})

    def _taught(
        self, page: Page, parsed: ParsedPage, schema: Schema, stop: Stop, learned: LearnedLayouts
    ) -> Extraction:
        """By markup, selectors, and for what both leave open the large worker."""
        started = time.perf_counter()
        found = answer_from_markup(page, parsed, schema)
        seconds = {"markup": time.perf_counter() - started}
        left, layout = remaining(schema, found), fingerprint(page)
        known = learned.answers(layout, parsed) if left.fields else {}
        open_ = replace(left, fields=tuple(f for f in left.fields if f.name not in known))
        extraction = Extraction((), None, Tokens())
        if open_.fields:
            extraction = self._ask(Tier.LARGE, parsed, open_, stop)
        records = _beside(schema, found, known, extraction.records, parsed.document.url)
        if not extraction.cut:
            learned.note(layout, lambda: parsed, records[0])
        return replace(extraction, records=records, seconds={**seconds, **extraction.seconds})


def _beside(
    schema: Schema,
    found: Sequence[Record],
    known: Mapping[str, Cell],
    then: Sequence[Record],
    url: str,
) -> tuple[Record]:
    """One record: what *found* says, else what is *known*, else what *then* says."""
    read = then[0].cells if then else {}
    nothing: dict[str, Cell] = {f.name: () if f.many else ABSENT for f in schema}
    cells = {name: known.get(name, read.get(name, cell)) for name, cell in nothing.items()}
    (record,) = merged(schema, found, (Record(cells, url),))
    return (record,)
