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


def test_a_record_is_held_against_sense_and_its_price_has_its_currency() -> None:
    book = Schema("book", (Field("ean"), Field("price", Kind.NUMBER), Field("currency")))
    page = "<h1>Oak trees</h1><p>Item 4006381333932, € 12</p>"
    found = extracted(page, book, said="ean: 4006381333932\nprice: 12\ncurrency: null\n")
    assert found.records[0].data == {"ean": None, "price": 12, "currency": "€"}


def test_a_model_that_repeats_itself_states_no_record_twice() -> None:
    ports = Schema("port", (Field("name"),), many=True)
    page = "<h1>Our ferry</h1><p>It calls at Kirkwall, then at Stromness, then at Kirkwall again."
    said = "- name: Kirkwall\n- name: Stromness\n- name: Kirkwall\n"
    found = extracted(page, ports, said=said).records
    assert [record.data["name"] for record in found] == ["Kirkwall", "Stromness"]


def test_what_a_page_hides_answers_where_it_shows_nothing() -> None:
    post = Schema("post", (Field("salary", Kind.NUMBER),))
    page = "<p>No news of any kind today.</p><div hidden><p>Salary: 31,500 EUR</div>"
    assert extracted(page, post, said="salary: 31,500\n").records[0].data == {"salary": 31500}


def test_what_a_page_hides_is_not_looked_at_once_something_was_found() -> None:
    post = Schema("post", (Field("title"), Field("salary", Kind.NUMBER)))
    page = "<h1>Cook</h1><div hidden><p>Salary: 31,500 EUR</div>"
    found = extracted(page, post, said="title: Cook\nsalary: 31,500\n").records[0]
    assert found.data == {"title": "Cook", "salary": None}


def test_what_the_likeliest_part_says_stands_and_the_others_add_what_is_open() -> None:
    offer = Schema("offer", (Field("price", Kind.MONEY), Field("posted", Kind.DATE)))
    lines = [f"{n},50 EUR on {n + 1}.3.2026, long ago" for n in range(13)]
    worker = ObedientWorker(page=400, answer=300)
    windows: list[list[str]] = []

    def last_of_the_first(prompt: str) -> str:
        windows.append([line for line in lines if line in prompt])
        shown = windows[-1]
        words = shown[0] if len(windows) == 1 else shown[-1]
        posted = "null" if len(windows) == 1 else words.split(" on ")[1].split(",")[0]
        return f"price: {words.split(' on ')[0]}\nposted: {posted}\n"

    page = parsed("".join(f"<p class=price>{line}</p>" for line in lines))
    (record,) = worker.told_by(last_of_the_first).extract(page, offer).records
    assert len(windows) > 1
    price, posted = record.cells["price"], record.cells["posted"]
    assert isinstance(price, Value)
    assert price.raw == windows[0][0].split(" on ")[0]
    assert isinstance(posted, Value)
    assert posted.raw == windows[1][-1].split(" on ")[1].split(",")[0]


def test_a_list_goes_on_in_the_next_part_of_the_page() -> None:
    skills = [f"Sort {n} of leaf mould" for n in range(60)]
    worker = ObedientWorker(page=400, answer=600)

    def all_shown(prompt: str) -> str:
        shown = [skill for skill in skills if f"{skill}\n" in f"{prompt}\n"]
        return "skills:\n" + "".join(f"- {skill}\n" for skill in shown)

    page = parsed(f"<h1>Gardener</h1><ul>{''.join(f'<li>{s}</li>' for s in skills)}</ul>")
    post = Schema("post", (Field("skills", many=True, max_items=100),))
    (record,) = worker.told_by(all_shown).extract(page, post).records
    found = record.data["skills"]
    assert isinstance(found, list)
    assert len(found) > 400 / len(skills[0]), "more than one part of the page holds"
    assert found == [skill for skill in skills if skill in found]
