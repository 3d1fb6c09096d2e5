"""Who answers one page, cheapest first: markup, headline, selectors, workers.

Each is asked for the fields that those before it left open.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from extractors.answers.prices import with_currencies
from extractors.embedded.headline import with_headline
from extractors.embedded.markup_answers import answer_from_markup
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from extractors.worker import Extraction
from orchestration.cheapest import answered, listed, merged, remaining, unanswered
from orchestration.learned import LearnedLayouts, fingerprint
from orchestration.router import AskWorker, Router, failed_to_say
from orchestration.task import Task
from schemas.errors import DecodeFailed
from schemas.record import ABSENT, Cell, Record, Tier, Tokens
from schemas.schema import Schema

__all__ = ["Answering"]


class Answering:
    """One *page*, of which *parsed* was made, while *task* is done on it.

    *ask*: has the worker of a tier read it. *router*: who of the workers is asked for what.
    """

    def __init__(
        self, page: Page, parsed: ParsedPage, task: Task, *, router: Router, ask: AskWorker
    ) -> None:
        self._page = page
        self._parsed = parsed
        self._task = task
        self._schema = task.schema
        self._guided = task.guided
        self._router = router
        self._ask = ask

    def extraction(self) -> Extraction:
        """What the page says, not yet held against the limits of the schema.

        Raises:
            DecodeFailed: nobody could answer anything.
            Stopped, ModelMissing, NoMemory: as *ask* does.
        """
        said = self._said()
        return replace(said, records=tuple(map(self._with_currencies, said.records)))

    def _said(self) -> Extraction:
        tier = self._task.tier
        if tier not in (None, Tier.MARKUP):
            return self._ask(tier, self._guided)
        markup = self._by_markup()
        if tier is Tier.MARKUP or self._is_whole(markup):
            return replace(markup, records=self._alone(markup.records))
        found, learned = markup.records, self._task.learned
        whole = self._with_selectors(found, learned) if learned else self._with_workers(found)
        return replace(whole, seconds={**markup.seconds, **whole.seconds})

    # Without a model

    def _by_markup(self) -> Extraction:
        """What the markup says and, where others are asked too, the headline."""
        started = time.perf_counter()
        found = answer_from_markup(self._page, self._parsed, self._schema)
        if self._task.tier is None:
            found = with_headline(self._page, self._parsed, self._guided, found)
        records = self._task.checked(found)
        seconds = {"markup": time.perf_counter() - started}
        seen = listed(self._parsed, self._guided, records)
        return Extraction(records, None, Tokens(), seconds, seen)

    def _is_whole(self, markup: Extraction) -> bool:
        """Whether nobody else need be asked."""
        enough = len(markup.records) >= (markup.seen or 0)
        return enough and answered(self._schema, markup.records)

    def _alone(self, found: tuple[Record, ...]) -> tuple[Record, ...]:
        """*found*, when nobody else is asked; of a page that is one record there is one."""
        nothing = () if self._schema.many else (Record({}, self._parsed.document.url),)
        return found or nothing

    def _with_currencies(self, record: Record) -> Record:
        """*record*, whose price and currency need not have been answered by the same."""
        cells = with_currencies(self._schema, record.cells, self._parsed.document)
        return replace(record, cells=cells)

    # By selectors, then by workers

    def _with_workers(self, found: Sequence[Record]) -> Extraction:
        """*found*, and what the workers say of the fields that it leaves open."""
        said = self._by_workers(remaining(self._guided, found), found)
        return replace(said, records=merged(self._schema, found, said.records))

    def _with_selectors(self, found: Sequence[Record], learned: LearnedLayouts) -> Extraction:
        """*found*; what it leaves open by selectors, and by workers where these are not sure."""
        known = learned.answers(self._layout, self._parsed)
        asked = remaining(self._guided, found)
        left = replace(asked, fields=tuple(f for f in asked.fields if f.name not in known))
        said = Extraction((), None, Tokens())
        if left.fields:
            said = self._by_workers(left, [self._joined(found, known, ())])
        record = self._with_currencies(self._joined(found, known, said.records))
        said = replace(said, records=(record,))
        if not said.cut and not said.failed:
            self._teach(learned, said.records)
        return said

    def _teach(self, learned: LearnedLayouts, records: Sequence[Record]) -> None:
        (record,) = self._task.gated(records)  # as it is stored: a resumed job learns from that
        learned.note(self._layout, lambda: self._parsed, record)

    def _by_workers(self, left: Schema, others: Sequence[Record]) -> Extraction:
        """What the workers say of *left*; where they fail, *others* are not to be lost."""
        task = self._task
        try:
            return self._router.answered(
                self._parsed,
                left,
                self._ask,
                plan=task.plan,
                known=lambda: task.agreed.on(self._layout),
            )
        except DecodeFailed as error:
            if unanswered(self._schema, others) >= set(self._schema.names):
                raise
            return Extraction((), None, Tokens(), failed=failed_to_say(left, error))

    @cached_property
    def _layout(self) -> str:
        return fingerprint(self._page)

    def _joined(
        self, found: Sequence[Record], known: Mapping[str, Cell], said: Sequence[Record]
    ) -> Record:
        """One record: what *found* says, else what is *known*, else what is *said*."""
        read = said[0].cells if said else {}
        nothing: dict[str, Cell] = {f.name: () if f.many else ABSENT for f in self._schema}
        cells = {name: known.get(name, read.get(name, cell)) for name, cell in nothing.items()}
        (record,) = merged(self._schema, found, (Record(cells, self._parsed.document.url),))
        return record
