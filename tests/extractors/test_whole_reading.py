"""A page read as a whole: what the words a model chose become, and what else is looked at.

The model says what it is told; what is put to the test is everything around it.
"""

from __future__ import annotations

from benchmarks.obedient import ObedientWorker
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Extraction
from schemas.record import Value
from schemas.schema import Field, Kind, Schema

PROSE = "".join(f"<p>In the {n}th year it rained on all of the old barn.</p>" for n in range(30))


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("page", "https://ex.org/", body.encode(), "text/html; charset=utf-8"))


def extracted(body: str, schema: Schema, *, said: str, page: int = 4000) -> Extraction:
    """What a worker makes of *body* whose model says *said*; *page*: its budget in characters."""
    return ObedientWorker(page=page, answer=400).told(said).extract(parsed(body), schema)


def test_names_of_a_menu_are_not_taken_for_authors() -> None:
    """By a model that goes on with every name it sees."""
    menu = "<nav><a href=/in>Sign In Now</a> <a href=/go>Go Back Home</a></nav>"
    byline = "<p class=authors>By Ada Byron</p><p class=authors>Bea Cole</p>"
    story = Schema("story", (Field("title"), Field("authors", many=True)))
    said = "title: Rain\nauthors:\n- Ada Byron\n- Bea Cole\n- Sign In Now\n"
    found = extracted(f"{menu}<h1>Rain</h1>{byline}<p>It rained.</p>", story, said=said)
    assert found.records[0].data["authors"] == ["Ada Byron", "Bea Cole"]


def test_an_amount_quotes_its_currency_where_the_model_left_it_out() -> None:
    offer = Schema("offer", (Field("title"), Field("price")))
    page = "<h1>Flat</h1><p>Now € 1,200 a month</p>"
    found = extracted(page, offer, said="title: Flat\nprice: 1,200\n").records[0]
    price = found.cells["price"]
    assert isinstance(price, Value)
    assert price.evidence is not None
    assert (found.data["price"], price.evidence.quote) == ("€ 1,200", "€ 1,200")


def test_what_a_page_hides_answers_where_it_shows_nothing() -> None:
    post = Schema("post", (Field("salary", Kind.NUMBER),))
    page = "<p>No news of any kind today.</p><div hidden><p>Salary: 31,500 EUR</div>"
    assert extracted(page, post, said="salary: 31,500\n").records[0].data == {"salary": 31500}


def test_what_a_page_hides_is_not_looked_at_once_something_was_found() -> None:
    post = Schema("post", (Field("title"), Field("salary", Kind.NUMBER)))
    page = "<h1>Cook</h1><div hidden><p>Salary: 31,500 EUR</div>"
    found = extracted(page, post, said="title: Cook\nsalary: 31,500\n").records[0]
    assert found.data == {"title": "Cook", "salary": None}
