from __future__ import annotations

from extractors.answers.strays import without_strays
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.ranking import Ranking
from schemas.document import Span
from schemas.record import Cell, Evidence, Tier, Value, ValueStatus
from schemas.schema import Field, Schema

STORY = Schema("story", (Field("title"), Field("authors", many=True)))
PROSE = "".join(
    f"<p>In the {n}th year Carl Doe went to see the Red Barn Band.</p>" for n in range(30)
)
PAGE = (
    "<nav><a href=/a>Sign In Now</a></nav><h1>Rain</h1><p class=authors>By Ada Byron</p>"
    f"<p class=authors>Bea Cole</p>{PROSE}<div hidden>By Dan Eliot</div>"
)


def parsed() -> ParsedPage:
    return parse_page(Page("page.html", "", PAGE.encode(), "text/html; charset=utf-8"))


def quoted(page: ParsedPage, words: str) -> Value:
    start = page.document.text.index(words)
    evidence = Evidence(words, Span(start, start + len(words)), page.document.block_at(start).xpath)
    return Value(words, words, evidence, Tier.LARGE, 0.5, ValueStatus.FOUND)


def kept(*names: str, schema: Schema = STORY) -> list[str]:
    page = parsed()
    cells: dict[str, Cell] = {"authors": tuple(quoted(page, name) for name in names)}
    left = without_strays(schema, cells, Ranking(page), page.document)["authors"]
    assert isinstance(left, tuple)
    return [str(value.data) for value in left if isinstance(value, Value)]


def test_names_far_from_the_byline_are_no_authors() -> None:
    assert kept("Ada Byron", "Bea Cole", "Red Barn Band", "Sign In Now") == [
        "Ada Byron",
        "Bea Cole",
    ]


def test_one_item_alone_stays_wherever_it_stands() -> None:
    assert kept("Red Barn Band") == ["Red Barn Band"]


def test_what_the_page_hides_is_not_judged() -> None:
    assert kept("Ada Byron", "Dan Eliot") == ["Ada Byron", "Dan Eliot"]
