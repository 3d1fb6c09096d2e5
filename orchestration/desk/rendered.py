"""A page as it looks, made inert: an allow-list of elements, no script, no style, no address.

What is left is meant for a sandboxed frame, and says itself that nothing may be loaded or run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import lxml.html
from lxml.etree import Comment, LxmlError, ParserError
from lxml.html import HtmlElement
from lxml_html_clean import Cleaner

from extractors.pages import Page
from extractors.parsing.encoding import decode
from orchestration.desk.highlight import UNSHOWABLE

__all__ = ["LARGEST", "QUOTE_ID", "rendered"]

LARGEST = 2_000_000
"""Characters of markup; a page with more is shown as text alone."""

QUOTE_ID = "quote"
"""The id of the first quoted place in what `rendered` gives."""

_TEXTS = "abbr address b bdi bdo blockquote br cite code dd del dfn dl dt em h1 h2 h3 h4 h5 h6 hr i"
_MORE_TEXTS = "ins kbd li mark ol p pre q s samp small span strong sub sup time u ul var wbr"
_BOXES = "article aside body details div figcaption figure footer header main nav section summary"
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
_ALLOWED = frozenset(f"{_TEXTS} {_MORE_TEXTS} {_BOXES} {_TABLES}".split())
_ATTRIBUTES = frozenset({"colspan", "dir", "id", "lang", "open", "reversed", "rowspan", "start"})
_DROPPED = ("applet", "audio", "canvas", "frame", "frameset", "iframe", "math", "noembed")
_MORE_DROPPED = ("noframes", "noscript", "object", "script", "style", "svg", "template", "video")
_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>", re.IGNORECASE)

_HEAD = """<head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
form-action 'none'; base-uri 'none'"><title>The page, inert</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 1rem; color: #1e293b; background: #fff;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; } td, th { border: 1px solid #cbd5e1; padding: .2rem .5rem; }
mark { background: #fde047; color: #111; outline: 2px solid #ca8a04; border-radius: 2px; }
</style></head>"""

_CLEANER = Cleaner(
    allow_tags=_ALLOWED,
    remove_unknown_tags=False,
    kill_tags=(*_DROPPED, *_MORE_DROPPED),
    safe_attrs_only=True,
    safe_attrs=_ATTRIBUTES,
    style=True,
    inline_style=True,
    forms=False,  # their texts stay; the elements go, as all that is not allowed
    page_structure=False,
)


def rendered(page: Page, places: Sequence[tuple[str, str]] = ()) -> str | None:
    """*page* as an HTML document that does nothing; `None`: it is too large, or no HTML.

    *places*: XPath and quote of what is to be marked; the first mark has the id `QUOTE_ID`.
    """
    text, _ = decode(page.body, page.content_type)
    if len(text) > LARGEST or "<" not in text:
        return None
    try:
        tree = lxml.html.document_fromstring(_XML_DECLARATION.sub("", text.replace("\0", "")))
        found = [(_element(tree, xpath), quote) for xpath, quote in places]
        root = f"<!doctype html><html{_turned(tree)}>"
        _prepare(tree)
        for element, quote in found:
            if element is not None:
                _mark(element, quote)
        _name_first(tree)
        _CLEANER(tree)
        body = tree.find("body")
        inner = lxml.html.tostring(body if body is not None else tree, encoding="unicode")
    except (LxmlError, ParserError, ValueError, AssertionError):
        return None
    return f"{root}{_HEAD}{UNSHOWABLE.sub(chr(0xFFFD), inner)}</html>"


def _turned(tree: HtmlElement) -> str:
    """The language and direction that the page as a whole has, as attributes."""
    whole = [part for part in (tree.find("body"), tree) if part is not None]
    kept = ""
    for name, allowed in (("dir", r"(?i:ltr|rtl|auto)"), ("lang", r"[\w-]{1,35}")):
        said = next((part.get(name, "") for part in whole if part.get(name)), "").strip()
        kept += f' {name}="{said}"' if re.fullmatch(allowed, said) else ""
    return kept


def _element(tree: HtmlElement, xpath: str) -> HtmlElement | None:
    """The element at the *xpath* of an evidence; the nearest one above where that is a title."""
    if not re.fullmatch(r"(?:/(?:[\w.-]+|\*)(?:\[\d+\])?)+", xpath):
        return None
    found = tree.xpath(xpath)
    return found[0] if isinstance(found, list) and found else None


def _prepare(tree: HtmlElement) -> None:
    """Drop what is not shown, name pictures by their words, forget the page's ids and marks."""
    for element in list(tree.iter()):
        if element.tag is Comment or not isinstance(element.tag, str):
            continue
        if "hidden" in element.attrib or _HIDING.search(element.get("style", "")):
            _drop(element)
            continue
        element.attrib.pop("id", None)
        if element.tag == "mark":
            element.tag = "em"
        if element.tag == "img" and element.get("alt", "").strip():
            element.tag, element.text = "span", f"[picture: {element.get('alt', '').strip()}]"


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None and element.tag != "body":
        element.drop_tree()


def _mark(element: HtmlElement, quote: str) -> None:
    """Mark *quote* where one run of *element*'s text holds it, else all the element's text."""
    wanted = re.compile(r"\s+".join(map(re.escape, quote.split())), re.IGNORECASE)
    runs = list(_runs(element))
    for holder, is_tail in runs:
        text = (holder.tail if is_tail else holder.text) or ""
        if quote.strip() and (match := wanted.search(text)):
            _wrap(holder, is_tail, match.start(), match.end())
            return
    for holder, is_tail in runs:
        text = (holder.tail if is_tail else holder.text) or ""
        if text.strip():
            _wrap(holder, is_tail, 0, len(text))


def _runs(element: HtmlElement) -> Iterable[tuple[HtmlElement, bool]]:
    """The runs of text in *element*: each an element, and whether it is the text after it."""
    yield element, False
    for child in element:
        if isinstance(child.tag, str):
            yield from _runs(child)
        yield child, True


def _wrap(holder: HtmlElement, is_tail: bool, start: int, end: int) -> None:
    text = (holder.tail if is_tail else holder.text) or ""
    mark = lxml.html.Element("mark")
    mark.text, mark.tail = text[start:end], text[end:]
    if is_tail:
        holder.tail = None
        holder.addnext(mark)  # not by its number, which takes long to find among many
        holder.tail = text[:start]
    else:
        holder.text = text[:start]
        holder.insert(0, mark)


def _name_first(tree: HtmlElement) -> None:
    for mark in tree.iter("mark"):
        mark.set("id", QUOTE_ID)
        return
