"""What a page's markup states: JSON-LD, microdata, RDFa, Open Graph and `<meta>`, read by extruct.

Markup is a stranger's input. Every syntax is read apart and may fail apart; sizes, depth and the
number of nodes are bounded; nothing here opens a connection: JSON-LD contexts are names, not
addresses to fetch, and pyRdfa is given the parsed tree with its vocabulary expansion off.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from extractors.embedded.json_ld import read_script

__all__ = ["Item", "Markup", "Meta", "read_markup", "read_metas"]

MAX_CHARACTERS = 4_000_000  # of the page; longer ones are not read for markup
MAX_SCRIPT = 1_000_000  # characters of one JSON-LD script
MAX_SCRIPTS = 64
MAX_PROPERTIES = 3_000  # itemprop or property attributes, which extruct visits more than once
MAX_REFERENCES = 20  # itemref attributes: each copies what it points to
MAX_NODES = 20_000
MAX_DEPTH = 24
MAX_METAS = 500
_META = re.compile(r"<meta\b[^>]{0,4000}>", re.IGNORECASE)
_T = TypeVar("_T")
_SCHEMA_ORG = ("http://schema.org/", "https://schema.org/", "schema:")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the markup describes.

    `path`: where it stands, "json-ld[0].@graph[2]". `parent`: the property it is the value of, ""
    at the top. `types`: schema.org names without the address. `properties`: as the markup has
    them; a value is a scalar, a list, or an object of the same form with its "@type".
    `index`: nodes by their "@id" in the same syntax, for values that only name one.
    """

    path: str
    parent: str
    types: frozenset[str]
    properties: Mapping[str, Any]
    index: Mapping[str, Mapping[str, Any]]

    @property
    def syntax(self) -> str:
        return self.path.split("[", 1)[0]


@dataclass(frozen=True, slots=True)
class Meta:
    """One `<meta>` of the head: its name or property in lower case, its content, its path."""

    name: str
    content: str
    path: str


@dataclass(frozen=True, slots=True)
class Markup:
    """All that was read, in the order of the page. `canonical`: the page's own address, or ""."""

    items: tuple[Item, ...] = ()
    metas: tuple[Meta, ...] = ()
    canonical: str = ""


def read_markup(text: str, url: str = "") -> Markup:
    """The markup of the page whose HTML is *text*. Never raises: what cannot be read is not there.

    A syntax that the page shows no sign of costs nothing.
    """
    lower = text[:MAX_CHARACTERS].lower()
    if len(text) > MAX_CHARACTERS or ("<meta" not in lower and not _signs(lower)):
        return Markup()
    tree = _guarded(lambda: _tree(text))
    if tree is None:
        return Markup()
    items: list[Item] = []
    for syntax, read in _signs(lower).items():
        nodes = _guarded(lambda read=read: read(tree, text, url)) or []  # type: ignore[misc]
        items += _items(syntax, nodes)
    metas = tuple(_guarded(lambda: list(_metas(tree))) or ())
    return Markup(tuple(items), metas, _guarded(lambda: _canonical(tree)) or "")


def read_metas(text: str, name: str) -> tuple[Meta, ...]:
    """The `<meta>` elements called *name* alone, at a small part of the cost. Never raises."""
    tags = [tag for tag in _META.findall(text[:MAX_CHARACTERS]) if name in tag.lower()]
    if not tags:
        return ()
    metas = _guarded(lambda: list(_metas(_tree("".join(tags[:MAX_METAS]))))) or ()
    return tuple(meta for meta in metas if meta.name == name)


