"""Learned selectors: where records of one make keep each field, and how to read it there.

A selector names elements by tag, class or column and a second element around them, may ask for a
label before them, and says which words of the element are the value: all, those between two
strings, or what has the form of the values seen. It is learned (`induction`) from
records that a model has read, and it knows how often it agreed with the model. What it is not sure
about it leaves open: nothing found, another look than the values it was learned from, a record
built otherwise. The idea of wrappers is old (Kushmerick 1997; for filtering and voting over many
candidates see Evaporate, Arora et al. 2023); what is left to the model, and when, is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

from extractors.learning.outline import Region, fold, stripped
from extractors.parsing.blocks import CELL_MARK
from extractors.relevance.looks import FORMS, forms_of
from extractors.values.customs import Customs
from extractors.values.normalise import normalise
from schemas.document import Span
from schemas.record import Cell, Evidence, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = [
    "Learned",
    "Look",
    "Selector",
    "Selectors",
    "Tally",
    "apply",
    "face_of",
    "from_plain",
    "lead_of",
    "leaves",
    "meaning",
    "shape_of",
    "to_plain",
    "without_failing",
]

_LEADS = 2  # so many are no accident

_SHAPE = re.compile(r"(?P<letters>[^\W\d_]+)|(?P<digits>\d+)|(?P<space>\s+)|(?P<sign>.)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_SHAPE_PARTS = {"a": r"[^\W\d_]+", "9": r"\d+", " ": r"\s+"}


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was checked against a model, and how often both said the same."""

    agreed: int = 0
    checked: int = 0

    @property
    def wrong(self) -> int:
        return self.checked - self.agreed

    @property
    def confidence(self) -> float:
        """Laplace's rule of succession: the chance that the next one agrees too."""
        return (self.agreed + 1) / (self.checked + 2)

    def and_then(self, *, agreed: bool) -> Tally:
        return Tally(self.agreed + agreed, self.checked + 1)


@dataclass(frozen=True, slots=True)
class Selector:
    """Where in a record a field's value stands.

    `step`: what its element is called; `scope`: one around it, "" for any; `above`: among the
    headings over the record. `label`: the words right before it, folded; "" for any.
    `left`, `right`: the words that the value stands between in the element, with "9" for any
    number; `shapes`: the forms
    one of which it has, the longest first. All empty: the element's whole text.
    `nth`: which of several places counts, from 0, or -1 for the last; `None`: all of them, which
    for a field of one value must be a single one.
    """

    step: str
    scope: str = ""
    above: bool = False
    label: str = ""
    left: str = ""
    right: str = ""
    shapes: tuple[str, ...] = ()
    nth: int | None = None

    def find(self, region: Region) -> tuple[Span, ...]:
        """The places in *region*, in reading order; () when it has none. Never outside it."""
        places = self.places(region)
        if self.nth is None:
            return places
        inside = -len(places) <= self.nth < len(places)
        return (places[self.nth],) if inside else ()

    def places(self, region: Region) -> tuple[Span, ...]:
        """Every place, whatever `nth` says."""
        found: dict[Span, None] = {}
        for piece in region.named(self.step, self.scope, above=self.above):
            if not self.label or region.label(piece) == self.label:
                found.update(dict.fromkeys(self._parts(region.text, piece.span)))
        return tuple(sorted(found))

    def _parts(self, text: str, span: Span) -> Iterable[Span]:
        if self.shapes:
            matches = _matcher(self.shapes).finditer(text, span.start, span.end)
            return [Span(*match.span()) for match in matches]
        before = _delimiter(self.left).search(text, span.start, span.end)
        if before is None:
            return []
        after = _delimiter(self.right).search(text, before.end(), span.end) if self.right else None
        if self.right and after is None:
            return []
        part = stripped(text, Span(before.end(), after.start() if after else span.end))
        return [part] if part else []


