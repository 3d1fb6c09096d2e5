"""A long list of records: some read by a model, the others by selectors learned from these.

The model reads records spread over the list. From most of them selectors are learned, the others
check what was learned. Then the list is answered stretch by stretch: what a selector is not sure of
goes to the model, for that record and field; and one record of every stretch is read by the model
whole. Where it says another thing than a selector, more of the stretch is read, and a selector that
keeps failing there is dropped for the rest of the list. Of a shorter list the model reads all.
Either way, a text that stops short of what others quote is completed (`completing`), and where the
model was not sure of a field of one record, the place is asked in which it was sure of others'.
What comes out depends on the page and on the model's answers, never on time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace

from extractors.answers.merging import is_absent
from extractors.learning.completing import completed
from extractors.learning.induction import Example, checked, learn
from extractors.learning.outline import Outline
from extractors.learning.selectors import Selectors, apply, without_failing
from extractors.lists.records import Entry
from extractors.parsing.blocks import ParsedPage
from schemas.record import Cell, Value
from schemas.schema import Kind, Schema

__all__ = ["FEWEST", "AskRecords", "read_list"]

Cells = Mapping[str, Cell]
AskRecords = Callable[[Schema, Sequence[Entry]], Sequence[Cells]]
"""Has a model answer a schema of one record for each of some entries: a cell for every field, or
none where it fails."""

FEWEST = 36
"""Records; of a shorter list the sample would be most, and the model reads it all."""

_ALIKE = 5  # records, of which on the sure ones say where the others keep a field
_SURE = 0.5  # confidence below which an answer teaches nothing, and may be replaced
_LENIENT = 4  # right answers that make up for a wrong one, where nothing but doubts are settled
_SAMPLE = 24
_SHARE = 3  # at most one in so many records is in the sample
_HELD_OUT = 3  # one in so many of the sample checks what the others taught
_STRETCH = 64
_ROUND = 8  # stretches, at whose end the model is asked for what they leave open
_MORE = 7  # further records of a stretch that are read where the first shows a disagreement


def read_list(
    page: ParsedPage, schema: Schema, entries: Sequence[Entry], ask: AskRecords
) -> list[Cells]:
    """The cells of each of *entries*, in their order: one for every field of *schema*, or none of a
    record that could not be answered.

    *schema* is of one record. Short lists are read by *ask* alone. Raises what *ask* raises.
    """
    if len(entries) < _ALIKE:
        return list(ask(schema, entries))
    reading = _Long(page, schema, entries, ask)
    return reading.read() if len(entries) >= FEWEST else reading.read_all()


class _Long:
    """One list. `_cells`: what is answered so far, by the record's place."""

    def __init__(
        self, page: ParsedPage, schema: Schema, entries: Sequence[Entry], ask: AskRecords
    ) -> None:
        self._schema = schema
        self._entries = entries
        self._ask = ask
        outline = Outline(page)
        self._regions = [outline.region(entry.blocks, entry.context) for entry in entries]
        self._cells: dict[int, Cells] = {}

    def read(self) -> list[Cells]:
        selectors = self._taught()
        left = [place for place in range(len(self._entries)) if place not in self._cells]
        for around in _cut(left, _ROUND * _STRETCH):
            stretches = _cut(around, _STRETCH)
            if selectors.fields:
                self._read(list(map(_middle, stretches)))  # together, which costs far less
            answered: dict[int, Cells] = {}
            for stretch in stretches:
                if selectors.fields:
                    selectors = self._still_right(selectors, stretch)
                for place in stretch:
                    if place not in self._cells:
                        answered[place] = apply(selectors, self._schema, self._regions[place])
            self._complete(answered)
        return self._settled()

    def read_all(self) -> list[Cells]:
        """By the model alone, but for what it is not sure of."""
        self._read(range(len(self._entries)))
        return self._settled()

    def _settled(self) -> list[Cells]:
        """All answers. What the model was not sure of is read where it was sure of others."""
        places = range(len(self._entries))
        whole = completed(self._schema, self._regions, [self._cells[place] for place in places])
        self._cells = dict(enumerate(whole))
        linked = self._linked()
        doubted = {place: _doubted(self._cells[place], linked) for place in places}
        if not any(doubted.values()):
            return [self._cells[place] for place in places]
        sure = learn(self._schema, self._examples(places), wrong_in=_LENIENT)
        return [
            {**self._cells[place], **self._found(sure, place, doubted[place])} for place in places
        ]

    def _found(self, selectors: Selectors, place: int, names: Sequence[str]) -> Cells:
        """What *selectors* find of the fields *names*; they are not asked what is not there."""
        asked = tuple(field for field in self._schema if field.name in names)
        cells = apply(selectors, replace(self._schema, fields=asked), self._regions[place])
        return {name: cell for name, cell in cells.items() if not is_absent(cell)}

    def _taught(self) -> Selectors:
        sample = spread(len(self._entries), min(_SAMPLE, len(self._entries) // _SHARE))
        self._read(sample)
        held_out = sample[1::_HELD_OUT]
        first = [place for place in sample if place not in held_out]
        learned = learn(self._schema, self._examples(first))
        return checked(learned, self._schema, self._examples(held_out))

    def _still_right(self, selectors: Selectors, stretch: Sequence[int]) -> Selectors:
        """*selectors* after a look at *stretch*, without those that fail there."""
        probe = _middle(stretch)
        after = checked(selectors, self._schema, self._examples([probe]))
        if without_failing(selectors, after, most=0) == after:
            return after
        more = [stretch[i] for i in spread(len(stretch), _MORE) if stretch[i] != probe]
        self._read(more)
        after = checked(selectors, self._schema, self._examples([probe, *more]))
        return without_failing(selectors, after, most=1)

    def _complete(self, answered: Mapping[int, Cells]) -> None:
        """By the model what selectors have left open of the records *answered*: those that lack the
        same fields are read together."""
        lacking: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, cells in answered.items():
            lacking[tuple(name for name in self._schema.names if name not in cells)].append(place)
        for names, group in lacking.items():
            fields = tuple(field for field in self._schema if field.name in names)
            asked = replace(self._schema, fields=fields)
            found = self._asked(asked, group) if fields else [{}] * len(group)
            for place, cells in zip(group, found, strict=True):
                both = {**answered[place], **cells}
                whole = all(name in both for name in self._schema.names)
                self._cells[place] = (
                    {name: both[name] for name in self._schema.names} if whole else {}
                )

    def _read(self, places: Sequence[int]) -> None:
        """By the model, every field."""
        for place, cells in zip(places, self._asked(self._schema, places), strict=True):
            self._cells[place] = cells

    def _asked(self, schema: Schema, places: Sequence[int]) -> Sequence[Cells]:
        return self._ask(schema, [self._entries[place] for place in places])

    def _examples(self, places: Sequence[int]) -> list[Example]:
        """What the model is sure of, there."""
        linked = self._linked()
        known = [(place, cells) for place in places if (cells := self._cells[place])]
        return [
            Example(
                self._regions[place],
                {n: cell for n, cell in cells.items() if n not in _doubted(cells, linked)},
            )
            for place, cells in known
        ]

    def _linked(self) -> set[str]:
        """Fields for a link that some record has one for."""
        names = {field.name for field in self._schema if field.kind is Kind.URL}
        return {
            name
            for cells in self._cells.values()
            for name in names & cells.keys()
            if not is_absent(cells[name])
        }


def _doubted(cells: Cells, linked: Set[str]) -> list[str]:
    """Fields of one value that the model was not sure of, or not sure that there is none. That
    there is no link, for a field of *linked*, it says too lightly."""
    return [
        name
        for name, cell in cells.items()
        if isinstance(cell, Value) and cell.signals is not None
        if cell.confidence < _SURE or (name in linked and is_absent(cell))
    ]


def _cut(places: Sequence[int], size: int) -> list[Sequence[int]]:
    return [places[start : start + size] for start in range(0, len(places), size)]


def _middle(places: Sequence[int]) -> int:
    return places[len(places) // 2]


def spread(total: int, count: int) -> list[int]:
    """Up to *count* numbers below *total*, evenly apart, the first and the last among them."""
    if count >= total:
        return list(range(total))
    return sorted({round(i * (total - 1) / max(1, count - 1)) for i in range(count)})
