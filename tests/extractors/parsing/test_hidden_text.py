"""What a page shows as it opens, and what it keeps back."""

from __future__ import annotations

import lxml.html
import pytest

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page


def parsed(html: str) -> ParsedPage:
    return parse_page(Page("page", "https://ex.org/a/", html.encode(), "text/html; charset=utf-8"))


def texts(html: str) -> list[str]:
    """The visible blocks, in order."""
    document = parsed(html).document.visible
    return [document.quote(block.span) for block in document.blocks]


def unseen(html: str) -> list[tuple[str, str]]:
    """XPaths and texts of what the page does not show."""
    document = parsed(html).document
    return [(b.xpath, document.quote(b.span)) for b in document.blocks if b.hidden]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<noscript>x</noscript>",
        "<template><p>x</p></template>",
        "<iframe>x</iframe>",
        "<object>x</object>",
        "<svg><text>x</text></svg>",
        "<div hidden>x</div>",
        "<dialog>x</dialog>",
        "<div style='color: red; DISPLAY : none !important'>x</div>",
        "<span style='visibility:hidden'><b>x</b></span>",
        "<input type=hidden value=x>",
        "<!-- x -->",
        "<?php x ?>",
        "<datalist><option>x</datalist>",
    ],
)
def test_what_a_browser_does_not_show_is_left_out(hidden: str) -> None:
    assert texts(f"<p>a</p>{hidden}<p>b</p>") == ["a", "b"]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (
            "<div hidden>a <b>b</b><p>c</div>",
            [("/html/body/div", "a b"), ("/html/body/div/p", "c")],
        ),
        ("<p>x <span style='display:none'>a</span>", [("/html/body/p[2]/span", "a")]),
        ("<dialog>a</dialog>", [("/html/body/dialog", "a")]),
        ("<noscript>a</noscript>", [("/html/body/noscript", "a")]),
        ("<template><p>a</template>", [("/html/body/template/p", "a")]),
        ("<object>a</object>", [("/html/body/object", "a")]),
        ("<svg><text>a</text><text>b</text></svg>", [("/html/body/svg", "a b")]),
        ("<select><option>x<option>a</select>", [("/html/body/select/option[2]", "a")]),
        ("<datalist><option>a</datalist>", [("/html/body/datalist/option", "a")]),
        (
            "<div hidden>a<div hidden>b</div></div>",
            [("/html/body/div", "a"), ("/html/body/div/div", "b")],
        ),
        ("<div hidden><script>x</script><style>y</style>a</div>", [("/html/body/div", "a")]),
        ("<table hidden><tr><td>a<td>b</table>", [("/html/body/table/tr", "a | b")]),
    ],
)
def test_what_is_hidden_is_kept_after_everything_else(
    html: str, kept: list[tuple[str, str]]
) -> None:
    html = f"<p>Tea<img alt='5 of 6'></p>{html}<p>Pot"
    document = parsed(html).document

    assert unseen(html) == kept
    assert [block.hidden for block in document.blocks] == sorted(b.hidden for b in document.blocks)
    assert document.text.startswith(document.without_hidden.text)
    assert document.without_hidden.text.endswith("5 of 6")
    root = lxml.html.document_fromstring(html)
    for path, text in kept:
        found = root.xpath(path)
        assert isinstance(found, list)
        (element,) = found
        assert isinstance(element, lxml.html.HtmlElement)
        assert set(text.replace(" | ", "")) <= set("".join(map(str, element.itertext()))) | {" "}


def test_a_shadow_tree_is_shown() -> None:
    assert texts("<x-y><template shadowrootmode=open><p>a</template></x-y>") == ["a"]


@pytest.mark.parametrize(
    "shown",
    [
        "<div aria-hidden=true>x</div>",
        "<div style='display:block'>x</div>",
        "<dialog open>x</dialog>",
        "<details><summary>x</summary></details>",
        "<div hidden id='S:1f'>x</div>",
        "<job-title>x</job-title>",
    ],
)
def test_what_a_browser_shows_is_kept(shown: str) -> None:
    assert "x" in texts(f"<p>a</p>{shown}")


def test_a_whole_page_hidden_until_its_scripts_run_is_kept() -> None:
    assert texts("<html hidden><body style='visibility:hidden'><p>x") == ["x"]


def test_a_hidden_element_that_swallows_the_page_is_shown() -> None:
    menu = "<li>Menu<div style='display:none'><p>All</li>"  # its div is never closed
    story = "<p>The whole story of the day.</p>" * 30

    assert texts(f"{menu}{story}")[:3] == ["Menu", "All", "The whole story of the day."]
    assert texts(f"{menu}</div>{story}")[:2] == ["Menu", "The whole story of the day."]
    assert texts("<p>Menu<div hidden><p>All about it") == ["Menu"]


def test_text_after_the_end_of_the_page_is_kept_and_found() -> None:
    html = "<p>a</p></html><p>b</p><p>c"

    assert texts(html) == ["a", "b", "c"]
    assert [block.xpath for block in parsed(html).document.blocks][1:] == [
        "/html[2]/p[1]",
        "/html[2]/p[2]",
    ]


def test_a_drop_down_shows_its_choice_and_a_list_box_everything() -> None:
    options = "<option>a<option selected>b<optgroup><option>c</optgroup>"

    assert texts(f"<select>{options}</select>") == ["b"]
    assert texts(f"<select multiple>{options}</select>") == ["a", "b", "c"]
    assert texts("<select><option>a<option>b</select>") == ["a"]
