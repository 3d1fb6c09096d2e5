"""Damaged pages are read without an error, and what is read from them is what they say."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from benchmarks.mutations import broken_law, mutated, naughty_pages, run, seeds

EVALDATA = os.environ.get("FIELDWISE_EVALDATA")


def test_some_hundred_damaged_pages_of_our_own_are_read() -> None:
    rng, pages = random.Random(1), seeds(None)
    tried, faults = run(mutated(rng.choice(pages), rng) for _ in range(400))

    assert tried == 400
    assert not faults


@pytest.mark.skipif(not EVALDATA, reason="FIELDWISE_EVALDATA names no folder of pages")
def test_some_hundred_damaged_pages_of_other_people_are_read() -> None:
    rng, pages = random.Random(2), seeds(Path(str(EVALDATA)))
    _, faults = run(mutated(rng.choice(pages), rng) for _ in range(200))

    assert not faults


@pytest.mark.skipif(not EVALDATA, reason="FIELDWISE_EVALDATA names no folder of pages")
def test_naughty_strings_and_html5libs_tests_are_read() -> None:
    tried, faults = run(naughty_pages(Path(str(EVALDATA))))

    assert tried > 5000
    assert not faults


def test_the_same_seed_damages_pages_in_the_same_way() -> None:
    page = b"<p>tide tables</p>" * 50

    assert mutated(page, random.Random(3)) == mutated(page, random.Random(3)) != page


def test_an_undamaged_page_holds_its_laws() -> None:
    assert broken_law(b"<title>Bay</title><table><tr><td>High<td>6.10</table>") is None


def test_what_follows_the_end_of_a_page_may_lie_too_deep_as_well() -> None:
    deep = b"<math>" * 300 + b"<div>tide</div>" + b"</math>" * 300 + b"<p>table"

    assert broken_law(b"<html><p>Bay</html>" + deep) is None
