"""A page's visible text, and the way back to its DOM."""

from __future__ import annotations

import lxml.etree
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.parsing.encoding import decode
from schemas.document import RAISED
from schemas.errors import NotAPage

URL = "https://ex.org/a/"
HTML = "text/html; charset=utf-8"

BLOCK_TAGS = ("div", "dl", "dt", "dd", "form", "h1", "i", "li", "p", "pre", "option", "ul", "title")
TABLE_TAGS = ("table", "tbody", "tr", "td", "th")
OTHER_TAGS = ("a", "b", "body", "br", "button", "frameset", "head", "html", "math", "noscript")
ODD_TAGS = ("o:p", "script", "select", "span", "style", "svg", "template", "textarea")
TAGS = (*BLOCK_TAGS, *TABLE_TAGS, *OTHER_TAGS, *ODD_TAGS)
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS]),
    st.sampled_from([f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        [
            *("<img alt='5 of 6'>", "<time datetime=2024-05-17>", "<meta itemprop=a content=b9>"),
            *("<dialog>", "</div>", "<frameset>", "<noframes>", "<style>.a{display:none}</style>"),
            *("<p class=a>", "<datalist>", "<template shadowrootmode=open>", "</template>"),
            *("<abbr title='a\n7'>", "<svg aria-label=8>", "<a href='mailto:a@b.org?x'>"),
            *("<a href='/x'>", "<a href=http://[>", "<p hidden>", "<div style='display:none'>"),
            *("<!--", "-->", "<![CDATA[", "]]>", "<?php", "<!doctype html>", "<p a='", '">', "<"),
            *("&nbsp;", "&shy;", "&#0;", "&#xd800;", "&#150;", "&amp", "\0", "\u200b", "\u2028"),
            *(
                "<base href='https://b.org/'>",
                "<sup>",
                "</sup>",
                "<small>",
                "7",
                "24<sup>99</sup>",
                "<p,>",
                "<1>",
                "</",
                "<br/>",
                "\x85",
                "\x1c",
                "\r\n",
            ),
            *("<sup>", "</sup>", "<small>", "7", "24<sup>99</sup>", "<i class=cents>12"),
        ]
    ),
    st.text(max_size=8),
)
SOUP = st.lists(PIECES, max_size=40).map("".join)


def parsed(html: str, url: str = URL) -> ParsedPage:
    body = html.encode("utf-8", "surrogatepass")
    return parse_page(Page("page", url, body, HTML))


def texts(html: str) -> list[str]:
    """The visible blocks, in order."""
    document = parsed(html).document.visible
    return [document.quote(block.span) for block in document.blocks]


def paths(html: str) -> list[str]:
    return [block.xpath for block in parsed(html).document.blocks]


def links(html: str, url: str = URL) -> list[tuple[str, str]]:
    page = parsed(html, url)
    return [(page.document.quote(link.span), link.href) for link in page.links]


def test_the_title_comes_first_and_only_once() -> None:
    assert texts("<title> Hi\n you</title><h1>H</h1><svg><title>s</title></svg>") == ["Hi you", "H"]
    assert texts("<title>one</title><title>two</title><p>x") == ["one", "x"]


def test_inline_elements_stay_in_their_blocks_run() -> None:
    assert texts("<p>a <b>b</b><i>c</i>\n<a href=x>d</a>, e<div>f<p>g</div>h") == [
        "a bc d, e",
        "f",
        "g",
        "h",
    ]


def test_white_space_folds_and_invisible_characters_go() -> None:
    assert texts("<p> a&nbsp;\u2003 b\t\u2028c&shy;\u200bd\ufeff\x01 </p>") == ["a b cd"]


def test_line_breaks_end_blocks_of_one_element() -> None:
    html = "<p>Paris<br>London<br/><br>Oslo<pre>one\n  two\r\n\nthree</pre>"

    assert texts(html) == ["Paris", "London", "Oslo", "one", "two", "three"]
    assert paths(html) == ["/html/body/p"] * 3 + ["/html/body/pre"] * 3


def test_boxes_keep_words_apart() -> None:
    assert texts("<div>a<img>b<button>c</button>d<input>e<svg><text>x</text></svg>f") == [
        "a b c d e f"
    ]


