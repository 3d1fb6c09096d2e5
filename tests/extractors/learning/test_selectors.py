"""What is learned from some records holds for these, answers others, and quotes the page."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.learning.induction import Example, checked, learn
from extractors.learning.outline import Outline
from extractors.learning.selectors import (
    Look,
    Selector,
    Selectors,
    Tally,
    apply,
    from_plain,
    shape_of,
    to_plain,
)
from extractors.values.normalise import normalise
from schemas.document import Span
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    Tier,
    Value,
    ValueStatus,
    cell_data,
    cell_values,
)
from schemas.schema import Field, Kind, Schema
from tests.extractors.talks import MAKES, TALK, Model, model, parsed, rows

WORDS = st.text(st.sampled_from("abcdefgh ÄÖ日本.,:;()-'&"), min_size=1, max_size=14).filter(
    lambda text: any(sign.isalnum() for sign in text)
)
TALK_ROWS = st.lists(
    st.tuples(
        WORDS.map(lambda text: f"T{' '.join(text.split())}x"),
        st.dates().map(lambda day: f"{day.day}.{day.month}.{2000 + day.year % 30}"),
        st.sampled_from(["Hall A", "Barn", "Room 12"]),
    ),
    min_size=8,
    max_size=14,
)


def examples(answers: Model, places: range | list[int]) -> list[Example]:
    return [answers.example(place) for place in places]


def data(cells: dict[str, Cell]) -> dict[str, object]:
    return {name: cell_data(cell) for name, cell in cells.items()}


@pytest.mark.parametrize("make", MAKES)
def test_a_dozen_records_teach_the_others(make: str) -> None:
    answers = model(make, rows(40))
    learned = learn(TALK, examples(answers, range(12)))
    for place in range(12, 40):
        got = apply(learned, TALK, answers.example(place).region)
        title, day, room = answers.talks[place]
        assert data(got) == {"title": title, "day": normalise(day, TALK.fields[1]), "room": room}


@pytest.mark.parametrize("make", MAKES)
@settings(max_examples=12)
@given(talks=TALK_ROWS)
def test_selectors_applied_to_their_own_examples_give_the_examples(
    make: str, talks: list[tuple[str, str, str]]
) -> None:
    answers = Model(parsed(MAKES[make](talks)), talks)
    if len(answers.entries) != len(talks):
        return
    taught = examples(answers, range(len(talks)))
    learned = learn(TALK, taught)
    for example in taught:
        for name, cell in apply(learned, TALK, example.region).items():
            exact = all(tally.wrong == 0 for _, tally in learned.fields[name].rules)
            same = cell_data(cell) == cell_data(example.cells[name])
            assert (
                same
                or not exact
                or str(cell_data(cell)).rstrip(" .,;:")
                == str(cell_data(example.cells[name])).rstrip(" .,;:")
            )


@settings(max_examples=12)
@given(talks=TALK_ROWS, order=st.randoms(use_true_random=False))
def test_the_order_of_examples_does_not_matter(talks: list[tuple[str, str, str]], order) -> None:  # type: ignore[no-untyped-def]
    answers = Model(parsed(MAKES["table"](talks)), talks)
    taught = [answers.example(place) for place in range(min(len(talks), len(answers.entries)))]
    other = list(taught)
    order.shuffle(other)
    assert learn(TALK, taught) == learn(TALK, other)


@pytest.mark.parametrize("make", MAKES)
@settings(max_examples=12)
@given(data=st.data())
def test_whatever_a_selector_says_it_quotes_the_record(make: str, data: st.DataObject) -> None:
    answers = model(make, rows(6))
    region = answers.example(data.draw(st.integers(0, 5))).region
    selector = Selector(
        step=data.draw(st.sampled_from(["td", "td[2]", "p", "p.meta", "#text", "h3", "tr", "div"])),
        scope=data.draw(st.sampled_from(["", "tr", "div.card", "p.meta", "main", "body"])),
        label=data.draw(st.sampled_from(["", "when", "where"])),
        left=data.draw(st.sampled_from(["", "on ", "9.", "a"])),
        right=data.draw(st.sampled_from(["", ",", ".9", " "])),
        shapes=data.draw(st.sampled_from([(), ("9.9.9",), ("a", "9")])),
        nth=data.draw(st.sampled_from([None, 0, 1, -1])),
    )
    for place in selector.find(region):
        assert len(place) > 0
        assert region.holds(place)


def test_what_is_learned_survives_json() -> None:
    learned = learn(TALK, examples(model("cards", rows(20, roomless=3)), range(20)))
    assert learned.fields
    assert from_plain(json.loads(json.dumps(to_plain(learned)))) == learned


def test_values_cite_the_page_and_say_who_answered_and_how_sure() -> None:
    answers = model("table", rows(30))
    learned = learn(TALK, examples(answers, range(18)))
    cells = apply(learned, TALK, answers.example(25).region)
    (value,) = cell_values(cells["day"])
    assert value.evidence is not None
    assert value.evidence.quote == answers.page.document.quote(value.evidence.span)
    assert value.evidence.quote == answers.talks[25][1]
    assert (value.tier, value.status) == (Tier.SELECTOR, ValueStatus.FOUND)
    assert value.confidence == 19 / 20  # 18 of 18, by Laplace's rule


def test_an_empty_cell_does_not_shift_the_columns() -> None:
    answers = model("table", rows(30, roomless=4))
    learned = learn(TALK, examples(answers, range(20)))
    got = data(apply(learned, TALK, answers.example(24).region))
    assert got == {"title": answers.talks[24][0], "day": "2026-01-25", "room": None}


def test_a_missing_field_is_absent_only_where_such_records_lacked_it_before() -> None:
    seen = model("cards", rows(30, roomless=4))
    learned = learn(TALK, examples(seen, range(28)))
    assert data(apply(learned, TALK, seen.example(28).region))["room"] is None
    never = learn(TALK, examples(model("cards", rows(24)), range(24)))
    assert "room" not in apply(never, TALK, seen.example(28).region)


def test_a_record_built_otherwise_is_left_open() -> None:
    learned = learn(TALK, examples(model("cards", rows(24, roomless=3)), range(24)))
    page = parsed("<div class=card><h3>Oak</h3><div class=new>Barn</div></div>")
    got = apply(learned, TALK, Outline(page).whole())
    assert "room" not in got
    assert "day" not in got


def test_what_looks_unlike_the_values_seen_is_left_open() -> None:
    learned = learn(TALK, examples(model("table", rows(24)), range(24)))
    long = "A word after another and no end to it, since somebody put the abstract here too"
    page = parsed(f"<table><tr><td>Oak<td>on demand, at noon<td>{long}</table>")
    got = apply(learned, TALK, Outline(page).whole())
    assert set(got) == {"title"}


def test_a_model_that_is_often_wrong_teaches_nothing() -> None:
    answers = model("table", rows(24), misread=lambda place: place % 4 == 0)
    assert "room" not in learn(TALK, examples(answers, range(24))).fields


def test_one_slip_of_the_model_in_twenty_is_outvoted() -> None:
    answers = model("table", rows(24), misread=lambda place: place == 7)
    learned = learn(TALK, examples(answers, range(24)))
    assert data(apply(learned, TALK, answers.example(7).region))["room"] == "Hall B"
    ((_, tally),) = learned.fields["room"].rules
    assert tally == Tally(23, 24)


def test_checks_go_on_and_drop_what_fails() -> None:
    learned = learn(TALK, examples(model("table", rows(12)), range(12)))
    fine = checked(learned, TALK, examples(model("table", rows(6)), range(6)))
    assert fine.fields["title"].rules[0][1] == Tally(18, 18)
    wrong = model("table", rows(6), misread=lambda place: True)
    assert "title" not in checked(learned, TALK, examples(wrong, range(6))).fields


def test_where_a_rule_was_dropped_nothing_is_said_to_be_absent() -> None:
    learned = learn(TALK, examples(model("table", rows(24, roomless=3)), range(24)))
    room = learned.fields["room"]
    assert room.absent
    assert room.reduced([], room.absent).absent == {}


def test_a_choice_is_read_from_the_words_that_stood_for_it() -> None:
    asked = Schema("talk", (Field("hall", Kind.CHOICE, choices=("a", "b")),))
    answers = model("table", rows(24))

    def choice(place: int) -> Example:
        example = answers.example(place)
        (room,) = cell_values(example.cells["room"])
        said = "a" if room.raw == "Hall A" else "b"
        return Example(example.region, {"hall": replace(room, raw=said, data=said)})

    learned = learn(asked, [choice(place) for place in range(18)])
    assert data(apply(learned, asked, answers.example(21).region)) == {"hall": "a"}
    page = parsed("<table><tr><td>Oak<td>x<td>Hall Z</table>")
    assert apply(learned, asked, Outline(page).whole()) == {}


LINKED = Schema("talk", (Field("details", Kind.URL),))


def test_links_are_answered_with_their_address() -> None:
    page = parsed(
        "".join(f"<p><a class=more href=/t/{i}>More {i}</a> <a href=/x>x</a>" for i in range(8))
    )
    outline, found = Outline(page), []
    blocks = [i for i, b in enumerate(page.document.blocks) if b.tag == "p"]
    for place, block in enumerate(blocks):
        region = outline.region(range(block, block + 1))
        start = region.own.start
        quote = Evidence(f"More {place}", Span(start, start + 6), "")
        link = f"https://ex.org/t/{place}"
        value = Value(link, link, quote, Tier.LARGE, 0.9, ValueStatus.FOUND)
        found.append(Example(region, {"details": value}))
    learned = learn(LINKED, found[:6])
    assert data(apply(learned, LINKED, found[7].region)) == {"details": "https://ex.org/t/7"}
    unlinked = Outline(parsed("<p><a class=more>More 9</a></p>")).whole()
    assert apply(learned, LINKED, unlinked) == {}


def test_lists_and_parts_of_objects_are_learned_too() -> None:
    asked = Schema(
        "tool",
        (
            Field("tags", many=True, max_items=5),
            Field("where", Kind.OBJECT, fields=(Field("city"), Field("land"))),
        ),
    )

    def example(place: int) -> Example:
        tags = [f"t{chr(97 + i)}" for i in range(place % 3 + 1)]
        body = "".join(f"<i class=tag>{tag}</i> " for tag in tags)
        page = parsed(f"<p>{body}</p><p><b>City:</b> Ulm{place}</p><p><b>Land:</b> D</p>")
        region = Outline(page).whole()

        def value(words: str) -> Value:
            start = region.text.index(words)
            quote = Evidence(words, Span(start, start + len(words)), "")
            return Value(words, words, quote, Tier.LARGE, 0.9, ValueStatus.FOUND)

        parts = {"city": value(f"Ulm{place}"), "land": value("D")}
        return Example(region, {"tags": tuple(map(value, tags)), "where": parts})

    learned = learn(asked, [example(place) for place in range(9)])
    got = data(apply(learned, asked, example(11).region))
    assert got == {"tags": ["ta", "tb", "tc"], "where": {"city": "Ulm11", "land": "D"}}


def test_a_value_that_the_page_contradicts_teaches_nothing() -> None:
    answers = model("table", rows(12))
    taught = []
    for example in examples(answers, range(12)):
        (room,) = cell_values(example.cells["room"])
        conflict = replace(room, status=ValueStatus.CONFLICT)
        taught.append(Example(example.region, {"title": ABSENT, "room": conflict}))
    learned = learn(TALK, taught)
    assert "room" not in learned.fields
    assert "day" not in learned.fields  # of which the examples say nothing at all


def test_nothing_learned_answers_nothing() -> None:
    assert apply(Selectors(), TALK, Outline(parsed("<p>Oak</p>")).whole()) == {}


def test_shapes_tell_words_numbers_and_signs() -> None:
    assert shape_of("No. 12-AB, 3 May") == "a. 9-a, 9 a"


@pytest.mark.parametrize(
    ("text", "fits"), [("12 May", True), ("May", False), ("1" * 40, False), ("1\nMay", False)]
)
def test_a_look_is_kept_to(text: str, fits: bool) -> None:
    assert Look.of(["1 May 2026", "30 May"]).fits(text, "") is fits


def test_a_date_after_another_word_than_all_before_is_left_open() -> None:
    answers = model("cards", rows(40))
    learned = learn(TALK, examples(answers, range(12)))
    other = parsed(MAKES["cards"](rows(3)).replace("<b>When:</b>", "<b>Moved from:</b>"))
    region = Model(other, rows(3)).example(1).region
    assert apply(learned, TALK, answers.example(20).region).keys() == set(TALK.names)
    assert apply(learned, TALK, region).keys() == {"title", "room"}
