"""A long list costs a model a few dozen records, and nothing goes missing unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from extractors.learning.long_lists import read_list
from extractors.lists.records import Entry, find_records
from extractors.parsing.blocks import Link
from schemas.record import Cell, Evidence, Signals, Tier, Value, ValueStatus, cell_data, cell_values
from schemas.schema import Field, Kind, Schema
from tests.extractors.talks import MAKES, TALK, Model, model, parsed, rows


def read(answers: Model) -> list[Mapping[str, Cell]]:
    return read_list(answers.page, TALK, answers.entries, answers)


def tiers(cells: Mapping[str, Cell]) -> set[Tier | None]:
    return {value.tier for cell in cells.values() for value in cell_values(cell) if value.evidence}


def as_read_by_the_model(answers: Model) -> list[Mapping[str, object]]:
    return [
        {asked.name: cell_data(answers.cell(asked, place)) for asked in TALK}
        for place in range(len(answers.entries))
    ]


def data(found: list[Mapping[str, Cell]]) -> list[Mapping[str, object]]:
    return [{name: cell_data(cell) for name, cell in cells.items()} for cells in found]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("count", [5, 36, 200])
def test_a_list_reads_as_if_the_model_had_read_all_of_it(make: str, count: int) -> None:
    answers = model(make, rows(count, roomless=5))
    assert data(read(answers)) == as_read_by_the_model(answers)


def test_a_thousand_records_cost_the_model_forty() -> None:
    answers = model("table", rows(1000))
    found = read(answers)
    assert answers.records_asked <= 40
    assert sum(Tier.SELECTOR in tiers(cells) for cells in found) >= 960


def test_a_short_list_is_the_models_alone() -> None:
    answers = model("cards", rows(35))
    found = read(answers)
    assert answers.asked == [(TALK.names, 35)]
    assert all(tiers(cells) == {Tier.LARGE} for cells in found)


def test_a_field_that_cannot_be_learned_stays_with_the_model() -> None:
    answers = model("table", rows(100))

    def without_days(cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
        day = cells.get("day")
        odd = isinstance(day, Value) and day.raw is not None and int(day.raw.split(".")[0]) % 2
        return {**cells, "day": Value(tier=Tier.LARGE)} if odd else cells

    found = read_list(
        answers.page,
        TALK,
        answers.entries,
        lambda schema, entries: [
            {name: cell for name, cell in without_days(cells).items() if name in schema.names}
            for cells in answers(schema, entries)
        ],
    )
    assert all(
        cells["day"].tier is Tier.LARGE for cells in found if isinstance(cells["day"], Value)
    )
    assert {names for names, _ in answers.asked} == {TALK.names, ("day",)}


def test_a_record_built_otherwise_goes_to_the_model() -> None:
    talks = rows(100)
    body = MAKES["cards"](talks).replace("class=meta><b>Where:</b> Hall A", "class=x>Hall A", 9)
    answers = Model(parsed(body), talks)
    assert data(read(answers)) == as_read_by_the_model(answers)


def test_a_list_that_changes_half_way_is_noticed() -> None:
    """From its middle on the model takes another column for the room."""
    talks = rows(400)
    answers = model("table", talks)
    moved = Model(
        answers.page, [(t, d, "noon" if i >= 200 else r) for i, (t, d, r) in enumerate(talks)]
    )
    found = data(read(moved))
    wanted = as_read_by_the_model(moved)
    wrong = [place for place in range(400) if found[place] != wanted[place]]
    assert len(wrong) <= 64  # the stretch in which it changed, at most
    assert all(place < 264 for place in wrong)


def test_what_comes_out_is_the_same_every_time() -> None:
    talks = rows(150, roomless=4)
    once, again = (read(model("lines", talks, misread=lambda p: p % 29 == 3)) for _ in range(2))
    assert once == again


DOUBT = Signals(first=-2.0, runner_up=-2.1, worst=-2.0, mean=-2.0, margin=0.1, kept=-1.0)


def doubting(answers: Model, *, at: int, cell: Value) -> list[Mapping[str, Cell]]:
    """What is read where the model says *cell* of the room of every *at*-th record."""

    def ask(schema: Schema, entries: Sequence[Entry]) -> list[Mapping[str, Cell]]:
        return [
            {**cells, "room": cell} if answers.entries.index(entry) % at == 2 else cells
            for entry, cells in zip(entries, answers(schema, entries), strict=True)
        ]

    return read_list(answers.page, TALK, answers.entries, ask)


@pytest.mark.parametrize("make", MAKES)
def test_what_the_model_doubts_is_read_where_it_was_sure_of_others(make: str) -> None:
    answers = model(make, rows(12))
    found = doubting(answers, at=5, cell=Value(tier=Tier.LARGE, confidence=0.2, signals=DOUBT))
    assert data(found) == as_read_by_the_model(answers)
    assert sum(Tier.SELECTOR in tiers(cells) for cells in found) == 2


def test_what_the_model_is_sure_of_stands_in_a_short_list() -> None:
    sure = Value(tier=Tier.LARGE, confidence=0.9, signals=DOUBT)
    found = doubting(model("cards", rows(12)), at=5, cell=sure)
    assert [cell_data(cells["room"]) is None for cells in found] == [i % 5 == 2 for i in range(12)]


def test_doubts_stay_where_the_page_says_nothing() -> None:
    """Where others have their room, a record has none."""
    doubt = Value(tier=Tier.LARGE, confidence=0.2, signals=DOUBT)
    talks = [(t, d, "" if i % 5 == 2 else r) for i, (t, d, r) in enumerate(rows(12))]
    found = doubting(model("cards", talks), at=5, cell=doubt)
    assert [cells["room"] for cells in found[2::5]] == [doubt, doubt]


def test_a_link_that_the_model_overlooks_is_found_where_others_have_theirs() -> None:
    """However sure it is that there is none."""
    page = parsed("<ul>" + "".join(f"<li><a href=/{i}>Talk {i}</a> on soil" for i in range(60)))
    schema = Schema("talk", (Field("details", Kind.URL),))
    entries = find_records(page, replace(schema, many=True))
    nothing = Value(tier=Tier.LARGE, confidence=0.9, signals=DOUBT)
    asked = 0

    def ask(schema: Schema, some: Sequence[Entry]) -> list[Mapping[str, Cell]]:
        nonlocal asked
        asked += len(some)
        places = [entries.index(entry) for entry in some]
        return [{"details": nothing if p % 5 == 0 else found(page.links[p])} for p in places]

    def found(link: Link) -> Value:
        evidence = Evidence(page.document.quote(link.span), link.span, link.xpath)
        return Value(
            link.href, link.href, evidence, Tier.LARGE, 0.9, ValueStatus.FOUND, signals=DOUBT
        )

    cells = read_list(page, schema, entries, ask)
    assert [cell_data(one["details"]) for one in cells] == [link.href for link in page.links]
    assert asked < 30
