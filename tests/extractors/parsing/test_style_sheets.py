"""What a page's own style sheets hide is read last; what they only seem to hide, in its place."""

from __future__ import annotations

import time

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.parsing.style_sheets import hide_by_sheets
from schemas.document import Document

STORY = "<p>A long enough story of the garden, so that little of the page is hidden.</p>"


def read(sheet: str, body: str, style: str = "<style>") -> Document:
    html = f"{style}{sheet}</style><h1>Garden</h1>{body}{STORY}"
    return parse_page(Page("page", "", html.encode(), "text/html; charset=utf-8")).document


def is_hidden(sheet: str, body: str, style: str = "<style>") -> bool:
    """Whether the word "menu" of *body* is; it must stand somewhere either way."""
    document = read(sheet, body, style)
    assert "menu" in document.text
    return "menu" not in document.visible.text


@pytest.mark.parametrize(
    ("sheet", "body"),
    [
        (".m{display:none}", "<div class='a m'>menu</div>"),
        ("#m { color: red; DISPLAY : None !important }", "<div id=m>menu</div>"),
        ("dialog, aside{visibility:hidden}", "<aside>menu</aside>"),
        ("div.a.m{display:none}", "<div class='m a'>menu</div>"),
        (".a .m{display:none}", "<div class=a><p><b class=m>menu</b></p></div>"),
        (".a>.m{display:none}", "<div class=a><b class=m>menu</b></div>"),
        (".a .b>.m{display:none}", "<i class=a><i><i class=b><b class=m>menu</b></i></i></i>"),
        ("@media screen and (min-width:600px){.m{display:none}}", "<p class=m>menu"),
        ("@media all{@media screen{.m{display:none}}}", "<p class=m>menu"),
        ("@layer a{.x{display:none}} .m{display:none}", "<p class=m>menu"),
        ("/* } */ .a::before{content:'}{'} .m{display:none}", "<p class=m>menu"),
        (".md\\:m{display:none}", "<p class='md:m'>menu"),
        ("@import url(x;y.css); .m{display:none}", "<p class=m>menu"),
        # of rules for one element the heavier, then the later one holds
        (".m{display:block} .m{display:none}", "<p class=m>menu"),
        ("p.m{display:none} .m{display:block}", "<p class=m>menu"),
        ("#m{display:none} p.m.m{display:block}", "<p id=m class=m>menu"),
        (".m{display:none!important} #m{display:block}", "<p id=m class=m>menu"),
        # what shows it is not so as the page opens, or on a wide screen
        (".m{display:none} .m:hover{display:block}", "<p class=m>menu"),
        (".m{display:none} .open .m{display:block}", "<div class=shut><p class=m>menu</div>"),
        (".m{display:none} @media (max-width:700px){.m{display:block}}", "<p class=m>menu"),
        (".m{display:none} @media print{.m{display:block}}", "<p class=m>menu"),
    ],
)
def test_what_a_rule_hides_is_read_after_everything_else(sheet: str, body: str) -> None:
    assert is_hidden(sheet, body)


@pytest.mark.parametrize(
    ("sheet", "body"),
    [
        (".m{display:none} .m{display:flex}", "<p class=m>menu"),
        (".m{display:none} .open .m{display:block}", "<div class=open><p class=m>menu</div>"),
        (".m{display:none}", "<p class=m style='display:block'>menu"),
        (".m{display:none} p[class]{display:block}", "<p class=m>menu"),
        (".m{display:none} div+p.m{display:block}", "<p class=m>menu"),
        (".m:not(.x){display:none}", "<p class=m>menu"),
        (".m:hover{display:none}", "<p class=m>menu"),
        (".m::before{display:none}", "<p class=m>menu"),
        (".x .m{display:none}", "<p class=m>menu"),
        (".x>.m{display:none}", "<div class=x><i><b class=m>menu</b></i></div>"),
        ("@media print{.m{display:none}}", "<p class=m>menu"),
        ("@media (max-width:40em){.m{display:none}}", "<p class=m>menu"),
        ("@media (prefers-contrast:more){.m{display:none}}", "<p class=m>menu"),
        ("@supports (display:grid){.m{display:none}}", "<p class=m>menu"),
        (".m{display:none} @media (min-width:700px){.m{display:block}}", "<p class=m>menu"),
        (".m{display:none} @supports (display:grid){.m{display:grid}}", "<p class=m>menu"),
        ("@keyframes m{0%{visibility:hidden}}", "<p class=m>menu"),
        (".no-js .m{display:none}", "<div class=no-js><p class=m>menu</div>"),
        ("body{visibility:hidden}", "<p>menu"),
        (".m{display:none", "<div>menu</div>"),
        (".m{background:url(display:none)}", "<p class=m>menu"),
    ],
)
def test_what_is_shown_or_may_be_is_read_as_it_stands(sheet: str, body: str) -> None:
    assert not is_hidden(sheet, body)


@pytest.mark.parametrize("style", ["<style media=print>", "<noscript><style>", "<svg><style>"])
def test_sheets_for_other_times_hide_nothing(style: str) -> None:
    assert not is_hidden(".m{display:none}", "</noscript></svg><p class=m>menu", style)


def test_a_page_hidden_until_its_script_runs_is_read_as_it_stands() -> None:
    assert not is_hidden(".page{visibility:hidden}", f"<div class=page>menu{STORY * 3}</div>")


def test_what_holds_the_heading_is_never_hidden() -> None:
    body = f"<div class=m><h1>menu</h1></div>{STORY * 5}"
    assert not is_hidden(".m{display:none}", body)


def test_hidden_text_keeps_its_own_place() -> None:
    document = read(".m{display:none}", "<div class=m>menu <p>of the day</p></div>")

    assert [(b.xpath, document.quote(b.span)) for b in document.blocks if b.hidden] == [
        ("/html/body/div", "menu"),
        ("/html/body/div/p", "of the day"),
    ]


@given(st.text(alphabet="{}@;:.#>+~*,()[]'\"\\/ ndisplay:none.mscreen\n", max_size=60))
def test_any_sheet_is_read(sheet: str) -> None:
    tree = f"<style>.m{{display:none}}{sheet}</style><p class=m>menu</p>{STORY}"
    hide_by_sheets(BeautifulSoup(tree, "lxml"))


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "".join(f".a{'.b' * n} .c{{display:none}}" for n in range(400)) + "</style>",
        "<style>" + ".a " * 5_000 + "{display:none}</style>" + "<i class=a>" * 3_000,
        "<style>.a{display:none}</style>" + "<i class=a>" * 20_000,
        "<style>" + "@media screen{" * 3_000 + ".a{display:none}</style><p class=a>x",
        "<style>.a{display:none;" + "(" * 20_000 + "}</style><p class=a>x",
    ],
    ids=["selectors", "steps", "depth", "conditions", "brackets"],
)
def test_hostile_sheets_take_no_time(html: str) -> None:
    soup = BeautifulSoup(html + "<i class='a b c'>x</i>" * 1_000, "lxml")
    started = time.process_time()
    hide_by_sheets(soup)
    assert time.process_time() - started < 5
