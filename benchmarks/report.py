"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["PageTime", "PeerTime", "Row", "peer_rows", "table"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `bar`: what it is held against, "≥ 5" or "≤ 3"; "" for none.

    `value`: None when it could not be measured, and `reason` says why.
    """

    measure: str
    value: float | None
    bar: str = ""
    reason: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the bar is met; `None` where there is none, or nothing to hold against it."""
        if not self.bar or self.value is None:
            return None
        sign, _, limit = self.bar.partition(" ")
        return self.value >= float(limit) if sign == "≥" else self.value <= float(limit)


@dataclass(frozen=True, slots=True)
class PeerTime:
    """A peer on one page. `tokens`: of its answer; `whole`: the answer is a JSON object."""

    seconds: float
    tokens: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PageTime:
    """One page: seconds by us, our forward passes and prompt tokens read, and every peer's part."""

    name: str
    ours: float
    passes: int
    prompt: int
    theirs: dict[str, PeerTime]


def peer_rows(
    times: Sequence[PageTime], name: str, *, title: str, bar: str, reason: str = ""
) -> list[Row]:
    """What peer *name* took, against us on the same pages. *reason*: why it failed, "" if not.

    The bar is held against all seconds by all seconds: there, long pages count for what they cost.
    """
    both = [(page.theirs[name], page.ours) for page in times if name in page.theirs]
    if not both:
        return [Row(f"{title} ÷ ours", None, bar, reason or "no page was answered")]
    seconds = sum(theirs.seconds for theirs, _ in both)
    ratios = [theirs.seconds / ours for theirs, ours in both]
    note = f"{len(both)} of {len(times)} pages: {reason}" if reason else ""
    return [
        Row(f"seconds a page, {title}", seconds / len(both)),
        Row(f"{title} ÷ ours", seconds / sum(ours for _, ours in both), bar, note),
        Row(f"{title} ÷ ours, median page", median(ratios)),
        Row(f"tokens an answer, {title}", sum(theirs.tokens for theirs, _ in both) / len(both)),
        Row(f"answers that are whole, {title}", sum(t.whole for t, _ in both) / len(both)),
    ]


def table(rows: Sequence[Row]) -> str:
    """*rows* in Markdown; a bar that is missed is said to be, and so is what did not run."""
    lines = ["| measure | value | bar | |", "|---|---|---|---|"]
    lines += [f"| {r.measure} | {_short(r.value)} | {r.bar} | {_remark(r)} |" for r in rows]
    return "\n".join(lines)


def _remark(row: Row) -> str:
    marks = {True: "met", False: "MISSED", None: ""}
    reason = row.reason.replace("|", "\\|")  # a bar would end the cell
    return "; ".join(part for part in (marks[row.holds], reason) if part)


def _short(value: float | None) -> str:
    if value is None:
        return "did not run"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
