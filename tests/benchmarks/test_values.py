"""Floors under what the normalisers read rightly; `python -m benchmarks.values` prints it all."""

from __future__ import annotations

from pathlib import Path

from benchmarks.values import dates, measured, prices, ratings


def test_prices_are_read_rightly(evaldata: Path) -> None:
    amounts, both = prices(evaldata)
    assert amounts.cases > 1_000
    assert amounts.share >= 0.97
    assert both.share >= 0.97


def test_ratings_are_read_rightly(evaldata: Path) -> None:
    assert ratings(evaldata).share >= 0.97


def test_dates_are_read_in_twenty_languages() -> None:
    missed = {miss.split()[0] for miss in dates().misses}
    assert dates().share >= 0.97
    assert len(missed) <= 2


def test_a_wrong_reading_is_counted_and_named() -> None:
    share = measured("x", [("a", 1), ("b", 2)], lambda text: 1)
    assert (share.cases, share.right, share.misses) == (2, 1, ["'b': 1, not 2"])
