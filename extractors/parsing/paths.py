"""XPaths of a tree's elements, each the one that leads to it in lxml."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache

from bs4 import BeautifulSoup
from bs4.element import Tag

from schemas.document import Document

__all__ = ["MAX_DEPTH", "Paths", "blocks_within", "without_numbers"]

# lxml.html builds no deeper tree than this; what lies deeper counts to the element there, which
# also keeps a hostile page's paths short.
MAX_DEPTH = 200

_NUMBER = re.compile(r"\[\d+\]")
_XPATH_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Paths:
    """XPaths of tags, as lxml's `getpath` writes them: "/html/body/div[2]/p"."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._known: dict[int, tuple[str, int]] = {id(soup): ("", 0)}  # path, depth
        self._steps: dict[int, str] = {}

    def of(self, tag: Tag) -> str:
        chain: list[Tag] = []
        node: Tag | None = tag
        while node is not None and id(node) not in self._known:
            chain.append(node)
            node = node.parent
        path, depth = self._known[id(node)]
        for node in reversed(chain):
            if depth < MAX_DEPTH:
                path, depth = f"{path}/{self._step(node)}", depth + 1
            self._known[id(node)] = path, depth
        return path

    def is_exact(self, tag: Tag) -> bool:
        """Whether the path of *tag* leads to itself, not to what it lies too deep in."""
        self.of(tag)
        return tag.parent is not None and self._known[id(tag)] != self._known[id(tag.parent)]

    def _step(self, tag: Tag) -> str:
        if id(tag) not in self._steps and tag.parent is not None:
            self._number(tag.parent)
        return self._steps[id(tag)]

    def _number(self, parent: Tag) -> None:
        tags = [child for child in parent.contents if isinstance(child, Tag)]
        totals = Counter(tag.name for tag in tags)
        seen = dict.fromkeys(totals, 0)
        for position, tag in enumerate(tags, start=1):
            name = tag.name
            seen[name] += 1
            index = f"[{seen[name]}]" if totals[name] > 1 else ""
            self._steps[id(tag)] = f"{name}{index}" if _is_plain(name) else f"*[{position}]"


def blocks_within(document: Document) -> dict[str, list[int]]:
    """By the path of each element under the root that holds text, the places of its blocks."""
    owned: dict[str, list[int]] = defaultdict(list)
    for place, block in enumerate(document.blocks):
        path = block.xpath
        while path.count("/") > 1:
            owned[path].append(place)
            path = path[: path.rfind("/")]
    return owned


@lru_cache(2**10)
def _is_plain(name: str) -> bool:
    """Whether XPath can say *name*; it has no way to say <o:p> or <p,>."""
    return _XPATH_NAME.fullmatch(name) is not None


def without_numbers(xpath: str) -> str:
    """*xpath* as elements of one make share it: "/html/body/ul/li" for every item."""
    return _NUMBER.sub("", xpath)