def test_links_beside_each_other_are_kept_apart() -> None:
    links = "<a href=1><b>Shops</b></a><a href=2>Prices</a><a href=3> </a><a href=4>Help</a>s"
    assert texts(f"<p>{links}") == ["Shops Prices Helps"]
    assert texts("<p>sun<a href=1>flower</a>s") == ["sunflowers"]


def test_a_row_of_plain_cells_is_one_block() -> None:
    html = "<table><tr><th>Pay<th>Place<th><tr><td>5 €<td><a href=q>Oslo<br>Bergen</a></table>"

    assert texts(html) == ["Pay | Place |", "5 € | Oslo Bergen"]
    assert paths(html) == ["/html/body/table/tr[1]", "/html/body/table/tr[2]"]
    assert links(html) == [("Oslo Bergen", "https://ex.org/a/q")]


def test_cells_of_layout_tables_are_blocks_of_their_own() -> None:
    inner = "<table><tr><td>c<td>d</table>"
    html = f"<table><tr><td><p>a</p><p>a2</p><td>b<tr><td>only<td><tr><td>{inner}</table>"

    assert texts(html) == ["a", "a2", "b", "only", "c | d"]


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ("<th><p>Price</p><td><div><p>5 <b>EUR</b></p></div>", ["Price | 5 EUR"]),
        ("<th>Price<td> <p>5</p> <td><p></p>", ["Price | 5 |"]),
        ("<td><p>a</p>b<td>c", ["a", "b", "c"]),
        ("<td><h2>a</h2><td>c", ["a", "c"]),
        ("<td><ul><li>a</ul><td>c", ["a", "c"]),
        (f"<td><p>{'long ' * 40}<td>c", [("long " * 40).strip(), "c"]),
        ("<td><p>a<br>b</p><td><p hidden>x</p>c", ["a b | c"]),
    ],
)
def test_a_short_paragraph_in_a_cell_is_the_cells_own_text(cells: str, rows: list[str]) -> None:
    assert texts(f"<table><tr>{cells}</table>") == rows
    assert len(parsed(f"<table><tr>{cells}</table>").nodes) >= len(rows)


def test_lists_are_read_in_order() -> None:
    assert texts("<ul><li>a<ul><li>b</ul>c<li>d</ul><dl><dt>k<dd>v</dl>") == list("abcdkv")


def test_paths_number_only_what_has_siblings_of_its_name() -> None:
    assert paths("<div>a</div><p>b</p><div><p>c<p>d</div><o:p><p>e</p></o:p>") == [
        "/html/body/div[1]",
        "/html/body/p",
        "/html/body/div[2]/p[1]",
        "/html/body/div[2]/p[2]",
        "/html/body/*[4]/p",
    ]


def test_links_are_absolute_and_quote_their_words() -> None:
    html = """<p>See <a href=" b c "> the <b>jobs</b> </a>.<a href="//x.org/">X</a>
    <a href=#top>top</a><a href="">here</a><a href=mailto:a@b.c>mail</a><a name=n>name</a>
    <a href=/img><img src=i></a><a href="http://[">bad</a><a href="javascript:go()">go</a>"""

    assert links(html) == [("the jobs", "https://ex.org/a/b%20c"), ("X", "https://x.org/")]


def test_a_link_around_blocks_spans_them() -> None:
    assert links("<a href=/card><h3>T</h3><p>d</p></a>") == [("T\nd", "https://ex.org/card")]


def test_the_declared_address_of_a_file_serves_its_links() -> None:
    html = "<base href='https://b.org/c/'><a href=d>k</a>"

    assert parsed(html, "").document.url == "https://b.org/c/"
    assert links(html, "") == [("k", "https://b.org/c/d")]
    assert parsed(html).document.url == URL
    assert links("<a href=d>k</a><a href=https://x.org/>x</a>", "") == [("x", "https://x.org/")]


def test_plain_text_is_one_block_a_line() -> None:
    assert texts("Oslo\n\n 5 &amp; 6 ") == ["Oslo", "5 & 6"]
    page = parse_page(Page("page", "", b"a <b> &amp;\nc", "text/plain"))
    assert page.document.text == "a <b> &amp;\nc"


def test_an_xml_declaration_changes_nothing() -> None:
    html = '<?xml version="1.0" encoding="latin-1"?><html><body><p>é日本</p></body></html>'

    assert texts(html) == ["é日本"]


def test_a_declaration_inside_the_page_does_not_undo_the_decoding() -> None:
    body = '<meta charset="shift_jis"><p>é日本'.encode()

    assert parse_page(Page("page", "", body, HTML)).document.text == "é日本"


