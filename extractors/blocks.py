"""A page's bytes to its visible text, block by block, with the way back to the DOM."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import AttributeDict, NavigableString, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup

from extractors.attributes import MAX_NOTED, Noted, facts, offered
from extractors.elements import (
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
from extractors.encoding import decode
from extractors.nodes import Node, NodeLog
from extractors.pages import Page
from extractors.paths import Paths
from extractors.raised import Raised
from extractors.style_sheets import hide_by_sheets
from schemas.document import Document, Span
from schemas.errors import NotAPage

__all__ = ["Link", "ParsedPage", "parse_page"]

MAX_TAGS = 500_000
CELL_MARK = "|"
LITTLE = 100  # letters; a page that shows fewer may hold its text in what it hides
SWALLOWED = 5  # times as many letters, in one element

_LONGEST_TAG = 35  # characters of a language tag (RFC 5646)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>", re.IGNORECASE)
_FEED = re.compile(r"\s*(?:<[?!][^<>]*>\s*)*<(?:rss|feed|rdf:rdf)\b", re.IGNORECASE)
_FRAME, _TAG = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL), re.compile(r"<[^<>]*>")
_LINE_BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Link:
    """Words of the page that lead somewhere.

    `span`: the words, in `Document.text`; it may cover several blocks. `href`: absolute, http or
    https. `xpath`: of the `<a>` element.
    """

    span: Span
    href: str
    xpath: str


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page's text, and the links in it in reading order.

    `linked`: the words of every `<a href>`, in order, also where its address is not on the web.
    `following`: where a link of the relation "next" leads, with words or without; `None`: nowhere
        but here. `nodes`: every element that holds text, as selectors see it. `breaks`: where words
        end that `<br>` follows, in rows that are one block: elsewhere it ends the block.
    """

    document: Document
    links: tuple[Link, ...]
    linked: tuple[Span, ...] = ()
    following: str | None = None
    nodes: tuple[Node, ...] = ()
    breaks: tuple[int, ...] = ()


def parse_page(page: Page) -> ParsedPage:
    """Read *page* as a browser without scripts shows it, with the style sheets it holds.

    The title comes first, the attributes that state facts (`extractors.attributes`) after all
    visible text, and last what hidden elements, fallbacks and closed lists of options hold. White
    space folds to single spaces; `<br>` and, in `<pre>`, line breaks end a block. A table row of
    plain cells is one block, its cells parted by `CELL_MARK`. XPaths hold in
    `lxml.html.document_fromstring` of the decoded text, where no element lies `paths.MAX_DEPTH`
    deep. Raised digits do not run into the number or word before them
    (`extractors.raised`).
    `Document.url` is the page's, or for files its `<base href>`, or "".

    Raises:
        NotAPage: the parser refused the markup, it has more than `MAX_TAGS` tags, or it is in an
            encoding that browsers no longer read.
    """
    text, encoding = decode(page.body, page.content_type)
    if encoding == "replacement":
        raise NotAPage("its encoding is one that browsers no longer read", hint="save it as UTF-8")
    soup = _parsed(text, page.content_type)
    writer = _written(soup)
    target = _absolute(next(iter(writer.targets), ""), page.url) or page.url
    attributes = offered(writer.noted, writer.parts)
    document = Document.from_blocks(
        page.url or target,
        writer.parts,
        attributes,
        _hidden(writer),
        language=_language(soup, writer.locales),
        captured=page.captured,
    )
    found = (_link(anchor, target) for anchor in writer.anchors)
    links = sorted((link for link in found if link), key=lambda link: (link.span, link.xpath))
    linked = sorted(Span(anchor.start, anchor.end) for anchor in writer.anchors)
    leads = (_absolute(href, target) for href in writer.following)
    following = next((url for url in leads if url not in ("", document.url)), None)
    nodes = writer.nodes.nodes()
    breaks = tuple(dict.fromkeys(writer.breaks))
    return ParsedPage(document, tuple(links), tuple(linked), following, nodes, breaks)


def _parsed(text: str, content_type: str | None) -> BeautifulSoup:
    if (tags := text.count("<")) > MAX_TAGS:  # a tree of more takes gigabytes
        raise NotAPage(f"the page has {tags:,} tags, more than {MAX_TAGS:,}", hint="split the page")
    try:
        # Classes as one string: nothing here reads them, and splitting them takes time, as does
        # the dictionary for HTML, which would turn values that are no strings into such.
        return BeautifulSoup(
            _markup(text, content_type),
            "lxml",
            multi_valued_attributes=None,
            attribute_dict_class=AttributeDict,
        )
    except ParserRejectedMarkup as error:
        raise NotAPage(f"the markup cannot be parsed: {error}") from error


def _markup(text: str, content_type: str | None) -> str:
    """*text* as HTML: plain text keeps its lines, and no declaration contradicts the decoding."""
    text = text.replace("\0", "")
    if (content_type or "").strip().lower().startswith("text/plain"):
        return f"<pre>{html.escape(text, quote=False)}</pre>"
    if _FEED.match(text):
        text = _feed_text(text)
    return _XML_DECLARATION.sub("", text) if "<" in text else f"<pre>{text}</pre>"


