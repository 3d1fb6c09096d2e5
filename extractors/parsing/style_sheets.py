"""What the style sheets in a page hide: menus behind buttons, dialogs, parts for small screens.

Sheets elsewhere are not fetched, so a page may show more than its own ones say. A rule that hides
counts where it holds without a condition or on a wide screen; one that shows counts under any other
condition too, and where its selector is not understood. Where all of them would hide a good part of
a page's text, a script shows it, and nothing is taken to be hidden.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any

import tinycss2
from bs4 import BeautifulSoup
from bs4.element import Tag

from extractors.parsing.elements import letters
from extractors.parsing.selector_lists import MAX_DEPTH, Selector, read_selectors

__all__ = ["hide_by_sheets"]

MAX_SHEETS = 500_000  # characters of all sheets together; of more none is read
MAX_TRIED = 100_000  # rules with elements
MAX_NESTED = 20  # conditions
MOST_HIDDEN = 0.5  # of a page's letters
WIDTH = 1280  # pixels of the screen

_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_TELLING = re.compile(r"(?:(?<=[;\s])|\A)(?:display|visibility)\s*:[^;]*", re.IGNORECASE)
_ASIDE = re.compile(r"/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
_BRACES = re.compile(r"([^{}]*)([{}])")
_NAMES = re.compile(r"[.#]-?[^\W\d][\w-]*")
_MARKS = frozenset("{};")
_EDGE = re.compile(r"\(\s*(min|max)-width\s*:\s*([\d.]+)\s*(px|r?em)\s*\)")
_PIXELS = {"px": 1.0, "em": 16.0, "rem": 16.0}
_HIDES = {"display": ("none",), "visibility": ("hidden", "collapse")}
_UNUSED = frozenset({"noscript", "svg", "template"})  # sheets in these
_SUBJECT = frozenset({"h1", "main"})
_NEVER = frozenset({"html", "head", "body", *_SUBJECT})


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one selector says `about` a property. Of the rules for one element that of the highest
    `rank` holds: importance, ids, classes, tags, order."""

    selector: Selector
    about: str
    hides: bool
    rank: tuple[bool, int, int, int, int]


def hide_by_sheets(soup: BeautifulSoup) -> None:
    """Give those elements of *soup* that its `<style>` elements hide the attribute `hidden`."""
    tags = [node for node in soup.descendants if isinstance(node, Tag)]
    sheets = "\n".join(_sheets(tags))
    if len(sheets) > MAX_SHEETS or not _HIDING.search(sheets):
        return
    elements = [(tag, _keys(tag)) for tag in tags]
    known = {key for _, keys in elements for key in keys}
    reader = _Reader()
    reader.read(tinycss2.parse_stylesheet(_telling(sheets, known)), holds=True)
    hidden = list(_outermost(_hidden(elements, reader.rules)))
    if hidden and sum(map(letters, hidden)) <= MOST_HIDDEN * letters(soup):
        for tag in hidden:
            tag.attrs["hidden"] = ""


def _keys(tag: Tag) -> list[str]:
    """What a selector may ask *tag* for: its name, classes and id."""
    if not tag.attrs:
        return [tag.name]
    keys = [f".{name}" for name in str(tag.attrs.get("class", "")).split()]
    if name := tag.attrs.get("id"):
        keys.append(f"#{name}")
    return [*keys, tag.name]


def _sheets(tags: Iterable[Tag]) -> Iterator[str]:
    for tag in tags:
        used = tag.name == "style" and _holds(str(tag.attrs.get("media", "")))
        if used and not any(above.name in _UNUSED for above in _around(tag)):
            yield "".join(tag.strings)


def _around(tag: Tag) -> Iterator[Tag]:
    return islice(tag.parents, MAX_DEPTH)


def _telling(sheets: str, known: Set[str]) -> str:
    """What *sheets* say of showing elements that have *known* names, and under which conditions:
    little of much, and a parser takes its time. It passes over what was cut in the wrong place."""
    kept: list[str] = []
    outer: list[str] = []
    for text, brace in _BRACES.findall(_ASIDE.sub(_without_marks, sheets)):
        if brace == "{":
            outer.append(text.rpartition(";")[2].strip())
        elif outer:
            *outer, prelude = outer
            said = ";".join(_TELLING.findall(text))
            conditions = len(outer) <= MAX_NESTED and all(one.startswith("@") for one in outer)
            if said and conditions and _may_match(prelude, known):
                kept.append("{".join([*outer, prelude, said]) + "}" * (len(outer) + 1))
    return "\n".join(kept)


