"""What a page's tree shows, written down block by block while the tree is walked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from extractors.parsing.attributes import MAX_NOTED, Noted, facts
from extractors.parsing.elements import (
    APART,
    BLOCKS,
    FEED_ITEMS,
    INVISIBLE,
    KEPT_BACK,
    LINES_KEPT,
    NOT_SHOWN,
    is_hidden,
    joined_cells,
    letters,
    unchosen,
)
from extractors.parsing.nodes import NodeLog
from extractors.parsing.paths import Paths
from extractors.parsing.raised import Raised
from extractors.parsing.seams import Seams
from extractors.parsing.style_sheets import hide_by_sheets

__all__ = ["CELL_MARK", "Anchor", "BlockWriter", "hidden_blocks", "write_blocks"]

CELL_MARK = "|"
LITTLE = 100  # letters; a page that shows fewer may hold its text in what it hides
SWALLOWED = 5  # times as many letters, in one element

_LINE_BREAK = re.compile(r"\r\n?|\n")


def write_blocks(soup: BeautifulSoup) -> BlockWriter:
    """What *soup* shows. Where that is next to nothing, elements that hide far more are shown too:
    a script shows them, or they were never closed and have swallowed the page."""
    hide_by_sheets(soup)
    writer = BlockWriter(Paths(soup))
    _walk(soup, writer)
    seen = sum(len(text) for _, text in writer.parts)
    if seen < LITTLE and writer.hidden:
        swallowing = [tag for tag in writer.hidden if letters(tag) > SWALLOWED * (seen + LITTLE)]
        if swallowing:
            writer = BlockWriter(writer.paths, shown=swallowing)
            _walk(soup, writer)
    return writer


def hidden_blocks(writer: BlockWriter) -> list[tuple[str, str]]:
    """XPath and text of the blocks in what *writer* left out."""
    unseen = BlockWriter(writer.paths, everything=True)
    for tag in writer.left_out:
        unseen.within(tag)
    return unseen.parts


def _walk(root: Tag, writer: BlockWriter) -> None:
    """Visit what is shown in *root*, in order. A stack of our own: pages nest deeper than Python
    calls."""
    open_tags = [root]
    levels = [iter(root.contents)]
    while levels:
        for node in levels[-1]:
            if isinstance(node, Tag):
                if writer.enter(node):
                    open_tags.append(node)
                    levels.append(iter(node.contents))
                    break
            elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
                writer.string(node)
        else:
            levels.pop()
            tag = open_tags.pop()
            if tag is not root:
                writer.leave(tag)


@dataclass(slots=True)
class Anchor:
    """`start` and `end` of its words in the document's text; negative before there are any."""

    href: str
    xpath: str
    start: int = -1
    end: int = -1


