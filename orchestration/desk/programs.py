"""What programs ask of the app: each method is an endpoint, and an MCP tool, of its name.

The first argument is who asks, "" where nobody signs in; the others are the caller's, as their
docstrings tell callers. Whoever serves the methods checks that `files` are uploads.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from orchestration.desk.answers import (
    Corrected,
    Estimated,
    JobAbout,
    Outcome,
    PageLine,
    Planned,
    RunAbout,
)
from orchestration.desk.desk import Desk
from orchestration.desk.form import OWN, asked_pages, asked_schema
from orchestration.desk.handed import Handed
from orchestration.desk.naming import apart, short_names
from orchestration.desk.opinions import Opinion, say
from orchestration.desk.review_queue import Item
from orchestration.desk.runs import Asked, Run
from orchestration.exports.export import Format
from schemas import library
from schemas.document import Span
from schemas.errors import CorrectionError, FieldwiseError, SchemaError
from schemas.json_schema import to_json_schema
from schemas.plan import Plan
from schemas.plan_json import parse_plan
from schemas.record import Tier
from schemas.schema import Schema

__all__ = ["FormatName", "Programs", "TierName"]

TierName = Literal["auto", "markup", "small", "large"]
FormatName = Literal["json", "jsonl", "csv", "parquet", "xlsx"]
SchemaText = str | dict[str, Any]
NO_PAGES: Mapping[str, str] = {}
NO_PLAN: Mapping[str, Any] = {}

NOW_AND_THEN_S = 0.05
MOST_PAGES = 10**9  # of a job: more than there are


@dataclass(frozen=True, slots=True)
class _Given:
    """The pages of one call."""

    urls: Sequence[str] = ()
    files: Sequence[str] = ()
    pages: Mapping[str, str] = field(default_factory=dict)


class Programs:
    """The endpoints over *desk*.

    Raises:
        FieldwiseError: from every method, in words for the caller.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._handed = Handed(desk.folder("handed"))

    def schemas(self, owner: str) -> dict[str, dict[str, Any]]:
        """List the ready schemas, each as a JSON Schema to use by name or to start your own from.

        Returns:
            name to JSON Schema
        """
        return {name: to_json_schema(library.get(name)) for name in library.names()}

    def extract(
        self,
        owner: str,
        urls: Sequence[str] = (),
        schema: SchemaText = "",
        tier: TierName = "auto",
        max_tokens: int = 0,
        files: Sequence[str] = (),
        pages: Mapping[str, str] = NO_PAGES,
        ask: str = "",
        plan: Mapping[str, Any] = NO_PLAN,
        name: str = "",
        wait: bool = True,
    ) -> Outcome:
        """Read web pages and pull the fields of a schema out of each, every value with its quote.

        Args:
            urls: web addresses, http or https
            schema: a ready schema's name, a line such as "title, salary number, posted date", a
                JSON Schema, or an example of a record as JSON
            tier: who answers; auto: the page's markup what it can, the large model the rest
            max_tokens: stop before the page after this many tokens; 0: no limit
            files: uploaded HTML files, or archives of them (zip, tar, WARC, MHTML)
            pages: pages as text, name to HTML
            ask: what you want, in plain words, where you give no schema
            plan: how to read, from `plan`; it has its own schema
            name: what to call the job
            wait: answer when the job is over; else at once, and `progress` says how far it is
        Returns:
            the job's id, why it ended, and its pages
        """
        with self._asked(_Given(urls, files, pages), schema, ask, plan) as asked:
            asked = replace(asked, job=name.strip() or None, max_tokens=_limit(max_tokens))
            run = self._desk.start(replace(asked, tier=_tier(tier)), owner)
            self._handed.keep(asked.sources, run)
        return self._outcome(run, wait)

    def again(
        self,
        owner: str,
        job: int,
        schema: SchemaText,
        tier: TierName = "auto",
        max_tokens: int = 0,
        name: str = "",
        wait: bool = True,
    ) -> Outcome:
        """Read the pages of a job with another schema, as a job of its own; what was kept of them
        is not fetched again.

        Args:
            job: the id of the job whose pages are read
            schema: as for `extract`
            tier: as for `extract`
            max_tokens: as for `extract`
            name: what to call the new job
            wait: as for `extract`
        Returns:
            the new job's id, why it ended, and its pages
        """
        earlier = self._desk.job(job, owner)
        asked = Asked([], _schema(schema), name.strip() or None, _tier(tier), _limit(max_tokens))
        return self._outcome(self._desk.start(replace(asked, again=earlier), owner), wait)

    def plan(
        self,
        owner: str,
        urls: Sequence[str] = (),
        schema: SchemaText = "",
        files: Sequence[str] = (),
        pages: Mapping[str, str] = NO_PAGES,
        ask: str = "",
    ) -> list[Planned]:
        """Plan how pages like these are read, one plan a layout, to look at and hand to `extract`.

        Args:
            urls: addresses of sample pages
            schema: as for `extract`
            files: uploaded sample pages
            pages: sample pages as text, name to HTML
            ask: what you want, in plain words, where you give no schema
        Returns:
            a plan for each layout, and a page of it
        """
        with self._asked(_Given(urls, files, pages), schema, ask, {}) as asked:
            return [Planned.of(source, made) for source, made in self._desk.plans(asked)]

    def estimate(
        self,
        owner: str,
        urls: Sequence[str] = (),
        schema: SchemaText = "",
        tier: TierName = "auto",
        files: Sequence[str] = (),
        pages: Mapping[str, str] = NO_PAGES,
        ask: str = "",
        plan: Mapping[str, Any] = NO_PLAN,
    ) -> Estimated:
        """Say what `extract` with these arguments is likely to take, by reading some of the pages.

        Args:
            urls: as for `extract`
            schema: as for `extract`
            tier: as for `extract`
            files: as for `extract`
            pages: as for `extract`
            ask: as for `extract`
            plan: as for `extract`
        Returns:
            tokens and seconds, likely and at the extremes
        """
        with self._asked(_Given(urls, files, pages), schema, ask, plan) as asked:
            return Estimated.of(self._desk.estimate(replace(asked, tier=_tier(tier))))

    def progress(self, owner: str) -> RunAbout | None:
        """Say how far your job is that runs or waits, else how your last one ended.

        Returns:
            null where there was none since the app was opened
        """
        run = self._desk.runs.latest(owner)
        return RunAbout.of(run, self._desk.runs.ahead_of(run)) if run else None

    def jobs(self, owner: str, find: str = "") -> list[JobAbout]:
        """List your jobs, newest first.

        Args:
            find: words that the name, fields or sources of a job hold
        Returns:
            a line a job
        """
        return [JobAbout.of(line) for line in self._desk.jobs(owner, find)]

    def results(self, owner: str, job: int, skip: int = 0, limit: int = 0) -> list[PageLine]:
        """Give a job's results, a page each: values, evidence, status and reason.

        Args:
            job: its id
            skip: pages to leave out at the beginning
            limit: pages to give; 0: all
        Returns:
            a line a page, in the order of the sources
        """
        found = self._desk.results(self._desk.job(job, owner))
        first = min(max(0, skip), MOST_PAGES)
        count = min(limit, MOST_PAGES) if limit > 0 else MOST_PAGES
        return PageLine.of(islice(found, first, first + count))

    def export(
        self,
        owner: str,
        job: int,
        format: FormatName = "csv",
        evidence: bool = False,
        bom: bool = False,
    ) -> Path:
        """Give a job's results as a file whose name says the job and its day.

        Args:
            job: its id
            format: json and jsonl hold a page a line, csv, parquet and xlsx a record a row
            evidence: quotes, XPaths, tiers and confidences as columns too; JSON has them anyway
            bom: mark a CSV as UTF-8, for Excel
        Returns:
            the file
        """
        found = self._desk.job(job, owner)
        return self._desk.export(found, Format(format), evidence=evidence, bom=bom)

    def correct(
        self,
        owner: str,
        job: int,
        source: str,
        path: Sequence[str | int],
        verdict: Opinion,
        record: int = 0,
        value: str = "",
        start: int = -1,
        end: int = -1,
    ) -> PageLine:
        """Say whether a value is right, and what is; it wins over the models in results and files.

        Args:
            job: its id
            source: the page, as `results` names it
            path: from the record to the value: ["title"], ["place", "city"]; ["tags", 0]: the first
                item of a list; []: the whole record
            verdict: right: what stands there is; wrong: `value` is right, or the words from `start`
                to `end`; absent: the page does not say; undo: back to the models' answer
            record: its number on the page, from 0
            value: what is right; of a list, its items with ; between them
            start: of the right words in the page's text, as in evidence; -1: no words are meant
            end: where they end, exclusive
        Returns:
            the page with its values as they are now
        """
        found = self._desk.job(job, owner)
        steps = tuple(path)
        words = _words(start, end)
        with self._desk.reviewing(found, Item(source, record, steps), owner) as review:
            say(review, (source, record, steps), verdict, value, words)
        page = self._desk.page(found, source)
        if page is None:
            raise CorrectionError(f"the job has no page {source!r}")
        return PageLine.of([page])[0]

    def corrections(self, owner: str, job: int) -> list[Corrected]:
        """List what people said of a job's values.

        Args:
            job: its id
        Returns:
            one line a value; `results` gives the values
        """
        return [Corrected.of(one) for one in self._desk.corrections(self._desk.job(job, owner))]

    def stop(self, owner: str) -> bool:
        """Stop your job that runs, keeping what is done.

        Returns:
            whether there was one
        """
        run = self._desk.runs.latest(owner)
        if run is None or run.is_over:
            return False
        run.stop.set()
        return True

    def delete(self, owner: str, job: int) -> bool:
        """Delete a job and all that was kept of its pages, for good.

        Args:
            job: its id
        Returns:
            true
        """
        self._desk.delete(self._desk.job(job, owner))
        self._handed.sweep()
        return True

    @contextmanager
    def _asked(
        self, given: _Given, schema: SchemaText, ask: str, plan: Mapping[str, Any]
    ) -> Iterator[Asked]:
        """What a caller wants; pages that were handed over as text are files within the block."""
        made, wanted = self._wanted(schema, ask.strip(), plan)
        texts = self._handed.files(given.pages)
        try:
            sources = asked_pages("\n".join(given.urls), [*given.files, *texts])
            names = apart({**short_names(given.files), **texts})
            yield Asked(sources, wanted, names=names, plan=made)
        finally:
            self._handed.sweep(texts)

    def _wanted(
        self, schema: SchemaText, ask: str, plan: Mapping[str, Any]
    ) -> tuple[Plan | None, Schema]:
        """The plan, if one is given, and the fields. Raises SchemaError and PlanError."""
        if plan and (schema or ask):
            raise SchemaError("a plan has its own schema", hint="leave out schema and ask")
        if plan:
            made = parse_plan(plan)
            return made, made.schema
        if schema or not ask:
            wanted = _schema(schema)
            return None, replace(wanted, description=wanted.description or ask)
        return None, self._desk.fields(ask)[0]

    def _outcome(self, run: Run, wait: bool) -> Outcome:
        while wait and not run.is_over:
            time.sleep(NOW_AND_THEN_S)
        self._handed.sweep()
        job = run.job
        if run.is_over and (job is None or run.trouble):
            hint = f"what was finished before is kept as job {job.id}" if job else ""
            raise FieldwiseError(run.ended or "the job could not be run", hint=hint)
        pages = PageLine.of(self._desk.results(job)) if job and run.is_over else []
        return Outcome(job.id if job else None, run.ended, pages)


def _words(start: int, end: int) -> Span | None:
    if start < 0:
        return None
    if end <= start:
        hint = "`start` and `end` are counted as in evidence, `end` exclusive"
        raise CorrectionError(f"no word stands from {start} to {end}", hint=hint)
    return Span(start, end)


def _schema(schema: SchemaText) -> Schema:
    if isinstance(schema, dict):
        try:
            return asked_schema(OWN, json.dumps(schema))
        except RecursionError:
            raise SchemaError("the schema is nested too deeply") from None
    name = schema.strip()
    return library.get(name) if name in library.names() else asked_schema(OWN, schema)


def _tier(name: TierName) -> Tier | None:
    return None if name == "auto" else Tier(name)


def _limit(max_tokens: int) -> int | None:
    return max_tokens if max_tokens > 0 else None
