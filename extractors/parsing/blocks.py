"""A page's bytes to its visible text, block by block, with the way back to the DOM."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import AttributeDict, Tag
from bs4.exceptions import ParserRejectedMarkup

from extractors.pages import Page
from extractors.parsing.attributes import offered
from extractors.parsing.block_writer import (
    CELL_MARK,
    Anchor,
    BlockWriter,
    hidden_blocks,
    write_blocks,
)
from extractors.parsing.encoding import decode
from extractors.parsing.hrefs import absolute, is_here, is_relative, saved_from
from extractors.parsing.nodes import Node
from schemas.document import Document, Span
from schemas.errors import NotAPage

__all__ = ["CELL_MARK", "Link", "ParsedPage", "parse_page"]

MAX_TAGS = 500_000

_LONGEST_TAG = 35  # characters of a language tag (RFC 5646)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>", re.IGNORECASE)
_FEED = re.compile(r"\s*(?:<[?!][^<>]*>\s*)*<(?:rss|feed|rdf:rdf)\b", re.IGNORECASE)
_FRAME, _TAG = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL), re.compile(r"<[^<>]*>")


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
    nowhere: int = 0


def parse_page(page: Page) -> ParsedPage:
    """Read *page* as a browser without scripts shows it, with the style sheets it holds.

    The title comes first, the attributes that state facts (`attributes`) after all
    visible text, and last what hidden elements, fallbacks and closed lists of options hold. White
    space folds to single spaces; `<br>` and, in `<pre>`, line breaks end a block. A table row of
    plain cells is one block, its cells parted by `CELL_MARK`. XPaths hold in
    `lxml.html.document_fromstring` of the decoded text, where no element lies `paths.MAX_DEPTH`
    deep. Raised digits do not run into the number or word before them
    (`extractors.parsing.raised`).
    `Document.url` is the page's; of files what they say that it was (`hrefs.saved_from`), or
    their `<base href>`, or "".

    Raises:
        NotAPage: the parser refused the markup, it has more than `MAX_TAGS` tags, or it is in an
            encoding that browsers no longer read.
    """
    text = _decoded(page)
    soup = _parsed(text, page.content_type)
    writer = write_blocks(soup)
    address = page.url or saved_from(text, [*writer.canonical, *writer.shared_as])
    target = absolute(next(iter(writer.targets), ""), address) or address
    url = address or target
    return ParsedPage(
        _document(page, url, writer, language=_language(soup, writer.locales)),
        _links(writer.anchors, target),
        linked=tuple(sorted(Span(anchor.start, anchor.end) for anchor in writer.anchors)),
        following=_following(writer.following, target, here=url),
        nodes=writer.nodes.nodes(),
        breaks=tuple(dict.fromkeys(writer.breaks)),
        nowhere=0 if target else sum(is_relative(anchor.href) for anchor in writer.anchors),
    )


def _decoded(page: Page) -> str:
    text, encoding = decode(page.body, page.content_type)
    if encoding == "replacement":
        raise NotAPage("its encoding is one that browsers no longer read", hint="save it as UTF-8")
    return text


def _document(page: Page, url: str, writer: BlockWriter, *, language: str) -> Document:
    attributes = offered(writer.noted, writer.parts)
    hidden = hidden_blocks(writer)
    return Document.from_blocks(
        url, writer.parts, attributes, hidden, language=language, captured=page.captured
    )


def _links(anchors: Sequence[Anchor], target: str) -> tuple[Link, ...]:
    """Those of *anchors* that lead elsewhere, in order. *target*: what they are relative to."""
    links = [link for anchor in anchors if (link := _link(anchor, target))]
    return tuple(sorted(links, key=lambda link: (link.span, link.xpath)))


def _following(hrefs: Sequence[str], target: str, *, here: str) -> str | None:
    leads = (absolute(href, target) for href in hrefs)
    return next((url for url in leads if url not in ("", here)), None)


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


def _language(soup: BeautifulSoup, locales: Sequence[str]) -> str:
    """The language tag that the page states of itself; "" where it states none."""
    root = soup.find("html")
    stated = [root.get("lang"), root.get("xml:lang")] if isinstance(root, Tag) else []
    stated += locales
    return next((str(tag).strip()[:_LONGEST_TAG] for tag in stated if str(tag or "").strip()), "")


def _link(anchor: Anchor, target: str) -> Link | None:
    if is_here(anchor.href):
        return None
    url = absolute(anchor.href, target)
    return Link(Span(anchor.start, anchor.end), url, anchor.xpath) if url else None
