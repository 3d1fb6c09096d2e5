"""Learning selectors from records that a model has read.

Every place that could lead to a value is a candidate; each example votes for those that would have
led to its own. The ones with most votes are then tried on all examples, and the best is taken, and
the best for those that it leaves, as long as what they say is nearly always what the model said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractors.learning.outline import Piece, Region, fold
from extractors.learning.selectors import (
    Learned,
    Look,
    Selector,
    Selectors,
    Tally,
    face_of,
    lead_of,
    leaves,
    meaning,
    shape_of,
)
from extractors.values.customs import Customs
from extractors.values.normalise import normalise
from schemas.document import Span
from schemas.record import Cell, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = ["Example", "checked", "learn"]

_SUPPORT = 3  # examples that a rule must be right on
_FREE_OF_WRONG = 8  # one more wrong answer is let pass for every so many right ones
_NULLS = 5  # records of a face without the field, before another such is said to lack it
_RULES = 3  # for one field
_TRIED = 150  # candidates with most votes
_OUTER = 4  # pieces around a value, the innermost first
_WIDE = 600  # characters; no piece longer than that holds just one thing
_SHAPES, _SHAPE_CHARS = 4, 60
_DELIMITER = 40  # characters
_LOOSE = " .,;:\n"
_TELLING = frozenset({"h1", "h2", "h3", "dt", "time", "title"})  # tags that are rare enough
_ANY_SHAPE = ("",)  # in a candidate, until the shapes of all examples are known


@dataclass(frozen=True, slots=True)
class Example:
    """A record, and what a model found in it by field."""

    region: Region
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class _Case:
    """One field of an example. `values`: what was found, [] where the record lacks it."""

    region: Region
    values: tuple[Value, ...]

    def quote(self, place: Span) -> str:
        return self.region.text[place.start : place.end]


def learn(
    schema: Schema, examples: Sequence[Example], *, wrong_in: int = _FREE_OF_WRONG
) -> Selectors:
    """Selectors for the fields of *schema* that *examples* allow; others stay unlearned.

    The order of the examples does not matter. A rule agrees with the model on at least three
    examples, and but for one in *wrong_in* others on all that it answers.
    """
    fields = {}
    for asked in schema:
        for name, part in leaves(asked):
            learned = _Learner(part, _cases(name, part, examples), wrong_in).learned()
            if learned.rules or learned.absent:
                fields[name] = learned
    return Selectors(fields)


def checked(selectors: Selectors, schema: Schema, examples: Sequence[Example]) -> Selectors:
    """*selectors* as they stand after *examples* that they were not learned from: tallies go on,
    and what is no longer nearly always right is gone."""
    fields = {}
    parts = {name: part for asked in schema for name, part in leaves(asked)}
    for name, learned in selectors.fields.items():
        cases = _cases(name, parts[name], examples)
        after = _Learner(parts[name], cases).gone_on(learned)
        if after.rules or after.absent:
            fields[name] = after
    return Selectors(fields)


def _cases(name: str, asked: Field, examples: Sequence[Example]) -> list[_Case]:
    """Of *examples* those that say something certain about the field."""
    found = []
    for example in examples:
        cell: Cell | None = None
        at: Cell | Mapping[str, Cell] = example.cells
        for step in name.split("."):
            cell = at.get(step) if isinstance(at, Mapping) else None
            at = cell if cell is not None else {}
        values = _values(cell)
        if values is not None and all(_is_sure(value, example.region) for value in values):
            found.append(_Case(example.region, values))
    return found


def _values(cell: Cell | None) -> tuple[Value, ...] | None:
    if isinstance(cell, Value):
        return () if cell.status is ValueStatus.ABSENT else (cell,)
    if isinstance(cell, tuple):
        return tuple(item for item in cell if isinstance(item, Value))
    return None


def _is_sure(value: Value, region: Region) -> bool:
    """Whether *value* stands in the region's visible text, uncontradicted."""
    found = value.status is ValueStatus.FOUND and value.evidence is not None
    return bool(found and value.evidence and region.holds(value.evidence.span))


def allows(tally: Tally, wrong_in: int = _FREE_OF_WRONG) -> bool:
    """Whether so few wrong answers are let pass."""
    wrong = tally.checked - tally.agreed
    return wrong * wrong_in <= tally.agreed


