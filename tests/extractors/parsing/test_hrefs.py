"""A page that came as a file says where it was, and its relative links lead there."""

from __future__ import annotations

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.parsing.hrefs import saved_from

LINK = "<p><a href='42'>An offer</a>"


def read(html: str, url: str = "") -> ParsedPage:
    return parse_page(Page("saved.html", url, html.encode(), "text/html; charset=utf-8"))


@pytest.mark.parametrize(
    "head",
    [
        "<!-- saved from url=(0023)https://ex.org/offers/ -->",
        "<!--\n Page saved with SingleFile \n url: https://ex.org/offers/ \n saved date: Mon -->",
        "<link rel='canonical' href='https://ex.org/offers/'>",
        "<link rel='Canonical shortlink' href=' https://ex.org/offers/ '>",
        "<meta property='og:url' content='https://ex.org/offers/'>",
        "<meta property='og:url' content='https://www.ex.org/'>"
        "<link rel='canonical' href='https://ex.org/offers/'>",
        "<link rel='canonical' href='https://ex.org/offers/'>"
        "<link rel='canonical' href='https://ex.org/'>",
    ],
)
def test_a_saved_page_says_where_it_was(head: str) -> None:
    page = read(f"<!doctype html>{head}{LINK}")
    assert page.document.url == "https://ex.org/offers/"
    assert [link.href for link in page.links] == ["https://ex.org/offers/42"]


def test_the_address_that_was_asked_for_counts_before_what_the_page_says() -> None:
    page = read(f"<link rel='canonical' href='https://b.org/c/'>{LINK}", "https://ex.org/offers/")
    assert page.document.url == "https://ex.org/offers/"
    assert page.links[0].href == "https://ex.org/offers/42"


def test_relative_links_lead_where_the_base_says() -> None:
    page = read(f"<link rel='canonical' href='https://ex.org/offers/'><base href='/files/'>{LINK}")
    assert page.document.url == "https://ex.org/offers/"
    assert page.links[0].href == "https://ex.org/files/42"


@pytest.mark.parametrize(
    "stated", ["", "/offers/", "file:///home/me/offers.html", "javascript:alert(1)", "http://["]
)
def test_what_is_no_web_address_says_nothing(stated: str) -> None:
    assert saved_from("", [stated]) == ""
    assert read(f"<link rel='canonical' href='{stated}'>{LINK}").links == ()


def test_a_page_that_names_two_hosts_may_be_a_copy() -> None:
    both = ["https://ex.org/offers/", "https://b.org/"]
    assert saved_from("", both) == ""
    note = "<!-- saved from url=(0023)https://b.org/offers/ -->"
    assert saved_from(note, both) == "https://b.org/offers/"


def test_a_note_further_down_is_part_of_the_page() -> None:
    note = "<!-- saved from url=(0023)https://ex.org/offers/ -->"
    assert saved_from(" " * 5_000 + note, []) == ""
