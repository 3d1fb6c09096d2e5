"""Sections of a page that a plan says to pass over."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.document import Document

__all__ = ["blocks_to_skip"]

_LEVELS = {f"h{level}": level for level in range(1, 7)} | {"caption": 7, "legend": 7, "summary": 7}


def blocks_to_skip(document: Document, skip: Sequence[str]) -> frozenset[int]:
    """Numbers of the blocks in the sections that *skip* names.

    An entry is a heading's words, whose section ends at the next heading of its level or a higher
    one, or where it opens with "/", the XPath of an element, with or without numbers.
    """
    if not skip:
        return frozenset()
    paths = [entry for entry in skip if entry.startswith("/")]
    titles = {_folded(entry) for entry in skip} - set(paths)
    found: set[int] = set()
    until: int | None = None  # the level that ends the section we are in
    for place, block in enumerate(document.blocks):
        level = _LEVELS.get(block.tag)
        if level is not None and (until is None or level <= until):
            until = level if _folded(document.quote(block.span)) in titles else None
        if until is not None or any(_within(block.xpath, path) for path in paths):
            found.add(place)
    return frozenset(found)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" :：")


def _within(xpath: str, path: str) -> bool:
    """Whether *xpath* is of the element at *path* or of one inside it."""
    steps, wanted = xpath.split("/"), path.split("/")
    return len(steps) >= len(wanted) and all(
        step in (want, f"{want}[1]") or ("[" not in want and step.partition("[")[0] == want)
        for step, want in zip(steps, wanted, strict=False)
    )
