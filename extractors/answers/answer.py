"""Reading a worker's answer back: from the text that `grammar` describes to raw values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from extractors.answers.grammar import NOTHING, QUOTE_SUFFIX
from schemas.document import Span
from schemas.schema import Field, Kind, Schema

__all__ = ["RawCell", "RawRecord", "RawValue", "longest_answer", "read_answer"]


@dataclass(frozen=True, slots=True)
class RawValue:
    """What the model wrote for one value, and where in its answer.

    `text` is `None` where it wrote that the page does not say. `quote` holds the words a choice
    or a boolean was read from; `None` for the other kinds, whose text is its own quote.
    """

    text: str | None
    place: Span
    quote: str | None = None


RawCell = RawValue | tuple["RawCell", ...] | Mapping[str, "RawCell"]
RawRecord = Mapping[str, RawCell]

_FIELD_ANSWER, _LIST_ANSWER = 40, 240  # tokens that a field, or a list, of a record may take
_UNANSWERED = RawValue(None, Span(0, 0))


def read_answer(schema: Schema, answer: str) -> list[RawRecord]:
    """The records in *answer*, each with a cell for every field.

    An answer cut short by its budget yields what was finished: a value whose line did not end
    counts as not answered, and a list keeps the items before it.
    """
    reader = _Reader(answer)
    if not schema.many:
        return [reader.record(schema.fields, "")]
    return list(reader.records(schema.fields, ""))


def longest_answer(schema: Schema) -> int:
    """Tokens for the answer about one record of a list, so that several fit one context."""
    long = [field.many or field.kind is Kind.GENERATED for field in schema.walk()]
    return sum(_LIST_ANSWER if field else _FIELD_ANSWER for field in long)


class _Reader:
    """Walks the lines of an answer; every method moves `_at` past what it has read."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self._at = 0

    def _take(self, prefix: str) -> bool:
        """Move past *prefix* if it stands here."""
        found = self._answer.startswith(prefix, self._at)
        if found:
            self._at += len(prefix)
        return found

    def _rest_of_line(self) -> Span | None:
        """Move past the line; `None`, and nothing moves, when it did not end."""
        end = self._answer.find("\n", self._at)
        if end < 0:
            return None
        span = Span(self._at, end)
        self._at = end + 1
        return span

    def record(self, fields: Iterable[Field], indent: str, *, dash: str = "") -> RawRecord:
        cells: dict[str, RawCell] = {}
        lead = dash or indent
        for field in fields:
            found = self._take(f"{lead}{field.name}:")
            cells[field.name] = self._cell(field, indent) if found else _empty(field)
            lead = indent
        return cells

    def records(self, fields: tuple[Field, ...], indent: str) -> Iterable[RawRecord]:
        dash = f"{indent}- "
        while self._answer.startswith(f"{dash}{fields[0].name}:", self._at):
            yield self.record(fields, f"{indent}  ", dash=dash)

    def _cell(self, field: Field, indent: str) -> RawCell:
        nested = field.many or field.kind is Kind.OBJECT
        if not nested:
            return self._scalar(field, indent)
        self._take("\n")
        if not field.many:
            return self.record(field.fields, f"{indent}  ")
        if self._take(f"{indent}- {NOTHING}\n"):
            return ()
        if field.kind is Kind.OBJECT:
            return tuple(self.records(field.fields, indent))
        return tuple(self._items(indent))

    def _items(self, indent: str) -> Iterable[RawValue]:
        while self._take(f"{indent}- "):
            line = self._rest_of_line()
            if line is None:
                return
            yield RawValue(self._answer[line.start : line.end], line)

    def _scalar(self, field: Field, indent: str) -> RawValue:
        self._take(" ")
        line = self._rest_of_line()
        if line is None:
            return _UNANSWERED
        text = self._answer[line.start : line.end]
        if text == NOTHING:
            return RawValue(None, line)
        if not self._take(f"{indent}{field.name}{QUOTE_SUFFIX}: "):
            return RawValue(text, line)
        quote = self._rest_of_line()
        if quote is None:
            return _UNANSWERED
        words = self._answer[quote.start : quote.end]
        return RawValue(text, Span(line.start, quote.end), words)


def _empty(field: Field) -> RawCell:
    if field.many:
        return ()
    if field.kind is Kind.OBJECT:
        return {part.name: _empty(part) for part in field.fields}
    return _UNANSWERED
