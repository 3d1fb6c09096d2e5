"""The records of a page's list, read one by one, several at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from extractors.answers.decode import Answer
from extractors.answers.merging import is_absent
from extractors.learning.long_lists import read_list
from extractors.lists.pieces import line_starts
from extractors.lists.records import Entry
from extractors.lists.tails import without_days
from extractors.parsing.blocks import ParsedPage
from extractors.reading import Interrupted, Reading
from extractors.relevance.looks import asks_for_number
from extractors.relevance.passages import Passage
from schemas.errors import DecodeFailed
from schemas.record import Cell, Record, Value
from schemas.schema import Kind, Schema

if TYPE_CHECKING:
    from extractors.worker import Worker

__all__ = ["ListReading"]

Cells = Mapping[str, Cell]

_TOGETHER = 8  # records of a list answered in one go; more gain little and must fit the context
_TOLD_APART = (Kind.TEXT, Kind.DATE, Kind.DATETIME)
_SILENT = Answer((), complete=True, steps=0, prompt_read=0)


class ListReading(Reading):
    """A page whose records are *entries*."""

    def __init__(
        self,
        worker: Worker,
        page: ParsedPage,
        schema: Schema,
        entries: Sequence[Entry],
        check_stop: Callable[[], None],
    ) -> None:
        super().__init__(worker, page, schema, check_stop, lines=line_starts(page, entries))
        self._entries = entries
        self._overlong = 0  # records that were not read whole
        self._answered = self._unread = 0
        self._failures: list[DecodeFailed] = []

    def records(self) -> tuple[Record, ...]:
        """A record for each of the list's that says something, several read at a time."""
        taken = self._entries[: self._schema.max_records]
        if (count := len(self._entries)) > len(taken):
            self.cuts.append(f"the first {len(taken):,} of {count:,} records were read")
        one = replace(self._schema, many=False)
        if self._worker.budget.selectors:
            found = read_list(self._page, one, taken, self._by_model)
        else:
            found = self._by_model(one, taken)
        url = self._page.document.url
        whole = without_days(one, found)
        records = [Record(c, url) for c in whole if not all(map(is_absent, c.values()))]
        self._say_what_is_missing()
        return tuple(replace(record, index=i) for i, record in enumerate(records))

    def _say_what_is_missing(self) -> None:
        """Raises DecodeFailed when no record could be answered."""
        if self._failures and not self._answered:
            raise self._failures[0]
        if self._unread:
            self.cuts.append(f"stopped with {self._unread:,} records unread")
        if self._failures:
            count, reason = len(self._failures), self._failures[0]
            self.failed = f"{count:,} records could not be answered: {reason}"
        if self._overlong:
            self.cuts.append(f"{self._overlong:,} records are longer than was read of them")

    def _by_model(self, one: Schema, entries: Sequence[Entry]) -> list[Cells]:
        """The cells of each of *entries*; none where it could not be answered."""
        found: list[Cells] = []
        for start in range(0, len(entries), _TOGETHER):
            found += self._together(one, entries[start : start + _TOGETHER])
        return found

    def _together(self, one: Schema, entries: Sequence[Entry]) -> list[Cells]:
        budget = self._worker.budget.page
        passages = [
            self._shown.part(
                [*entry.context, *entry.columns, *entry.blocks, *entry.asides],
                budget=budget,
                unquoted=frozenset(entry.columns),
            )
            for entry in entries
        ]
        found: list[Cells] = []
        for passage, answer in zip(passages, self._told(one, passages), strict=True):
            (record,) = self._ground(one, passage, answer)
            found.append({} if answer is _SILENT else record.cells)
            self._overlong += passage.cut or not answer.complete
        self._tell_apart(one, passages, found)
        return [self._checked(one, cells) for cells in found]

    def _tell_apart(self, one: Schema, passages: Sequence[Passage], found: list[Cells]) -> None:
        """Where a record's number and another of its texts are the same words, asks again for the
        one that they hardly are, without them."""
        again: dict[str, list[int]] = defaultdict(list)
        for place, cells in enumerate(found):
            for name in _confused(one, cells):
                again[name].append(place)
        for name, places in again.items():
            asked = replace(one, fields=tuple(field for field in one if field.name == name))
            parts = [_without(passages[place], found[place][name]) for place in places]
            try:
                answers = self._answers(asked, parts)
            except Interrupted:
                self.stopped = True
                return
            except DecodeFailed:  # the first answer stands
                continue
            for place, part, answer in zip(places, parts, answers, strict=True):
                (record,) = self._ground(asked, part, answer)
                found[place] = {**found[place], name: record.cells[name]}

    def _told(self, schema: Schema, passages: Sequence[Passage]) -> list[Answer]:
        """As `_answers`; what fails, or is left after a stop, is an answer that says nothing."""
        silence = [_SILENT] * len(passages)
        try:
            if not self.stopped:
                answers = self._answers(schema, passages)
                self._answered += len(answers)
                return answers
        except Interrupted:
            if not self._answered:
                raise
            self.stopped = True
        except DecodeFailed as error:
            if len(passages) > 1:  # who failed?
                return [one for passage in passages for one in self._told(schema, [passage])]
            self._failures.append(error)
            return silence
        self._unread += len(passages)
        return silence


def _confused(schema: Schema, cells: Cells) -> Iterator[str]:
    """Of fields that quote the same place, a number and another text or a day, the one that is not
    right: no number is a day."""
    quoted = {
        field: cell.evidence
        for field in schema
        if field.kind in _TOLD_APART and not field.many
        if isinstance(cell := cells.get(field.name), Value) and cell.evidence
    }
    for number in filter(asks_for_number, quoted):
        for other in quoted:
            if not asks_for_number(other) and quoted[number].span == quoted[other].span:
                has_digit = any(sign.isdigit() for sign in quoted[number].quote)
                is_day = other.kind is not Kind.TEXT
                yield (other if has_digit and not is_day else number).name


def _without(passage: Passage, cell: Cell) -> Passage:
    """*passage* without what *cell* quotes."""
    evidence = cell.evidence if isinstance(cell, Value) else None
    return passage.without(evidence.span, evidence.quote) if evidence else passage
