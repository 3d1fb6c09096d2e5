"""How many values are normalised rightly, how fast, and what the first one of a kind costs.

    FIELDWISE_EVALDATA=... python -m benchmarks.values [--misses]

Prices and ratings are other people's raw texts with what they say (price-parser's and Zyte's own
test cases); prices are also read by price-parser itself, for comparison. Dates are what CLDR writes
for 24 days in each language, so they measure coverage and not the wild. Brands and breadcrumbs
are no job of normalising: they are quotes as they stand.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.values.currencies import currency_code
from extractors.values.customs import UNKNOWN, Customs
from extractors.values.normalise import normalise
from schemas.money import Money
from schemas.schema import Field, Kind

__all__ = ["Share", "dates", "main", "peer_prices", "prices", "ratings"]

_FIRST_DAY, _STEP, _DAYS = date(2019, 1, 5), timedelta(days=97), 24


@dataclass(slots=True)
class Share:
    """How many of some cases are right. `first_ms`: the first one, libraries loaded with it."""

    name: str
    cases: int = 0
    right: int = 0
    first_ms: float = 0.0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.right / self.cases if self.cases else 0.0

    def line(self) -> str:
        each = 1e6 * self.seconds / max(1, self.cases - 1)
        return (
            f"| {self.name} | {self.cases} | {self.share:.4f} | {each:.0f} | {self.first_ms:.0f} |"
        )


def measured(name: str, cases: Iterable[tuple[str, Any]], read: Callable[[str], Any]) -> Share:
    """How many of *cases*, pairs of text and data, *read* reads rightly."""
    share = Share(name)
    for text, wanted in cases:
        started = time.perf_counter()
        said = read(text)
        seconds = time.perf_counter() - started
        if share.cases == 0:
            share.first_ms = 1000 * seconds
        else:
            share.seconds += seconds
        share.cases += 1
        share.right += said == wanted
        if said != wanted:
            share.misses.append(f"{text!r}: {said!r}, not {wanted!r}")
    return share


def _price_cases(evaldata: Path) -> list[dict[str, Any]]:
    path = evaldata / "values" / "price_parser_examples.jsonl"
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [row for row in rows if row["price_raw"]]


def _amount(row: dict[str, Any]) -> Decimal | None:
    return None if row["amount"] is None else Decimal(str(row["amount"]))


def prices(evaldata: Path) -> Iterator[Share]:
    """Amounts; then amounts with their currencies, where the text itself names one."""
    asked, rows = Field("x", Kind.MONEY), _price_cases(evaldata)

    def read(text: str) -> Money | None:
        data = normalise(text, asked)
        return None if data is None else Money.parse(data)

    def amount(text: str) -> Decimal | None:
        money = read(text)
        return None if money is None else money.low

    def both(text: str) -> tuple[Decimal, str] | None:
        money = read(text)
        return None if money is None else (money.low, money.currency)

    named = [row for row in rows if row["currency"] and row["currency"] in row["price_raw"]]
    amounts = ((row["price_raw"], _amount(row)) for row in rows)
    yield measured("price: amount", amounts, amount)
    pairs = ((row["price_raw"], _money(row)) for row in named)
    yield measured("price: amount and currency", pairs, both)


def _money(row: dict[str, Any]) -> tuple[Decimal, str] | None:
    amount = _amount(row)
    return None if amount is None else (amount, currency_code(row["currency"], UNKNOWN))


def peer_prices(evaldata: Path) -> Share:
    """The amounts as price-parser reads them, given the same text alone."""
    from price_parser import Price

    cases = ((row["price_raw"], _amount(row)) for row in _price_cases(evaldata))
    return measured("price: amount, price-parser", cases, lambda t: Price.fromstring(t).amount)


def ratings(evaldata: Path) -> Share:
    """The number of a rating, of those whose text shows one."""
    path = evaldata / "values" / "zyte_parsers_rating_values.json"
    asked = Field("x", Kind.NUMBER)
    cases = [
        (text, row["ratingValue"])
        for row in json.loads(path.read_text("utf-8"))
        if re.search(r"\d", text := _visible(row["html"]))
    ]
    return measured("rating", cases, lambda text: normalise(text, asked))


def _visible(html: str) -> str:
    return parse_page(Page("x", "", f"<p>{html}".encode())).document.text


def dates() -> Share:
    """Whole dates in words, in every language that is tried."""
    from babel.dates import format_date

    from extractors.values.dates import LANGUAGES

    asked, days = Field("x", Kind.DATE), [_FIRST_DAY + _STEP * i for i in range(_DAYS)]
    cases = [
        (f"{language} {format_date(day, 'long', locale=language)}", day.isoformat())
        for language in LANGUAGES
        for day in days
    ]

    def read(text: str) -> Any:
        language, _, written = text.partition(" ")
        return normalise(written, asked, customs=Customs(language))

    return measured(f"date, {len(LANGUAGES)} languages", cases, read)


def main(arguments: list[str]) -> int:
    """Print the table. 2: no data."""
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder or not Path(folder).is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    evaldata = Path(folder)
    shares = [*prices(evaldata), ratings(evaldata), dates(), peer_prices(evaldata)]
    print("| kind | cases | right | µs a value | ms, the first |")
    print("|---|---|---|---|---|")
    print("\n".join(share.line() for share in shares))
    if "--misses" in arguments:
        for share in shares:
            print(f"\n## {share.name}\n", *share.misses, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
