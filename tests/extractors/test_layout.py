from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.layout import ALIKE, layout_of, likeness, same_layout
from extractors.pages import Page
from schemas.errors import NotAPage


def layout(body: str) -> str:
    return layout_of(Page("page.html", "", body.encode("utf-8", "surrogatepass")))


def job(title: str, *, items: int = 3, paragraphs: int = 2, extra: str = "") -> str:
    boxes = "".join(f'<div class="job-{part}">' for part in ("page", "main", "box", "inner"))
    rows = "".join(f'<li class="fact-row"><span>Fact {n}</span></li>' for n in range(items))
    prose = "".join(f"<p>Paragraph {n} of <b>{title}</b></p>" for n in range(paragraphs))
    return (
        f'<header class="top"><nav class="menu"></nav></header>{boxes}<h1 class="job-title">'
        f'{title}</h1><ul class="facts">{rows}</ul><div class="job-text">{prose}</div>{extra}'
    )


SHOP = """<div class="shop"><div class="shop-row"><div class="price-box">5 €</div><div class="buy">
</div></div><div class="photos"><div class="photo"></div></div><div class="reviews"></div></div>"""


def test_pages_of_one_template_are_alike_whatever_they_say() -> None:
    one, other = layout(job("Baker")), layout(job("Cook", items=90, paragraphs=30))
    assert likeness(one, other) == 1.0


def test_a_box_more_or_less_leaves_a_page_alike() -> None:
    advert = '<div class="advert"><div class="advert-inner">Buy!</div></div>'
    assert same_layout(layout(job("Baker")), layout(job("Cook", extra=advert)))


def test_another_template_is_another_layout() -> None:
    assert likeness(layout(job("Baker")), layout(SHOP)) < ALIKE / 2


def test_elements_of_texts_count_where_there_is_nothing_else() -> None:
    table = "<table><tr><td>1</td><td>2</td></tr></table>"
    prose = "<h2>a</h2><p>b</p><blockquote>c</blockquote><ul><li>d</li></ul>"
    assert not same_layout(layout(table), layout(prose))
    assert same_layout(layout(table), layout(table * 5))


def test_names_that_are_numbered_anew_for_each_page_do_not_count() -> None:
    one, other = (
        layout(job("Baker", extra=f'<div id="post-{n}" class="css-{n}x"></div>')) for n in (17, 902)
    )
    assert likeness(one, other) == 1.0


def test_a_page_that_leaves_out_its_head_and_body_tags_has_the_layout_of_one_that_does_not() -> (
    None
):
    """The parser puts all of it into the head, where it opens with an element of HTML 5."""
    head = '<title>{}</title><link rel="icon" href="i.png"><style>p {{}}</style>'
    short, other = (
        layout(head.format("a") + job("Baker")),
        layout(head.format("b") + f"<main>{SHOP}"),
    )
    long = layout(f"<html><head>{head.format('c')}</head><body>{job('Cook')}</body></html>")
    assert likeness(short, long) > 0.9
    assert not same_layout(short, other)


def test_what_is_no_fingerprint_is_like_nothing() -> None:
    assert likeness("", layout(SHOP)) == 0.0
    assert likeness("xyz", layout(SHOP)) == 0.0


def test_a_page_without_markup_has_a_layout_too() -> None:
    assert same_layout(layout("plain words"), layout("other plain words"))


@given(st.text())
def test_no_page_breaks_it(body: str) -> None:
    try:
        assert len(layout(f"<p>{body}")) == 128
    except NotAPage:
        pytest.skip("the parser may refuse")