def _without_marks(aside: re.Match[str]) -> str:
    """A string as it stands where no mark in it would mislead; comments go."""
    text = aside[0]
    return "" if text.startswith("/*") or not _MARKS.isdisjoint(text) else text


def _may_match(prelude: str, known: Set[str]) -> bool:
    if "\\" in prelude or ":not" in prelude:
        return True
    return any(known >= set(_NAMES.findall(one)) for one in prelude.split(","))


# Conditions: True, they hold on a wide screen; False, they do not; None, nobody knows


def _holds(media: str) -> bool | None:
    """Whether any of the queries in *media* holds."""
    found = [_one_holds(query) for query in media.lower().split(",")]
    return True if True in found else None if None in found else False


def _one_holds(query: str) -> bool | None:
    found = [_part_holds(part.strip()) for part in re.split(r"\band\b", query)]
    return False if False in found else None if None in found else True


def _part_holds(part: str) -> bool | None:
    if edge := _EDGE.fullmatch(part):
        pixels = float(edge[2]) * _PIXELS[edge[3]]
        return pixels <= WIDTH if edge[1] == "min" else pixels >= WIDTH
    if part.removeprefix("only ").strip() in ("", "all", "screen"):
        return True
    return False if part.isalpha() else None


class _Reader:
    """Collects the `rules` of parsed sheets, in their order."""

    def __init__(self) -> None:
        self.rules: list[_Rule] = []

    def read(self, nodes: Iterable[Any], *, holds: bool | None) -> None:
        """*holds*: the condition that *nodes* stand under."""
        for node in nodes:
            if node.type == "qualified-rule":
                self._rule(node, holds)
            elif node.type == "at-rule" and node.content is not None:
                inner = _condition(node, holds)
                if inner is not False:
                    self.read(tinycss2.parse_rule_list(node.content), holds=inner)

    def _rule(self, node: Any, holds: bool | None) -> None:
        said = [
            (one.lower_name, _hides(one), one.important)
            for one in tinycss2.parse_blocks_contents(node.content)
            if one.type == "declaration" and one.lower_name in _HIDES
        ]
        for selector in read_selectors(node.prelude):
            for about, hides, important in said:
                if not hides or (holds and selector.understood):
                    rank = (important, *selector.specificity, len(self.rules))
                    self.rules.append(_Rule(selector, about, hides, rank))


def _condition(node: Any, holds: bool | None) -> bool | None:
    """Of an at-rule that stands under one itself."""
    match node.lower_at_keyword:
        case "media":
            own = _holds(tinycss2.serialize(node.prelude))
            return own if holds or own is False else holds
        case "layer" | "supports" | "container":
            return None
    return False  # key frames, faces of letters, pages on paper


def _hides(declaration: Any) -> bool:
    words = [token.lower_value for token in declaration.value if token.type == "ident"]
    return bool(words) and words[0] in _HIDES[declaration.lower_name]


def _hidden(elements: Sequence[tuple[Tag, Sequence[str]]], rules: Sequence[_Rule]) -> Iterator[Tag]:
    """In the order of the page. What holds its main heading is left as it is."""
    by_key: dict[str, list[_Rule]] = defaultdict(list)
    for rule in sorted(rules, key=lambda rule: rule.rank, reverse=True):
        by_key[rule.selector.key].append(rule)
    hiding = {rule.selector.key for rule in rules if rule.hides}
    left = MAX_TRIED
    holders = {id(above) for tag, _ in elements if tag.name in _SUBJECT for above in _around(tag)}
    for tag, keys in elements if hiding else ():
        kept = tag.name in _NEVER or id(tag) in holders
        if not kept and not hiding.isdisjoint(keys):
            found = [rule for key in keys for rule in by_key.get(key, ())]
            left -= len(found)
            if left < 0:
                return
            if _is_hidden(tag, sorted(found, key=lambda rule: rule.rank, reverse=True)):
                yield tag


def _is_hidden(tag: Tag, rules: Sequence[_Rule]) -> bool:
    """Whether the first of *rules* that is for *tag* hides it, for either property; what the
    element's own style says outweighs them."""
    style = str(tag.attrs.get("style", "")).lower()
    for about in _HIDES:
        if about not in style:
            own = (rule for rule in rules if rule.about == about and rule.selector.matches(tag))
            first = next(own, None)
            if first is not None and first.hides:
                return True
    return False


def _outermost(tags: Iterable[Tag]) -> Iterator[Tag]:
    """Those of *tags*, which come in the order of the page, that stand in no other of them."""
    taken: set[int] = set()
    for tag in tags:
        if not any(id(above) in taken for above in _around(tag)):
            taken.add(id(tag))
            yield tag