def test_nothing_is_lost_however_deep_it_stands() -> None:
    page = parsed("<div>" * 20_000 + "deep <a href=x>link</a>" + "</div>" * 20_000 + "<p>after")

    assert page.document.text == "deep link\nafter"
    assert len(page.document.blocks[0].xpath) < 2000
    assert len(page.links) == 1


FEED = """<?xml version="1.0"?><!-- ours --><rss version="2.0"><channel><title>Talks</title>
<link>https://ex.org/</link><item><title><![CDATA[Oak & <b>elm</b>]]></title>
<link>https://ex.org/1</link><pubDate>Fri, 3 Apr 2026 10:00:00 GMT</pubDate></item>
<item><title>Soil</title><link>https://ex.org/2</link><pubDate>Sat, 4 Apr 2026</pubDate></item>
</channel></rss>"""


def test_each_item_of_a_feed_says_its_title_its_address_and_its_day() -> None:
    document = parse_page(Page("feed.xml", "", FEED.encode(), "application/rss+xml")).document
    said = [(block.xpath, document.quote(block.span)) for block in document.blocks]
    items = "/html/body/rss/channel/item[{}]"
    assert said[2:] == [
        (f"{items.format(1)}/title", "Oak & elm"),
        (items.format(1), "https://ex.org/1"),
        (f"{items.format(1)}/pubdate", "Fri, 3 Apr 2026 10:00:00 GMT"),
        (f"{items.format(2)}/title", "Soil"),
        (items.format(2), "https://ex.org/2"),
        (f"{items.format(2)}/pubdate", "Sat, 4 Apr 2026"),
    ]
    root = lxml.html.document_fromstring(FEED.replace('<?xml version="1.0"?>', ""))
    assert all(root.getroottree().xpath(f"count({path})") == 1 for path, _ in said)


@pytest.mark.parametrize("piece", ["<a href=x>", "<select>", "<table><tr><td>", "<b>", "<p>", "< "])
def test_many_unclosed_elements_are_read_in_good_time(piece: str) -> None:
    assert texts(piece * 5000 + "x")[-1].endswith("x")


@given(SOUP)
def test_blocks_and_links_hold_their_laws_on_any_markup(html: str) -> None:
    page = parsed(html)
    document = page.document
    quotes = [document.quote(block.span) for block in document.blocks]

    assert document.text == "\n".join(quotes)
    plain = [quote.replace(RAISED, " ") for quote in quotes]
    assert all(quote == " ".join(quote.split()) != "" for quote in plain)
    assert all(len(quote.splitlines()) == 1 for quote in quotes)
    order = [(block.hidden, block.is_attribute) for block in document.blocks]
    assert order == sorted(order)
    assert document.text.startswith(document.without_hidden.text)
    assert document.without_hidden.text.startswith(document.visible.text)
    for link in page.links:
        words = document.quote(link.span)
        assert words == words.strip() != ""
        assert link.href.startswith(("http://", "https://"))


@given(SOUP.map(lambda html: f"<p>{html}"))
def test_every_path_is_the_one_lxml_gives(html: str) -> None:
    page = parsed(html)
    text = decode(html.encode("utf-8", "surrogatepass"), HTML)[0].replace("\0", "")
    root = lxml.html.document_fromstring(text)

    for path in [
        *(block.xpath for block in page.document.blocks),
        *(link.xpath for link in page.links),
    ]:
        found = root.xpath(path)
        assert isinstance(found, list)
        (element,) = found
        if "@" in path:
            assert isinstance(element, str)
            continue
        assert isinstance(element, lxml.etree._Element)
        if "*" not in path:  # lxml's own path to <o:p> is one it cannot follow
            assert root.getroottree().getpath(element) == path


@given(st.binary(max_size=300), st.none() | st.sampled_from([HTML, "text/plain", "x; charset=hex"]))
def test_any_bytes_are_read_or_named_no_page(body: bytes, content_type: str | None) -> None:
    try:
        document = parse_page(Page("page", "", body, content_type)).document
    except NotAPage:
        return
    document.text.encode()


def test_a_page_of_too_many_tags_is_refused_before_it_is_built() -> None:
    with pytest.raises(NotAPage, match="600,000 tags"):
        parse_page(Page("huge", "", b"<p>x" * 600_000))