def _feed_text(text: str) -> str:
    """A feed without the frames around its texts, which HTML takes for comments."""
    return _FRAME.sub(lambda found: html.escape(_TAG.sub(" ", found[1]), quote=False), text)


def _is_page_title(tag: Tag) -> bool:
    """Whether *tag* names the page, not an item of a feed."""
    return tag.name == "title" and not (tag.parent and tag.parent.name in FEED_ITEMS)


def _language(soup: BeautifulSoup, locales: Sequence[str]) -> str:
    """The language tag that the page states of itself; "" where it states none."""
    root = soup.find("html")
    stated = [root.get("lang"), root.get("xml:lang")] if isinstance(root, Tag) else []
    stated += locales
    return next((str(tag).strip()[:_LONGEST_TAG] for tag in stated if str(tag or "").strip()), "")


def _absolute(href: str, target: str) -> str:
    """*href* as an http or https URL, or "" where it is none."""
    try:
        url = urljoin(target, href.strip())
        parts = urlsplit(url)
    except ValueError:  # "http://[": no address at all
        return ""
    web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return url.replace(" ", "%20") if web else ""


def _link(anchor: _Anchor, target: str) -> Link | None:
    href = anchor.href.strip()
    if not href or href.startswith("#"):  # the page itself
        return None
    url = _absolute(href, target)
    return Link(Span(anchor.start, anchor.end), url, anchor.xpath) if url else None


def _written(soup: BeautifulSoup) -> _Writer:
    """What *soup* shows. Where that is next to nothing, elements that hide far more are shown too:
    a script shows them, or they were never closed and have swallowed the page."""
    hide_by_sheets(soup)
    writer = _Writer(Paths(soup))
    _walk(soup, writer)
    seen = sum(len(text) for _, text in writer.parts)
    if seen < LITTLE and writer.hidden:
        swallowing = [tag for tag in writer.hidden if letters(tag) > SWALLOWED * (seen + LITTLE)]
        if swallowing:
            writer = _Writer(writer.paths, shown=swallowing)
            _walk(soup, writer)
    return writer


def _hidden(writer: _Writer) -> list[tuple[str, str]]:
    """XPath and text of the blocks in what *writer* left out."""
    unseen = _Writer(writer.paths, everything=True)
    for tag in writer.left_out:
        unseen.within(tag)
    return unseen.parts


def _walk(root: Tag, writer: _Writer) -> None:
    """Visit what is shown in *root*, in order. A stack of our own: pages nest deeper than Python
    calls."""
    stack: list[tuple[object, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if isinstance(node, Tag):
            if leaving:
                writer.leave(node)
            elif node is root or writer.enter(node):
                if node is not root:
                    stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.contents))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            writer.string(node)


@dataclass(slots=True)
class _Anchor:
    """`start` and `end` of its words in the document's text; negative before there are any."""

    href: str
    xpath: str
    start: int = -1
    end: int = -1


class _Writer:
    """Builds blocks and anchors while the tree is walked.

    `parts`: XPath and text of each block so far. `anchors`: those that have words. `noted`:
    attributes that may state something. `hidden`: elements left out that could be shown;
    `left_out`: these and others that may hold words. *shown*: such elements that are not left out;
    *everything*: none are. `following`: addresses of links of the relation "next".
    `nodes`: elements with words. `targets`: what relative links are said to be relative to.
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
        self.anchors: list[_Anchor] = []
        self.noted: list[Noted] = []
        self.following: list[str] = []
        self.targets: list[str] = []
        self.locales: list[str] = []
        self.nodes = NodeLog()
        self.breaks: list[int] = []
        self._run: list[str] = []
        self._end = -1  # of what is written, in the document's text
        self._space = False
        self._raised = Raised()
        self._owners: list[Tag] = []
        self._open: list[tuple[Tag, _Anchor]] = []
        self._wordless: list[_Anchor] = []
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
        if tag.name in ("a", "link") and "next" in str(tag.attrs.get("rel", "")).lower().split():
            self.following.append(str(tag.attrs.get("href", "")))
        elif tag.name == "base" and "href" in tag.attrs:
            self.targets.append(str(tag["href"]))
        elif tag.name == "meta" and tag.attrs.get("property") == "og:locale":
            self.locales.append(str(tag.attrs.get("content", "")))
        for name, text in facts(tag):
            path, exact = self.paths.of(tag), self.paths.is_exact(tag)
            if exact and len(self.noted) < MAX_NOTED:
                self.noted.append(Noted(f"{path}/@{name}", text, len(self.parts), bool(self._run)))

    def _begin(self, tag: Tag) -> None:
        match tag.name:
            case "a" if "href" in tag.attrs:
                self._space = self._space or self._after_link  # two links are no one word
                anchor = _Anchor(str(tag["href"]), self.paths.of(tag))
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
        visible = INVISIBLE.sub("", text)
        words = " ".join(visible.split())
        if not words:
            self._space = self._space or bool(visible)
            return
        gap = " " if self._run and (self._space or visible[0].isspace()) else ""
        gap = self._raised.gap(self._run, words, gap)
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

    def _end_anchor(self, anchor: _Anchor) -> None:
        if anchor.start < 0:
            self._wordless.pop()  # anchors opened later are closed, and gone with their words
        else:
            anchor.end = self._end
            self.anchors.append(anchor)
