"""Attributes that state facts: a machine's date, a picture's description, an address to write to.

Such text is offered after a page's visible text, each with the XPath of its attribute, and only
where the visible text does not say it already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bs4.element import Tag

from extractors.parsing.elements import APART, INVISIBLE, is_hidden

__all__ = ["MAX_NOTED", "Noted", "facts", "offered"]

MAX_NOTED = 5_000  # attributes of one page
MAX_CHARS = 300  # of one; a longer one is prose
_SEARCHED = 400_000  # characters of the visible text in which repetitions are sought
_SHORT, _NEAR = 25, 8  # characters; blocks on both sides
_PLACES = {
    "datetime": None,  # on any element
    "content": None,  # where `itemprop` says that it states something
    "alt": frozenset({"img", "input", "area"}),
    "aria-label": None,  # these two where they have a number: the others name what buttons do
    "title": None,
    "href": frozenset({"a"}),  # of an address to write to or call
}
_NAMES = frozenset(_PLACES)
_NAMING = frozenset({"aria-label", "title"})
_ADDRESS = re.compile(r"\s*(?:mailto|tel):\s*([^?\s]+)", re.IGNORECASE)
# Boxes that hold no text of the page's but are seen, and `meta`, which is not but states facts.
_NOTED_WHEN_HIDDEN = APART | {"meta"}
_NUMERAL = re.compile(r"\d+")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Noted:
    """An attribute's text. `place`: the block that was being written, or the next one where
    `within` is false, since nothing of it was there yet."""

    xpath: str
    text: str
    place: int
    within: bool


def facts(tag: Tag) -> Iterator[tuple[str, str]]:
    """Names and texts of those attributes of *tag* that may state something to a reader."""
    if _NAMES.isdisjoint(tag.attrs):
        return
    if is_hidden(tag) and (tag.name not in _NOTED_WHEN_HIDDEN or _is_kept_back(tag)):
        return
    for name, tags in _PLACES.items():
        if name in tag.attrs and (tags is None or tag.name in tags):
            text = _said(tag, name)
            if text and len(text) <= MAX_CHARS and _WORD.search(text):
                yield name, text


def _is_kept_back(tag: Tag) -> bool:
    """Whether a box is hidden by more than being one."""
    return "hidden" in tag.attrs or "display" in str(tag.attrs.get("style", ""))


def _said(tag: Tag, name: str) -> str:
    text = str(tag.attrs[name])
    if name == "href":
        match = _ADDRESS.match(text)
        text = match[1] if match else ""
    names_a_button = name in _NAMING and tag.name != "abbr" and not _NUMERAL.search(text)
    if names_a_button or (name == "content" and "itemprop" not in tag.attrs):
        return ""
    return " ".join(INVISIBLE.sub("", text).split())


def offered(
    noted: Sequence[Noted], parts: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, int]]:
    """Of *noted*, what the visible *parts* (XPath and text) do not say: XPath, text and the number
    of the part that it stands beside."""
    if not noted or not parts:
        return
    said = _Said([text for _, text in parts])
    known: set[tuple[int, str]] = set()
    for one in noted:
        beside = _beside(one, parts)
        key = beside, one.text.casefold()
        if key in known or said.repeats(key[1], beside) or _states(parts[beside][1], one):
            continue
        known.add(key)
        yield one.xpath, one.text, beside


class _Said:
    """The visible text, searched for what attributes repeat."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._whole = "\n".join(texts)[:_SEARCHED].casefold()
        self._found: dict[str, bool] = {}

    def repeats(self, text: str, place: int) -> bool:
        """Whether the page says *text* too; of short texts, such as the stars of one card of many,
        whether it says so near *place*."""
        if text not in self._found:
            self._found[text] = text in self._whole
        if not self._found[text] or len(text) > _SHORT:
            return self._found[text]
        near = self._texts[max(0, place - _NEAR) : place + _NEAR + 1]
        return any(text in one.casefold() for one in near)


def _beside(one: Noted, parts: Sequence[tuple[str, str]]) -> int:
    """Its own part; for an element without text, of the parts around it the nearer one in the tree,
    the earlier one where both are as near."""
    if one.within or one.place == 0:
        return min(one.place, len(parts) - 1)
    if one.place == len(parts):
        return one.place - 1
    before, after = (_shared(one.xpath, parts[i][0]) for i in (one.place - 1, one.place))
    return one.place if after > before else one.place - 1


def _shared(path: str, other: str) -> int:
    """How many steps two paths share from the root."""
    count = 0
    for a, b in zip(path.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count


def _states(text: str, one: Noted) -> bool:
    """Whether *text* has the numbers of a date or amount, if in another form: its day and year,
    or all its digits but for zeros at the end."""
    name = one.xpath.rpartition("@")[2]
    if name not in ("datetime", "content") or not _NUMERAL.search(one.text):
        return False
    if match := re.match(r"(\d{4})-\d\d?-(\d\d?)", one.text):
        said = {numeral.lstrip("0") for numeral in _NUMERAL.findall(text)}
        return {match[1], match[2].lstrip("0")} <= said
    digits = "".join(_NUMERAL.findall(one.text)).rstrip("0")
    return bool(digits) and digits in "".join(_NUMERAL.findall(text))
