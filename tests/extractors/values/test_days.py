from __future__ import annotations

import time

import pytest

from extractors.values.days import is_day


@pytest.mark.parametrize(
    "text",
    [
        "3 May 2026",
        "3 May",
        "Sunday, 3 May 2026",
        "Sonntag, 3. Mai",
        "May 3rd, 2026",
        "May 22nd, 2026",
        "29 February",
        "2026-05-03",
        "5月3日",
    ],
)
def test_a_date_alone_is_a_day(text: str) -> None:
    assert is_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hall 3",
        "Case No. 4",
        "10:00 Choir",
        "3 May, 10:00",
        "May 2026",
        "Tuesday",
        "3 May 2026: choir, walk and a long lunch by the river",
        "",
    ],
)
def test_what_says_more_or_less_is_none(text: str) -> None:
    assert not is_day(text)


def test_lines_that_differ_in_their_numbers_alone_are_looked_at_once() -> None:
    started = time.process_time()
    assert not any(is_day(f"Market {n}.{n % 90 + 10}") for n in range(32, 1032))
    assert time.process_time() - started < 20  # a second; each by itself, a minute
