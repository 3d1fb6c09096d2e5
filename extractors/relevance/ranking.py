"""How likely each block of a page is to state what a schema asks for.

A logistic model weighs the signs of a block. It was fitted on pages of many sites with known
answers (`python -m benchmarks.ranking`), and knows nothing of any one of them: no word of a page,
no path, no field's name has a weight of its own, only what `signs` makes of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from extractors.parsing.blocks import ParsedPage
from extractors.relevance.looks import FORMS, Form, forms_of
from extractors.relevance.sections import blocks_to_skip
from extractors.relevance.signs import SIGNS, PageSigns
from extractors.relevance.surroundings import around
from schemas.document import Document
from schemas.schema import Schema

__all__ = ["BlockModel", "Ranking", "known_model", "likelihood", "telling_attributes", "worth"]

_SKIPPED_COST = 6.0  # nats, for what a plan says to pass over
_NAMING = frozenset({"@alt", "@title", "@aria-label"})
_TELLING = {  # that an attribute states a value whose form it has
    Form.AMOUNT: 2.0,
    Form.MAIL: 2.0,
    Form.DATE: 1.5,
    Form.PERSON: 1.5,
    Form.PHONE: 1.5,
    Form.CODE: 1.5,
    Form.NUMBER: 0.3,
}
_SIZE_COST = 0.7  # below 1: of two blocks as likely by the token, the longer one has more context


@dataclass(frozen=True, slots=True)
class BlockModel:
    """`weights`: of each of `SIGNS`, in nats; `constant`: the log-odds of a block with none.
    `least`: the `worth` below which a block is not shown."""

    weights: Mapping[str, float]
    constant: float
    least: float

    def log_odds(self, signs: Mapping[str, float]) -> float:
        """That a block with *signs* states something asked for."""
        weights = self.weights
        return self.constant + sum([weights[sign] * value for sign, value in signs.items()])

    def plain(self) -> str:
        """As JSON, which `from_plain` reads back."""
        plain = {"weights": self.weights, "constant": self.constant, "least": self.least}
        return json.dumps(plain, indent=1)

    @staticmethod
    def from_plain(text: str) -> BlockModel:
        """Raises ValueError where *text*, JSON, is of other signs than these."""
        plain = json.loads(text)
        if set(plain["weights"]) != set(SIGNS):
            raise ValueError("the weights are of other signs; fit them anew")
        return BlockModel(plain["weights"], plain["constant"], plain["least"])


@cache
def known_model() -> BlockModel:
    """The one that was fitted, and comes with the product."""
    return BlockModel.from_plain(
        files("extractors.relevance").joinpath("ranking.json").read_text("utf-8")
    )


class Ranking:
    """The visible blocks of *page*, rated. *model*: `None` for the known one."""

    def __init__(self, page: ParsedPage, *, model: BlockModel | None = None) -> None:
        self._page = page
        self.model = model or known_model()
        self._last: tuple[Schema, list[float]] | None = None

    def log_odds(self, schema: Schema) -> list[float]:
        """For every visible block, that it states something that *schema* asks for."""
        if self._last is None or self._last[0] is not schema:  # asked for again and again
            self._last = schema, self._rated(schema)
        return self._last[1]

    def _rated(self, schema: Schema) -> list[float]:
        found = [self.model.log_odds(signs) for signs in self._signs.of(schema)]
        for place in blocks_to_skip(self._page.document.visible, schema.skip):
            found[place] -= _SKIPPED_COST
        return found

    @cached_property
    def _signs(self) -> PageSigns:
        return PageSigns(self._page)


def likelihood(log_odds: float) -> float:
    """As a probability."""
    return 1 / (1 + math.exp(-log_odds))


def worth(log_odds: Sequence[float], tokens: Sequence[int]) -> list[float]:
    """What each block is worth showing: the logarithm of its probability, less for the room that
    its *tokens* take."""
    return [
        -math.log1p(math.exp(-odds)) - _SIZE_COST * math.log(size + 3)
        for odds, size in zip(log_odds, tokens, strict=True)
    ]


def telling_attributes(document: Document, schema: Schema) -> list[int]:
    """The numbers of the attributes' blocks that may state something of *schema*, the likeliest
    first: those that have the form of one of its values and stand in no menu."""
    first = len(document.visible.blocks)
    forms = {form for field in schema.walk() for form in forms_of(field)}
    beside = around(document)
    scores: dict[int, float] = {}
    for place, block in enumerate(document.blocks[first:], start=first):
        text = document.quote(block.span)
        telling = sum(_TELLING.get(form, 0.0) for form in forms if FORMS[form].search(text))
        named = block.tag in _NAMING and not FORMS[Form.NUMBER].search(text)  # a face, a button
        if telling and not named and place not in beside:
            scores[place] = telling
    return sorted(scores, key=lambda place: -scores[place])
