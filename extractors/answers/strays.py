"""Items of a list that stand where its items hardly would.

A model that has found the byline may go on with every other name it sees: in menus, in prose, under
pictures. Where each item stands tells them apart: the block of the byline is far likelier to state
authors than any of the others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from extractors.relevance.ranking import Ranking
from schemas.document import Document
from schemas.record import Cell, Value
from schemas.schema import Field, Schema

__all__ = ["without_strays"]

_FAR = 4.0  # nats below the likeliest item's block


def without_strays(
    schema: Schema, cells: Mapping[str, Cell], ranking: Ranking, document: Document
) -> dict[str, Cell]:
    """*cells*, the answers for one record of *document*, without items of lists whose blocks are
    far less likely to state the field, by *ranking*, than that of the list's likeliest item."""
    kept = dict(cells)
    for field in schema:
        items = cells.get(field.name)
        if field.many and isinstance(items, tuple) and len(items) > 1:
            kept[field.name] = _near(field, items, ranking, document)
    return kept


def _near(
    field: Field, items: Sequence[Cell], ranking: Ranking, document: Document
) -> tuple[Cell, ...]:
    visible = document.visible
    starts = [block.span.start for block in visible.blocks]
    odds = ranking.log_odds(Schema(field.name, (field,)))
    places = [_place(item, starts, len(visible.text)) for item in items]
    known = [odds[place] for place in places if place is not None]
    least = max(known, default=0.0) - _FAR
    return tuple(
        item
        for item, place in zip(items, places, strict=True)
        if place is None or odds[place] >= least
    )


def _place(item: Cell, starts: Sequence[int], end: int) -> int | None:
    """The number of the block that *item* quotes, of those that begin at *starts*; `None` where it
    quotes markup, or what stands behind their *end*."""
    if not isinstance(item, Value) or item.evidence is None or not item.evidence.is_visible:
        return None
    start = item.evidence.span.start
    return bisect_right(starts, start) - 1 if start < end else None
