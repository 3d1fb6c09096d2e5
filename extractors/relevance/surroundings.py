"""What stands around a page's subject: menus, footers, forms."""

from __future__ import annotations

import re
from collections import Counter

from schemas.document import Document

__all__ = ["AROUND", "around", "whole_forms", "without_forms"]

AROUND = re.compile(
    r"/(?:nav|footer|aside|form|button|select)\b|^/html/body(?:/div(?:\[\d+\])?)*/header\b"
)
"""Paths of what stands around a page's subject. The header of an article is its own. So is a form
that holds the page, which `around` knows."""

_FORM_STEP = re.compile(r"/form(?:\[\d+\])?(?=/|$)")
_FORM_SHARE = 0.3  # of a page's text, from which on a form is no form of the page but holds it


def around(document: Document) -> set[int]:
    """The blocks of *document* that stand around its subject, those of attributes too."""
    whole = whole_forms(document.visible)
    return {
        place
        for place, block in enumerate(document.blocks)
        if AROUND.search(without_forms(block.xpath, whole))
    }


def whole_forms(document: Document) -> set[str]:
    """Paths of forms that hold the page's heading or a good part of its text, as those that some
    servers put around every page do."""
    letters: Counter[str] = Counter()
    whole = set()
    for block in document.blocks:
        if form := _FORM_STEP.search(block.xpath):
            path = block.xpath[: form.end()]
            letters[path] += len(block.span)
            if block.tag == "h1":
                whole.add(path)
    least = _FORM_SHARE * len(document.text)
    return whole | {path for path, count in letters.items() if count >= least}


def without_forms(path: str, whole: set[str]) -> str:
    """*path* without its first form, where that is one of the *whole* ones."""
    form = _FORM_STEP.search(path) if whole else None
    if form is None or path[: form.end()] not in whole:
        return path
    return path[: form.start()] + path[form.end() :]
