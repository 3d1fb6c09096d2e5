"""The markup tier: records answered from a page's markup alone, or not answered.

Precision comes first. A field is absent here, and left to a worker, where the page describes
several things of the kind and none is clearly its subject, where syntaxes differ, where a template
was not filled in, or where the value is not of the field's kind.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from extractors.embedded.markup import Item, Markup, read_markup
from extractors.embedded.visible import VisibleText, folded
from extractors.embedded.vocabulary import Family, family_of, family_of_type, places, words_of
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from extractors.parsing.encoding import decode
from extractors.values.customs import MACHINE
from extractors.values.normalise import normalise
from schemas.document import Span
from schemas.record import ABSENT, Cell, Evidence, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

__all__ = ["answer_from_markup"]

SEEN, UNSEEN = 0.99, 0.9  # confidence of a value that the visible text repeats, and of others
MAX_VALUE = 5_000  # characters
# Properties whose values speak of other things than the item.
_ASIDE = frozenset(
    [
        "isRelatedTo",
        "isSimilarTo",
        "mentions",
        "about",
        "hasPart",
        "isPartOf",
        "review",
        "reviews",
        "citation",
        "video",
        "image",
        "publisher",
        "author",
        "itemReviewed",
        "isAccessoryOrSparePartFor",
        "recommendations",
    ]
)
_UNFILLED = re.compile(r"\{\{|\}\}|\$\{|\[\[|<%|%[sd]\b|\{%|__\w+__")
_NOTHING = frozenset(
    ["", "undefined", "null", "none", "nan", "n a", "unknown", "string", "default", "tbd", "admin"]
)
NOWHERE = Span(0, 0)  # of evidence that stands in the markup alone
_LEFTOVER = re.compile(r"</?[a-zA-Z][^>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});")
_PLAIN_NUMBER = re.compile(r"\s*(?:[^\d\s.,a-z-]{0,4}\s?)?-?\d[\d.,\s']*(?:\s?[^\d\s]{0,4})?\s*")
_SAME_CHOICE = {"soldout": "outofstock", "discontinued": "outofstock", "oos": "outofstock"}
# Sites write these for machines: a bare number, "4 people", a list of both. Only a number is sure.
_MEASURED = frozenset({"recipeYield", "yield"})
_INGREDIENTS = frozenset({"recipeIngredient", "ingredients"})
_WHOLE_LIST = 150  # characters; a single item as long as this is a list that was not split
_SEEN_SHARE = 0.6  # of a list's items; then the others are only written in another way
_SEVERAL = re.compile(r"[,;|/+]|\s(?:and|og|och|und|et|y|e|en|i|и)\s|&", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Said:
    """A scalar of the markup as text, and its path."""

    text: str
    path: str


def answer_from_markup(page: Page, parsed: ParsedPage, schema: Schema) -> tuple[Record, ...]:
    """What the markup of *page* answers: one record, or where *schema* is `many` one an item.

    Values cite their path in the markup, and the visible text where it says the same. Where a
    label of the visible text says another thing the value is that, its status conflict, and the
    markup's words are its `contrary`. Empty where the markup answers nothing. Never raises.
    """
    text, _ = decode(page.body, page.content_type)
    markup = read_markup(text, parsed.document.url)
    if not markup.items and not markup.metas:
        return ()
    reader = _Answers(markup, parsed, schema)
    records = reader.records()
    return tuple(replace(record, index=index) for index, record in enumerate(records))


class _Answers:
    def __init__(self, markup: Markup, parsed: ParsedPage, schema: Schema) -> None:
        self._markup = markup
        self._url = parsed.document.url
        self._visible = VisibleText(parsed.document)
        self._schema = schema
        self._sites_write = False  # whether a site, not a person, is a fair answer to "author"

    def records(self) -> list[Record]:
        family = family_of(self._schema) or self._only_family()
        if family is None:
            return []
        self._sites_write = family.name == "Recipe"
        items = [item for item in self._markup.items if item.types & family.types]
        if self._schema.many:
            found = [self._record(family, [item]) for item in _listed(items)]
        else:
            found = [self._record(family, self._subject(items))]
        return [record for record in found if any(map(_says, record.cells.values()))]

    def _only_family(self) -> Family | None:
        """The one kind of thing that the page describes, where half of the fields are its own."""
        kinds = {f.name: f for item in self._markup.items if (f := family_of_type(item.types))}
        kinds.pop("Organization", None)
        if len(kinds) != 1:
            return None
        (family,) = kinds.values()
        known = sum(words_of(field.name) in family.places for field in self._schema)
        return family if 2 * known >= len(self._schema.fields) else None

    def _subject(self, items: list[Item]) -> list[Item]:
        """The page's main thing, as often as it is described; [] when unsure."""
        outer = [item for item in items if item.parent not in _ASIDE | {"itemListElement"}]
        by_syntax: dict[str, list[Item]] = {}
        for item in outer:
            by_syntax.setdefault(item.syntax, []).append(item)
        return [item for group in by_syntax.values() for item in self._main(group)]

    def _main(self, items: list[Item]) -> list[Item]:
        """Those that describe the page's one thing; they must not contradict each other."""
        fitting = [item for item in items if self._is_titled(item)]
        if len({_name(item) for item in fitting}) > 1:
            fitting = [item for item in fitting if self._is_here(item)]
        same = len({_name(item) for item in fitting}) == 1
        return fitting if same else []

    def _is_titled(self, item: Item) -> bool:
        """Whether the page's title or heading names *item*; a nameless one may be its subject."""
        name = set(_name(item).split())
        heads = [set(head.split()) for head in self._visible.headings()]
        if not name or not heads:
            return True
        return any(len(name & head) >= 0.5 * min(len(name), len(head)) for head in heads)

    def _is_here(self, item: Item) -> bool:
        """Whether *item* names this page's address as its own."""
        here = {_address(self._url), _address(self._markup.canonical)} - {""}
        stated = (item.properties.get(key) for key in ("url", "@id", "mainEntityOfPage"))
        return any(_address(address) in here for address in stated if isinstance(address, str))

    def _record(self, family: Family, items: list[Item]) -> Record:
        cells = {field.name: self._cell(field, family, items) for field in self._schema}
        return Record(cells, self._url)

    def _cell(self, field: Field, family: Family, items: list[Item]) -> Cell:
        if field.kind in (Kind.OBJECT, Kind.GENERATED):
            return ABSENT
        answers = [said for item in items if (said := _first(field, family, item))]
        if not answers and not self._schema.many:
            answers = [list(self._metas(field, family))]
        values = [self._values(field, said) for said in answers]
        values = [found for found in values if found]
        if not values or any(_plain(found) != _plain(values[0]) for found in values):
            return () if field.many else ABSENT
        if field.many:
            return tuple(values[0])
        return values[0][0] if len(values[0]) == 1 else ABSENT

    def _metas(self, field: Field, family: Family) -> Iterator[_Said]:
        for name in family.metas.get(words_of(field.name), ()):
            found = [_Said(m.content, m.path) for m in self._markup.metas if m.name == name]
            if found:
                yield from found if "author" not in name or all(map(_is_one_person, found)) else ()
                return

    def _values(self, field: Field, said: list[_Said]) -> list[Value]:
        """The answers in *said*, [] where one of them is no answer: a list is whole or absent."""
        found = [self._value(field, one) for one in said]
        whole = [value for value in found if value is not None]
        if len(whole) != len(found):
            return []
        if field.kind is Kind.TEXT:
            seen = sum(v.evidence is not None and v.evidence.is_visible for v in whole)
            if seen < (_SEEN_SHARE if field.many else 1) * len(whole):
                return []
        return list({_key(value): value for value in whole}.values())

    def _value(self, field: Field, said: _Said) -> Value | None:
        text = _readable(field, said)
        data = None if text is None else _data(field, text, self._url)
        if text is None or data is None:
            return None
        seen = self._visible.find(field, text, data)
        if seen is None and (other := self._visible.contrary(field, data)):
            return self._conflict(field, text, said.path, other)
        if seen is None and said.path.startswith(("meta", "opengraph")):
            return None  # written for other sites, and not checked against the page by its authors
        if not self._is_plausible(field, text, said.path, seen):
            return None
        evidence = (
            replace(seen, markup=said.path) if seen else Evidence(text, NOWHERE, "", said.path)
        )
        sure = SEEN if seen else UNSEEN
        return Value(text, data, evidence, Tier.MARKUP, sure, ValueStatus.FOUND)

    def _is_plausible(self, field: Field, text: str, path: str, seen: Evidence | None) -> bool:
        """Whether a reader of the page would give this answer too."""
        if (
            field.is_heading and not self._schema.many
        ):  # sites write other headlines for search engines than for readers
            shared = [folded(m.content) for m in self._markup.metas if m.name == "og:title"]
            agreed = all(folded(text) in title for title in shared)
            return agreed and folded(text) in self._visible.headings()
        names = "brand" in path or ("author" in path and not self._sites_write)
        if names and folded(text) in self._site_names:
            return False  # the house, where the field asks who wrote or made it
        amount = any(name in path for name in _INGREDIENTS) and seen is not None
        return not (amount and seen and self._visible.follows_number(seen))

    @cached_property
    def _site_names(self) -> frozenset[str]:
        """What the site calls itself, as it says in its markup or as its address does."""
        stated = [meta.content for meta in self._markup.metas if meta.name == "og:site_name"]
        for item in self._markup.items:
            group = item.types & {"Organization", "NewsMediaOrganization", "WebSite", "Corporation"}
            name = item.properties.get("name")
            if isinstance(name, str) and group:
                stated.append(name)
        host = _address(self._markup.canonical or self._url).split("/")[0].removeprefix("www.")
        return frozenset(folded(name) for name in (*stated, host, *host.split(".")) if name)

    def _conflict(self, field: Field, text: str, path: str, other: Evidence) -> Value:
        data = self._visible.read(other.quote, field)
        contrary = Evidence(text, NOWHERE, "", path)
        return Value(
            other.quote, data, other, Tier.MARKUP, 0.5, ValueStatus.CONFLICT, contrary=contrary
        )