@dataclass(frozen=True, slots=True)
class Look:
    """What the values seen look like: characters from `shortest` to `longest`, all of one `line`,
    all with `digits`. `leads`: the words that came before them in their line or cell (see
    `lead_of`), where these were few; () for any."""

    shortest: int
    longest: int
    line: bool
    digits: bool
    leads: tuple[str, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str], leads: Iterable[str] = ()) -> Look:
        few = sorted(set(leads))
        return cls(
            min(map(len, texts)),
            max(map(len, texts)),
            not any("\n" in text for text in texts),
            all(map(_has_digit, texts)),
            tuple(few) if len(few) <= _LEADS else (),
        )

    def fits(self, text: str, lead: str) -> bool:
        """Whether *text* after *lead* could be one of them; twice as long as the longest is still
        possible. After "Amended:" stands another date than after "Issued:"."""
        if self.leads and lead not in self.leads:
            return False
        long = len(text) > 2 * self.longest + 10 or 3 * len(text) < self.shortest
        return not (long or (self.line and "\n" in text) or (self.digits and not _has_digit(text)))


@dataclass(frozen=True, slots=True)
class Learned:
    """How one field is answered.

    `rules`: tried in order, each with how it did on the records that it answered. `absent`: faces
    of records (see `face_of`) of which the model said that they lack the field.
    `said`: for choices and booleans, the answer that words of the page stand for, folded.
    """

    rules: tuple[tuple[Selector, Tally], ...] = ()
    absent: Mapping[str, Tally] = field(default_factory=dict)
    look: Look | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    def reduced(
        self, rules: Sequence[tuple[Selector, Tally]], absent: Mapping[str, Tally]
    ) -> Learned:
        """With these rules and faces alone. Where a rule is gone the faces go as well: of records
        that it would have answered they know nothing."""
        whole = len(rules) == len(self.rules)
        return replace(self, rules=tuple(rules), absent=dict(absent) if whole else {})


@dataclass(frozen=True, slots=True)
class Selectors:
    """By field what was learned; a part of an object is named "object.part"."""

    fields: Mapping[str, Learned] = field(default_factory=dict)


def apply(selectors: Selectors, schema: Schema, region: Region) -> dict[str, Cell]:
    """The cells that *selectors* are sure of; a field that is not in it is open.

    An absent value is an answer too: records built like this one lack the field. Every value found
    quotes *region*. Never raises.
    """
    answered: dict[str, Cell] = {}
    for asked in schema:
        parts = leaves(asked)
        cells = {name: _cell(selectors.fields.get(name), part, region) for name, part in parts}
        if not parts or None in cells.values():
            continue
        inner = {part.name: cell for (_, part), cell in zip(parts, cells.values(), strict=True)}
        answered[asked.name] = inner if asked.kind is Kind.OBJECT else inner[asked.name]  # type: ignore[assignment]
    return answered


def without_failing(before: Selectors, after: Selectors, *, most: int) -> Selectors:
    """*after* without the rules, and the faces, that were wrong more than *most* times since
    *before*, which it went on from."""
    fields = {}
    for name, learned in after.fields.items():
        known = before.fields[name]
        wrong = {selector: tally.wrong for selector, tally in known.rules}
        rules = [rule for rule in learned.rules if rule[1].wrong - wrong[rule[0]] <= most]
        faces = {
            face: tally
            for face, tally in learned.absent.items()
            if tally.wrong - known.absent[face].wrong <= most
        }
        kept = learned.reduced(rules, faces)
        if kept.rules or kept.absent:
            fields[name] = kept
    return Selectors(fields)


def leaves(asked: Field) -> list[tuple[str, Field]]:
    """The fields of *asked* that selectors answer, by name: itself, or an object's parts; of a
    list of objects none."""
    if asked.kind is not Kind.OBJECT:
        return [(asked.name, asked)]
    return [] if asked.many else [(f"{asked.name}.{part.name}", part) for part in asked.fields]


def face_of(region: Region, asked: Field) -> str:
    """The region's face, and whether it has anything of the form that *asked* would have."""
    held = "".join(region.quotes())
    forms = "".join("+" if FORMS[form].search(held) else "-" for form in forms_of(asked))
    return f"{region.face()}{forms}"


