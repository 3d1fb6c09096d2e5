"""Markup as it is written by strangers: every syntax, broken ones, hostile ones, and no network."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extractors.embedded.markup import MAX_NODES, Item, read_markup

ROOT = Path(__file__).parents[3]
MICRODATA = (
    '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Spade</b>'
    '<i itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
    '<meta itemprop="price" content="12.50"></i></div>'
)
RDFA = (
    '<div vocab="http://schema.org/" typeof="Product"><b property="name">Spade</b>'
    '<i property="sku">S-1</i></div>'
)


def script(data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<html><script type="application/ld+json">{text}</script><p>Spade</p></html>'


def only(text: str, kind: str) -> Item:
    (item,) = [item for item in read_markup(text).items if kind in item.types]
    return item


def test_json_ld_says_where_an_item_stands() -> None:
    graph = {"@graph": [{"@type": "WebPage"}, {"@type": "schema:Product", "name": "Spade"}]}
    item = only(script(graph), "Product")
    assert (item.path, item.parent, item.syntax) == ("json-ld[0].@graph[1]", "", "json-ld")
    assert item.properties["name"] == "Spade"


def test_microdata_and_rdfa_read_as_json_ld_does() -> None:
    assert only(MICRODATA, "Product").properties["offers"]["price"] == "12.50"
    assert only(MICRODATA, "Offer").path == "microdata[0].offers"
    assert only(RDFA, "Product").properties["sku"] == "S-1"


def test_metas_keep_their_names() -> None:
    page = (
        '<head><meta property="og:title" content="Spade"><meta name="Author" content="Ann"></head>'
    )
    found = [(meta.path, meta.content) for meta in read_markup(page).metas]
    assert found == [("opengraph.og:title", "Spade"), ("meta.author", "Ann")]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        '{"@type": "Product", "price": NaN, "sku": 1e999}',
        '{"@type": {"a": 1}, "name": [[[null]]]}',
        '{"@type": "Product", "name": ' + "9" * 5_000 + "}",
        '"Product"',
        "/* " * 10_000,
        '{"a":' * 900 + "1" + "}" * 900,
        "1 " * 400_000,
        " " * 400_000 + "x",
        "<!--" * 200_000,
        "[" + "&quot;" * 100_000,
    ],
    ids=[
        *("depth", "nan", "types", "digits", "scalar", "comments", "objects"),
        *("documents", "space", "wrappers", "entities"),
    ],
)
def test_hostile_json_ld_is_not_there(text: str) -> None:
    started = time.perf_counter()
    read_markup(script(text))
    assert time.perf_counter() - started < 5


def test_one_broken_script_does_not_hide_another() -> None:
    assert only(script("{") + script({"@type": "Product", "name": "Spade"}), "Product")


SPADE = '{"@type": "Product", "name": "Spade"}'


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Product", "name": "Spade",}',
        '[{"@type": "Product", "name": "Spade"},]',
        f"/* ours */ {SPADE}",
        f"<!-- {SPADE} -->",
        f"//<![CDATA[\n{SPADE}\n//]]>",
        f"/* <![CDATA[ */ {SPADE} /* ]]> */",
        SPADE.replace('"', "&quot;"),
        f"\ufeff{SPADE};",
        '{"@type": "Product", "name": "Spa\nde", "url": "x\ty"}',
        f'{SPADE}\n{{"@type": "WebSite"}}',
        '{"@graph": [{"@type": ["Thing", "http://schema.org/Product"], "name": "Spade"}]}',
    ],
    ids=lambda text: text[:16],
)
def test_json_ld_that_is_none_as_it_stands_is_read(text: str) -> None:
    assert str(only(script(text), "Product").properties["name"]).replace("\n", "") == "Spade"


@pytest.mark.parametrize("kind", ["Application/LD+JSON", "application/ld+json; charset=utf-8"])
def test_the_media_type_may_be_written_in_any_way(kind: str) -> None:
    assert only(script(SPADE).replace("application/ld+json", kind), "Product")


def test_microdata_may_say_elsewhere_what_belongs_to_it() -> None:
    page = (
        '<div itemscope itemtype="https://schema.org/Product" itemref="more"></div>'
        '<div id="more"><b itemprop="name">Spade</b></div>'
    )
    assert only(page, "Product").properties["name"] == "Spade"


def test_no_more_nodes_are_visited_than_the_limit() -> None:
    many = [{"@type": "Product"} for _ in range(2 * MAX_NODES)]
    assert len(read_markup(script(many)).items) < MAX_NODES


def test_an_item_that_refers_to_itself_ends() -> None:
    read_markup("<div id=a itemscope itemref=a><i itemprop=b itemscope itemref=a></i></div>")


def test_nothing_is_fetched_for_contexts_vocabularies_and_profiles() -> None:
    """The interpreter's audit events tell of every look-up and connection of the process."""
    page = (
        '<html prefix="x: http://context.invalid/x#"><head profile="http://profile.invalid/">'
        '<link rel="profile" href="http://profile.invalid/p">'
        f"</head>{RDFA.replace('http://schema.org/', 'http://vocabulary.invalid/')}{RDFA}{MICRODATA}"
        + script({"@context": "http://context.invalid/c.jsonld", "@type": "Product", "name": "x"})
        + "</html>"
    )
    code = """
import sys
def audit(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        print("NETWORK", event, arguments)
sys.addaudithook(audit)
from extractors.embedded.markup import read_markup
found = read_markup(sys.stdin.read(), "http://page.invalid/")
print(sorted({item.syntax for item in found.items}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=page,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['json-ld', 'microdata', 'rdfa']\n"
