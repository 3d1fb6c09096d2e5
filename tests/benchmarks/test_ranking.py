from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.ranking import Example, bound_for, example, fit, held_out, weighed
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from schemas.schema import Field, Schema

POST = Schema("post", (Field("title"), Field("town")))
TOWNS = ["Ulm", "Bergen", "Cork", "Turin", "Porto", "Gdansk", "Lyon", "Graz", "Split", "Leeds"]


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def posting(number: int, *, site: str = "", town: str = "<p class=town>{}</p>") -> Example:
    """A page whose title is its heading and whose town stands in an element called so."""
    prose = "".join(
        f"<p>Nothing of note is said in the long line {number} {n}.</p>" for n in range(40)
    )
    said = town.format(TOWNS[number])
    body = f"<h1>Cook {number}</h1>{prose}<div><p>now</p>{said}</div>{prose}".encode()
    page = parse_page(Page("page.html", "", body, "text/html; charset=utf-8"))
    right = {"title": f"Cook {number}", "town": TOWNS[number]}
    return example(page, POST, right, name="jobs", site=site or f"site {number}")


EXAMPLES = [posting(number) for number in range(10)]


def test_what_marks_right_values_on_some_sites_finds_them_on_others() -> None:
    model = fit(EXAMPLES[:5])
    assert model.weights["named"] > 0
    tallies = held_out(EXAMPLES, words)
    strict = tallies["jobs", -6.0]
    assert (strict.asked, strict.kept) == (20, 20)
    assert max(strict.shares) < 0.3


def test_a_lower_bound_shows_more_and_a_share_between_two_is_found_between_them() -> None:
    tallies = held_out(EXAMPLES, words)
    shares = {bound: sum(tally.shares) / len(tally.shares) for (_, bound), tally in tallies.items()}
    assert sorted(shares.values(), reverse=True) == [shares[bound] for bound in sorted(shares)]
    assert bound_for(1.0, tallies) == min(shares)
    assert bound_for(0.0, tallies) == max(shares)


def test_a_value_that_runs_over_several_blocks_makes_all_of_them_right() -> None:
    split = replace(
        posting(0, town="<p class=town>Ulm</p><p class=town>am Rhein</p>"),
        values=((" ulm am rhein ",),),
    )
    whole = replace(posting(0), values=((" ulm ",),))
    assert fit([split] * 3).constant > fit([whole] * 3).constant


def test_a_site_of_many_pages_counts_as_a_few() -> None:
    many = weighed([posting(0, site="one")] * 30 + [posting(1, site="other")])
    assert {example.site: example.weight for example in many} == {"one": 0.5, "other": 1.0}
