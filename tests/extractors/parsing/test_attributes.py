"""Attributes that state facts: offered after the visible text, and only where that does not."""

from __future__ import annotations

from dataclasses import replace

import lxml.html
import pytest

from extractors.lists.records import find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.passages import Passage, Shown
from schemas.dsl import parse_dsl
from schemas.schema import Schema


def parsed(html: str) -> ParsedPage:
    return parse_page(Page("page", "https://ex.org/", html.encode(), "text/html; charset=utf-8"))


def offered(html: str) -> list[tuple[str, str]]:
    """The attributes' XPaths and texts."""
    document = parsed(html).document
    return [(b.xpath, document.quote(b.span)) for b in document.blocks if b.is_attribute]


def chosen(html: str, schema: Schema, budget: int = 200) -> Passage:
    shown = Shown(parsed(html), count_tokens=lambda texts: [len(text.split()) for text in texts])
    return shown.choose(schema, budget=budget)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Posted <time datetime='2024-05-17T08:00Z'>last week</time>", "2024-05-17T08:00Z"),
        ("<p>Posted <time datetime=2024-05-17>May 17</time>", "2024-05-17"),
        ("<p>Tea<img alt='4.5 of 5\n stars'>", "4.5 of 5 stars"),
        ("<p>Tea<svg aria-label='4.5 of 5'><path></svg>", "4.5 of 5"),
        ("<p>Tea<meta itemprop=price content='12.50'>", "12.50"),
        ("<p><abbr title='Bachelor of Science'>BSc</abbr>", "Bachelor of Science"),
        ("<p><a href='MailTo:a@ex.org?subject=Hi'>Write</a>", "a@ex.org"),
        ("<p><a href='tel:+4712345678'>Call</a>", "+4712345678"),
    ],
)
def test_what_only_an_attribute_says_is_offered_with_its_path(html: str, text: str) -> None:
    ((path, said),) = offered(html)

    assert said == text
    assert path.rpartition("/")[2].startswith("@")
    values = lxml.html.document_fromstring(html).xpath(path)
    assert isinstance(values, list)
    assert text in " ".join(str(values[0]).split())


@pytest.mark.parametrize(
    "html",
    [
        "<p>Posted <time datetime=2024-05-17>17 May 2024</time>",
        "<p>Tea <span itemprop=price content='1250.00'>£1,250</span>",
        "<p>Kettle, blue<img alt='kettle'>",
        "<p>Tea<meta name=price content='12.50'>",
        "<p>Tea<img alt=''><img alt='★'>",
        "<p>Tea<button aria-label='Add to basket'>+</button>",
        "<p>Tea<div hidden><img alt='5 of 6'></div>",
        "<p>Tea<svg style='display:none' aria-label='5 of 6'></svg>",
        "<p>Tea<a href='/tel:5'>x</a>",
        f"<p>Tea<img alt='{'5 cups ' * 50}'>",
    ],
)
def test_what_is_seen_or_hidden_or_says_nothing_is_not(html: str) -> None:
    assert offered(html) == []


def test_the_visible_text_stays_as_it_is_without_attributes() -> None:
    plain, rich = "<p>Tea</p><p>Pot</p>", "<p>Tea<img alt='5 of 6'></p><p>Pot</p>"

    assert parsed(rich).document.visible == parsed(plain).document
    assert parsed(rich).document.text == "Tea\nPot\n5 of 6"


def test_each_card_keeps_its_own_attribute() -> None:
    card = "<li><h3>Cup {0}</h3><p>Of clay</p><div><img alt='{0} of 5 stars'></div></li>"
    page = parsed(f"<ul>{''.join(card.format(n) for n in (3, 4, 5))}</ul>")
    entries = find_records(page, replace(parse_dsl("name, stars number"), many=True))

    blocks = page.document.blocks
    stars = [[page.document.quote(blocks[i].span) for i in entry.asides] for entry in entries]
    assert stars == [["3 of 5 stars"], ["4 of 5 stars"], ["5 of 5 stars"]]


def test_a_model_sees_the_attribute_beside_its_words_and_by_its_name() -> None:
    html = "<h1>Tea</h1><p>Posted <time datetime=2024-05-17>last week</time><p>Green"

    assert chosen(html, parse_dsl("posted date")).shown.splitlines() == [
        "# Tea",
        "Posted last week",
        "[datetime] 2024-05-17",
        "Green",
    ]


def test_a_value_cannot_run_on_from_the_text_into_an_attribute() -> None:
    passage = chosen("<p>Posted <time datetime=2024-05-17>once</time>", parse_dsl("posted date"))

    assert len(passage.spans) == 2


def test_attributes_that_do_not_look_like_a_value_asked_for_are_not_shown() -> None:
    html = "<p>Tea<img alt='A pot'><meta itemprop=sku content='AB-12345'>"

    assert chosen(html, parse_dsl("posted date")).shown == "Tea"
    assert "AB-12345" in chosen(html, parse_dsl("sku")).shown


def test_attributes_take_a_small_part_of_the_room() -> None:
    dates = "".join(f"<p>w{n} <time datetime=2024-05-{n}>once</time>" for n in range(10, 28))
    passage = chosen(f"{dates}<p>{'tail ' * 30}", parse_dsl("posted date"), budget=80)

    assert 0 < passage.shown.count("[datetime]") <= 2
    assert not passage.cut or "w27" in passage.shown
