"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PageTime", "Row", "table"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `bar`: what it is held against, "≥ 5" or "≤ 3"; "" for none."""

    measure: str
    value: float
    bar: str

    @property
    def holds(self) -> bool | None:
        """Whether the bar is met; `None` where there is none."""
        if not self.bar:
            return None
        sign, _, limit = self.bar.partition(" ")
        return self.value >= float(limit) if sign == "≥" else self.value <= float(limit)


@dataclass(frozen=True, slots=True)
class PageTime:
    """One page: seconds by us, our forward passes and prompt tokens read, seconds by peer."""

    name: str
    ours: float
    passes: int
    prompt: int
    theirs: dict[str, float]


def table(rows: Sequence[Row]) -> str:
    """*rows* in Markdown; a bar that is missed is said to be."""
    marks = {True: "met", False: "MISSED", None: ""}
    lines = ["| measure | value | bar | |", "|---|---|---|---|"]
    lines += [f"| {r.measure} | {_short(r.value)} | {r.bar} | {marks[r.holds]} |" for r in rows]
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
