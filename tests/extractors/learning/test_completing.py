"""A text that stops short of what the list's others quote is completed from its element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from extractors.learning.long_lists import read_list
from schemas.record import Cell, Value, cell_data
from tests.extractors.talks import MAKES, TALK, Model, Row, parsed, rows


def titles(found: Sequence[Mapping[str, Cell]]) -> list[object]:
    return [cell_data(cells["title"]) for cells in found]


def read(make: str, talks: Sequence[Row], said: Sequence[Row]) -> list[Mapping[str, Cell]]:
    """A page of *talks*, read by a model that answers as *said*."""
    answers = Model(parsed(MAKES[make](talks)), said)
    return read_list(answers.page, TALK, answers.entries, answers)


def shortened(talks: Sequence[Row], *places: int) -> list[Row]:
    """*talks* with the last letter alone as the title of some."""
    return [(t[-3:] if i in places else t, d, r) for i, (t, d, r) in enumerate(talks)]


@pytest.mark.parametrize("make", MAKES)
def test_a_part_of_what_the_others_fill_is_completed(make: str) -> None:
    talks = rows(12)
    found = read(make, talks, shortened(talks, 1, 4, 11))
    assert titles(found) == [title for title, _, _ in talks]


def test_what_is_completed_quotes_the_page() -> None:
    talks = rows(12)
    page = parsed(MAKES["cards"](talks))
    for cells in read("cards", talks, shortened(talks, 1, 4)):
        title = cells["title"]
        assert isinstance(title, Value)
        assert title.evidence is not None
        assert page.document.quote(title.evidence.span) == title.evidence.quote == title.raw
        assert title.evidence.xpath == page.document.block_at(title.evidence.span.start).xpath


def test_parts_stay_where_most_records_say_parts() -> None:
    talks = rows(12)
    said = shortened(talks, *range(6))
    assert titles(read("table", talks, said)) == [title for title, _, _ in said]


def test_two_that_fill_their_element_are_no_rule() -> None:
    talks = rows(5)
    said = [(t if i < 2 else "-", d, r) for i, (t, d, r) in enumerate(talks)]
    said[4] = (talks[4][0][-3:], *talks[4][1:])
    assert titles(read("table", talks, said))[4] == talks[4][0][-3:]


def test_an_element_far_longer_than_the_others_is_no_such_text() -> None:
    talks = [*rows(11), ("Elms, " + "and much that was said about them " * 9, "1.2.2026", "Hall")]
    said = [*talks[:11], ("Elms", "1.2.2026", "Hall")]
    assert titles(read("table", talks, said))[11] == "Elms"


def test_what_has_a_form_of_its_own_stays_what_was_read_of_it() -> None:
    talks = rows(12)
    days = [cell_data(cells["day"]) for cells in read("table", talks, talks)]
    assert all(isinstance(day, str) and day.startswith("2026-") for day in days)


def test_what_another_field_says_is_no_rest_of_a_text() -> None:
    talks = [*rows(11), ("Elms, Hall Q", "1.2.2026", "Hall Q")]
    said = [*talks[:11], ("Elms", "1.2.2026", "Hall Q")]
    assert titles(read("table", talks, said))[11] == "Elms"