def _cell(learned: Learned | None, asked: Field, region: Region) -> Cell | None:
    """`None`: open."""
    if learned is None:
        return None
    unclear = False
    for selector, tally in learned.rules:
        if places := selector.find(region):
            if len(places) > 1 and not asked.many:
                unclear = True
                continue
            values = [_value(place, learned, tally, asked, region) for place in places]
            whole = tuple(value for value in values if value is not None)
            if len(whole) != len(values):
                return None
            return whole[: asked.max_items] if asked.many else whole[0]
    if unclear or not learned.absent:
        return None
    tally = learned.absent.get(face_of(region, asked), Tally())
    if not tally.checked:
        return None
    return () if asked.many else Value(tier=Tier.SELECTOR, confidence=tally.confidence)


def _value(
    place: Span, learned: Learned, tally: Tally, asked: Field, region: Region
) -> Value | None:
    document = region.outline.page.document
    quote = document.quote(place)
    if learned.look is None or not learned.look.fits(quote, lead_of(region, place)):
        return None
    said = meaning(quote, place, learned.said, asked, region)
    if said is None:
        return None
    data = normalise(said, asked, base_url=document.url, customs=Customs.of(document))
    if data is None:
        return None
    evidence = Evidence(quote, place, document.block_at(place.start).xpath)
    return Value(said, data, evidence, Tier.SELECTOR, tally.confidence, ValueStatus.FOUND)


def lead_of(region: Region, place: Span) -> str:
    """The words before *place* in its block, or its cell of a row, and in it those before its first
    number; folded, with "9" for any number."""
    start = region.outline.page.document.block_at(place.start).span.start
    start = max(start, region.text.rfind(CELL_MARK, start, place.start) + 1)
    number = re.compile(r"\d").search(region.text, place.start, place.end)
    words = region.text[start : number.start() if number else place.start]
    return re.sub(r"\d+", "9", fold(words))


def meaning(
    quote: str, place: Span, said: Mapping[str, str], asked: Field, region: Region
) -> str | None:
    """What *quote* says: a link's address, the choice it stands for, itself; `None`: nothing that
    *asked* could be."""
    if asked.kind is Kind.URL:
        address = quote if _ADDRESS.fullmatch(quote) else None
        return region.outline.href(place) or address
    if asked.kind in (Kind.CHOICE, Kind.BOOLEAN):
        return said.get(fold(quote))
    return quote


def shape_of(text: str) -> str:
    """*text* with "a" for each word of letters, "9" for each number and " " for each gap."""
    symbols = {"letters": "a", "digits": "9", "space": " "}
    return "".join(symbols.get(str(match.lastgroup), match[0]) for match in _SHAPE.finditer(text))


@cache
def _matcher(shapes: tuple[str, ...]) -> re.Pattern[str]:
    parts = ("".join(_SHAPE_PARTS.get(sign, re.escape(sign)) for sign in s) for s in shapes)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")


@cache
def _delimiter(words: str) -> re.Pattern[str]:
    return re.compile(r"\d+".join(map(re.escape, re.split(r"\d+", words))))


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


# As JSON


def to_plain(selectors: Selectors) -> dict[str, Any]:
    """*selectors* as a JSON object; the inverse of `from_plain`."""
    return {name: asdict(learned) for name, learned in selectors.fields.items()}


def from_plain(plain: Mapping[str, Any]) -> Selectors:
    """Raises KeyError, TypeError or ValueError on what `to_plain` did not write."""
    return Selectors({name: _learned(each) for name, each in plain.items()})


def _learned(plain: Mapping[str, Any]) -> Learned:
    rules = tuple(
        (replace(Selector(**where), shapes=tuple(where["shapes"])), Tally(**tally))
        for where, tally in plain["rules"]
    )
    absent = {face: Tally(**tally) for face, tally in plain["absent"].items()}
    seen = plain["look"]
    look = Look(**{**seen, "leads": tuple(seen.get("leads", ()))}) if seen else None
    return Learned(rules, absent, look, dict(plain["said"]))
