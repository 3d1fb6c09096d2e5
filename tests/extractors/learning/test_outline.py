"""What a page's elements are called, and what pieces a record of it consists of."""

from __future__ import annotations

from hypothesis import given, settings

from extractors.learning.outline import Outline, Region
from schemas.document import Span
from tests.extractors.parsing.test_blocks import SOUP
from tests.extractors.talks import parsed

ROW = "<table><tr><td class='b a'>Oak<td><td>Hall <i>A</i> or B<tr><td>Elm<td>x<td>y</table>"


def said(region: Region, step: str, scope: str = "") -> list[str]:
    pieces = region.named(step, scope, above=False)
    return [region.text[piece.span.start : piece.span.end] for piece in pieces]


def test_cells_are_counted_empty_ones_too() -> None:
    region = Outline(parsed(ROW)).whole()
    assert said(region, "td[3]") == ["Hall A or B", "y"]
    assert said(region, "td[2]") == ["x"]


def test_an_element_goes_by_its_classes_in_any_order_and_by_what_it_is_for() -> None:
    page = parsed("<p id=pay data-label=Pay class='x wide p-12345' itemprop=baseSalary>12</p>")
    (node,) = [node for node in page.nodes if node.names[-1] == "p"]
    assert node.names == (
        "p[itemprop=baseSalary]",
        "p[data-label=Pay]",
        "p#pay",
        "p.wide",
        "p.x",
        "p",
    )


def test_words_between_children_are_pieces_too() -> None:
    region = Outline(parsed("<p><b>When:</b> May 3<br>noon <i>or so</i></p>")).whole()
    assert said(region, "#text", "p") == ["May 3", "noon"]


def test_lines_of_a_cell_are_pieces_too() -> None:
    page = parsed("<table><tr><td>3 May<td>24-12<br>Adams v. Baker<tr><td>x<td>y</table>")
    assert said(Outline(page).whole(), "#text", "td[2]") == ["24-12", "Adams v. Baker"]


def test_a_label_is_what_stands_right_before_within_the_record() -> None:
    page = parsed("<div><p>Old:</p></div><div><p><b>When:</b> May</p><p>Ulm</p></div>")
    outline = Outline(page)
    labels = {
        region.text[piece.span.start : piece.span.end]: region.label(piece)
        for region in [outline.region(range(1, 3))]
        for piece in region.pieces
        if piece.leaf
    }
    assert labels == {"When:": "", "May": "when", "Ulm": "may"}


def test_records_of_the_same_parts_have_the_same_face() -> None:
    cards = [
        "<div class='card odd n1'><h3>Oak</h3><p class=meta>May</p></div>",
        "<div class='card even n2'><h3>Elm and ash</h3><p class=meta>June</p></div>",
        "<div class='card odd n3'><h3>Fir</h3></div>",
    ]
    outline = Outline(parsed("".join(cards)))
    faces = [outline.region(range(*at)).face() for at in [(0, 2), (2, 4), (4, 5)]]
    assert faces[0] == faces[1] != faces[2]


@settings(max_examples=60)
@given(SOUP)
def test_of_any_page_pieces_lie_within_each_other_and_hold_text(html: str) -> None:
    page = parsed(html)
    outline = Outline(page)
    for number, node in enumerate(page.nodes):
        assert node.parent < number
        assert page.document.quote(node.span).strip()
        if node.parent >= 0:
            around = page.nodes[node.parent].span
            assert around.start <= node.span.start
            assert node.span.end <= around.end
    whole = outline.whole()
    for piece in whole.pieces:
        assert whole.holds(piece.span)
        assert not page.document.quote(piece.span)[0].isspace()


def test_a_region_holds_its_own_text_and_what_stands_above() -> None:
    outline = Outline(parsed("<h2>May</h2><p>Oak</p><p>Elm</p>"))
    region = outline.region(range(2, 3), (0,))
    assert region.holds(Span(0, 3))
    assert not region.holds(Span(4, 7))
    assert region.quotes() == ["May", "Elm"]
