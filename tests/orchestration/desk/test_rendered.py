from __future__ import annotations

import re
import time

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from orchestration.desk.rendered import rendered
from schemas.document import Span

HOSTILE = """<html><head><base href="http://evil.example/"><meta http-equiv="refresh"
content="0;url=http://evil.example"><link rel=stylesheet href="http://evil.example/a.css">
<style>@import "http://evil.example/b.css"; p { background: url(http://evil.example/c) }</style>
</head><body onload="hack()" style="background:url(http://evil.example/d)">
<script>hack()</script><svg onload="hack()"><script>hack()</script><a
xlink:href="javascript:hack()"></a></svg><math><mtext><table><mglyph><style><img
src=x onerror=hack()></style></mglyph></table>
</mtext></math><img src="http://evil.example/e.png" srcset="http://evil.example/f 2x"
onerror="hack()">
<iframe src="http://evil.example/g" srcdoc="<script>hack()</script>"></iframe>
<object data="http://evil.example/h"></object><embed src="http://evil.example/i">
<form action="http://evil.example/j"><input autofocus onfocus="hack()"><button>Send</button></form>
<a href="java&#10;script:hack()" target=_top>click</a><p title="x" data-x="http://evil.example/k">
Price: <b>5</b> euros</p><noscript><p title="</noscript><img src=x onerror=hack()>"></noscript>
<template><script>hack()</script></template><video src="http://evil.example/l">
<source src="m"></video>
<p>&lt;script&gt;hack()&lt;/script&gt;</p><details ontoggle="hack()" open>more</details>
</body></html>"""


def drawn(markup: str, *places: tuple[str, str]) -> str:
    made = rendered(Page("a.html", "", markup.encode()), places)
    assert made is not None
    return made.partition("</head>")[2]


def test_nothing_that_runs_or_loads_is_left() -> None:
    body = drawn(HOSTILE)
    assert set(re.findall(r"<(\w+)", body)) <= {"body", "p", "b", "details", "div", "span", "table"}
    assert set(re.findall(r"<[^>]*?\s([\w:-]+)=", body)) <= {"open"}
    assert "evil.example" not in body
    assert "Price: <b>5</b> euros" in body
    assert "&lt;script&gt;hack()&lt;/script&gt;" in body


def test_the_page_says_itself_that_nothing_may_be_loaded() -> None:
    made = rendered(Page("a.html", "", b"<p>x</p>"))
    assert made is not None
    assert "default-src 'none'" in made.partition("<style>")[0]


@pytest.mark.parametrize(
    ("markup", "quote", "expected"),
    [
        ("<p>Pay: 5 euros</p>", "5 euros", 'Pay: <mark id="quote">5 euros</mark>'),
        (
            "<p>Pay: <b>5\n euros</b> net</p>",
            "5 euros",
            '<b><mark id="quote">5\n euros</mark></b> net',
        ),
        ("<p>a<br>Pay 5 x<br>b</p>", "Pay 5", 'a<br><mark id="quote">Pay 5</mark> x<br>b'),
        ("<p>5 <b>euros</b></p>", "5 euros", '<mark id="quote">5 </mark><b><mark>euros</mark></b>'),
        ("<p><mark id=quote>x</mark> 5</p>", "5", '<em>x</em> <mark id="quote">5</mark>'),
    ],
)
def test_a_quote_is_marked_where_it_stands(markup: str, quote: str, expected: str) -> None:
    assert expected in drawn(f"<body>{markup}</body>", ("/html/body/p", quote))


def test_the_place_is_the_one_that_the_evidence_names() -> None:
    page = Page("a.html", "", b"<div><p>5</p><p>x</p><p>5</p></div>")
    document = parse_page(page).document
    place = document.text.rindex("5")
    xpath = document.block_at(place).xpath
    made = rendered(page, [(xpath, document.quote(Span(place, place + 1)))])
    assert made is not None
    assert '<p>5</p><p>x</p><p><mark id="quote">5</mark></p>' in made


def test_what_a_page_hides_stays_hidden_and_pictures_are_named() -> None:
    body = drawn(
        '<p hidden>a</p><p style="x:y;display: none">b</p><img alt="A kettle" src="k.png">'
    )
    assert re.sub(r"<[^>]+>", "", body).strip() == "[picture: A kettle]"


def test_what_turns_the_direction_of_text_is_made_visible() -> None:
    assert "\u202e" not in drawn("<p>abc\u202edef</p>")


@pytest.mark.parametrize("markup", ["plain words", "<p>" + "x" * 2_000_001])
def test_what_is_no_page_or_too_large_is_not_drawn(markup: str) -> None:
    assert rendered(Page("a", "", markup.encode())) is None


def test_a_path_that_is_no_path_marks_nothing() -> None:
    assert "<mark" not in drawn("<p>5</p>", ("//p[position()=1]", "5"), ("", "5"))


@pytest.mark.parametrize(
    ("tags", "root"),
    [
        ('<html dir="rtl" lang="he"><body>', '<html dir="rtl" lang="he">'),
        ('<html dir="rtl"><body dir="LTR">', '<html dir="LTR">'),
        ('<html lang="&quot;><script>"><body>', "<html>"),
    ],
)
def test_a_page_from_right_to_left_stays_so(tags: str, root: str) -> None:
    made = rendered(Page("a.html", "", f"{tags}<p>שלום".encode()))
    assert made is not None
    assert made.startswith(f"<!doctype html>{root}<head>")


def test_a_quote_that_runs_over_many_elements_is_marked_in_all_of_them() -> None:
    body = drawn("<p>one<b>two</b>three<i>four</i></p>", ("/html/body/p", "two three"))
    marks = ['<mark id="quote">one</mark>', "<b><mark>two</mark></b>", "<mark>three</mark>"]
    assert f"<p>{''.join(marks)}<i><mark>four</mark></i></p>" in body


def test_a_page_of_very_many_elements_is_drawn_at_once() -> None:
    started = time.perf_counter()
    assert (
        drawn(f"<p>{'a<b>c</b>' * 30_000}</p>", ("/html/body/p", "none")).count("<mark") == 60_000
    )
    assert time.perf_counter() - started < 60  # it took minutes where each looked for its place
