"""Label and value, heading and line, row and head: what only makes sense together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.companions import companions
from extractors.relevance.passages import Shown
from schemas.dsl import parse_dsl

PROSE = "<p>All is quiet in the garden and nobody there speaks at all today.</p>" * 30


def parsed(html: str) -> ParsedPage:
    return parse_page(Page("page", "", html.encode(), "text/html; charset=utf-8"))


def together(html: str) -> dict[str, set[str]]:
    """By a block's text, the texts of those that come along with it."""
    page = parsed(html)
    texts = [page.document.quote(block.span) for block in page.document.blocks]
    return {texts[i]: {texts[j] for j in others} for i, others in companions(page).items()}


@pytest.mark.parametrize(
    "html",
    [
        "<dl><dt>Stuff<dd>clay<dt>Glaze<dd>none</dl>",
        "<dl><div><dt>Stuff<dd><p>clay</p></div><div><dt>Glaze<dd>none</div></dl>",
        "<ul><li><div>Stuff</div><div>clay</div><li><p>Glaze</p><p>none</p></ul>",
        "<div><h3>Stuff</h3><div>clay</div><h3>Glaze</h3><div>none</div></div>",
        "<section><p>Stuff</p><div><p>clay</p></div></section><p>x</p><p>y</p>"
        "<section><p>Glaze</p><div><p>none</p></div></section>",
    ],
)
def test_a_label_and_its_value_come_along_with_each_other(html: str) -> None:
    found = together(f"<div>{html}</div>")
    assert found == {"Stuff": {"clay"}, "clay": {"Stuff"}, "Glaze": {"none"}, "none": {"Glaze"}}


def test_a_line_that_ends_in_a_colon_comes_along_with_the_next() -> None:
    found = together("<div><p>Of any kind</p><p>Stuff:</p><p>clay</p><p>sand</p></div>")
    assert found == {"Stuff:": {"clay"}, "clay": {"Stuff:"}}


def test_several_terms_and_several_values_belong_together() -> None:
    found = together("<dl><dt>Stuff</dt><dt>Made of<dd>clay<dd>sand<dt>Glaze<dd>none</dl>")
    assert found["Stuff"] == found["Made of"] == {"clay", "sand"}
    assert found["sand"] == {"Stuff", "Made of"}
    assert found["none"] == {"Glaze"}


def test_a_row_comes_along_with_the_rows_of_names_above_it_in_its_table() -> None:
    head = "<tr><th>Size<th>Price</tr><tr><th>cm<th>EUR</tr>"
    table = f"<table>{head}<tr><td>5<td>7<tr><td>6<td>9</table>"
    found = together(f"{table}<table><tr><td>1<td>2</table>")
    assert found["5 | 7"] == found["6 | 9"] == {"Size | Price", "cm | EUR"}
    assert "1 | 2" not in found
    assert "Size | Price" not in found  # one row of names does not bring the whole table


def test_a_first_column_of_names_is_no_row_of_names() -> None:
    assert together("<table><tr><th>Size<td>5<tr><th>Price<td>7</table>") == {}


def test_paragraphs_do_not_come_along_with_each_other() -> None:
    assert together(f"<title>Pot</title><h1>Pot</h1><div>{PROSE}</div>") == {}
    long = "A line that is longer than any label would ever be."
    assert together(f"<div><p>{long}</p><p>clay</p></div><p>x</p>") == {}


@pytest.mark.parametrize(
    ("html", "label", "value"),
    [
        ("<dl><dt>Material<dd>red clay</dl>", "Material", "red clay"),
        ("<div><div>Material</div><div>red clay</div></div>", "Material", "red clay"),
        ("<h3>Material</h3><p>red clay</p>", "# Material", "red clay"),
        (
            f"<table><tr><th>No<th>Material{'<tr><td>5<td>sand' * 30}<tr><td>6<td>clay</table>",
            "No | Material",
            "5 | sand",
        ),
    ],
)
@pytest.mark.parametrize("budget", [24, 60, 200])
def test_what_is_shown_of_a_long_page_is_never_a_value_without_its_label(
    html: str, label: str, value: str, budget: int
) -> None:
    lines = shown(html, asked="material", budget=budget)
    assert label in lines
    assert value in lines


def test_a_likely_value_brings_a_heading_that_says_nothing_of_what_is_asked() -> None:
    """Other amounts alone would fill the budget."""
    amounts = "".join(f"<p>{n},90 EUR by post</p>" for n in range(20))
    lines = shown(f"<h3>By weight</h3><p>12 EUR</p><hr>{amounts}", asked="price", budget=40)
    assert "3,90 EUR by post" in lines
    assert lines.index("12 EUR") == lines.index("# By weight") + 1


def shown(html: str, *, asked: str, budget: int) -> list[str]:
    """The lines of a long page that are shown, *html* in its middle; *budget*: words."""
    page = parsed(f"<h1>Pot</h1>{PROSE}<div>{html}</div>{PROSE}")
    part = Shown(page, count_tokens=lambda texts: [len(text.split()) for text in texts])
    return part.choose(parse_dsl(asked), budget=budget).shown.splitlines()


TAGS = ("dl", "dt", "dd", "div", "li", "h3", "table", "tr", "th", "td", "p")
SOUP = st.lists(st.sampled_from([*(f"<{tag}>" for tag in TAGS), "</div>", "</dl>", "x", "y z"]))


@given(SOUP.map("".join))
def test_companions_are_other_blocks_of_the_page(html: str) -> None:
    page = parsed(html)
    count = len(page.document.visible.blocks)
    for place, others in companions(page).items():
        assert place not in others
        assert {place, *others} <= set(range(count))
