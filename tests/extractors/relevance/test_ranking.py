"""What makes a block likelier to be shown, all else being the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.ranking import BlockModel, Ranking, known_model, telling_attributes, worth
from extractors.relevance.signs import SIGNS, PageSigns
from schemas.document import Document
from schemas.schema import Field, Kind, Schema

POST = Schema(
    "post", (Field("title"), Field("pay", Kind.MONEY), Field("skills", many=True), Field("contact"))
)
PROSE = "".join(f"<p>It rained all day in the {n} villages of the valley.</p>" for n in range(30))


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("page.html", "", body.encode(), "text/html; charset=utf-8"))


def rated(body: str, schema: Schema = POST) -> dict[str, float]:
    """What each block is worth, by its text; of several of one text, the last."""
    page = parsed(body)
    texts = [page.document.quote(block.span) for block in page.document.visible.blocks]
    worths = worth(Ranking(page).log_odds(schema), [len(text.split()) for text in texts])
    return dict(zip(texts, worths, strict=True))


def gain(more: str, less: str, text: str, schema: Schema = POST) -> float:
    """How much more *text* is worth where the page is *more* than where it is *less*."""
    return rated(more, schema)[text] - rated(less, schema)[text]


def test_the_heading_and_what_the_schema_names_come_before_prose() -> None:
    worths = rated(f"<h1>Cook</h1>{PROSE}<p>Contact: Ada Byron</p>{PROSE}")
    prose = max(value for text, value in worths.items() if text.startswith("It rained"))
    assert min(worths["Cook"], worths["Contact: Ada Byron"]) > prose


def test_a_word_on_every_line_counts_for_little() -> None:
    rows = "".join(f"<p>contact {n}</p>" for n in range(20))
    words = list(PageSigns(parsed(f"<h1>Cook</h1>{rows}<p>skills wanted</p>")).of(POST))
    assert words[21]["words"] > 4 * words[5]["words"]


def test_the_text_of_a_block_under_a_heading_that_matches_is_worth_more() -> None:
    page = "<h1>Cook</h1><p>Nothing</p><h2>{}</h2><p>soup</p>" + PROSE
    assert gain(page.format("Skills"), page.format("Story"), "soup") > 0


def test_a_number_after_a_label_that_names_a_field_is_worth_more() -> None:
    house = Schema("house", (Field("bathrooms"),))
    page = f"<h1>House</h1>{PROSE}<p>{{}}</p><p>2 and a half</p>{PROSE}"
    assert gain(page.format("Bathrooms"), page.format("Gardens"), "2 and a half", house) > 0
    asked = replace(house, fields=(Field("rooms", many=True),))
    assert gain(page.format("Rooms"), page.format("Gardens"), "2 and a half", asked) == 0


@pytest.mark.parametrize("name", ["class='shop-contact'", "id=contactPerson", "itemprop=contact"])
def test_what_an_element_is_called_counts(name: str) -> None:
    page = f"<h1>Cook</h1>{PROSE}<div><p>now</p><p {{}}>Ada Byron</p></div>{PROSE}"
    assert gain(page.format(name), page.format("class=x"), "Ada Byron") > 0


def test_names_around_count_too_but_not_those_of_half_the_page() -> None:
    page = f"<h1>Cook</h1><div {{}}><div><p>now</p><p>Ada Byron</p></div></div>{PROSE}"
    assert gain(page.format("class=contact"), page.format("class=x"), "Ada Byron") > 0
    page = f"<div {{}}><h1>Cook</h1><p>Ada Byron</p>{PROSE}</div>"
    assert gain(page.format("class=contact"), page.format("class=x"), "Ada Byron") == 0


@pytest.mark.parametrize(
    ("around", "plain"),
    [
        ("<nav>{}</nav>", "<div>{}</div>"),
        ("<button><p>{}</p></button>", "<div><p>{}</p></div>"),
        ("<form>{}</form>", "<div>{}</div>"),
        ("<div class='cookie-banner'>{}</div>", "<div class='x'>{}</div>"),
        ("<div><a href=/x>{}</a></div>", "<div>{}</div>"),
    ],
)
def test_what_stands_around_the_subject_is_worth_less(around: str, plain: str) -> None:
    text = "Skills and contact"
    page = f"<h1>Cook</h1>{PROSE}{{}}{PROSE}"
    assert gain(page.format(around.format(text)), page.format(plain.format(text)), text) < 0


def test_a_form_around_the_whole_page_is_the_page() -> None:
    page = f"<h1>Cook</h1>{PROSE}<p>Contact us</p>"
    assert gain(f"<form>{page}</form>", page, "Contact us") == pytest.approx(0)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("price", Kind.NUMBER), "from 12,50 €"),
        (Field("salary"), "45 000 Kč"),
        (Field("sku"), "BX-20417"),
        (Field("mail"), "ada@example.org"),
        (Field("phone"), "+44 20 7946 0000"),
        (Field("posted"), "on 3.4.2026"),
        (Field("author"), "By Ada Byron"),
    ],
)
def test_a_fields_own_words_say_what_its_values_look_like(field: Field, text: str) -> None:
    page = f"<h1>Cook</h1><p>{text}</p>{PROSE}"
    other = Schema("s", (Field("colour"),))
    known, unknown = rated(page, Schema("s", (field,)))[text], rated(page, other)[text]
    assert known > unknown


def test_items_of_a_list_are_worth_more_where_a_list_is_asked_for() -> None:
    items = "".join(f"<li>{text}</li>" for text in ["2 leeks", "salt", "1 l stock"])
    page = f"<h1>Soup</h1>{PROSE}<ul>{items}</ul>"
    food, people = (Schema("s", (Field(name, many=True),)) for name in ("food", "author"))
    one = Schema("s", (Field("food"),))
    assert rated(page, food)["salt"] > rated(page, one)["salt"]
    assert rated(page, people)["salt"] == pytest.approx(rated(page, one)["salt"], abs=0.2)


def test_items_in_several_blocks_come_with_their_list() -> None:
    cells = "".join(
        f"<li><b>{n}</b><p>{what}</p></li>" for n, what in ((2, "leeks"), (1, "stock"), (3, "eggs"))
    )
    signs = PageSigns(parsed(f"<h1>Soup</h1><ul>{cells}</ul>"))
    food = signs.of(Schema("s", (Field("food", many=True),)))
    assert [bool(block.get("listed_item")) for block in food] == [False] + [True] * 6


def test_what_was_said_before_is_worth_less() -> None:
    page = f"<h1>Cook</h1>{PROSE}<p>{{}}</p>{PROSE}<p>Contact Ada</p>"
    assert gain(page.format("Contact Ada"), page.format("Contact Bea"), "Contact Ada") < 0


def test_attributes_with_the_form_of_a_value_are_the_telling_ones() -> None:
    attributes = [
        ("/html/body/img/@alt", "900 EUR", 0),
        ("/html/body/img/@alt", "A cook", 0),
        ("/html/body/nav/img/@alt", "800 EUR", 0),
    ]
    document = Document.from_blocks("", [("/html/body/p", "Cook")], attributes)
    assert telling_attributes(document, POST) == [1]
    assert len(Ranking(ParsedPage(document, ())).log_odds(POST)) == 1


def test_names_of_faces_and_buttons_are_not_telling_but_numbers_are() -> None:
    attributes = [
        ("/html/body/img/@alt", "Ada Byron", 0),
        ("/html/body/meter/@value", "Bea Cole", 0),
        ("/html/body/span/@title", "12.4.2026", 0),
    ]
    document = Document.from_blocks("", [("/html/body/p", "Cook")], attributes)
    post = Schema("post", (Field("author"), Field("posted", Kind.DATE)))
    assert sorted(telling_attributes(document, post)) == [2, 3]


def test_an_empty_page_has_no_blocks_to_rate() -> None:
    assert Ranking(ParsedPage(Document.from_blocks("", []), ())).log_odds(POST) == []


def test_every_sign_has_a_weight_and_blocks_have_no_others() -> None:
    model = known_model()
    assert set(model.weights) == set(SIGNS)
    found = PageSigns(parsed(f"<title>Cook</title><h1>Cook</h1>{PROSE}")).of(POST)
    assert set().union(*found) <= set(SIGNS)


def test_a_model_reads_back_what_it_writes_and_refuses_weights_of_other_signs() -> None:
    model = known_model()
    assert BlockModel.from_plain(model.plain()) == model
    other = json.loads(model.plain())
    del other["weights"]["near"]
    with pytest.raises(ValueError, match="fit them anew"):
        BlockModel.from_plain(json.dumps(other))