def _listed(items: list[Item]) -> list[Item]:
    """The items of the syntax that lists the most, without those that others speak of."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        if item.parent not in _ASIDE:
            groups.setdefault(item.syntax, []).append(item)
    return max(groups.values(), key=len, default=[])


def _first(field: Field, family: Family, item: Item) -> list[_Said]:
    """What the likeliest property of *item* that says anything says."""
    for path in places(field, family):
        if said := list(_at(item, path)):
            if path in _MEASURED and field.kind is Kind.TEXT:
                return []
            if path in _INGREDIENTS and len(said) == 1 and len(said[0].text) > _WHOLE_LIST:
                return []
            if path.split(".")[0] == "author" and not all(map(_is_one_person, said)):
                return []  # also of one word alone: a first name, a nickname, a department
            return said
    return []


def _is_one_person(said: _Said) -> bool:
    """Whether *said* is one full name, not a row of them, or one with a title or an agency."""
    words = said.text.split()
    partial = len(words) == 1 and words[0][0] < "\u0370"  # Latin script, which parts names
    return not _SEVERAL.search(said.text) and not partial


def _at(item: Item, path: str) -> Iterator[_Said]:
    found: list[tuple[Any, str]] = [(item.properties, item.path)]
    for name in path.split("."):
        found = [
            step
            for node, place in found
            if isinstance(node, Mapping) and name in node
            for step in _each(_followed(node[name], item), f"{place}.{name}", item)
        ]
    for node, place in found:
        yield from _scalars(node, place)


def _each(value: Any, path: str, item: Item) -> list[tuple[Any, str]]:
    if isinstance(value, list):
        return [(_followed(v, item), f"{path}[{i}]") for i, v in enumerate(value[:1000])]
    return [(value, path)]


def _followed(value: Any, item: Item) -> Any:
    """The node that *value* only names by its "@id"; one step, so that cycles end."""
    if isinstance(value, Mapping) and set(value) <= {"@id", "@type"}:
        return item.index.get(str(value.get("@id")), value)
    return value


def _scalars(node: Any, path: str) -> Iterator[_Said]:
    if isinstance(node, Mapping):
        for key in ("@value", "name") if set(node) != {"@id"} else ("@id",):
            if isinstance(node.get(key), str):
                yield _Said(node[key], f"{path}.{key}")
                return
    elif isinstance(node, bool):
        yield _Said("true" if node else "false", path)
    elif isinstance(node, int | float) and math.isfinite(node):
        yield _Said(str(node), path)
    elif isinstance(node, str) and node.strip():
        yield _Said(node, path)


def _readable(field: Field, said: _Said) -> str | None:
    """*said* as a person would read it; `None` where it is no answer to anything."""
    if len(said.text) > MAX_VALUE or _UNFILLED.search(said.text):
        return None
    text = " ".join(html.unescape(html.unescape(said.text)).split())
    if _LEFTOVER.search(text) or folded(text) in _NOTHING:
        return None
    address = text.lower().startswith(("http://", "https://", "//", "javascript:", "data:"))
    if address and field.kind not in (Kind.URL, Kind.CHOICE):
        return None
    return text


def _data(field: Field, text: str, url: str) -> Any:
    """*text* as *field*'s kind has it; `None` where it is of the wrong kind."""
    match field.kind:
        case Kind.CHOICE:
            return _choice(field, text)
        case Kind.NUMBER | Kind.INTEGER | Kind.MONEY if not _PLAIN_NUMBER.fullmatch(text):
            return None
        case Kind.DATE | Kind.DATETIME if not re.match(r"\d{4}-\d\d-\d\d(?!\d)", text):
            return None
        case Kind.DATE:
            return normalise(text[:10], field, customs=MACHINE)
        case Kind.BOOLEAN:
            return {"true": True, "false": False}.get(text.rsplit("/", 1)[-1].lower())
    return normalise(text, field, base_url=url, customs=MACHINE)


def _choice(field: Field, text: str) -> str | None:
    letters = _letters(text.rsplit("/", 1)[-1])
    letters = _SAME_CHOICE.get(letters, letters)
    found = [choice for choice in field.choices if _letters(choice) == letters]
    return found[0] if len(found) == 1 else None


def _letters(text: str) -> str:
    return folded(text).replace(" ", "")


def _name(item: Item) -> str:
    for key in ("headline", "name", "title"):
        value = item.properties.get(key)
        if isinstance(value, str) and folded(value):
            return folded(html.unescape(value))
    return ""


def _address(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return f"{parts.netloc}{parts.path}".rstrip("/").lower()


def _says(cell: Cell) -> bool:
    if isinstance(cell, Value):
        return cell.status is not ValueStatus.ABSENT
    return any(map(_says, cell if isinstance(cell, tuple) else cell.values()))


def _key(value: Value) -> str:
    return folded(str(value.data)) if isinstance(value.data, str) else repr(value.data)


def _plain(values: Iterable[Value]) -> list[str]:
    return [_key(value) for value in values]