def _guarded(read: Callable[[], _T]) -> _T | None:
    """What *read* returns; `None` where the markup breaks the library that reads it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except Exception:  # RecursionError too: whatever it is, this page's markup does not answer
        return None


def _tree(text: str) -> Any:
    from lxml import html

    return html.document_fromstring(
        text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
    )


_Reader = Callable[[Any, str, str], list[Any]]


def _signs(lower: str) -> dict[str, _Reader]:
    """The syntaxes that *lower*, a page in lower case, may hold, with what reads each."""
    found: dict[str, _Reader] = {}
    if "ld+json" in lower:
        found["json-ld"] = _json_ld
    few = lower.count("itemref") <= MAX_REFERENCES
    if "itemscope" in lower and few and lower.count("itemprop") <= MAX_PROPERTIES:
        found["microdata"] = _microdata
    named = "typeof=" in lower and "schema.org" in lower
    if named and 0 < lower.count("property=") <= MAX_PROPERTIES:
        found["rdfa"] = _rdfa
    return found


def _json_ld(tree: Any, text: str, url: str) -> list[Any]:
    typed = tree.xpath("//script[@type]")
    scripts = [script for script in typed if _is_json_ld(script.get("type"))]
    found: list[Any] = []
    for script in scripts[:MAX_SCRIPTS]:
        if len(said := script.text or "") <= MAX_SCRIPT:
            found += _guarded(lambda said=said: read_script(said)) or []  # type: ignore[misc]
    return found


def _is_json_ld(media_type: str) -> bool:
    return media_type.split(";")[0].strip().lower() == "application/ld+json"


def _microdata(tree: Any, text: str, url: str) -> list[Any]:
    from extruct.w3cmicrodata import MicrodataExtractor

    return [_plain_microdata(item, 0) for item in MicrodataExtractor().extract_items(tree, url)]


def _plain_microdata(value: Any, depth: int) -> Any:
    """Microdata's {"type", "properties"} in JSON-LD's form."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_plain_microdata(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    properties = value.get("properties") or {}
    plain = {name: _plain_microdata(item, depth + 1) for name, item in properties.items()}
    return {"@type": value.get("type", ""), **plain}


def _rdfa(tree: Any, text: str, url: str) -> list[Any]:
    from extruct.rdfa import RDFaExtractor

    nodes = RDFaExtractor().extract(text, base_url=url or "http://page.invalid/")
    return [{_local(name): _rdf_value(value) for name, value in node.items()} for node in nodes]


def _rdf_value(value: Any) -> Any:
    """A JSON-LD value in expanded form, as scalars where it is one."""
    if isinstance(value, list):
        values = [_rdf_value(item) for item in value]
        return values[0] if len(values) == 1 else values
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _local(name: str) -> str:
    """A schema.org name without the address it is often written with."""
    name = name.strip()
    return next((name[len(p) :] for p in _SCHEMA_ORG if name.startswith(p)), name)


def _items(syntax: str, nodes: list[Any]) -> Iterator[Item]:
    """Every typed object in *nodes*, outer ones first, without calling into the depth."""
    index: dict[str, Mapping[str, Any]] = {}
    found: list[Item] = []
    todo = [(f"{syntax}[{place}]", "", 0, node) for place, node in enumerate(nodes)][::-1]
    for _ in range(MAX_NODES):
        if not todo:
            break
        path, parent, depth, node = todo.pop()
        if depth > MAX_DEPTH or len(todo) > MAX_NODES:
            continue
        if isinstance(node, list):
            inner = [(f"{path}[{place}]", parent, depth + 1, x) for place, x in enumerate(node)]
            todo += inner[::-1]
        elif isinstance(node, dict):
            node = {_local(name): value for name, value in node.items() if isinstance(name, str)}
            if isinstance(name := node.get("@id"), str) and len(node) > 1:
                index.setdefault(name, node)
            if types := _types(node):
                found.append(Item(path, parent, types, node, index))
            inner = [
                (f"{path}.{name}", "" if name == "@graph" else name, depth + 1, value)
                for name, value in node.items()
                if isinstance(value, dict | list)
            ]
            todo += inner[::-1]
    yield from found


def _types(node: Mapping[str, Any]) -> frozenset[str]:
    stated = node.get("@type")
    names = stated if isinstance(stated, list) else [stated]
    return frozenset(_local(name) for name in names if isinstance(name, str) and name)


def _metas(tree: Any) -> Iterator[Meta]:
    """Open Graph and other `<meta>` elements that have a name and a content."""
    for element in tree.xpath("//meta[@content][@property or @name]")[:MAX_METAS]:
        name = str(element.get("property") or element.get("name")).strip().lower()
        syntax = "opengraph" if element.get("property") else "meta"
        if content := str(element.get("content")).strip():
            yield Meta(name, content, f"{syntax}.{name}")


def _canonical(tree: Any) -> str:
    links = tree.xpath('//link[@rel="canonical"]/@href')
    return str(links[0]).strip() if links else ""
