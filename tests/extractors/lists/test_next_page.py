from __future__ import annotations

import pytest

from extractors.lists.next_page import next_page
from extractors.pages import Page
from extractors.parsing.blocks import parse_page


def found(html: str) -> str | None:
    return next_page(parse_page(Page("list", "https://ex.org/list?page=2", html.encode())))


@pytest.mark.parametrize(
    "words",
    [
        "Next",
        "next page ›",
        "»",
        ">>",
        "Older",
        "Nächste Seite",
        "página siguiente",
        "次へ",
        "下一页",
        "→",
    ],
)
def test_a_link_that_leads_on_is_found(words: str) -> None:
    html = f"<a href='?page=1'>Previous</a> <a href='?page=3'>{words}</a>"
    assert found(html) == "https://ex.org/list?page=3"


@pytest.mark.parametrize("words", ["3", "Next of kin", "The next big thing", "Previous", "Pages"])
def test_other_links_are_not(words: str) -> None:
    assert found(f"<a href='?page=3'>{words}</a>") is None


def test_a_link_to_the_page_itself_leads_nowhere() -> None:
    assert found("<a href='?page=2'>Next</a>") is None


@pytest.mark.parametrize(
    "html",
    [
        "<link rel=next href='?page=3'><a href='?page=9'>Next</a>",
        "<a rel='nofollow NEXT' href='?page=3'><img src=arrow></a>",
        "<link rel=next href='?page=2'><link rel=next href='?page=3'>",
    ],
)
def test_a_link_of_the_relation_comes_before_words(html: str) -> None:
    assert found(html) == "https://ex.org/list?page=3"


@pytest.mark.parametrize("link", ["<link rel=next>", "<link rel=next href='javascript:go()'>"])
def test_a_relation_without_an_address_leads_nowhere(link: str) -> None:
    assert found(f"{link}<p>3") is None