class BlockWriter:
    """Builds blocks and anchors while the tree is walked.

    `parts`: XPath and text of each block so far. `anchors`: those that have words. `noted`:
    attributes that may state something. `hidden`: elements left out that could be shown;
    `left_out`: these and others that may hold words. *shown*: such elements that are not left out;
    *everything*: none are. `following`: addresses of links of the relation "next".
    `nodes`: elements with words. `targets`: what relative links are said to be relative to.
    `canonical`, `shared_as`: what the page says that its address is, as a link of that relation
    and to Open Graph.
    `locales`: languages that the head names. `breaks`: as `ParsedPage` has them.
    """

    def __init__(
        self, paths: Paths, shown: Sequence[Tag] = (), *, everything: bool = False
    ) -> None:
        self.paths = paths
        self._shown = {id(tag) for tag in shown}
        self._everything = everything
        self.hidden: list[Tag] = []
        self.left_out: list[Tag] = []
        self.parts: list[tuple[str, str]] = []
        self.anchors: list[Anchor] = []
        self.noted: list[Noted] = []
        self.following: list[str] = []
        self.targets: list[str] = []
        self.canonical: list[str] = []
        self.shared_as: list[str] = []
        self.locales: list[str] = []
        self.nodes = NodeLog()
        self.breaks: list[int] = []
        self._run: list[str] = []
        self._end = -1  # of what is written, in the document's text
        self._space = False
        self._raised = Raised()
        self._seams = Seams()
        self._owners: list[Tag] = []
        self._open: list[tuple[Tag, Anchor]] = []
        self._wordless: list[Anchor] = []
        self._after_link = False
        self._lines_kept = 0
        self._titled = False
        self._unchosen: set[int] = set()
        self._joined: dict[int, bool] = {}  # cells of one-block rows: is a mark due before it

    def enter(self, tag: Tag) -> bool:
        """Begin *tag*; whether its content is shown at all."""
        self._space = self._space or tag.name in APART
        if tag.attrs and not self._everything:
            self._note(tag)
        if (self._titled and _is_page_title(tag)) or self._is_left_out(tag):
            return False
        if id(tag) in self._joined:
            if self._joined[id(tag)]:
                self._write(f" {CELL_MARK} ")
            self.nodes.enter(tag)
            return True
        if tag.name in BLOCKS:
            self._end_block()
            self._owners.append(tag)
        self.nodes.enter(tag)
        self._raised.enter(tag)
        self._seams.enter(tag)
        self._begin(tag)
        return True

    def _is_left_out(self, tag: Tag) -> bool:
        if self._everything:
            return tag.name in NOT_SHOWN and tag.name not in KEPT_BACK
        unchosen = id(tag) in self._unchosen
        if not unchosen and (not is_hidden(tag) or id(tag) in self._shown):
            return False
        if tag.name not in NOT_SHOWN and not unchosen:
            self.hidden.append(tag)
        if tag.name not in NOT_SHOWN or tag.name in KEPT_BACK:
            self.left_out.append(tag)
        return True

    def within(self, tag: Tag) -> None:
        """Write what *tag* holds, as blocks of their own."""
        self._titled = True  # of drawings, whose titles are the names of buttons
        self._owners.append(tag)
        _walk(tag, self)
        self._end_block()
        self._owners.pop()

    def _note(self, tag: Tag) -> None:
        if tag.name in ("a", "link"):
            self._note_relations(tag)
        elif tag.name == "base" and "href" in tag.attrs:
            self.targets.append(str(tag["href"]))
        elif tag.name == "meta":
            self._note_property(tag)
        for name, text in facts(tag):
            path, exact = self.paths.of(tag), self.paths.is_exact(tag)
            if exact and len(self.noted) < MAX_NOTED:
                self.noted.append(Noted(f"{path}/@{name}", text, len(self.parts), bool(self._run)))

    def _note_relations(self, tag: Tag) -> None:
        relations = str(tag.attrs.get("rel", "")).lower().split()
        if "next" in relations:
            self.following.append(str(tag.attrs.get("href", "")))
        if "canonical" in relations and tag.name == "link":
            self.canonical.append(str(tag.attrs.get("href", "")))

    def _note_property(self, tag: Tag) -> None:
        if tag.attrs.get("property") == "og:locale":
            self.locales.append(str(tag.attrs.get("content", "")))
        elif tag.attrs.get("property") == "og:url":
            self.shared_as.append(str(tag.attrs.get("content", "")))

    def _begin(self, tag: Tag) -> None:
        match tag.name:
            case "a" if "href" in tag.attrs:
                self._space = self._space or self._after_link  # two links are no one word
                anchor = Anchor(str(tag["href"]), self.paths.of(tag))
                self._open.append((tag, anchor))
                self._wordless.append(anchor)
            case "br":
                self._break_line()
            case "select":
                self._unchosen.update(map(id, unchosen(tag)))
            case "title":
                self._titled = True
            case "tr":
                self._joined |= joined_cells(tag)
            case name if name in LINES_KEPT:
                self._lines_kept += 1

    def leave(self, tag: Tag) -> None:
        """End *tag*, which `enter` began."""
        self.nodes.leave(self._end)
        self._raised.leave(tag)
        self._seams.leave(tag)
        if self._open and self._open[-1][0] is tag:
            self._end_anchor(self._open.pop()[1])
            self._after_link = True
        self._space = self._space or tag.name in APART
        if id(tag) in self._joined:
            return
        if tag.name in LINES_KEPT:
            self._lines_kept -= 1
        if tag.name in BLOCKS:
            self._end_block()
            self._owners.pop()

    def string(self, text: str) -> None:
        if not self._lines_kept:
            self._write(text)
            return
        first, *lines = _LINE_BREAK.split(text)
        self._write(first)
        for line in lines:
            self._break_line()
            self._write(line)

    def _write(self, text: str) -> None:
        if text.isspace():  # as half of all strings are, between elements
            self._space = True
            return
        visible = INVISIBLE.sub("", text)
        words = " ".join(visible.split())
        if not words:
            self._space = self._space or bool(visible)
            return
        gap = " " if self._run and (self._space or visible[0].isspace()) else ""
        gap = self._raised.gap(self._run, words, self._seams.gap(self._run, words, gap))
        start = self._end + (0 if self._run else 1) + len(gap)
        for anchor in self._wordless:
            anchor.start = start
        self._wordless.clear()
        self.nodes.wrote(start)
        self._after_link = False
        self._run.append(gap + words)
        self._end = start + len(words)
        self._space = visible[-1].isspace()

    def _break_line(self) -> None:
        """A new block, or in a row that is one block, a space."""
        if self._owners and self._owners[-1].name == "tr":
            self._space = True
            self.breaks += [self._end] if self._run else []
        else:
            self._end_block()

    def _end_block(self) -> None:
        if self._run:
            xpath = self.paths.of(self._owners[-1]) if self._owners else "/html"
            self.parts.append((xpath, "".join(self._run)))
            self._run.clear()
        self._space = False

    def _end_anchor(self, anchor: Anchor) -> None:
        if anchor.start < 0:
            self._wordless.pop()  # anchors opened later are closed, and gone with their words
        else:
            anchor.end = self._end
            self.anchors.append(anchor)


def _is_page_title(tag: Tag) -> bool:
    """Whether *tag* names the page, not an item of a feed."""
    return tag.name == "title" and not (tag.parent and tag.parent.name in FEED_ITEMS)
