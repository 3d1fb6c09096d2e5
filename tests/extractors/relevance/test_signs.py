"""What each sign of a block is taken from. What it weighs is the ranking's business."""

from __future__ import annotations

import math

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.relevance.signs import PageSigns
from schemas.schema import Field, Kind, Schema

POST = Schema("post", (Field("author"), Field("pay", Kind.MONEY), Field("posted", Kind.DATE)))
FOOD = Schema("soup", (Field("ingredients", many=True),))
PROSE = "<p>It rained all day in the villages of the valley.</p>" * 30


def signs(html: str, text: str, schema: Schema = POST) -> dict[str, float]:
    """Those of the first block of *html* that says *text*."""
    page = parse_page(Page("page", "", html.encode(), "text/html; charset=utf-8"))
    texts = [page.document.quote(block.span) for block in page.document.visible.blocks]
    return list(PageSigns(page).of(schema))[texts.index(text)]


@pytest.mark.parametrize(
    ("sign", "html", "text", "schema"),
    [
        ("byline", "<p>By Ada Byron</p>", "By Ada Byron", POST),
        ("amount", "<p>as much as 5 EUR a day</p>", "as much as 5 EUR a day", POST),
        ("amount_alone", "<p>5 EUR a day</p>", "5 EUR a day", POST),
        ("date", "<p>3.4.2026</p>", "3.4.2026", POST),
        ("item", "<p>2 leeks</p>", "2 leeks", FOOD),
        ("called_aside", "<div class=sidebar><p>Ada</p></div>", "Ada", POST),
        ("called_subject", "<div class=article-body><p>Ada</p></div>", "Ada", POST),
        ("called_meta", "<div class=post-meta><p>Ada</p></div>", "Ada", POST),
        ("named", "<p class=author>Ada</p>", "Ada", POST),
        ("named_around", "<div class=author><p>now</p><p>Ada</p></div>", "Ada", POST),
        ("links", "<p><a href=/x>Ada</a></p>", "Ada", POST),
        ("colon", "<p>Written: by hand</p>", "Written: by hand", POST),
        ("sentence", "<p>It rained.</p>", "It rained.", POST),
        ("digit", "<p>room 5</p>", "room 5", POST),
        ("few_words", "<p>by hand</p>", "by hand", POST),
        ("nav", "<nav><p>Ada</p></nav>", "Ada", POST),
        ("dd", "<dl><dt>x<dd>Ada</dl>", "Ada", POST),
        ("small_heading", "<h4>Ada</h4>", "Ada", POST),
        ("words", "<p>the author</p>", "the author", POST),
    ],
)
def test_a_block_has_the_sign_and_prose_has_not(
    sign: str, html: str, text: str, schema: Schema
) -> None:
    page = f"<h1>Rain</h1>{PROSE}{html}{PROSE.replace('.', '')}"
    assert signs(page, text, schema)[sign] > 0
    assert sign not in signs(page, "It rained all day in the villages of the valley", schema)


def test_a_value_among_many_words_does_not_stand_alone() -> None:
    assert "amount_alone" not in signs("<p>as much as 5 EUR a day</p>", "as much as 5 EUR a day")


def test_what_stands_before_the_heading_is_near_nothing() -> None:
    page = "<p>Ada</p><p>Bea</p><h1>Rain</h1><p>Cleo</p>" + PROSE + "<p>Dora</p>"
    before, after, below = (signs(page, name) for name in ("Bea", "Cleo", "Dora"))
    assert before["before"] == 1
    assert before.keys().isdisjoint({"near", "top"})
    assert "before" not in after
    assert after["near"] == pytest.approx(math.exp(-1 / 25))
    assert after["near"] > below["near"] > 0
    assert after["top"] > below["top"]


def test_where_a_page_has_no_heading_its_top_is_the_start() -> None:
    assert signs("<p>Ada</p><p>Bea</p>", "Ada")["near"] == 1


def test_a_block_is_far_by_its_share_of_the_page() -> None:
    page = "<p>Ada</p><p>Bea</p><p>Cleo</p><p>Dora</p>"
    assert signs(page, "Cleo")["far"] == 0.5
    assert "far" not in signs(page, "Ada")


def test_what_stands_near_the_heading_counts_for_more() -> None:
    page = f"<h1>Rain</h1><p>3.4.2026</p>{PROSE}<p>5.6.2026</p>"
    assert signs(page, "3.4.2026")["date_near"] > signs(page, "5.6.2026")["date_near"] > 0


def test_what_says_again_what_was_said_is_repeated() -> None:
    page = "<h1>Rain</h1><p>Ada</p><div>Ada</div><h2>Rain</h2>"
    last = list(PageSigns(parse_page(Page("page", "", page.encode()))).of(POST))
    assert [block.get("repeated", 0) for block in last] == [0, 0, 1, 0]
    assert [block.get("repeats_heading", 0) for block in last] == [0, 0, 0, 1]
