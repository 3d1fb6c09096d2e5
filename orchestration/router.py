"""Who answers which field of a page: the cheapest worker that the plan and past agreement support.

The small worker is asked for the fields that a plan gives it and, where that is on, for all that no
plan gives to a larger one. What breaks a limit or a check, what it is not sure enough of, and what
must be there and is not climb to the large worker; what neither is sure of, and what a plan gives
to the planner, goes to the planning endpoint. A worker that fails loses nothing that another one
has answered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache

from extractors.parsing.blocks import ParsedPage
from extractors.worker import Extraction
from orchestration.agreement import LayoutAgreement
from orchestration.cheapest import easier, settled, unanswered, unsettled
from schemas.errors import DecodeFailed, ModelMissing, NoMemory
from schemas.plan import Plan
from schemas.plan_checks import checked
from schemas.record import Record, Tier, Tokens
from schemas.schema import Field, Schema

__all__ = ["AskWorker", "Repairing", "Router", "failed_to_say"]

log = logging.getLogger(__name__)

AskWorker = Callable[[Tier, Schema], Extraction]
"""Has the worker of a tier read the page at hand."""

Repairing = Callable[[ParsedPage, Schema, Record | None], Extraction | None]
"""Has the planner answer fields of a page that a record is unsure of; see `planning.repair`."""


class Router:
    """*small_first*: the small worker is asked before the large one. *least*: as sure as it must be
    for its answer to stand. *repair*: who is asked for what stays unsure, and may give none."""

    def __init__(self, *, small_first: bool, least: float, repair: Repairing) -> None:
        self._small_first = small_first
        self._has_small = True
        self._least = least
        self._repair = repair
        self._said: set[str] = set()

    def answered(
        self,
        page: ParsedPage,
        schema: Schema,
        ask: AskWorker,
        *,
        plan: Plan | None,
        known: Callable[[], LayoutAgreement],
    ) -> Extraction:
        """What the workers and the planner make of *page*.

        A list of records is the large worker's as a whole. *known*: what past pages of this layout
        say of the small worker; called where that matters.

        Raises:
            DecodeFailed: no worker could answer anything.
        """
        if schema.many:
            return ask(Tier.LARGE, schema)
        past = cache(known)  # asked for once: it counts the pages
        read = self._by_workers(schema, ask, plan, past)
        return self._repaired(page, schema, read, plan, past)

    # Small, then large

    def _by_workers(
        self,
        schema: Schema,
        ask: AskWorker,
        plan: Plan | None,
        known: Callable[[], LayoutAgreement],
    ) -> Extraction:
        easy = easier(schema, plan, all_=self._small_first) if self._has_small else None
        if easy is None:
            return ask(Tier.LARGE, schema)
        past = known()
        easy = _only(easy, {name for name in easy.names if not past.rules_out(name)})
        sure = self._by_small(easy, ask) if easy else None
        if easy is None or sure is None:
            return ask(Tier.LARGE, schema)
        left = _only(schema, {*schema.names} - self._standing(easy, sure, plan, past))
        return self._climbed(left, easy, sure, ask, past) if left else sure

    def _by_small(self, schema: Schema, ask: AskWorker) -> Extraction | None:
        """What the small worker says; `None` where none is here, or it fails."""
        try:
            return ask(Tier.SMALL, schema)
        except (ModelMissing, NoMemory) as error:
            log.warning("there is no small worker, the large one reads all: %s", error)
            self._has_small = False
        except DecodeFailed as error:
            log.info("the small worker failed, the large one reads all: %s", error)
        return None

    def _standing(
        self, easy: Schema, sure: Extraction, plan: Plan | None, past: LayoutAgreement
    ) -> set[str]:
        """The fields of *easy* that need no other worker."""
        records = _checked(plan, sure.records)
        climbing = self._unsettled(easy, records)
        found = set(climbing) - unanswered(easy, records)
        trusted = {name for name in found if past.trusts(name)}
        return {*easy.names} - set(climbing) | trusted

    def _climbed(
        self,
        left: Schema,
        easy: Schema,
        sure: Extraction,
        ask: AskWorker,
        past: LayoutAgreement,
    ) -> Extraction:
        try:
            large = ask(Tier.LARGE, left)
        except DecodeFailed as error:
            if unanswered(easy, sure.records) >= {*easy.names}:
                raise
            return replace(sure, failed=failed_to_say(left, error))
        _compare(_only(easy, left.names), sure, large, past)
        return _joined(sure, large, left)

    # Then the planner

    def _repaired(
        self,
        page: ParsedPage,
        schema: Schema,
        read: Extraction,
        plan: Plan | None,
        known: Callable[[], LayoutAgreement],
    ) -> Extraction:
        """*read*, with what it is unsure of, and what *plan* gives to the planner, answered by it
        where that is asked. Where both say the same, *read* stands."""
        given = (
            {n for n, field in plan.fields.items() if field.tier is Tier.PLANNER} if plan else ()
        )
        unsure = self._unsettled(schema, _checked(plan, read.records))
        asked = _only(schema, {*unsure, *given})
        again = asked and self._asked_planner(page, asked, read, known)
        if not asked or not again:
            self._say_unasked(_only(schema, given))
            return read
        if not again.records:
            return replace(read, tokens=read.tokens + again.tokens, noted=again.noted)
        new, old = again.records[0].data, read.records[0].data if read.records else {}
        refused = {
            n
            for n in unanswered(asked, _checked(plan, again.records))
            if new.get(n) not in (None, [])
        }
        others = {n for n in asked.names if n in new and new[n] != old.get(n)} - refused
        return _joined(read, again, replace(asked, fields=_fields(asked, others)))

    def _asked_planner(
        self,
        page: ParsedPage,
        asked: Schema,
        read: Extraction,
        known: Callable[[], LayoutAgreement],
    ) -> Extraction | None:
        """What the planner says of *asked*; `None` where it is not to be asked."""
        past = known()
        if not past.asks_planner:
            why = f"its last {past.vain} replies for this layout were of no use"
            noted = f"the planner was not asked for {', '.join(asked.names)}: {why}"
            return Extraction((), None, Tokens(), noted=noted)
        again = self._repair(page, asked, read.records[0] if read.records else None)
        if again and (again.records or again.seconds):  # else it was left alone
            past.note_planner(answered=bool(again.records))
        return again

    def _say_unasked(self, given: Schema | None) -> None:
        for name in given.names if given else ():
            if name not in self._said:
                self._said.add(name)
                log.warning(
                    "the plan gives %r to the planner, which is not asked (FIELDWISE_PLANNER_URL "
                    "and FIELDWISE_REPAIR_TOKENS let it be); the worker's answer stands",
                    name,
                )

    def _unsettled(self, schema: Schema, records: Sequence[Record]) -> tuple[str, ...]:
        left = unsettled(schema, records, least=self._least)
        return left.names if left else ()


def failed_to_say(schema: Schema, error: DecodeFailed) -> str:
    """Why fields of a page are absent, in words for the user."""
    if schema.many:
        return f"the page's list could not be read: {error.explain()}"
    return f"{', '.join(schema.names)} could not be answered: {error.explain()}"


def _only(schema: Schema, names: Collection[str]) -> Schema | None:
    """*schema* with the fields of these *names*; `None`: there are none."""
    fields = _fields(schema, names)
    return replace(schema, fields=fields) if fields else None


def _fields(schema: Schema, names: Collection[str]) -> tuple[Field, ...]:
    return tuple(field for field in schema.fields if field.name in names)


def _checked(plan: Plan | None, records: Sequence[Record]) -> Sequence[Record]:
    return checked(plan, records) if plan else records


def _compare(
    both: Schema | None, small: Extraction, large: Extraction, past: LayoutAgreement
) -> None:
    """Note whether the workers say the same of the fields that *both* were asked for, and found."""
    if both is None or not small.records or not large.records:
        return
    silent = unanswered(both, small.records) & unanswered(both, large.records)
    for name in set(both.names) - silent:
        past.note(name, same=small.records[0].data.get(name) == large.records[0].data.get(name))


def _joined(first: Extraction, then: Extraction, asked: Schema) -> Extraction:
    """One reading of a page from two: *then* of the fields of *asked*."""
    return replace(
        then,
        cut=then.cut or first.cut,
        failed=then.failed or first.failed,
        records=settled(first.records, then.records, asked),
        tokens=first.tokens + then.tokens,
        seconds={
            stage: first.seconds.get(stage, 0.0) + then.seconds.get(stage, 0.0)
            for stage in {**first.seconds, **then.seconds}
        },
    )
