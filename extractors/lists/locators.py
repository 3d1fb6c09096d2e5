"""Where a page's records stand, as one XPath that the pages of a layout have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from extractors.lists.records import find_records, records_at
from extractors.parsing.blocks import ParsedPage
from extractors.parsing.paths import without_numbers
from schemas.schema import Schema

__all__ = ["record_path"]


def record_path(pages: Sequence[ParsedPage], schema: Schema) -> str | None:
    """The path, without numbers, of the elements that begin the records of *pages*.

    `None` where the pages repeat nothing that says what *schema* asks for, where they disagree, and
    where no one path gives all the records that their structure does.
    """
    found = [_path_in(page, schema) for page in pages]
    return found[0] if len(set(found)) == 1 else None


def _path_in(page: ParsedPage, schema: Schema) -> str | None:
    """Records that follow each other part at the step that begins one: "li[1]", "li[2]"."""
    blocks = page.document.blocks
    entries = find_records(page, replace(schema, record_xpath=None))
    firsts = [blocks[entry.blocks.start].xpath for entry in entries]
    paths = Counter(path for one, other in pairwise(firsts) if (path := _where_parted(one, other)))
    if not paths:
        return None
    path = paths.most_common(1)[0][0]
    return path if records_at(page, schema, path) == entries else None


def _where_parted(one: str, other: str) -> str | None:
    """The path to the first step at which two paths part, where only its number differs."""
    ones, others = one.split("/"), other.split("/")
    for depth, (a, b) in enumerate(zip(ones, others, strict=False)):
        if a != b:
            same = without_numbers(a) == without_numbers(b)
            return without_numbers("/".join(ones[: depth + 1])) if same else None
    return None
