from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dsl import KINDS, parse_dsl, to_dsl
from schemas.errors import SchemaError
from schemas.schema import Field, Kind, Schema


def fields(text: str) -> tuple[Field, ...]:
    return parse_dsl(text).fields


def test_the_example_of_the_readme_reads_as_it_looks() -> None:
    assert parse_dsl("title, salary number?, posted date, skills list", name="job") == Schema(
        "job",
        (
            Field("title"),
            Field("salary", Kind.NUMBER),
            Field("posted", Kind.DATE),
            Field("skills", many=True),
        ),
    )


@pytest.mark.parametrize(("word", "kind"), KINDS.items())
def test_each_kind_may_be_one_or_many(word: str, kind: Kind) -> None:
    assert fields(f"x {word}") == (Field("x", kind),)
    assert fields(f"x {word.upper()} list") == (Field("x", kind, many=True),)
    assert fields(f"x {word}[]?") == (Field("x", kind, many=True),)


@pytest.mark.parametrize("text", ["x?", "x ?", "x text?", "x text ?", "x,", " x ,\n"])
def test_a_question_mark_and_a_last_comma_change_nothing(text: str) -> None:
    assert fields(text) == (Field("x"),)


@pytest.mark.parametrize("text", ["x list", "x[]", "x text[]", "x [] ?", "x list?"])
def test_list_and_brackets_ask_for_many(text: str) -> None:
    assert fields(text) == (Field("x", many=True),)


@pytest.mark.parametrize("text", ["type full|part", "type one of full|part", "type full|part?"])
def test_bars_stand_between_choices(text: str) -> None:
    assert fields(text) == (Field("type", Kind.CHOICE, choices=("full", "part")),)


def test_choices_after_one_of_may_hold_spaces() -> None:
    (found,) = fields("type one of full time | part time []")
    assert found == Field("type", Kind.CHOICE, choices=("full time", "part time"), many=True)


def test_a_field_may_be_named_like_a_kind() -> None:
    assert fields("date, list, url url") == (Field("date"), Field("list"), Field("url", Kind.URL))


def test_descriptions_follow_a_colon() -> None:
    assert fields("title: the  job's name, pay money: per year") == (
        Field("title", description="the job's name"),
        Field("pay", Kind.MONEY, "per year"),
    )


def test_in_several_lines_a_description_may_hold_commas() -> None:
    found = fields("a, b number: one, or two,\n\n c: see https://ex.org/a:b\n")
    assert found == (
        Field("a"),
        Field("b", Kind.NUMBER, "one, or two"),
        Field("c", description="see https://ex.org/a:b"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no field"),
        ("\n ,\n", "names no field"),
        ("a,,b", "no name stands here"),
        ("a, : what", "no name stands here"),
        ("a, ?", "no name stands here"),
        ("a, a number", "the field 'a' stands twice"),
        ("a nmber", "'nmber' is not a kind; there are text, string"),
        ("a number date", "'date' stands after the kind"),
        ("a list number", "'list' is not a kind"),
        ("a number list list", "'list' stands after the kind"),
        ("salary=number", "'salary=number' is no name"),
        ("a full time|part time", "choices hold spaces"),
        ("a x|x", '"x" is listed twice'),
        ("a x||y", '"" is blank'),
        ("a one of", '"" is blank'),
        ("a one of b|c list", "`list` may be part of the last choice"),
        ("a: one, b: two\nc", "two descriptions"),
        ("a" * 101, "a name of 101 characters"),
    ],
)
def test_an_item_that_cannot_be_read_is_named(text: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dsl(text)
    assert message in str(caught.value)


def test_a_kind_close_to_a_known_one_is_suggested() -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dsl("a nmber")
    assert caught.value.hint == "did you mean `number`?"


NAMES = st.from_regex(r"[a-z_][a-z0-9_.-]{0,10}", fullmatch=True)
ITEMS = st.tuples(
    NAMES, st.sampled_from(["", *KINDS]), st.sampled_from(["", "list"]), st.sampled_from(["", "?"])
)


@given(st.lists(ITEMS, min_size=1, max_size=6, unique_by=lambda i: i[0]), st.sampled_from(",\n"))
def test_every_item_written_is_a_field_read(
    items: list[tuple[str, str, str, str]], separator: str
) -> None:
    text = separator.join(" ".join(filter(None, item)) for item in items)
    assert [(f.name, f.kind, f.many) for f in parse_dsl(text)] == [
        (name, KINDS.get(kind, Kind.TEXT), bool(many)) for name, kind, many, _ in items
    ]


@given(st.text(st.sampled_from("ab|,:?[]\n list number one of"), max_size=30))
def test_any_text_is_a_schema_or_refused(text: str) -> None:
    refused = None
    try:
        assert parse_dsl(text).fields
    except SchemaError as error:
        refused = error
    assert refused is None or refused.hint


@pytest.mark.parametrize("form", ["email", "phone", "country", "language", "employment-type"])
def test_a_form_of_text_is_asked_for_by_its_word(form: str) -> None:
    assert fields(f"x {form}[]") == (Field("x", many=True, limits={"format": form}),)


def test_only_the_word_itself_asks_for_what_the_model_writes() -> None:
    assert fields("summary generated: one sentence")[0].kind is Kind.GENERATED
    assert fields("summary, generated") == (Field("summary"), Field("generated"))


PLAIN = st.text("abc xyz,.|", max_size=12).map(lambda text: " ".join(text.split()))
CHOICES = st.lists(
    st.from_regex(r"[a-z]{1,4}( [a-z]{1,3})?", fullmatch=True), min_size=1, unique=True
)
SAYABLE = st.builds(
    Field,
    NAMES,
    st.sampled_from([*dict.fromkeys(KINDS.values()), Kind.GENERATED]),
    PLAIN,
    many=st.booleans(),
) | st.builds(
    Field,
    NAMES,
    st.just(Kind.CHOICE),
    PLAIN,
    many=st.booleans(),
    choices=CHOICES.map(tuple),
)


@given(st.lists(SAYABLE, min_size=2, max_size=6, unique_by=lambda field: field.name))
def test_what_is_written_as_lines_is_read_back(asked: list[Field]) -> None:
    schema = Schema("thing", tuple(asked))
    assert parse_dsl(to_dsl(schema), name="thing") == schema


@pytest.mark.parametrize(
    "field",
    [
        Field("x", Kind.OBJECT, fields=(Field("y"),)),
        Field("x", Kind.NUMBER, limits={"minimum": 1}),
        Field("x", required=True),
        Field("two words"),
        Field("x", many=True, max_items=3),
    ],
)
def test_what_lines_cannot_say_is_refused(field: Field) -> None:
    with pytest.raises(SchemaError, match="line"):
        to_dsl(Schema("thing", (field, Field("z"))))