class _Learner:
    """Learns one field from its cases."""

    def __init__(
        self, asked: Field, cases: Sequence[_Case], wrong_in: int = _FREE_OF_WRONG
    ) -> None:
        self._asked = asked
        self._wrong_in = wrong_in
        self._cases = cases
        self._found = [case for case in cases if case.values]
        self._shapes = self._all_shapes()
        self._read: dict[tuple[str, str, Customs], object] = {}
        self._said = self._sayings()

    def learned(self) -> Learned:
        rules = tuple(self._rules())
        seen = [(c.region, v.evidence) for c in self._found for v in c.values if v.evidence]
        leads = (lead_of(region, evidence.span) for region, evidence in seen)
        look = Look.of([evidence.quote for _, evidence in seen], leads) if seen else None
        faces = self._faces([selector for selector, _ in rules])
        sure = {f: t for f, t in faces.items() if t.checked >= _NULLS and allows(t)}
        return Learned(rules, sure, look, self._said)

    def gone_on(self, learned: Learned) -> Learned:
        """*learned* with these cases added to its tallies."""
        self._said = dict(learned.said)
        selectors = [selector for selector, _ in learned.rules]
        tallies = [tally for _, tally in learned.rules]
        for case in self._cases:
            answer = self._first_answer(selectors, case)
            if answer and all(_fits(learned.look, case, place) for place in answer[1]):
                number, places = answer
                agreed = self._agrees(case, places)
                tallies[number] = tallies[number].and_then(agreed=agreed)
        rules = list(zip(selectors, tallies, strict=True))
        faces = dict(learned.absent)
        for face, tally in self._faces(selectors).items():
            if face in faces:
                known = faces[face]
                faces[face] = Tally(known.agreed + tally.agreed, known.checked + tally.checked)
        return learned.reduced(
            [rule for rule in rules if allows(rule[1])],
            {face: tally for face, tally in faces.items() if allows(tally)},
        )

    # Rules

    def _rules(self) -> Iterator[tuple[Selector, Tally]]:
        """The best rule, the best for what it leaves open, and so on."""
        left = list(self._cases)
        taken: list[Selector] = []
        while len(taken) < _RULES and sum(bool(case.values) for case in left) >= _SUPPORT:
            best = max(self._tried(left), key=_worth, default=None)
            if best is None:
                return
            yield best
            taken.append(best[0])
            left = [case for case in left if not self._answer(best[0], case)]

    def _tried(self, cases: Sequence[_Case]) -> Iterator[tuple[Selector, Tally]]:
        votes = Counter(c for case in cases if case.values for c in set(self._candidates(case)))
        likely = [candidate for candidate, count in votes.items() if count >= _SUPPORT]
        likely.sort(key=lambda candidate: (-votes[candidate], _cost(candidate)))
        for candidate in likely[:_TRIED]:
            yield from self._numbered(replace(candidate, shapes=self._shapes_of(candidate)), cases)

    def _shapes_of(self, candidate: Selector) -> tuple[str, ...]:
        return self._shapes if candidate.shapes else ()

    def _numbered(
        self, selector: Selector, cases: Sequence[_Case]
    ) -> Iterator[tuple[Selector, Tally]]:
        """*selector* for each of its places that could be meant, with how it does there."""
        numbers = [None] if self._asked.many else [None, 0, -1, 1, 2]
        for number in numbers:
            numbered = replace(selector, nth=number)
            tally = self._tally(numbered, cases)
            if tally.agreed >= _SUPPORT and allows(tally, self._wrong_in):
                yield numbered, tally

    def _tally(self, selector: Selector, cases: Sequence[_Case]) -> Tally:
        """How *selector* does. Words are compared first: reading each as a date takes time."""
        answers = [(case, places) for case in cases if (places := self._answer(selector, case))]
        told = [self._same_words(case, places) for case, places in answers]
        if 2 * sum(told) < len(told):
            return Tally(0, len(told))
        agreed = (
            same or self._same_data(case, places)
            for same, (case, places) in zip(told, answers, strict=True)
        )
        return Tally(sum(agreed), len(told))

    def _answer(self, selector: Selector, case: _Case) -> tuple[Span, ...]:
        """What the rule would answer; () where it leaves the case to others."""
        places = selector.find(case.region)
        if self._asked.many:
            return places[: self._asked.max_items]
        return places if len(places) == 1 else ()

    def _first_answer(
        self, selectors: Sequence[Selector], case: _Case
    ) -> tuple[int, tuple[Span, ...]] | None:
        for number, selector in enumerate(selectors):
            if places := self._answer(selector, case):
                return number, places
        return None

    def _agrees(self, case: _Case, places: Sequence[Span]) -> bool:
        return self._same_words(case, places) or self._same_data(case, places)

    def _same_words(self, case: _Case, places: Sequence[Span]) -> bool:
        if self._asked.kind is Kind.URL:
            return self._same_data(case, places)
        quotes = [_core(_quote(value)) for value in case.values]
        return [_core(case.quote(place)) for place in places] == quotes

    def _same_data(self, case: _Case, places: Sequence[Span]) -> bool:
        """Whether the values are the same: other words of a page may say the same date."""
        if self._asked.kind is Kind.TEXT or len(places) != len(case.values):
            return False
        return all(
            self._data(case, place) == value.data
            for place, value in zip(places, case.values, strict=True)
        )

    def _data(self, case: _Case, place: Span) -> object:
        quote = case.quote(place)
        said = meaning(quote, place, self._said, self._asked, case.region)
        if said is None or len(said) > _WIDE:
            return None
        document = case.region.outline.page.document
        key = said, document.url, Customs.of(document)
        if key not in self._read:
            self._read[key] = normalise(said, self._asked, base_url=key[1], customs=key[2])
        return self._read[key]

    # Candidates

    def _candidates(self, case: _Case) -> Iterator[Selector]:
        """Rules that lead to the first value of *case*, whatever else they lead to."""
        value = case.values[0]
        span = value.evidence.span if value.evidence else case.region.own
        for piece, above in case.region.holding(span)[:_OUTER]:
            if len(piece.span) > _WIDE + len(span):
                return
            label = case.region.label(piece)
            for part in self._parts(case.region.text, piece, value):
                for where in _names(piece):
                    for words in dict.fromkeys(("", label)):
                        yield replace(part, **where, above=above, label=words)  # type: ignore[arg-type]

    def _parts(self, text: str, piece: Piece, value: Value) -> Iterator[Selector]:
        """Ways to say which words of *piece* are the value."""
        span = value.evidence.span if value.evidence else piece.span
        before = text[piece.span.start : span.start]
        after = text[span.end : piece.span.end]
        if not before.strip() and not after.strip(_LOOSE):
            yield Selector("")
            return
        if self._asked.kind is Kind.URL:
            return
        for left in _before(before):
            for right in _after(after):
                yield Selector("", left=left, right=right)
        if self._shapes and shape_of(_quote(value)) in self._shapes:
            yield Selector("", shapes=_ANY_SHAPE)

    def _all_shapes(self) -> tuple[str, ...]:
        """The forms that all values have, where they are few and tell them from other words."""
        texts = {_quote(value) for case in self._found for value in case.values}
        shapes = {shape_of(text) for text in texts if len(text) <= _SHAPE_CHARS}
        if not 0 < len(shapes) <= _SHAPES or not all("9" in shape for shape in shapes):
            return ()
        return tuple(sorted(shapes, key=lambda shape: (-len(shape), shape)))

    def _faces(self, selectors: Sequence[Selector]) -> dict[str, Tally]:
        """Of records in which no rule finds anything, by face, how many lack the field."""
        faces: dict[str, Tally] = {}
        for case in self._cases:
            if not any(selector.find(case.region) for selector in selectors):
                face = face_of(case.region, self._asked)
                faces[face] = faces.get(face, Tally()).and_then(agreed=not case.values)
        return faces

    def _sayings(self) -> dict[str, str]:
        """For choices, by words of the page what the model took them for, where that is one."""
        if self._asked.kind not in (Kind.CHOICE, Kind.BOOLEAN):
            return {}
        heard: dict[str, set[str]] = {}
        for case in self._found:
            for value in case.values:
                heard.setdefault(fold(_quote(value)), set()).add(str(value.raw))
        return {words: said.pop() for words, said in sorted(heard.items()) if len(said) == 1}


