"""What to extract: the fields of a record, whatever form the user wrote them in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Field", "Kind", "Schema"]

MAX_ITEMS = 64
MAX_RECORDS = 10_000

_HEADINGS = frozenset({"headline", "name", "title"})


class Kind(StrEnum):
    """What sort of answer a field takes; fixes both its grammar and how it is normalised."""

    TEXT = "text"  # data: the quote itself, or what its "format" in `limits` reads it into
    NUMBER = "number"  # data: int or float
    INTEGER = "integer"  # data: int
    MONEY = "money"  # data: "1234.50 EUR", "50000..60000 EUR/year"; see `schemas.money`
    DATE = "date"  # data: ISO 8601 "2026-11-21"
    DATETIME = (
        "datetime"  # data: ISO 8601 "2026-11-21T09:30:00"; the day alone where no time is said
    )
    URL = "url"  # data: absolute URL
    BOOLEAN = "boolean"  # data: true or false
    CHOICE = "choice"  # data: one of `choices`
    GENERATED = "generated"  # data: the model's own words; only where asked for, and never a quote
    OBJECT = "object"  # data: an object of `fields`


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to look for. Every field may turn out absent; absence is an answer.

    `many`: the page may say several; the answer is a list of *min_items* to *max_items*, all
        different where *unique*. A shorter list counts as absent.
    `required`: a page that does not say it is worth a second look (it still may be absent).
    `choices`: the allowed answers of a CHOICE, never empty there.
    `fields`: the parts of an OBJECT; parts are not objects themselves.
    `limits`: JSON Schema keywords that every value keeps to ("maximum", "pattern", and "enum" of
        numbers); one that does not counts as absent. See `schemas.limits`.
    `hint`, `cues`: from a plan: where to look, and what the page prints beside the value.
    """

    name: str
    kind: Kind = Kind.TEXT
    description: str = ""
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    max_items: int = MAX_ITEMS
    min_items: int = 0
    unique: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict, hash=False)
    hint: str = ""
    cues: tuple[str, ...] = ()

    def walk(self) -> Iterator[Field]:
        """This field, then its parts."""
        yield self
        for part in self.fields:
            yield from part.walk()

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name, lower case: of `priceCurrency` as of `price_currency`."""
        parted = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", self.name)
        return tuple(re.findall(r"[^\W\d_]+", parted.lower()))

    @property
    def labels(self) -> tuple[str, ...]:
        """Words that a page may print before the value: the cues, the name, its parts; lower case.

        Without cues the whole name comes first.
        """
        words = re.findall(r"[^\W_]+", self.name.lower())
        cues = (" ".join(cue.lower().split()).rstrip(" :：") for cue in self.cues)
        return tuple(dict.fromkeys([*filter(None, cues), " ".join(words), *words]))

    @property
    def is_heading(self) -> bool:
        """Whether a page's heading is likely to answer it, as it does a `job_title`."""
        last = re.findall(r"[^\W_]+", self.name.lower())[-1:]
        return self.kind is Kind.TEXT and not self.many and not _HEADINGS.isdisjoint(last)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a record holds.

    `many`: a page may list several records, at most *max_records*; otherwise it is one record.
    `record_xpath`, `skip`: from a plan: where records stand, and sections that say nothing of them.
        See `schemas.plan.Plan`.
    """

    name: str
    fields: tuple[Field, ...]
    description: str = ""
    many: bool = False
    max_records: int = MAX_RECORDS
    record_xpath: str | None = None
    skip: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def walk(self) -> Iterator[Field]:
        """Every field, each followed by its parts."""
        for asked in self.fields:
            yield from asked.walk()

    @property
    def names(self) -> tuple[str, ...]:
        """Field names in column order."""
        return tuple(field.name for field in self.fields)
