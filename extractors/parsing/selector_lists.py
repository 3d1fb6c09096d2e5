"""CSS selectors of tags, classes and ids, one within another: https://www.w3.org/TR/selectors/

Of others, with attributes or pseudo-classes, only the parts of these kinds are looked at, and
`Selector.understood` is false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bs4.element import Tag

__all__ = ["MAX_DEPTH", "Selector", "read_selectors"]

MAX_DEPTH = 200  # elements around one that are looked at
# Of nothing as the page opens, or of no element.
_NEVER = re.compile(
    r"hover|focus(?:-within|-visible)?|active|target|visited|checked|before|after|first-l\w+"
    r"|-\w.*|placeholder|selection|backdrop|marker|popover-open|fullscreen|open|modal"
)
_OF_SCRIPTS = re.compile(r"\.no-?js", re.IGNORECASE)  # a class that scripts take away


@dataclass(frozen=True, slots=True)
class Selector:
    """`chains`: what elements must be called ("div", ".menu", "#top"), from the inside outwards; in
    a chain each is the parent of the one before, and each chain is anywhere around the one before.
    `specificity`: ids, classes and tags asked for."""

    chains: tuple[tuple[frozenset[str], ...], ...]
    specificity: tuple[int, int, int]
    understood: bool

    @property
    def key(self) -> str:
        """A name that its elements have, the rarest kind first; "" where none is asked for."""
        return min(self.chains[0][0], key=_commonness, default="")

    def matches(self, tag: Tag) -> bool:
        """Whether *tag* may be one of its elements; surely, where it was understood."""
        top = _top(tag, self.chains[0])
        for chain in self.chains[1:]:
            around = islice(top.parents, MAX_DEPTH) if top else ()
            # The nearest leaves most for the rest to be found in.
            top = next((found for above in around if (found := _top(above, chain))), None)
        return top is not None


def _top(tag: Tag | None, chain: Sequence[frozenset[str]]) -> Tag | None:
    """The outermost element of *chain* where *tag* is the innermost one; `None`: it is not."""
    top: Tag | None = None
    for names in chain:
        if tag is None or not all(_is_called(tag, name) for name in names):
            return None
        top, tag = tag, tag.parent
    return top


def _commonness(name: str) -> tuple[int, str]:
    return "#.".find(name[0]) % 3, name


def _is_called(tag: Tag, name: str) -> bool:
    if name[0] == ".":
        return name[1:] in str(tag.attrs.get("class", "")).split()
    return tag.attrs.get("id") == name[1:] if name[0] == "#" else tag.name == name


def read_selectors(tokens: Sequence[Any]) -> Iterator[Selector]:
    """The selectors of a list, given as tinycss2's tokens, but for those of no element."""
    selector: list[Any] = []
    for token in [*tokens, None]:
        if token is not None and token != ",":
            selector.append(token)
            continue
        if found := _Parts().read(selector):
            yield found
        selector = []


class _Parts:
    """One selector being read, from the outside inwards."""

    def __init__(self) -> None:
        self._chains: list[list[set[str]]] = [[set()]]
        self._counts = [0, 0, 0]  # ids, classes, tags
        self._asks = False  # whether the part being read asks for anything yet
        self._understood = True

    def read(self, tokens: Sequence[Any]) -> Selector | None:
        """`None`: it is of no element, or of none as the page opens."""
        before: Any = None
        for token in tokens:
            pseudo = before == ":" and token.type in ("ident", "function")
            if pseudo and _NEVER.fullmatch(getattr(token, "lower_value", "") or token.lower_name):
                return None
            if pseudo or token.type in ("[] block", "function"):
                self._odd()
            else:
                self._next(token, before)
            before = token
        if not self._asks:
            self._chains.pop()  # space at the end
        chains = tuple(tuple(map(frozenset, chain[::-1])) for chain in self._chains[::-1])
        names = {name for chain in chains for part in chain for name in part}
        if not chains or any(_OF_SCRIPTS.match(name) for name in names):
            return None
        ids, classes, tags = self._counts
        return Selector(chains, (ids, classes, tags), self._understood)

    def _next(self, token: Any, before: Any) -> None:
        match token.type:
            case "whitespace" if self._asks:
                self._chains.append([set()])
                self._asks = False
            case "hash":
                self._name(f"#{token.value}", 0)
            case "ident" if before == ".":
                self._name(f".{token.value}", 1)
            case "ident":
                self._name(token.lower_value, 2)
            case "literal":
                self._sign(token.value)

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._asks = True
        elif sign == ">":
            if not self._asks and len(self._chains) > 1:
                self._chains.pop()  # the space before it means nothing
            self._chains[-1].append(set())
            self._asks = False
        elif sign in ("+", "~"):  # siblings, which are not looked for
            self._chains, self._asks, self._understood = [[set()]], False, False

    def _name(self, name: str, kind: int) -> None:
        self._chains[-1][-1].add(name)
        self._counts[kind] += 1
        self._asks = True

    def _odd(self) -> None:
        self._counts[1] += 1
        self._asks, self._understood = True, False
