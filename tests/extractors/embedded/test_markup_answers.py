"""What the markup tier answers, what it leaves to a worker, and where the page contradicts it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extractors.embedded.markup_answers import answer_from_markup
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from schemas.record import Cell, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

PRODUCT = Schema(
    "product",
    (
        Field("name"),
        Field("price", Kind.NUMBER),
        Field("brand"),
        Field("availability", Kind.CHOICE, choices=("InStock", "OutOfStock")),
    ),
)
SPADE: dict[str, Any] = {
    "@type": "Product",
    "name": "Garden spade",
    "brand": {"@type": "Brand", "name": "Fernhill"},
    "offers": {"price": "1234.50", "availability": "https://schema.org/SoldOut"},
}
VISIBLE = "<title>Shop</title><h1>Garden spade</h1><p>by Fernhill</p><p>1.234,50 €</p>"


def answers(data: object, visible: str = VISIBLE, schema: Schema = PRODUCT) -> list[Record]:
    body = f'<script type="application/ld+json">{json.dumps(data)}</script>{visible}'
    page = Page("p.html", "https://shop.example/spade", body.encode())
    return list(answer_from_markup(page, parse_page(page), schema))


def value(cell: Cell) -> Value:
    assert isinstance(cell, Value)
    return cell


def test_a_value_cites_the_markup_and_the_visible_text() -> None:
    (record,) = answers(SPADE)
    price = value(record.cells["price"])
    assert (price.data, price.tier, price.status) == (1234.5, Tier.MARKUP, ValueStatus.FOUND)
    assert price.evidence is not None
    assert price.evidence.markup == "json-ld[0].offers.price"
    assert price.evidence.quote == "1.234,50"
    assert record.data["brand"] == "Fernhill"


def test_what_only_the_markup_says_cites_the_markup_alone() -> None:
    (record,) = answers(SPADE)
    stock = value(record.cells["availability"])
    assert stock.data == "OutOfStock"
    assert stock.evidence is not None
    assert not stock.evidence.is_visible
    assert stock.evidence.quote == "https://schema.org/SoldOut"


def test_a_label_that_says_another_thing_is_a_conflict_with_both_quotes() -> None:
    visible = "<h1>Garden spade</h1><p>Price: 99.00 EUR</p>"
    (record,) = answers(SPADE, visible)
    price = value(record.cells["price"])
    assert price.status is ValueStatus.CONFLICT
    assert price.data == 99
    assert price.evidence is not None
    assert price.evidence.quote == "99.00 EUR"
    assert price.contrary is not None
    assert (price.contrary.quote, price.contrary.markup) == ("1234.50", "json-ld[0].offers.price")


def test_several_things_of_a_kind_answer_nothing_unless_one_is_the_subject() -> None:
    other = {**SPADE, "name": "Watering can", "offers": {"price": "7"}}
    (record,) = answers([other, SPADE])
    assert record.data["price"] == 1234.5
    assert answers([other, SPADE], "<h1>Garden spade and watering can</h1>") == []


def test_a_thing_that_the_heading_does_not_name_is_not_the_subject() -> None:
    assert answers(SPADE, "<h1>About our house</h1><p>Fernhill</p>") == []


def test_related_things_are_not_the_subject() -> None:
    page = {"@type": "WebPage", "mentions": SPADE}
    assert answers(page) == []


@pytest.mark.parametrize(
    "text",
    ["{{ product.brand }}", "${brand}", "null", "N/A", "<b>Fernhill", "https://fernhill.example"],
)
def test_what_a_template_left_is_no_answer(text: str) -> None:
    records = answers({**SPADE, "brand": text}, VISIBLE + f"<p>{text}</p>")
    assert records[0].data["brand"] is None


@pytest.mark.parametrize("price", ["from 12", "soon", True, {"a": 1}, float("nan"), ["1", "2"]])
def test_a_value_of_the_wrong_kind_is_no_answer(price: object) -> None:
    assert answers({**SPADE, "offers": {"price": price}})[0].data["price"] is None


def test_text_that_readers_do_not_see_is_left_to_the_worker() -> None:
    assert answers({**SPADE, "brand": "Hidden"})[0].data["brand"] is None


def test_entities_are_read() -> None:
    (record,) = answers(
        {**SPADE, "brand": "Fern &amp;amp; Hill"}, VISIBLE + "<p>Fern &amp; Hill</p>"
    )
    assert record.data["brand"] == "Fern & Hill"


def test_a_schema_that_speaks_schema_org_needs_no_table() -> None:
    schema = Schema("vacancy", (Field("hiringOrganization"), Field("jobBenefits")))
    job = {
        "@type": "JobPosting",
        "title": "Gardener",
        "hiringOrganization": {"@type": "Organization", "name": "Ambleford Parks"},
        "jobBenefits": "Free tea",
    }
    (record,) = answers(job, "<h1>Gardener</h1><p>Ambleford Parks</p><p>Free tea</p>", schema)
    assert record.data == {"hiringOrganization": "Ambleford Parks", "jobBenefits": "Free tea"}


def test_a_reference_is_followed_once() -> None:
    graph = [
        {**SPADE, "brand": {"@id": "#b"}},
        {"@type": "Brand", "@id": "#b", "name": "Fernhill", "brand": {"@id": "#b"}},
    ]
    assert answers({"@graph": graph})[0].data["brand"] == "Fernhill"


def test_descriptions_of_one_thing_that_contradict_each_other_are_left_to_the_worker() -> None:
    cheaper = {**SPADE, "offers": {**SPADE["offers"], "price": "99"}}
    (record,) = answers([SPADE, cheaper])
    assert (record.data["price"], record.data["brand"]) == (None, "Fernhill")


def test_offers_may_stand_within_offers_and_must_agree() -> None:
    offers = [{"price": "1234.50"}, {"price": 1234.5}]
    (record,) = answers({**SPADE, "offers": {"@type": "AggregateOffer", "offers": offers}})
    assert record.data["price"] == 1234.5
    offers[1] = {"price": "99"}
    (record,) = answers({**SPADE, "offers": {"@type": "AggregateOffer", "offers": offers}})
    assert record.data["price"] is None


def test_an_address_alone_may_be_an_answer() -> None:
    stock = {"price": "1234.50", "availability": {"@id": "https://schema.org/InStock"}}
    (record,) = answers({**SPADE, "offers": stock, "brand": {"@id": "https://fernhill.example"}})
    assert (record.data["availability"], record.data["brand"]) == ("InStock", None)


def test_what_is_said_the_other_way_round_makes_up_nothing() -> None:
    offer = {"@type": "Offer", "price": "7", "@reverse": {"offers": {**SPADE, "offers": None}}}
    (record,) = answers(offer)
    assert record.data == {"name": "Garden spade", "price": None, "brand": "Fernhill"} | {
        "availability": None
    }


def test_open_graph_answers_what_the_page_shows_too() -> None:
    tags = '<meta property="product:brand" content="{}"><meta property="og:type" content="product">'
    page = "<h1>Garden spade</h1><p>by Fernhill</p>"
    for brand, answer in (("Fernhill", "Fernhill"), ("Ashcombe", None)):
        body = (tags.format(brand) + page).encode()
        read = Page("p.html", "https://shop.example/spade", body)
        found = [
            record.data["brand"] for record in answer_from_markup(read, parse_page(read), PRODUCT)
        ]
        assert found == ([answer] if answer else [])


def test_a_list_is_a_record_for_each_item() -> None:
    schema = Schema("products", (Field("name"), Field("price", Kind.NUMBER)), many=True)
    items = [
        {"@type": "Product", "name": n, "offers": {"price": p}} for n, p in (("A1", 5), ("B2", 6))
    ]
    data = {
        "@type": "ItemList",
        "itemListElement": [{"@type": "ListItem", "item": item} for item in items],
    }
    records = answers(data, "<h1>All</h1><p>A1</p><p>B2</p>", schema)
    assert [record.data for record in records] == [
        {"name": "A1", "price": 5},
        {"name": "B2", "price": 6},
    ]
    assert [record.index for record in records] == [0, 1]


def test_a_day_is_found_however_the_page_writes_it() -> None:
    schema = Schema("article", (Field("date_published", Kind.DATE),))
    article = {"@type": "NewsArticle", "headline": "Rain", "datePublished": "2026-03-05T08:00:00Z"}
    (record,) = answers(article, "<h1>Rain</h1><p>5 March 2026</p>", schema)
    day = value(record.cells["date_published"])
    assert day.data == "2026-03-05"
    assert day.evidence is not None
    assert day.evidence.is_visible


def test_another_day_of_the_year_is_not_cited_for_the_day() -> None:
    schema = Schema("article", (Field("date_published", Kind.DATE),))
    article = {"@type": "NewsArticle", "headline": "Rain", "datePublished": "2026-03-05"}
    (record,) = answers(article, "<h1>Rain</h1><p>5 June 2026</p>", schema)
    day = value(record.cells["date_published"])
    assert day.data == "2026-03-05"
    assert day.evidence is not None
    assert not day.evidence.is_visible


def test_what_is_written_for_other_sites_must_stand_on_the_page() -> None:
    tags = (
        '<meta property="product:price:amount" content="7">'
        '<meta property="og:type" content="product">'
    )
    for visible, price in (("<p>7 EUR</p>", 7), ("<p>by Fernhill</p>", None)):
        body = f"{tags}<h1>Garden spade</h1>{visible}".encode()
        page = Page("p.html", "https://shop.example/spade", body)
        found = answer_from_markup(page, parse_page(page), PRODUCT)
        assert [record.data["price"] for record in found] == ([price] if price else [])


def test_in_markup_a_point_is_the_decimal_sign_whatever_the_page_s_language() -> None:
    visible = "<html lang=de><h1>Garden spade</h1><p>by Fernhill</p>"
    assert answers({**SPADE, "offers": {"price": "1.234"}}, visible)[0].data["price"] == 1.234


def test_the_house_is_no_brand() -> None:
    (record,) = answers({**SPADE, "brand": "Example"}, VISIBLE + "<p>by Example</p>")
    assert record.data["brand"] is None


ARTICLE = Schema("article", (Field("title"), Field("author")))


@pytest.mark.parametrize(
    ("name", "author"),
    [("Ada Byron", "Ada Byron"), ("Ada", None), ("Ada Byron and Bea Cole", None), ("李白", "李白")],
)
def test_an_author_is_one_full_name(name: str, author: str | None) -> None:
    article = {"@type": "NewsArticle", "headline": "Rain", "author": {"name": name}}
    (record,) = answers(article, f"<h1>Rain</h1><p>By {name}</p>", ARTICLE)
    assert record.data["author"] == author


@pytest.mark.parametrize(("shared", "title"), [("Rain | The Post", "Rain"), ("Storm", None)])
def test_a_headline_that_is_shared_under_another_one_is_left_to_the_worker(
    shared: str, title: str | None
) -> None:
    article = {"@type": "NewsArticle", "headline": "Rain", "author": {"name": "Ada Byron"}}
    tag = f'<meta property="og:title" content="{shared}">'
    (record,) = answers(article, f"{tag}<h1>Rain</h1><p>By Ada Byron</p>", ARTICLE)
    assert record.data["title"] == title


SOUP = Schema("recipe", (Field("title"), Field("yields"), Field("ingredients", many=True)))


def soup(ingredients: list[str], visible: str) -> dict[str, Any]:
    """What the markup of a recipe answers where the page shows *visible*."""
    recipe = {
        "@type": "Recipe",
        "name": "Soup",
        "recipeYield": "12",
        "recipeIngredient": ingredients,
    }
    (record,) = answers(recipe, f"<h1>Soup</h1><p>For 12</p><p>{visible}</p>", SOUP)
    return dict(record.data)


def test_a_list_is_whole_where_most_of_it_is_seen() -> None:
    items = ["2 leeks", "3 figs", "salt"]
    assert soup(items, "2 leeks</p><p>3 figs</p><p>and more")["ingredients"] == items
    assert soup(items, "2 leeks</p><p>and more")["ingredients"] == []


def test_an_ingredient_without_the_measure_that_the_page_gives_is_none() -> None:
    assert soup(["leeks", "salt"], "some leeks, salt")["ingredients"] == ["leeks", "salt"]
    assert soup(["leeks", "salt"], "2 leeks, salt")["ingredients"] == []


def test_a_row_of_ingredients_is_no_list_of_one() -> None:
    row = ", ".join(f"{n} leeks of kind {n}" for n in range(20))
    assert soup([row], row)["ingredients"] == []


def test_a_bare_number_is_no_text_of_how_much_a_recipe_makes() -> None:
    assert soup(["salt"], "salt")["yields"] is None
