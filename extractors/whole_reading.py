"""A page as a whole, read by a model in one window or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractors.answers.decode import Question, decode
from extractors.answers.merging import (
    is_absent,
    make_of,
    merge_cells,
    merge_records,
    say_nothing,
)
from extractors.answers.strays import without_strays
from extractors.parsing.paths import without_numbers
from extractors.reading import Interrupted, Reading
from extractors.relevance.hidden import hidden_passage
from extractors.relevance.passages import Passage
from schemas.errors import DecodeFailed
from schemas.record import Record
from schemas.schema import Schema

__all__ = ["WholeReading"]

_MISSED = 0.05  # values that unread text is held to state, from which on a page was not read whole


class WholeReading(Reading):
    """A page without a list, or with none asked for."""

    def records(self) -> tuple[Record, ...]:
        """Records from the likeliest part, and from others where they may say what is missing."""
        budget = self._worker.budget
        passage = self._shown.choose(self._schema, budget=budget.page)
        records = self._read(passage)
        read, partly = len(passage), self._is_part(passage)
        unseen = set(range(len(self._page.document.visible.blocks))) - set(passage.blocks)
        for _ in range(budget.windows - 1):
            wanted = self._worth_reading(records, unseen) if passage.cut else []
            if not wanted:
                break
            passage = self._shown.choose(self._schema, budget=budget.page, among=wanted)
            try:
                records = self._joined(records, self._read(passage))
            except (Interrupted, DecodeFailed) as end:  # what was read before stands
                self.stopped = isinstance(end, Interrupted)
                self.failed = None if self.stopped else f"only its first part was read: {end}"
                break
            read, partly = read + len(passage), partly or self._is_part(passage)
            unseen -= set(passage.blocks)
        if say_nothing(records) and not (self.stopped or self.failed):
            records = self._from_hidden(records)
        if partly or self._shown.expected(self._open(records), unseen) >= _MISSED:
            whole = len(self._page.document.visible.text)
            what = "characters were read, those likeliest to matter"
            self.cuts.insert(0, f"{read:,} of {whole:,} {what}")
        return records if self._schema.many else tuple(map(self._settled, records))

    def _settled(self, record: Record) -> Record:
        document, ranking = self._page.document, self._shown.ranking
        return replace(record, cells=without_strays(self._schema, record.cells, ranking, document))

    def _from_hidden(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """*records*, with what the page hides; a failure costs nothing that it shows."""
        document, limit = self._page.document, self._worker.budget.page
        passage = hidden_passage(document, self._schema, budget=limit, count_tokens=self._tokens_in)
        try:
            return self._joined(records, self._read(passage)) if passage else records
        except (Interrupted, DecodeFailed) as end:
            self.stopped = isinstance(end, Interrupted)
            return records

    def _is_part(self, passage: Passage) -> bool:
        """Whether a block of *passage* is longer than what was shown of it."""
        blocks = self._page.document.blocks
        return len(passage) < sum(len(blocks[place].span) for place in passage.blocks)

    def _worth_reading(self, records: Sequence[Record], unseen: set[int]) -> list[int]:
        """Unread blocks that look as if they said what *records* leave open, or go on a list."""
        document = self._page.document
        if self._schema.many:
            return sorted(self._shown.promising(self._schema) & unseen)
        wanted = self._shown.promising(self._open(records))
        for cell in records[0].cells.values() if records else ():
            make = make_of(cell)
            wanted |= {
                i for i in unseen if make and without_numbers(document.blocks[i].xpath) == make
            }
        return sorted(wanted & unseen)

    def _open(self, records: Sequence[Record]) -> Schema:
        """What is still asked for: of one record, the fields that nothing was found for."""
        if self._schema.many:
            return self._schema
        cells = records[0].cells if records else {}
        lacking = (f for f in self._schema if f.name not in cells or is_absent(cells[f.name]))
        return replace(self._schema, fields=tuple(lacking))

    def _joined(self, first: Sequence[Record], then: Sequence[Record]) -> tuple[Record, ...]:
        """What the first window answered stands; lists grow."""
        if self._schema.many or not first or not then:
            return merge_records(self._schema, [first, then])
        known, new = first[0].cells, then[0].cells
        cells = {
            f.name: merge_cells(f, [known[f.name], new[f.name]])
            if is_absent(known[f.name]) or make_of(known[f.name])
            else known[f.name]
            for f in self._schema
        }
        return (replace(first[0], cells=cells),)

    def _read(self, passage: Passage) -> tuple[Record, ...]:
        worker = self._worker
        question = self._question(self._schema, passage)
        self._make_sure_it_fits(question)
        answer = decode(
            worker.context,
            question,
            max_tokens=worker.budget.answer,
            check_stop=self._check_stop,
        )
        self._count([answer], steps=answer.steps)
        if not answer.complete:
            self.cuts.append("the answer reached its token budget and the rest of it is missing")
        found = [
            replace(record, cells=self._checked(self._schema, record.cells))
            for record in self._ground(self._schema, passage, answer)
        ]
        return merge_records(self._schema, [found]) if self._schema.many else tuple(found)

    def _make_sure_it_fits(self, question: Question) -> None:
        budget, capacity = self._worker.budget, self._worker.context.capacity
        if len(question.prompt) + budget.answer > capacity:
            raise DecodeFailed(
                f"the schema takes {len(question.prompt) - budget.page} tokens to describe",
                hint="use fewer fields or shorter descriptions",
            )
