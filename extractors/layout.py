"""A fingerprint of a page's layout: alike for the pages of one template, unlike between templates.

What counts is which elements stand within which, by tag, class and id, and never how many, nor any
text: a longer list or another article leaves it nearly as it was. Elements that authors put into
texts (paragraphs, lists, tables without a class) count only where there is little else. As pages of
one template still differ (an advertisement, a box that is left out), fingerprints are compared, not
matched: each is a sketch of the set of what stands where (MinHash, Broder 1997), and the share of
equal signs estimates how much of two sets is common.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import lxml.html
import numpy as np
from lxml.etree import LxmlError

from extractors.pages import Page
from extractors.parsing.encoding import decode
from schemas.errors import NotAPage

__all__ = ["ALIKE", "layout_of", "likeness", "same_layout"]

ALIKE = 0.35
"""Likeness from which on two pages count as of one layout."""

_SIGNS = 64  # of a sketch, one byte each
_FEW = 8  # features; with fewer the elements of texts count too
_NEAR = 3  # steps of a path that make a feature
_UNSEEN = frozenset({"iframe", "link", "meta", "noscript", "script", "style", "template"})
_OF_HEADS = _UNSEEN | {"base", "title"}
_IN_LINES = """
    a abbr b bdi bdo big br button cite code del dfn em font g i img input ins kbd mark nobr path
    picture q s samp small source span strong sub sup svg time tt u use var wbr"""
_IN_TEXTS = """
    blockquote dd dl dt figure h2 h3 h4 h5 h6 hr li ol p pre table tbody td tfoot th thead tr ul"""
_INLINE, _PROSE = frozenset(_IN_LINES.split()), frozenset(_IN_TEXTS.split())
_NAME = re.compile(r"[^\d]{1,40}")  # names with digits are often made anew for each page
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 by the golden ratio: spreads neighbours apart


def layout_of(page: Page) -> str:
    """The fingerprint of *page*: 64 signs of two hexadecimal digits each.

    Raises:
        NotAPage: the parser refused the markup.
    """
    text, _ = decode(page.body, page.content_type)
    try:
        # As bytes, since lxml refuses decoded text that declares an encoding of its own.
        parser = lxml.html.HTMLParser(encoding="utf-8")
        root = lxml.html.document_fromstring(
            text.replace("\0", "").encode("utf-8", "replace"), parser=parser
        )
    except (LxmlError, ValueError) as error:
        raise NotAPage(f"the markup cannot be parsed: {error}") from error
    features = _features(root, prose=False)
    if len(features) < _FEW:
        features = _features(root, prose=True)
    return _sketch(features).hex()


def likeness(one: str, other: str) -> float:
    """How much of two layouts is common, from 0 to 1; give or take 0.06. 0 for no fingerprint."""
    try:
        signs = bytes.fromhex(one), bytes.fromhex(other)
    except ValueError:
        return 0.0
    if any(len(sketch) != _SIGNS for sketch in signs):
        return 0.0
    return sum(a == b for a, b in zip(*signs, strict=True)) / _SIGNS


def same_layout(one: str, other: str) -> bool:
    """Whether two fingerprints are of pages that one plan can serve."""
    return likeness(one, other) >= ALIKE


def _features(root: lxml.html.HtmlElement, *, prose: bool) -> frozenset[str]:
    """Which elements stand within which: the last steps of every path, without numbers."""
    return frozenset("/".join(path[-_NEAR:]) for path in _paths(root, prose=prose))


def _paths(root: lxml.html.HtmlElement, *, prose: bool) -> Iterator[tuple[str, ...]]:
    waiting: list[tuple[lxml.html.HtmlElement, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, above = waiting.pop()
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN or (tag in _INLINE and len(above) > 1):
            continue
        names = _names(element)
        if tag == "head":
            body = _body_in(element)
            waiting += [(child, (*above[1 - _NEAR :], "body")) for child in body]
            continue
        if tag in _PROSE and not names and not prose:
            continue
        path = (*above[1 - _NEAR :], f"{tag}{names}")
        yield path
        waiting += [(child, path) for child in element]


def _body_in(head: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """What the parser leaves in the head of a page that writes neither `</head>` nor `<body>` and
    goes on with an element newer than the parser, such as `main`: all that there is."""
    return [child for child in head if child.tag not in _OF_HEADS]


def _names(element: lxml.html.HtmlElement) -> str:
    """The element's first classes and its id, as CSS writes them."""
    classes = sorted(
        {name for name in (element.get("class") or "").split() if _NAME.fullmatch(name)}
    )
    own = element.get("id") or ""
    id_ = f"#{own}" if _NAME.fullmatch(own) else ""
    return "".join(f".{name}" for name in classes[:2]) + id_


def _sketch(features: frozenset[str]) -> bytes:
    """For each of some hash functions, the least value among *features*, cut to a byte."""
    if not features:
        return bytes(_SIGNS)
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in features]
    keys = np.frombuffer(b"".join(digests), dtype=np.uint64)  # (features,)
    seeds = np.random.default_rng(0).integers(0, 2**63, _SIGNS, dtype=np.uint64)
    values = (keys[:, None] ^ seeds) * _ODD  # (features, signs); wraps around
    values ^= values >> np.uint64(31)
    return bytes((values.min(axis=0) & np.uint64(255)).astype(np.uint8))
