from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.desk.form import OWN, asked_pages, asked_schema
from schemas import library
from schemas.errors import SchemaError, SourceError
from schemas.schema import Kind


@pytest.mark.parametrize("name", library.names())
def test_a_ready_schema_is_taken_by_its_name(name: str) -> None:
    assert asked_schema(name, "ignored") == library.get(name)


def test_fields_may_be_one_line_or_json_schema() -> None:
    assert asked_schema(OWN, "title, pay number").fields[1].kind is Kind.NUMBER
    json = '{"properties": {"pay": {"type": "number"}}}'
    assert asked_schema(OWN, f" {json} ").fields[0].kind is Kind.NUMBER


def test_no_fields_are_a_schema_error() -> None:
    with pytest.raises(SchemaError, match="not named yet"):
        asked_schema(OWN, " \n")


def test_the_name_of_a_file_does_not_open_it(tmp_path: Path) -> None:
    file = tmp_path / "secret.json"
    file.write_text('{"properties": {"token": {"type": "string"}}}')
    with pytest.raises(SchemaError) as caught:
        asked_schema(OWN, str(file))
    assert "token" not in str(caught.value)


def test_addresses_come_before_files() -> None:
    asked = asked_pages("https://a.org/1\n\n  HTTP://b.org  \n", ["/up/c.html"])
    assert asked == ["https://a.org/1", "HTTP://b.org", "/up/c.html"]


@pytest.mark.parametrize("line", ["/etc/passwd", "example.org", "file:///etc/passwd", "a.zip::b"])
def test_a_line_that_is_no_address_is_refused(line: str) -> None:
    with pytest.raises(SourceError, match="is no web address"):
        asked_pages(f"https://a.org\n{line}", [])


def test_lines_of_rubbish_are_counted_and_one_of_them_is_shown_short() -> None:
    rubbish = "\n".join(f"{number} lorem ipsum {'x' * 500}" for number in range(200))
    with pytest.raises(SourceError) as caught:
        asked_pages(f"https://a.org\n{rubbish}", [])
    assert "200 of 201 lines are no web addresses, such as '0 lorem" in str(caught.value)
    assert len(caught.value.explain()) < 300


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("example.org/jobs?page=2", "write https://example.org/jobs?page=2"),
        ("two words", "one address a line"),
    ],
)
def test_the_address_that_was_meant_is_said_where_it_can_be_guessed(line: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        asked_pages(line, [])
    assert str(caught.value.hint).startswith(hint)


def test_nothing_to_read_is_said() -> None:
    with pytest.raises(SourceError, match="there is no page to read"):
        asked_pages(" \n", [])
