from __future__ import annotations

import pytest

from benchmarks.overhead import Clock, TimedMatcher, rows
from extractors.answers.decode import GrammarCompiler
from tests.extractors import tiny


def test_a_part_inside_another_counts_once() -> None:
    moments = iter([100.0, 101.0, 104.0, 104.0, 109.0, 110.0])
    clock = Clock(lambda: next(moments))
    with clock.time("outer"):  # 100 to 110
        with clock.time("inner"):  # 101 to 104
            pass
        with clock.time("inner"):  # 104 to 109
            pass
    assert clock.seconds == {"inner": 8.0, "outer": 2.0}
    assert clock.total == 10.0


def test_shares_are_of_all_seconds_and_passes_are_no_overhead() -> None:
    clock = Clock()
    clock.seconds |= {"prompt": 6.0, "passes": 3.0, "masks": 0.3, "choosing": 0.5, "drafts": 0.2}
    found = {row.measure: row for row in rows(clock, pages=2)}
    assert found["seconds a page"].value == 5.0
    assert found["masks (% of the time)"].value == pytest.approx(3)
    grammar = found["the grammar: written, compiled, masks, forced tokens (%)"]
    assert grammar.value == pytest.approx(3)
    assert grammar.holds is False
    assert found["all that is no forward pass (%)"].value == pytest.approx(10)


def test_a_timed_matcher_answers_as_the_one_it_was_made_of() -> None:
    compiler = GrammarCompiler(tiny.tokenizer(), vocab=tiny.VOCAB)
    grammar = 'start: "ab" ("c" | "d")'
    plain, clock = compiler.matcher(grammar), Clock()
    timed = TimedMatcher(compiler.matcher(grammar), clock)
    assert timed.forced() == plain.forced() != []
    assert (timed.allowed(tiny.VOCAB) == plain.allowed(tiny.VOCAB)).all()
    assert set(clock.seconds) == {"forced tokens", "masks"}
