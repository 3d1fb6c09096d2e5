"""Names that end with a day, all down a list."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from extractors.lists.tails import without_days
from schemas.document import Span
from schemas.record import Cell, Evidence, Tier, Value, ValueStatus, cell_data
from schemas.schema import Field, Kind, Schema

CASE = Schema("case", (Field("name"), Field("docket_number"), Field("filed", Kind.DATE)))


def cells(name: str, number: str = "24-1") -> Mapping[str, Cell]:
    def value(words: str) -> Value:
        place = Evidence(words, Span(7, 7 + len(words)), "/html/body/p")
        return Value(words, words, place, Tier.LARGE, 0.9, ValueStatus.FOUND)

    return {"name": value(name), "docket_number": value(number), "filed": Value()}


def names(*said: str, schema: Schema = CASE) -> list[object]:
    return [cell_data(one["name"]) for one in without_days(schema, [cells(n) for n in said])]


@pytest.mark.parametrize("tail", [" 3/26/24", " 3/26/24 CA4/1", " - 26.3.2024", " (2024-03-26)"])
def test_a_day_that_most_names_end_with_is_cut_off(tail: str) -> None:
    said = ["Adams v. Baker et al.", "Cole v. Dunn", "In re E. F."]
    assert names(*(name + tail for name in said), "Gray v. Hill") == [*said, "Gray v. Hill"]


def test_what_is_left_quotes_the_page() -> None:
    found = without_days(CASE, [cells(f"Adams v. Baker {n}/3/24") for n in range(1, 5)])
    for value in (one["name"] for one in found):
        assert isinstance(value, Value)
        assert value.evidence == Evidence("Adams v. Baker", Span(7, 21), "/html/body/p")


@pytest.mark.parametrize(
    "said",
    [
        ["Choir 3/5/26", "Walk", "Fair", "Talk on oaks", "Market"],  # one ends so by chance
        ["Fair of 3/5/26 in the old town hall", "Walk of 4/5/26 to the oak tree"]
        * 2,  # not its end
        ["3/5/26", "4/5/26", "5/5/26"],  # nothing would be left
        ["Ruling 24-12-7", "Ruling 24-12-8"],  # too few to tell
    ],
)
def test_other_names_stay_whole(said: list[str]) -> None:
    assert names(*said) == said


def test_where_no_day_is_asked_for_names_keep_theirs() -> None:
    said = [f"Choir {n}/5/26" for n in range(1, 6)]
    assert names(*said, schema=Schema("case", CASE.fields[:2])) == said


def test_a_number_may_look_like_a_day() -> None:
    numbers = [f"No. {n}-12-24" for n in range(1, 6)]
    found = without_days(CASE, [cells("Adams", number) for number in numbers])
    assert [cell_data(one["docket_number"]) for one in found] == numbers
