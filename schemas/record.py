"""What was found: values with their evidence, records of values, and a page's result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.document import Span

__all__ = [
    "ABSENT",
    "Cell",
    "Cost",
    "Evidence",
    "PageResult",
    "PageStatus",
    "Record",
    "Signals",
    "Tier",
    "Tokens",
    "Value",
    "ValueStatus",
    "cell_data",
    "cell_values",
]


class ValueStatus(StrEnum):
    FOUND = "found"
    ABSENT = "absent"  # the page does not say
    CONFLICT = "conflict"  # two places on the page disagree
    GENERATED = "generated"  # the model's own words, as asked for: there is no quote


class PageStatus(StrEnum):
    OK = "ok"
    BAD = "bad"  # a 404, a wall, a script shell: no record, on purpose
    TRUNCATED = "truncated"  # the page or the answer was cut at the budget; what was read stands
    STOPPED = "stopped"  # the job was stopped within the page; going on with the job reads it anew
    PARTIAL = "partial"  # a model failed within the page; what was answered stands
    FAILED = "failed"  # the page could not be read or answered; `reason` says why


class Tier(StrEnum):
    """Who answered, cheapest first."""

    MARKUP = "markup"
    SELECTOR = "selector"
    SMALL = "small"
    LARGE = "large"
    PLANNER = "planner"
    PERSON = "person"  # somebody looked and said so; see `orchestration.storage.corrections`


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the page says it. `quote` is exactly `document.quote(span)`.

    `xpath` is the element that holds the first character of the quote.
    `markup`: the path in the page's markup that says it too, "json-ld[0].offers.price"; `None`
        where it was read from the visible text alone. Where it stands in the markup alone, `span`
        is empty, `xpath` is "" and `quote` is the markup's own words.
    """

    quote: str
    span: Span
    xpath: str
    markup: str | None = None

    @property
    def is_visible(self) -> bool:
        """Whether the visible text says it, and `span` points there."""
        return len(self.span) > 0


@dataclass(frozen=True, slots=True)
class Signals:
    """How a model came by a value: what a calibrated confidence is computed from. Nats, <= 0.

    `first`: log-probability of the token that begins it ("null" too is begun by one); `runner_up`:
    of the best other one there, `None` where the grammar left no other. `worst`, `mean`: over all
    tokens of it that were chosen, the one that ends it too. `margin`: the least lead of a chosen
    token over its runner-up, may be below 0 where rounding decided. `kept`: log of the least share
    of probability that the grammar left. `places`: how often its words stand in the text shown.
    `labelled`, `fills`: whether the quote follows the field's label, and is all of its block.
    """

    first: float
    runner_up: float | None
    worst: float
    mean: float
    margin: float
    kept: float
    places: int = 0
    labelled: bool = False
    fills: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One answer. Absent: `raw`, `data` and `evidence` are all `None`.

    `raw`: what the model or the markup said, before normalising. Of a generated value it is all
        there is: `evidence` is `None`.
    `data`: the normalised value (see `Kind`); equal to the quote for text. `None` with a `raw`
        set means the quote could not be read as the field's kind.
    `confidence`: how likely it is right, in [0, 1], calibrated where its worker's is; of an absent
        value, how likely the page does not say it: 0 where something was found and refused.
    `contrary`: where the page says something else, of a value whose status is conflict.
    `signals`: of a value that a model gave, and of its answer that there is none.
    """

    raw: str | None = None
    data: Any = None
    evidence: Evidence | None = None
    tier: Tier | None = None
    confidence: float = 0.0
    status: ValueStatus = ValueStatus.ABSENT
    contrary: Evidence | None = None
    signals: Signals | None = None


ABSENT = Value()

Cell = Value | tuple["Cell", ...] | Mapping[str, "Cell"]
"""A field's answer: one value, a list's items, or an object's parts."""


def cell_data(cell: Cell) -> Any:
    """The plain JSON data of a *cell*: scalar, list or dict."""
    if isinstance(cell, Value):
        return cell.data
    if isinstance(cell, tuple):
        return [cell_data(item) for item in cell]
    data = {name: cell_data(part) for name, part in cell.items()}
    return data if any(value not in (None, []) for value in data.values()) else None


def cell_values(cell: Cell) -> Iterator[Value]:
    """Every `Value` inside a *cell*, in order."""
    if isinstance(cell, Value):
        yield cell
        return
    for part in cell if isinstance(cell, tuple) else cell.values():
        yield from cell_values(part)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: a cell for every field of the schema, in its order."""

    cells: Mapping[str, Cell]
    url: str
    index: int = 0

    @property
    def data(self) -> dict[str, Any]:
        """Field name to plain JSON data."""
        return {name: cell_data(cell) for name, cell in self.cells.items()}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a page cost. `steps`: forward passes after the prompt."""

    prompt: int = 0
    output: int = 0
    steps: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.prompt + other.prompt, self.output + other.output, self.steps + other.steps
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a tier took of a page or a job. `seconds`: wall time."""

    tokens: Tokens = Tokens()
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """Tokens read and written."""
        return self.tokens.prompt + self.tokens.output

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.tokens + other.tokens, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class PageResult:
    """How one page ended.

    `source` is the name the user gave it: a URL, a path, or `archive.zip::inner/page.html`.
    `reason` is set unless the status is ok, and then where there is something to know all the same.
    `seconds` is wall time by stage: "read", "parse", "prompt", "decode".
    `text` is the document's text the spans point into ("" when the page was not read).
    `seen`: records that the page was found to list, of which `records` may be fewer; `None` where
        no list was asked for or recognised. `next_page`: where a list goes on; `None`: nowhere.
    `spent`: what each tier that was asked took; the planner's also for the plan of its layout,
        where this page is the first of it.
    """

    source: str
    status: PageStatus
    records: tuple[Record, ...] = ()
    reason: str | None = None
    tokens: Tokens = Tokens()
    seconds: Mapping[str, float] = field(default_factory=dict)
    text: str = ""
    seen: int | None = None
    next_page: str | None = None
    spent: Mapping[Tier, Cost] = field(default_factory=dict)
