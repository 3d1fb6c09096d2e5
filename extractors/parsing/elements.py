"""What the elements of HTML are to a reader: blocks, boxes, hidden things, cells of a row."""

from __future__ import annotations

import re

from bs4.element import NavigableString, PreformattedString, Tag

__all__ = [
    "APART",
    "BLOCKS",
    "FEED_ITEMS",
    "INVISIBLE",
    "KEPT_BACK",
    "LINES_KEPT",
    "NOT_SHOWN",
    "is_hidden",
    "joined_cells",
    "letters",
    "unchosen",
]

# https://html.spec.whatwg.org/multipage/rendering.html says what is a block and what is not shown.
_SECTIONS = ("address", "article", "aside", "body", "center", "details", "dialog", "div", "footer")
_MORE_SECTIONS = (
    "header",
    "hgroup",
    "html",
    "main",
    "nav",
    "search",
    "section",
    "summary",
    "title",
)
_TEXTS = ("blockquote", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p")
_LISTS = ("dd", "dir", "dl", "dt", "li", "menu", "ol", "ul")
_TABLES = ("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr")
_FORMS = ("fieldset", "form", "legend", "optgroup", "option")
LINES_KEPT = frozenset({"listing", "plaintext", "pre", "textarea", "xmp"})
# No HTML, but pages of their own: what a feed (RSS, Atom) lists, and what it says of each.
FEED_ITEMS = frozenset({"entry", "item"})
_FEEDS = ("channel", "content:encoded", "description", "dc:creator", "dc:date", "guid", "pubdate")
_MORE_FEEDS = ("published", "updated")
BLOCKS = LINES_KEPT.union(
    _SECTIONS, _MORE_SECTIONS, _TEXTS, _LISTS, _TABLES, _FORMS, FEED_ITEMS, _FEEDS, _MORE_FEEDS
)

_UNSEEN = ("annotation", "annotation-xml", "area", "base", "datalist", "frame", "frameset", "link")
_MORE_UNSEEN = ("meta", "noembed", "noframes", "noscript", "param", "rp", "script", "style")
# Boxes that hold no text of the page's; words on both sides of one do not touch.
_BOXES = ("applet", "audio", "canvas", "embed", "iframe", "meter", "object", "progress", "svg")
NOT_SHOWN = frozenset((*_UNSEEN, *_MORE_UNSEEN, *_BOXES, "template", "track", "video"))
APART = frozenset((*_BOXES, "button", "img", "input", "select", "text", "video"))
# Of what is not shown, what may hold words for people: fallbacks, choices, parts for scripts.
KEPT_BACK = frozenset(("applet", "audio", "canvas", "datalist", "meter", "noembed", "noframes"))
KEPT_BACK = KEPT_BACK.union(("noscript", "object", "progress", "svg", "template", "video"))
_CELLS = frozenset({"td", "th"})
_PLAIN_BOXES = frozenset({"div", "p"})
_SHORT_CELL = 120  # characters; what a longer paragraph says is no value of a table
# Controls, the soft hyphen and zero-width spaces and joiners: in the source, not on the screen.
INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff]+")

_HIDING_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))(?![\w-])", re.IGNORECASE
)
# Streamed pages send late parts hidden under such ids; a script then moves them into place.
_STREAMED_ID = re.compile(r"S:[0-9a-f]+")


def is_hidden(tag: Tag) -> bool:
    if tag.name in NOT_SHOWN:  # a shadow tree is shown in the place of its element's children
        return not (tag.name == "template" and "shadowrootmode" in tag.attrs)
    if tag.name == "dialog" and "open" not in tag.attrs:
        return True
    if not tag.attrs or tag.name in ("html", "body"):  # scripts show these once they have run
        return False
    if "hidden" in tag.attrs:
        return not _STREAMED_ID.fullmatch(str(tag.attrs.get("id", "")))
    return "style" in tag.attrs and bool(_HIDING_STYLE.search(str(tag.attrs["style"])))


def unchosen(select: Tag) -> list[Tag]:
    """The options that a closed drop-down list does not show."""
    if "multiple" in select.attrs or str(select.attrs.get("size", "1")).strip() not in (
        "",
        "0",
        "1",
    ):
        return []
    options = [
        option
        for child in select.contents
        if isinstance(child, Tag)
        for option in (child.contents if child.name == "optgroup" else [child])
        if isinstance(option, Tag) and option.name == "option"
    ]
    selected = [option for option in options if "selected" in option.attrs]
    shown = selected[-1:] or options[:1]
    return [option for option in options if option is not shown[0]]


def joined_cells(row: Tag) -> dict[int, bool]:
    """The cells of *row* that make one block, and whether each is after another; else none.

    A row is one block when several of its cells have text and each holds one run of it: no block,
    or one short paragraph, which is no block of its own then and is among what is returned.
    """
    cells = [
        child
        for child in row.contents
        if isinstance(child, Tag) and child.name in _CELLS and not is_hidden(child)
    ]
    texts = 0
    inner: list[Tag] = []
    for cell in cells:
        boxes, has_text = _one_run(cell)
        if boxes is None:
            return {}
        inner += boxes
        texts += has_text
    if texts < 2:
        return {}
    return {id(cell): cell is not cells[0] for cell in cells} | {id(box): False for box in inner}


def _one_run(cell: Tag) -> tuple[list[Tag] | None, bool]:
    """The paragraphs around all the text of *cell*, and whether it has text; `None` for the former
    where it is more than one run."""
    boxes: list[Tag] = []
    while True:
        blocks, text = _blocks_in(boxes[-1] if boxes else cell)
        if not blocks:
            length = sum(map(len, text))
            return (None, True) if boxes and length > _SHORT_CELL else (boxes, length > 0)
        if len(blocks) > 1 or text or blocks[0].name not in _PLAIN_BOXES:
            return None, True
        boxes.append(blocks[0])


def _blocks_in(tag: Tag) -> tuple[list[Tag], list[str]]:
    """The outermost blocks in *tag* that are seen, and the text beside them."""
    blocks: list[Tag] = []
    text: list[str] = []
    stack: list[object] = list(tag.contents)
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node.name in BLOCKS and not is_hidden(node):
                blocks.append(node)
            elif not is_hidden(node):
                stack.extend(node.contents)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            text.append(node.strip())
    return blocks, [words for words in text if words]


def letters(tag: Tag) -> int:
    """Letters of text in *tag*, those of scripts and the like left out."""
    return sum(
        len(text.strip())
        for text in tag.descendants
        if type(text) is NavigableString and text.parent and text.parent.name not in NOT_SHOWN
    )
