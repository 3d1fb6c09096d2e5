"""What one job has learned about the layouts of its pages: selectors that answer the next ones.

Of every layout the first pages are read by a model. Selectors are learned from most of them and
checked on the others; from then on they answer the fields that they are sure of. Now and then a
page is left to the model whole; where it disagrees the next pages are too, and selectors that
disagreed more than once are dropped. When none is left, learning starts again.

What is learned depends on the pages, their order and the answers, on nothing else: neither on time
nor on threads. So a job that is resumed learns the same by being shown its finished pages again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from extractors.layout import ALIKE, layout_of, likeness
from extractors.learning.induction import Example, checked, learn
from extractors.learning.outline import Outline
from extractors.learning.selectors import Selectors, apply, without_failing
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from schemas.errors import NotAPage
from schemas.record import Cell, Record, Tier, Value, ValueStatus, cell_values
from schemas.schema import Schema

__all__ = ["LearnedLayouts", "fingerprint"]

Cells = Mapping[str, Cell]

_PAGES = 10  # that models read of a layout before selectors are learned
_HELD_OUT = 3  # one in so many of them checks what the others taught
_CHECKED = 16  # one page in so many is left to the model
_SUSPECT = 4  # pages left to it after a disagreement
_SLIPS = 1  # disagreements meanwhile that are let pass
_SURE = 0.5  # confidence from which on a model's value teaches
_WAITING = 60  # parsed pages kept for learning, in all
_LAYOUTS = 200


@dataclass(slots=True, eq=False)
class _Layout:
    """Pages of one make. `waiting`: read by a model, to be learned from; `selectors`: `None` until
    then. `count`: pages since. `suspect`: pages that the model is still to read after it disagreed;
    `trusted`: what was learned as it stood before that."""

    fingerprint: str
    waiting: list[tuple[ParsedPage, Cells]] = field(default_factory=list)
    selectors: Selectors | None = None
    trusted: Selectors | None = None
    count: int = 0
    suspect: int = 0

    @property
    def is_checked(self) -> bool:
        """Whether the next page is the model's, to see if it agrees."""
        return self.suspect > 0 or self.count % _CHECKED == _CHECKED - 1


class LearnedLayouts:
    """What a job that asks for *schema*, one record a page, has learned so far.

    Pages come one after the other: `answers`, then `note` with what became of the page. Not for
    several threads at once.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._layouts: list[_Layout] = []

    def answers(self, layout: str, page: ParsedPage) -> Cells:
        """The cells of *page* that selectors are sure of; {} for a page that the model is to read.

        *layout*: the page's `fingerprint`.
        """
        known = self._known(layout)
        if known is None or known.selectors is None or known.is_checked:
            return {}
        return apply(known.selectors, self._schema, Outline(page).whole())

    def note(self, layout: str, page: Callable[[], ParsedPage], record: Record) -> None:
        """*record* is the answer of the page that has just been read. *page* is only called where
        it is learned from."""
        if not layout:
            return
        known = self._known(layout) or self._new(layout)
        cells = _teaching(record)
        if known.selectors is None:
            known.waiting.append((page(), cells))
            self._learn_from_enough(known)
            self._forget_some()
            return
        if known.is_checked:
            self._check(known, page(), cells)
        known.count += 1

    def _known(self, layout: str) -> _Layout | None:
        near = [(likeness(one.fingerprint, layout), one) for one in self._layouts]
        best = max(near, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] >= ALIKE else None

    def _new(self, layout: str) -> _Layout:
        self._layouts.append(_Layout(layout))
        if len(self._layouts) > _LAYOUTS:
            del self._layouts[0]
        return self._layouts[-1]

    def _learn_from_enough(self, known: _Layout) -> None:
        if len(known.waiting) < _PAGES:
            return
        examples = [_example(page, cells) for page, cells in known.waiting]
        held_out = examples[_HELD_OUT - 1 :: _HELD_OUT]
        del examples[_HELD_OUT - 1 :: _HELD_OUT]
        learned = checked(learn(self._schema, examples), self._schema, held_out)
        known.waiting.clear()
        known.selectors = learned if learned.fields else None
        known.count = 0

    def _check(self, known: _Layout, page: ParsedPage, cells: Cells) -> None:
        before = known.selectors or Selectors()
        after = checked(before, self._schema, [_example(page, cells)])
        if not known.suspect and without_failing(before, after, most=0) != after:
            known.trusted, known.suspect = before, _SUSPECT
        known.selectors = after
        if known.suspect:
            known.suspect -= 1
            if not known.suspect and known.trusted:
                known.selectors = without_failing(known.trusted, after, most=_SLIPS)
        if not known.selectors.fields:
            known.selectors, known.suspect = None, 0

    def _forget_some(self) -> None:
        """Bounds memory: of too many waiting pages the layouts seen first lose theirs."""
        spare = sum(len(one.waiting) for one in self._layouts) - _WAITING
        for one in self._layouts:
            if spare > 0 and one.waiting:
                spare -= len(one.waiting)
                one.waiting.clear()


def fingerprint(page: Page) -> str:
    """The layout of *page*; "" where it has none to speak of: nothing is learned from it."""
    try:
        return layout_of(page)
    except NotAPage:
        return ""


def _example(page: ParsedPage, cells: Cells) -> Example:
    return Example(Outline(page).whole(), cells)


def _teaching(record: Record) -> Cells:
    """The cells of *record* that can teach: sure ones, by anyone but a selector."""
    return {name: cell for name, cell in record.cells.items() if _is_sure(list(cell_values(cell)))}


def _is_sure(values: Sequence[Value]) -> bool:
    by_selector = any(value.tier is Tier.SELECTOR for value in values)
    unsure = any(v.status is not ValueStatus.ABSENT and v.confidence < _SURE for v in values)
    return not (by_selector or unsure)
