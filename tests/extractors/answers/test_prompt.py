"""What the model is told of the answer's form."""

from __future__ import annotations

from extractors.answers.prompt import describe
from schemas.schema import Field, Kind, Schema


def test_a_list_is_asked_for_without_dots_and_may_be_empty() -> None:
    """Dots after an item made a small model list whatever is like one."""
    schema = Schema("story", (Field("authors", many=True, description="Who wrote it"),))
    assert describe(schema) == "authors:\n- <text> (Who wrote it)\n(one line each, or - null)"


def test_a_field_that_is_read_from_words_asks_for_them() -> None:
    schema = Schema("post", (Field("remote", Kind.BOOLEAN),))
    assert describe(schema).splitlines()[1].endswith(": <the words that say so>")


def test_of_many_records_the_first_field_opens_one() -> None:
    schema = Schema("post", (Field("title"), Field("pay", Kind.MONEY)), many=True)
    lines = describe(schema).splitlines()
    assert lines[0].startswith("- title: ")
    assert lines[1].startswith("  pay: ")
