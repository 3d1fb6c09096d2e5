"""The speed benchmark's table: ratios, bars met and missed, peers that could not run."""

from __future__ import annotations

import pytest

from benchmarks.report import PageTime, PeerTime, Row, peer_rows, table


def page(ours: float, theirs: float | None = None, *, whole: bool = True) -> PageTime:
    answers = {} if theirs is None else {"peer": PeerTime(theirs, 40, whole)}
    return PageTime("a page", ours, passes=10, prompt=500, theirs=answers)


def values(times: list[PageTime], reason: str = "") -> dict[str, float | None]:
    rows = peer_rows(times, "peer", title="Peer", bar="≥ 5", reason=reason)
    return {row.measure: row.value for row in rows}


def test_the_ratio_is_of_all_seconds_and_the_median_of_pages() -> None:
    measured = values([page(1, 2), page(1, 3), page(2, 20)])
    assert measured["Peer ÷ ours"] == pytest.approx(25 / 4)
    assert measured["Peer ÷ ours, median page"] == 3
    assert measured["seconds a page, Peer"] == pytest.approx(25 / 3)


def test_pages_that_a_peer_did_not_answer_count_for_neither_side() -> None:
    times = [page(1, 4), page(100)]
    assert values(times, "it stopped")["Peer ÷ ours"] == 4
    assert "| Peer ÷ ours | 4.00 | ≥ 5 | MISSED; 1 of 2 pages: it stopped |" in table(
        peer_rows(times, "peer", title="Peer", bar="≥ 5", reason="it stopped")
    )


def test_answers_cut_short_show() -> None:
    measured = values([page(1, 4), page(1, 4, whole=False)])
    assert measured["answers that are whole, Peer"] == 0.5


def test_a_peer_that_could_not_run_is_a_row_with_its_reason() -> None:
    rows = peer_rows([page(1)], "peer", title="Peer", bar="≥ 5", reason="no compiler | at all")
    assert table(rows).endswith("| Peer ÷ ours | did not run | ≥ 5 | no compiler \\| at all |")


@pytest.mark.parametrize(
    ("value", "bar", "holds"),
    [
        (5.0, "≥ 5", True),
        (4.99, "≥ 5", False),
        (3.0, "≤ 3", True),
        (3.01, "≤ 3", False),
        (3.0, "", None),
        (None, "≤ 3", None),
    ],
)
def test_a_bar_is_met_at_its_limit(value: float | None, bar: str, holds: bool | None) -> None:
    assert Row("any", value, bar).holds is holds
