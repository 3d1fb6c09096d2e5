"""A thousand records are read whole, in little memory."""

from __future__ import annotations

from benchmarks.big_pages import MOST_MEMORY_MIB, article, read


def test_a_table_of_a_thousand_records_loses_nothing_in_bounded_memory() -> None:
    got = read("a table of 1,000 records")

    assert got.records == 1_000
    assert got.kept == got.said == 1_000
    assert got.peak < MOST_MEMORY_MIB


def test_the_article_has_the_size_asked_for() -> None:
    assert 90_000 < len(article(100_000)) < 110_000
