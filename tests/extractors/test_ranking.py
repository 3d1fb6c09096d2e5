from __future__ import annotations

import pytest

from extractors.ranking import rank_blocks, telling_attributes
from schemas.document import Document
from schemas.schema import Field, Kind, Schema

POST = Schema(
    "post", (Field("title"), Field("pay", Kind.MONEY), Field("skills", many=True), Field("contact"))
)


def order(*parts: tuple[str, str], schema: Schema = POST) -> list[str]:
    """The texts of blocks under /html/body, best first."""
    document = Document.from_blocks("", [(f"/html/body/{path}", text) for path, text in parts])
    scores = rank_blocks(document, schema)
    best_first = sorted(range(len(scores)), key=lambda i: -scores[i])
    return [parts[i][1] for i in best_first]


def test_a_heading_comes_before_prose() -> None:
    assert order(("p[1]", "It rained."), ("h1", "Cook"), ("p[2]", "It rained."))[0] == "Cook"


def test_a_block_with_the_fields_own_name_comes_before_one_without() -> None:
    assert order(("p[1]", "Nothing here"), ("p[2]", "Contact us"))[0] == "Contact us"


def test_a_word_on_every_line_counts_for_little() -> None:
    rows = [(f"p[{i}]", f"contact {i}") for i in range(1, 20)]
    assert order(*rows, ("p[20]", "skills wanted"), ("h1", "Cook"))[1] == "skills wanted"


def test_an_amount_counts_where_money_is_asked_for() -> None:
    assert order(("p[1]", "We are nice"), ("p[2]", "900 EUR"))[0] == "900 EUR"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("price", Kind.NUMBER), "from 12,50 €"),
        (Field("salary"), "45 000 Kč"),
        (Field("sku"), "BX-20417"),
        (Field("posted"), "3.4.2026"),
        (Field("author"), "By Ada Byron"),
    ],
)
def test_a_fields_own_words_say_what_its_values_look_like(field: Field, text: str) -> None:
    found = order(("p[1]", "we are a nice shop"), ("p[2]", text), schema=Schema("s", (field,)))
    assert found[0] == text


def test_items_of_a_list_come_together() -> None:
    soup = [(f"ul/li[{i}]", text) for i, text in enumerate(["2 leeks", "salt", "1 l stock"], 1)]
    found = order(
        *soup, ("p", "It rained all day"), schema=Schema("s", (Field("food", many=True),))
    )
    assert found[-1] == "It rained all day"


def test_items_in_several_blocks_come_with_their_list() -> None:
    cells = (("b", "2"), ("p", "leeks"), ("b", "1 l"), ("p", "stock"), ("b", "½"), ("p", "lemon"))
    soup = [(f"ul[2]/li[{1 + i // 2}]/{tag}", text) for i, (tag, text) in enumerate(cells)]
    chatter = [(f"ul[1]/li[{i}]", f"so {i}") for i in range(1, 12)]
    found = order(*chatter, *soup, schema=Schema("s", (Field("food", many=True),)))
    assert {text for _, text in cells}.isdisjoint(found[-6:])


def test_numbered_lists_are_no_lists_of_people() -> None:
    people = Schema("s", (Field("author", many=True),))
    tags = [(f"ul/li[{i}]", f"{i} comments") for i in range(1, 4)]
    assert order(("p", "By Ada Byron"), *tags, schema=people)[0] == "By Ada Byron"


def test_what_was_said_before_comes_last() -> None:
    found = order(("p[1]", "Contact us"), ("p[2]", "We are nice"), ("p[3]", "Contact us"))
    assert found == ["Contact us", "We are nice", "Contact us"]


def test_attributes_with_the_form_of_a_value_are_the_telling_ones() -> None:
    attributes = [
        ("/html/body/img/@alt", "900 EUR", 0),
        ("/html/body/img/@alt", "A cook", 0),
        ("/html/body/nav/img/@alt", "800 EUR", 0),
    ]
    document = Document.from_blocks("", [("/html/body/p", "Cook")], attributes)
    assert telling_attributes(document, POST) == [1]
    assert len(rank_blocks(document, POST)) == 1


def test_what_stands_under_a_matching_heading_inherits_from_it() -> None:
    found = order(
        ("h1", "Cook"),
        ("h2[1]", "Story"),
        ("p[1]", "long ago"),
        ("h2[2]", "Skills"),
        ("p[2]", "soup"),
    )
    assert found.index("soup") < found.index("long ago")


def test_navigation_comes_last() -> None:
    assert (
        order(("nav/a", "Contact"), ("main/p", "Contact"), ("footer/p", "Contact pay"))[0]
        == "Contact"
    )
    assert order(("nav/a", "Contact pay"), ("main/p", "a house"))[-1] == "Contact pay"


def test_a_form_around_the_whole_page_is_the_page() -> None:
    page = [("form/h1", "Pots"), ("form/p[1]", "900 EUR"), ("form/p[2]", "A pot")]
    assert order(*page, ("p", "so what"), ("aside/p", "800 EUR"))[1] == "900 EUR"
    assert order(*page, ("form/nav/p", "Contact"))[-1] == "Contact"
    small = [("h1", "Pots"), ("p", "It rained all day and all night too"), ("form[1]/p", "Mail")]
    assert order(*small)[-1] == "Mail"


def test_an_amount_by_itself_comes_before_one_in_a_sentence() -> None:
    offer = Schema("offer", (Field("price", Kind.MONEY),))
    said = [("p[1]", "Last year it was 90 EUR"), ("p[2]", "80 EUR")]
    assert order(*said, schema=offer)[0] == "80 EUR"


def test_a_number_after_a_label_that_names_a_field_is_worth_as_much() -> None:
    house = Schema("house", (Field("bathrooms", Kind.TEXT),))
    prose = [(f"p[{i}]", "It rained all day") for i in range(1, 40)]
    facts = ["Area", "7 and a half", "Bathrooms", "2 and a half"]
    found = order(*prose, *((f"div/p[{i}]", fact) for i, fact in enumerate(facts)), schema=house)
    assert found.index("2 and a half") < found.index("7 and a half")


def test_the_header_of_an_article_is_its_own() -> None:
    assert order(("header/p", "Ada"), ("main/article/header/p", "Bea"))[0] == "Bea"


def test_an_empty_document_has_no_scores() -> None:
    assert rank_blocks(Document.from_blocks("", []), POST) == []
