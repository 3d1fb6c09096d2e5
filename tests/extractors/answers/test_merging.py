from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from extractors.answers.merging import is_absent, merge_cells, merge_records
from schemas.document import Span
from schemas.record import ABSENT, Cell, Evidence, Record, Tier, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

DISH = Schema(
    "dish",
    (
        Field("name"),
        Field("food", many=True, max_items=4),
        Field("chef", Kind.OBJECT, fields=(Field("name"), Field("town"))),
    ),
)
MENU = Schema("menu", (Field("name"),), many=True, max_records=3)


def found(data: Any, start: int = 0, confidence: float = 0.5) -> Value:
    evidence = Evidence(str(data), Span(start, start + len(str(data))), "/html/body/p")
    return Value(str(data), data, evidence, Tier.LARGE, confidence, ValueStatus.FOUND)


def dish(name: Value = ABSENT, food: tuple[Cell, ...] = (), chef: Value = ABSENT) -> Record:
    return Record({"name": name, "food": food, "chef": {"name": chef, "town": ABSENT}}, "")


def test_a_value_found_in_any_part_is_found() -> None:
    (merged,) = merge_records(DISH, [[dish()], [dish(found("soup"))], [dish()]])
    assert merged.data == {"name": "soup", "food": [], "chef": None}


def test_what_no_part_says_is_as_sure_as_the_least_sure_part() -> None:
    sure, less = (Value(tier=Tier.LARGE, confidence=c) for c in (0.95, 0.7))
    assert merge_cells(Field("name"), [sure, less]) == less
    assert merge_cells(Field("name"), [less, sure]) == less


def test_of_values_that_differ_the_surest_stands() -> None:
    field = Field("name")
    cells = [found("soup", 9, 0.6), found("stew", 3, 0.9), found("soup", 30, 0.7)]
    assert merge_cells(field, cells) == cells[1]


def test_lists_are_joined_in_the_order_of_the_page_and_nothing_is_twice() -> None:
    first = (found("Leek", 10), found("salt", 20))
    second = (found("leek", 40), found("oil", 5))
    (merged,) = merge_records(DISH, [[dish(food=first)], [dish(food=second)]])
    assert merged.data["food"] == ["oil", "Leek", "salt"]


def test_an_item_that_one_part_has_twice_is_twice_on_the_page() -> None:
    twice = (found("salt", 10), found("salt", 20))
    (merged,) = merge_records(DISH, [[dish(food=twice)], [dish(food=(found("salt", 90),))]])
    assert merged.data["food"] == ["salt", "salt"]


def test_a_list_keeps_to_its_limit() -> None:
    parts = [[dish(food=tuple(found(f"{i}{j}", 10 * i + j) for j in range(3)))] for i in range(3)]
    (merged,) = merge_records(DISH, parts)
    assert merged.data["food"] == ["00", "01", "02", "10"]


def test_the_parts_of_an_object_may_stand_far_apart() -> None:
    one = {"name": found("Ada"), "town": ABSENT}
    other = {"name": ABSENT, "town": found("Bath")}
    merged = merge_cells(DISH.fields[2], [one, other])
    assert merged == {"name": found("Ada"), "town": found("Bath")}


def test_records_that_say_the_same_are_one_and_keep_the_pages_order() -> None:
    def record(name: str, start: int) -> Record:
        return Record({"name": found(name, start)}, "", 7)

    parts = [[record("stew", 20), record("soup", 10)], [record("Soup", 30), record("fish", 40)]]
    merged = merge_records(MENU, parts)
    assert [r.data["name"] for r in merged] == ["soup", "stew", "fish"]
    assert [r.index for r in merged] == [0, 1, 2]


def test_nothing_read_is_no_record() -> None:
    assert merge_records(DISH, []) == ()


def test_absent_is_what_says_nothing() -> None:
    assert is_absent({"name": ABSENT, "parts": ()})
    assert not is_absent({"name": ABSENT, "parts": (found("x"),)})


values = st.one_of(
    st.just(ABSENT),
    st.builds(
        found,
        st.sampled_from(["a", "A", "b", "c d", 1, 2.5, True]),
        st.integers(0, 50),
        st.sampled_from([0.2, 0.5, 0.9]),
    ),
)
dishes = st.builds(dish, values, st.lists(values, max_size=4).map(tuple), values)
readings = st.lists(st.lists(dishes, min_size=1, max_size=1), max_size=5)


@given(readings, st.randoms())
def test_the_order_of_reading_changes_nothing(
    parts: list[list[Record]], rng: random.Random
) -> None:
    shuffled = rng.sample(parts, len(parts))
    assert merge_records(DISH, parts) == merge_records(DISH, shuffled)


@given(readings)
def test_reading_a_part_twice_changes_nothing(parts: list[list[Record]]) -> None:
    assert merge_records(DISH, parts) == merge_records(DISH, [*parts, *parts])


def test_of_two_spellings_at_one_place_the_same_one_stays_in_any_order() -> None:
    upper, lower = ([dish(ABSENT, (found(text, 0, 0.2),), ABSENT)] for text in "Aa")
    assert merge_records(DISH, [upper, lower]) == merge_records(DISH, [lower, upper])
