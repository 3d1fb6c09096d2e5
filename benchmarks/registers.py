"""Made-up big pages whose right answers are known: registers of permits, and one long posting.

All of it is invented here. Records lack fields, and change as the list goes on: some have an older
date before the one that is asked for, some a second amount, as records of real registers do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["LAYOUTS", "PERMITS", "POSTING", "Case", "Gold", "permits", "posting", "register"]

Gold = Mapping[str, Any]
"""What a record says by field, as plain data; `None`: nothing."""

PERMITS: Mapping[str, Any] = {
    "title": "permit",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "what is permitted"},
            "number": {"type": "string", "description": "number of the permit"},
            "issued": {"type": "string", "format": "date"},
            "fee": {"type": "string", "format": "money"},
            "link": {"type": "string", "format": "uri"},
        },
    },
}
POSTING: Mapping[str, Any] = {
    "title": "job_posting",
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "salary": {"type": "string", "format": "money"},
        "apply_by": {"type": "string", "format": "date", "description": "last day to apply"},
        "reference": {"type": "string", "description": "reference number of the posting"},
    },
}

_HOST = "https://register.example"
_MONTHS = "January February March April May June July August September October November December"
_WHAT = "Mooring|Scaffold|Market stall|Street music|Boat hire|Tree felling|Filming|Bonfire|Ferry"
_WHERE = "the old quay|Linden Square|the north bridge|Mill Lane|the fish market|Castle Green"
_WHO = "Anders & Daughters|Low Tide Ltd|M. Okafor|Rowan Brothers|S. Vance|The Reed Society"
_CHANGE = 0.55  # of the list, from which on records are written otherwise


@dataclass(frozen=True, slots=True)
class Case:
    """A page as HTML and what it says, record by record."""

    html: str
    gold: Sequence[Gold]


@dataclass(frozen=True, slots=True)
class _Permit:
    """`amended`: another date, which is not asked for; `before`: another amount; "": none."""

    name: str
    number: str
    issued: str
    fee: str
    link: str
    amended: str = ""
    before: str = ""


def register(layout: str, records: int) -> Case:
    """A list of *records* permits, laid out in one of `LAYOUTS`."""
    found = list(permits(records))
    body = "".join(LAYOUTS[layout](found))
    menu = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in ["Home", "Help", "Press"])
    html = (
        f"<!doctype html><html lang='en'><head><title>Permits - Harbour Office</title>"
        f"<base href='{_HOST}/'></head><body><nav><ul>{menu}</ul></nav><h1>Permits</h1>"
        f"<p>All permits that the office has issued, the newest last.</p>{body}"
        "<footer><p>Harbour Office, 1 Quay Street. Updated 2 March 2026.</p></footer></body></html>"
    )
    return Case(html, [_gold(permit) for permit in found])


def permits(count: int) -> Iterator[_Permit]:
    """The same ones each time."""
    draw = random.Random(4)
    whats, wheres, whos = (words.split("|") for words in (_WHAT, _WHERE, _WHO))
    for i in range(count):
        late = i >= _CHANGE * count
        name = f"{draw.choice(whats)} at {draw.choice(wheres)}"
        yield _Permit(
            f"{name} for {draw.choice(whos)}",
            "" if i % 17 == 5 else f"HP-{20_000 + 7 * i}",
            "" if i % 11 == 7 else _day(draw, 2024 + (i * 2) // max(1, count)),
            "" if i % 7 == 3 else f"€{draw.randint(20, 2_400):,}.{draw.choice(['00', '50'])}",
            "" if i % 13 == 9 else f"/permits/{20_000 + 7 * i}",
            _day(draw, 2023) if late and i % 5 == 0 else "",
            f"€{draw.randint(2_500, 4_000):,}.00" if late and i % 9 == 0 else "",
        )


def _day(draw: random.Random, year: int) -> str:
    return f"{draw.randint(1, 28)} {draw.choice(_MONTHS.split())} {year}"


def _gold(permit: _Permit) -> Gold:
    fee = permit.fee.removeprefix("€").replace(",", "")
    return {
        "name": permit.name,
        "number": permit.number or None,
        "issued": iso(permit.issued) if permit.issued else None,
        "fee": f"{fee} EUR" if fee else None,
        "link": _HOST + permit.link if permit.link else None,
    }


def iso(day: str) -> str:
    """ISO 8601 of a day such as "3 May 2026"."""
    number, month, year = day.split()
    return f"{year}-{_MONTHS.split().index(month) + 1:02}-{int(number):02}"


def _named(permit: _Permit) -> str:
    return f"<a href='{permit.link}'>{permit.name}</a>" if permit.link else permit.name


def _table(found: Sequence[_Permit]) -> Iterator[str]:
    """A row each, empty cells for what is not there, and a row of words now and then."""
    yield "<table><thead><tr><th>Permit<th>Number<th>Issued<th>Fee</tr></thead><tbody>"
    for place, one in enumerate(found):
        if place % 250 == 0:
            yield f"<tr class='part'><td colspan='4'>Volume {place // 250 + 1}</td></tr>"
        note = f" <small>(amended {one.amended})</small>" if one.amended else ""
        was = f" <small>(was {one.before})</small>" if one.before else ""
        yield (
            f"<tr><td>{_named(one)}</td><td>{one.number}</td><td>{one.issued}{note}</td>"
            f"<td>{one.fee}{was}</td></tr>"
        )
    yield "</tbody></table>"


def _cards(found: Sequence[_Permit]) -> Iterator[str]:
    """Divisions that leave out what is not there."""
    yield "<div class='grid'>"
    for place, one in enumerate(found):
        lines = [
            one.number and f"<span class='no'>No. {one.number}</span>",
            one.amended and f"<div class='when'><b>Amended:</b> {one.amended}</div>",
            one.issued and f"<div class='when'><b>Issued:</b> {one.issued}</div>",
            one.before and f"<div class='sum'><b>Old fee:</b> {one.before}</div>",
            one.fee and f"<div class='sum'><b>Fee:</b> {one.fee}</div>",
        ]
        held = "".join(filter(None, lines))
        yield f"<div class='card' id='c{place}'><div class='head'>{_named(one)}</div>{held}</div>"
    yield "</div>"


def _nested(found: Sequence[_Permit]) -> Iterator[str]:
    """A list of piers, each with a list of permits, each with a list of what is known of it."""
    yield "<ul class='piers'>"
    for start in range(0, len(found), 20):
        yield f"<li><h2>Pier {start // 20 + 1}</h2><ul>"
        for one in found[start : start + 20]:
            lines = [
                one.number and f"<li>Number {one.number}</li>",
                one.amended and f"<li>Amended on {one.amended}</li>",
                one.issued and f"<li>Issued on {one.issued}</li>",
                one.fee and f"<li>Fee {one.fee}{one.before and f', once {one.before}'}</li>",
            ]
            yield f"<li>{_named(one)}<ul>{''.join(filter(None, lines))}</ul></li>"
        yield "</ul></li>"
    yield "</ul>"


LAYOUTS: Mapping[str, Callable[[Sequence[_Permit]], Iterator[str]]] = {
    "table": _table,
    "cards": _cards,
    "nested": _nested,
}


def posting(size: int) -> Case:
    """A posting of some *size* bytes: its title first, its salary in the middle, the rest in the
    very last paragraph; between them prose with other dates, numbers and sums."""
    draw = random.Random(9)
    middle = "<h2>What we offer</h2><p>Salary: €3,450.00 a month</p>"
    end = "<p>Apply by: 17 June 2027. Reference number: KH-88231.</p>"
    half: list[str] = []
    written = 0
    while written < size // 2:
        half.append(_paragraph(draw))
        written += len(half[-1].encode())
    prose = "".join(half)
    html = (
        "<!doctype html><html lang='en'><head><title>Careers</title></head><body><main>"
        f"<h1>Keeper of the harbour lights</h1>{prose}{middle}{prose}{end}</main></body></html>"
    )
    gold = {
        "title": "Keeper of the harbour lights",
        "salary": "3450.00 EUR/month",
        "apply_by": "2027-06-17",
        "reference": "KH-88231",
    }
    return Case(html, [gold])


_PROSE = (
    "In {year} the storm of {day} took {n} boats from the wall and left the lamp dark",
    "The keepers of those years wrote {n} pages a winter and counted every ship that passed",
    "Repairs came to {sum} and were finished on {day} by the people of the upper town",
    "Nobody then thought of electric light, and oil was carried up the {n} steps by hand",
    "A visitor may climb the tower when the wind allows it and the tide is out",
)


def _paragraph(draw: random.Random) -> str:
    said = [
        draw.choice(_PROSE).format(
            year=draw.randint(1790, 1980),
            day=_day(draw, draw.randint(1790, 1980)),
            n=draw.randint(12, 4_000),
            sum=f"£{draw.randint(100, 9_000):,}",
        )
        for _ in range(draw.randint(2, 7))
    ]
    return f"<p>{'. '.join(said)}.</p>\n"
