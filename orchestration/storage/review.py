"""People going through a job's values: accept, correct, or say that the page does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from extractors.values.normalise import normalise
from orchestration.storage.corrections import MISSING, Correction, Path, Verdict, leaves, put
from orchestration.storage.store import Job, Store
from schemas.document import Span
from schemas.errors import CorrectionError
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    PageResult,
    Record,
    Tier,
    Value,
    ValueStatus,
    cell_values,
)
from schemas.schema import Field, Kind

__all__ = ["Open", "Review"]


@dataclass(frozen=True, slots=True)
class Open:
    """A value or list that nobody has looked at, and its place as `Review` takes it.

    `value`: the least sure one of a list, `ABSENT` of an empty one.
    """

    source: str
    index: int
    path: Path
    cell: Cell

    @property
    def value(self) -> Value:
        return min(cell_values(self.cell), key=_doubt, default=ABSENT)


class Review:
    """The corrections of *job*, made by *by* ("" where people have no names).

    Every method names a value by the page's source, `Record.index` and the path to the value (see
    `storage.corrections`), is kept at once, and replaces what was said of that value before. A path
    may lead on to an item of a list, `("tags", 0)`, `("people", 2, "name")`: what is kept then is
    the whole list as it is with that. The index after the last record's adds a record that the
    models missed.

    Raises:
        CorrectionError: from every method: no such page, record or field, or the words do not
            fit the field's kind. Nothing is changed then.
        StoreError: it cannot be kept.
    """

    def __init__(self, store: Store, job: Job, *, by: str = "") -> None:
        self._store = store
        self._job = job
        self._by = by

    def accept(self, source: str, index: int, path: Path = ()) -> Correction:
        """What stands there now is right; with no *path*, the whole record is."""
        record = self._record(self._page(source), index)
        return self._keep(source, index, path, Verdict.ACCEPTED, _cell_at(record.cells, path))

    def select(
        self, source: str, index: int, path: Path, span: Span, *, said: str | None = None
    ) -> Correction:
        """The words at *span* of the page's text are right; of a list, one item more.

        *said*: what the words mean where they are not the answer themselves: a choice, "true" or
        "false", a link's address.
        """
        page = self._page(source)
        asked = self._field(path)
        evidence = _evidence(page, span)
        value = _value(asked, said if said is not None else evidence.quote, page, index)
        if asked.many and not isinstance(path[-1], int):
            path = (*path, len(_items(page, index, path)))
        cell = replace(value, evidence=evidence)
        return self._keep(source, index, path, Verdict.SELECTED, cell)

    def type(self, source: str, index: int, path: Path, text: str) -> Correction:
        """*text* is right, though no words of the page are cited; of a list, items between ";"."""
        page = self._page(source)
        asked = self._field(path)
        cell: Cell
        if asked.many and not isinstance(path[-1], int):
            items = [item.strip() for item in text.split(";") if item.strip()]
            cell = tuple(_value(asked, item, page, index) for item in items)
        else:
            cell = _value(asked, text.strip(), page, index)
        return self._keep(source, index, path, Verdict.TYPED, cell)

    def mark_absent(self, source: str, index: int, path: Path = ()) -> Correction:
        """The page does not say; of an item, or with no *path* of the record: there is none."""
        return self._keep(source, index, path, Verdict.ABSENT, MISSING)

    def undo(self, source: str, index: int, path: Path = ()) -> bool:
        """Back to the models' answer, of an item of a list for all of the list; whether anything
        had been said of exactly that value."""
        self._place(source, index, path)
        return self._store.uncorrect(self._job.id, source, index, _whole(path))

    def open(self) -> Iterator[Open]:
        """Values that nobody has looked at, the least sure first, conflicts before all others.

        What is absent comes with the sureness of that, where the model gave one.
        """
        said = self._store.corrections(self._job.id)
        found = [
            Open(page.source, record.index, path, cell)
            for page in self._store.results(self._job.id)
            for record in page.records
            for path, cell in leaves(record)
            if not any(one.covers(page.source, record.index, path) for one in said)
        ]
        yield from sorted(found, key=lambda one: _doubt(one.value))

    def _keep(
        self, source: str, index: int, path: Path, verdict: Verdict, cell: Cell
    ) -> Correction:
        page = self._place(source, index, path)
        if path:
            self._refuse_struck_out(source, index)
        whole = _whole(path)
        if whole != path:
            cells: Cell = {record.index: record.cells for record in page.records}.get(index, {})
            edited = cells if verdict is Verdict.ACCEPTED else put(cells, path, cell)
            cell = _cell_at(edited, whole)
        correction = Correction(source, index, whole, verdict, cell, self._by)
        self._store.correct(self._job.id, correction)
        return correction

    def _place(self, source: str, index: int, path: Path) -> PageResult:
        """The page of a value, or of one that may be added to it."""
        page = self._page(source)
        if path:
            self._named(path)
        answered = self._store.page(self._job.id, source, corrected=False) or page
        known = [len(answered.records) - 1, *(one.index for one in self._said(source))]
        if not 0 <= index <= max(known) + 1:
            raise CorrectionError(f"{source} has no record {index}")
        return page

    def _said(self, source: str) -> list[Correction]:
        return [one for one in self._store.corrections(self._job.id) if one.source == source]

    def _refuse_struck_out(self, source: str, index: int) -> None:
        """What is said of a record that is no longer there would be seen nowhere."""
        for one in self._said(source):
            if (one.index, one.path, one.verdict) == (index, (), Verdict.ABSENT):
                hint = "undo that first, with no path"
                raise CorrectionError(f"{source}: record {index} was struck out", hint=hint)

    def _page(self, source: str) -> PageResult:
        page = self._store.page(self._job.id, source)
        if page is None:
            raise CorrectionError(f"the job {self._job.name!r} has no page {source!r}")
        return page

    def _record(self, page: PageResult, index: int) -> Record:
        for record in page.records:
            if record.index == index:
                return record
        raise CorrectionError(f"{page.source} has no record {index}")

    def _named(self, path: Path) -> Field:
        """The field that *path* leads to."""
        fields, found, is_list = self._job.schema.fields, None, False
        for step in path:
            if isinstance(step, int):
                if not is_list or step < 0:
                    raise CorrectionError(f"{_shown(path)}: there is no item {step}")
                is_list = False
                continue
            if is_list:
                hint = f"say which: {found.name if found else ''}.0.{step}"
                raise CorrectionError(f"{_shown(path)}: there are several items", hint=hint)
            found = next((asked for asked in fields if asked.name == step), None)
            if found is None:
                raise CorrectionError(f"the schema has no field {_shown(path)}")
            fields, is_list = found.fields, found.many
        if found is None:
            raise CorrectionError("no field is named", hint="give the path to a value")
        return found

    def _field(self, path: Path) -> Field:
        """The field at *path*, which must take values of its own."""
        asked = self._named(path)
        if asked.kind is Kind.OBJECT:
            parts = ", ".join(part.name for part in asked.fields)
            raise CorrectionError(f"{_shown(path)} has parts", hint=f"correct one of {parts}")
        return asked


def _whole(path: Path) -> Path:
    """The value that *path* leads to or into: a list is one, and is corrected as one."""
    return tuple(takewhile(lambda step: isinstance(step, str), path))


def _shown(path: Path) -> str:
    return ".".join(map(str, path))


def _doubt(value: Value) -> tuple[bool, float]:
    """Sorts values by how much they need a look; nobody spoke of one that has no tier."""
    sure = value.confidence if value.tier else 1.0
    return value.status is not ValueStatus.CONFLICT, sure


def _cell_at(cell: Cell, path: Path) -> Cell:
    for step in path:
        try:
            cell = cell[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            raise CorrectionError(f"there is nothing at {_shown(path)}") from None
    return cell


def _items(page: PageResult, index: int, path: Path) -> tuple[Cell, ...]:
    for record in page.records:
        if record.index == index:
            cell = record.cells.get(str(path[0]), ())
            found = _cell_at(cell, path[1:]) if cell != () else ()
            return found if isinstance(found, tuple) else ()
    return ()


def _evidence(page: PageResult, span: Span) -> Evidence:
    """The words at *span* without the white space around them."""
    quote = page.text[span.start : span.end]
    if span.end > len(page.text) or not quote.strip():
        raise CorrectionError("no words of the page are selected")
    start = span.start + len(quote) - len(quote.lstrip())
    trimmed = Span(start, start + len(quote.strip()))
    return Evidence(quote.strip(), trimmed, _xpath(page, start))


def _xpath(page: PageResult, start: int) -> str:
    """The element of the line at *start*: a block is a line. "" where no value stands in it."""
    line = page.text.rfind("\n", 0, start), page.text.find("\n", start)
    for record in page.records:
        for value in cell_values(record.cells):
            known = value.evidence
            if known and known.is_visible and known.xpath:
                place = known.span.start
                if line == (page.text.rfind("\n", 0, place), page.text.find("\n", place)):
                    return known.xpath
    return ""


def _value(asked: Field, text: str, page: PageResult, index: int) -> Value:
    """*text* as a person's answer, read as the field's kind."""
    url = next((r.url for r in page.records if r.index == index), page.source)
    data = normalise(_of_choices(asked, text), asked, base_url=url)
    if data is None or data == "":
        kind = f"one of {', '.join(asked.choices)}" if asked.choices else f"a {asked.kind}"
        raise CorrectionError(f"{text!r} cannot be read as {kind} for {asked.name}")
    return Value(text, data, None, Tier.PERSON, 1.0, ValueStatus.FOUND)


def _of_choices(asked: Field, text: str) -> str:
    """*text* as the schema spells it; people need not mind letter case, nor say "true" for yes."""
    if asked.kind is Kind.BOOLEAN:
        folded = text.strip().casefold()
        return {"yes": "true", "no": "false"}.get(folded, folded)
    if asked.kind is Kind.CHOICE:
        folded = re.sub(r"\W+", "", text).casefold()
        same = (c for c in asked.choices if re.sub(r"\W+", "", c).casefold() == folded)
        return next(same, text)
    return text