def _fits(look: Look | None, case: _Case, place: Span) -> bool:
    """Whether it would be answered at all: a place of another look is left open."""
    return look is not None and look.fits(case.quote(place), lead_of(case.region, place))


def _quote(value: Value) -> str:
    return value.evidence.quote if value.evidence else ""


def _core(text: str) -> str:
    """*text* folded, without the stop or comma at its end that a model may leave out."""
    return fold(text).rstrip(_LOOSE)


def _names(piece: Piece) -> Iterator[dict[str, str]]:
    for step in piece.names:
        yield {"step": step, "scope": ""}
        for names in piece.scopes:
            for scope in names:
                yield {"step": step, "scope": scope}


def _before(text: str) -> list[str]:
    """What the value may come after: nothing, the last word, all that is before it."""
    if not text.strip():
        return [""]
    return _delimiters([text[text.rstrip().rfind(" ") + 1 :], text])


def _after(text: str) -> list[str]:
    """What may end the value: the end, the signs after it, a word or two after it, all the rest."""
    if not text.strip():
        return [""]
    words = text.split(" ")
    lead = 1 if text[0] == " " else 0
    signs = text[: len(text) - len(text.lstrip(" ,;:.|/()[]–—-·•\n"))]
    ends = [signs, " ".join(words[: lead + 1]), " ".join(words[: lead + 2]), text]
    return _delimiters(ends)


def _delimiters(texts: Sequence[str]) -> list[str]:
    """Those of *texts* that are short, with "9" for any number."""
    short = [re.sub(r"\d+", "9", text) for text in texts if text and len(text) <= _DELIMITER]
    return list(dict.fromkeys(short))


def _worth(rule: tuple[Selector, Tally]) -> tuple[int, tuple[int, ...], str]:
    selector, tally = rule
    wrong = tally.checked - tally.agreed
    numbers, name = _cost(selector)
    return tally.agreed - 3 * wrong, tuple(-number for number in numbers), name


def _cost(selector: Selector) -> tuple[tuple[int, ...], str]:
    """The plainer the likelier to hold on the next record; the name only breaks ties."""
    step, scope = selector.step, selector.scope
    telling = step in _TELLING or "[" in step or any(sign in step for sign in ".#")
    scoped = any(sign in scope for sign in ".#[")
    numbers = (
        bool(selector.shapes),
        bool(selector.left or selector.right),
        0 if selector.nth is None else 1 if selector.nth in (0, -1) else 2,
        not (telling or selector.label),
        not (telling or scoped or selector.label),
        bool(selector.label),
        len(selector.left) + len(selector.right),
        bool(scope) and not scoped,
        len(scope),
    )
    return numbers, repr(selector)
