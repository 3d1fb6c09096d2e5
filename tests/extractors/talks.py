"""A list of talks as a page, and the answers that a model would give: for tests of selectors."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from extractors.learning.induction import Example
from extractors.learning.outline import Outline
from extractors.lists.records import Entry, find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.values.normalise import normalise
from schemas.document import Span
from schemas.record import ABSENT, Cell, Evidence, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

TALKS = Schema("talk", (Field("title"), Field("day", Kind.DATE), Field("room")), many=True)
TALK = Schema("talk", TALKS.fields)
Row = tuple[str, str, str]


def rows(count: int, *, roomless: int = 0) -> list[Row]:
    """Talks; every *roomless*-th has no room."""
    titles = ("Oak", "On soil and water", "Hedges")
    return [
        (
            f"{titles[i % 3]} {chr(97 + i % 26)} {chr(97 + i // 26 % 26)}",
            f"{i % 27 + 1}.{i % 12 + 1}.2026",
            "" if roomless and i % roomless == 0 else f"Hall {'ABC'[i % 3]}",
        )
        for i in range(count)
    ]


def table(talks: Sequence[Row]) -> str:
    cells = "".join(f"<tr><td>{html.escape(t)}<td>on {d}, at noon<td>{r}</tr>" for t, d, r in talks)
    return f"<table><tr><th>Title<th>Day<th>Room</tr>{cells}</table>"


def cards(talks: Sequence[Row]) -> str:
    return "".join(
        f"<div class='card c{i}'><h3>{html.escape(t)}</h3><p class=meta><b>When:</b> {d}</p>"
        + (f"<p class=meta><b>Where:</b> {r}</p>" if r else "")
        + "</div>"
        for i, (t, d, r) in enumerate(talks)
    )


def lines(talks: Sequence[Row]) -> str:
    """Without any element of their own."""
    blocks = "".join(f"<p>{html.escape(t)}<br>{d}<br>{r or '-'}</p>" for t, d, r in talks)
    return f"<main>{blocks}</main>"


MAKES: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "table": table,
    "cards": cards,
    "lines": lines,
}


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("list", "https://ex.org/", body.encode()))


@dataclass
class Model:
    """Answers from the *talks* themselves; `misread` makes a record's answers wrong.

    `asked`: for each question its fields and how many records it was about.
    """

    page: ParsedPage
    talks: Sequence[Row]
    misread: Callable[[int], bool] = lambda place: False
    asked: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries = find_records(self.page, TALKS)
        self._outline = Outline(self.page)

    def __call__(self, schema: Schema, entries: Sequence[Entry]) -> list[Mapping[str, Cell]]:
        self.asked.append((schema.names, len(entries)))
        places = [self.entries.index(entry) for entry in entries]
        return [{f.name: self.cell(f, place) for f in schema} for place in places]

    def cell(self, asked: Field, place: int) -> Cell:
        words = self.talks[place][TALK.names.index(asked.name)]
        if self.misread(place):
            words = self.talks[place][2 - TALK.names.index(asked.name)]
        region = self._outline.region(self.entries[place].blocks)
        start = region.text.find(words, region.own.start, region.own.end) if words else -1
        data = normalise(words, asked)
        if start < 0 or data is None:
            return ABSENT
        span = Span(start, start + len(words))
        xpath = self.page.document.block_at(start).xpath
        evidence = Evidence(words, span, xpath)
        return Value(words, data, evidence, Tier.LARGE, 0.9, ValueStatus.FOUND)

    def example(self, place: int) -> Example:
        entry = self.entries[place]
        region = self._outline.region(entry.blocks, entry.context)
        return Example(region, {asked.name: self.cell(asked, place) for asked in TALK})

    @property
    def records_asked(self) -> int:
        return sum(count for _, count in self.asked)


def model(
    make: str, talks: Sequence[Row], *, misread: Callable[[int], bool] = lambda place: False
) -> Model:
    """One whose records are all found."""
    found = Model(parsed(MAKES[make](talks)), talks, misread)
    assert len(found.entries) == len(talks)
    return found
