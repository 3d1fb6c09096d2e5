"""How far the small worker can be trusted with a field: how often it said the same as the large.

Both answer a field where the small one was not sure of what it found. Where they said the same
`ENOUGH` times in a row on pages of one layout, what the small one finds there stands from then on;
where they did not, as often in a row, it is not asked for that field any more. Now and then a page
is read as if nothing were known, so that either can change. That the page does not say is not
counted: two workers that both overlook something agree too.

A planner that gives no answer `IN_VAIN` times in a row on pages of one layout is not asked for it
either, but now and then.

What is known depends on the pages and their order alone. It is of one run of one job: a job that is
resumed begins anew, and asks the large worker a few times more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from extractors.layout import ALIKE, likeness

__all__ = ["ENOUGH", "IN_VAIN", "Agreement", "LayoutAgreement"]

ENOUGH = 8
"""Times in a row: two workers that agree on seven pages of ten by chance reach it once in 17."""

IN_VAIN = 3
"""Times in a row that the planner gives no answer, after which pages of the layout do without."""

_CHECKED = 16  # one page in so many is read as if nothing were known
_LAYOUTS = 200


@dataclass(slots=True, eq=False)
class LayoutAgreement:
    """On the pages of one layout. `streaks`: by field, how often in a row both said the same; below
    0, how often they did not. `pages`: begun so far. `vain`: how often in a row the
    planner was asked for what stayed unsure, and gave no answer."""

    fingerprint: str = ""
    streaks: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    vain: int = 0

    @property
    def asks_planner(self) -> bool:
        """Whether asking the planner may be worth its tokens."""
        return self._is_check or self.vain < IN_VAIN

    def note_planner(self, *, answered: bool) -> None:
        """What came of asking it."""
        self.vain = 0 if answered else self.vain + 1

    def trusts(self, name: str) -> bool:
        """Whether what the small worker finds for the field stands, however sure it is."""
        return not self._is_check and self.streaks.get(name, 0) >= ENOUGH

    def rules_out(self, name: str) -> bool:
        """Whether the small worker need not be asked for the field."""
        return not self._is_check and self.streaks.get(name, 0) <= -ENOUGH

    def note(self, name: str, *, same: bool) -> None:
        """What came of a field that both have answered."""
        before = self.streaks.get(name, 0)
        self.streaks[name] = max(before, 0) + 1 if same else min(before, 0) - 1

    @property
    def _is_check(self) -> bool:
        return self.pages % _CHECKED == 0


class Agreement:
    """What one run of a job knows, by layout. For one thread."""

    def __init__(self) -> None:
        self._layouts: list[LayoutAgreement] = []

    def on(self, layout: str) -> LayoutAgreement:
        """What is known of pages like *layout* (see `extractors.layout`), one of which begins now.
        "": of a page like no other."""
        near = [(likeness(one.fingerprint, layout), one) for one in self._layouts if layout]
        likest, known = max(near, key=lambda pair: pair[0], default=(0.0, None))
        if known is None or likest < ALIKE:
            known = LayoutAgreement(layout)
            if layout:  # what is like no other is not found again, and would crowd others out
                self._layouts = [*self._layouts[1 - _LAYOUTS :], known]
        known.pages += 1
        return known
