"""The one-line form of a schema: "title, salary number, posted date, skills list".

Inspired by the concise schema syntax of simonw/llm (llm.datasette.io/en/stable/schemas.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from schemas.errors import SchemaError
from schemas.schema import Field, Kind, Schema
from schemas.wording import choices_of, name_of, text_of

__all__ = ["KINDS", "parse_dsl", "to_dsl", "word_of"]

KINDS: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "string": Kind.TEXT,
    "str": Kind.TEXT,
    "number": Kind.NUMBER,
    "float": Kind.NUMBER,
    "integer": Kind.INTEGER,
    "int": Kind.INTEGER,
    "money": Kind.MONEY,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "url": Kind.URL,
    "boolean": Kind.BOOLEAN,
    "bool": Kind.BOOLEAN,
}
_BY_FORM: Mapping[str, Kind] = {
    "generated": Kind.GENERATED,
    **dict.fromkeys(("email", "phone", "country", "language", "employment-type"), Kind.TEXT),
}
"""Words for what is not copied as it stands: text of a form, and text that the model writes."""

GRAMMAR = "write each field as `name [kind] [list] [: description]`, with commas between them"
NAME = re.compile(r"\w[\w.-]*")


def parse_dsl(text: str, *, name: str = "record") -> Schema:
    """The `Schema` that one line, or several, of *text* describes.

    Fields stand between commas or line breaks, each as `name [kind] [list] [?] [: description]`.
    The kind is one of `KINDS` (text when left out), a form of text ("email", "phone", "country",
    "language", "employment-type"), "generated" for what the model writes in its own words, or
    choices: `a|b`, or `one of a b|c` where they hold spaces. `list` or a final `[]` asks for
    several values. Every field is optional, so a final `?` changes nothing. In text of several
    lines a description may hold commas.

    Raises:
        SchemaError: an item cannot be read, or a name stands twice; the message quotes it.

    >>> [(field.name, field.kind.value, field.many) for field in parse_dsl("title, tags list")]
    [('title', 'text', False), ('tags', 'text', True)]
    """
    fields: dict[str, Field] = {}
    for item in _items(text):
        field = _field(item)
        if field.name in fields:
            raise SchemaError(f"the field {field.name!r} stands twice", hint="rename one of them")
        fields[field.name] = field
    if not fields:
        raise SchemaError("the schema names no field", hint=GRAMMAR)
    return Schema(name, tuple(fields.values()))


def to_dsl(schema: Schema) -> str:
    """The fields of *schema*, a line each, such that `parse_dsl` reads them back.

    Raises:
        SchemaError: it says more than lines can: objects, limits, many records, required fields.

    >>> print(to_dsl(parse_dsl("title, pay money: a year, kind a|b []")))
    title
    pay money: a year
    kind one of a|b []
    """
    hint = "write it as JSON Schema"
    text = "\n".join(map(_line, schema.fields))
    try:
        same = parse_dsl(text, name=schema.name) == schema
    except SchemaError as error:
        raise SchemaError(f"no line says this field: {error}", hint=hint) from error
    if not same:
        raise SchemaError(f"lines cannot say all of the schema {schema.name!r}", hint=hint)
    return text


def _line(field: Field) -> str:
    form = field.limits.get("format")
    kind = "" if field.kind is Kind.TEXT else field.kind.value
    if field.kind is Kind.CHOICE:
        kind = f"one of {'|'.join(field.choices)}"
    head = " ".join(filter(None, [field.name, form or kind, "[]" if field.many else ""]))
    line = f"{head}: {field.description}" if field.description else head
    return f"{line}," if line.endswith(",") else line  # a comma at the end of a line ends nothing


def word_of(text: str) -> str:
    """The word for a kind in *text*, which may have `?`, `[]` or `list` beside it; "": no kind."""
    word = re.sub(r"\s*(?:\?|\[\]|\blist)", "", text.strip().lower())
    return word if word in KINDS or word in _BY_FORM else ""


def _items(text: str) -> Iterator[str]:
    """The text of each field; a comma at the end of a line ends nothing."""
    lines = [line.strip().removesuffix(",") for line in text.strip().splitlines()]
    for line in filter(None, lines):
        head, colon, description = line.partition(":")
        if len(lines) == 1:
            head, colon, description = line, "", ""
        elif re.search(r",[^,:]+:(?!//)", description):
            raise _bad(line, "two descriptions on one of several lines", "give each its own line")
        *others, last = head.split(",")
        yield from others
        yield f"{last}{colon}{description}"


def _field(item: str) -> Field:
    head, _, description = item.partition(":")
    tokens, many = _modifiers(head.split(), item)
    if not tokens:
        raise _bad(item, "no name stands here")
    if not NAME.fullmatch(tokens[0]):
        raise _bad(item, f"{tokens[0]!r} is no name: letters, digits, `_`, `-` and `.` make one")
    kind, choices, limits = _kind(tokens[1:], item)
    return Field(
        name_of(tokens[0], f"the item {item.strip()!r}"),
        kind,
        text_of(description, f"the item {item.strip()!r}"),
        many=many,
        choices=choices,
        limits=limits,
    )


def _modifiers(tokens: list[str], item: str) -> tuple[list[str], bool]:
    """The *tokens* without a final `?`, and without `list` or `[]`; whether one of those stood."""
    tokens = _without_suffix(tokens, "?")
    if len(tokens) > 1 and tokens[-1].lower() == "list":
        if _one_of(tokens[1:]):
            raise _bad(item, "`list` may be part of the last choice", "for several, write `[]`")
        return tokens[:-1], True
    kept = _without_suffix(tokens, "[]")
    return kept, kept != tokens


def _without_suffix(tokens: list[str], suffix: str) -> list[str]:
    if not tokens or not tokens[-1].endswith(suffix):
        return tokens
    last = tokens[-1].removesuffix(suffix)
    return [*tokens[:-1], last] if last else tokens[:-1]


def _kind(tokens: list[str], item: str) -> tuple[Kind, tuple[str, ...], dict[str, str]]:
    """Kind, choices and limits that the *tokens* after the name ask for."""
    if not tokens:
        return Kind.TEXT, (), {}
    spaced = _one_of(tokens)
    if spaced or (len(tokens) == 1 and "|" in tokens[0]):
        parts = " ".join(tokens[2:] if spaced else tokens).split("|")
        place = f"the item {item.strip()!r}"
        return Kind.CHOICE, choices_of([part.strip() for part in parts], place), {}
    word = tokens[0].lower()
    kind = KINDS.get(word) or _BY_FORM.get(word)
    if kind is None:
        raise _unknown_kind(tokens, item)
    if len(tokens) > 1:
        raise _bad(item, f"{' '.join(tokens[1:])!r} stands after the kind")
    return kind, (), {"format": word} if word in _BY_FORM and kind is Kind.TEXT else {}


def _one_of(tokens: list[str]) -> bool:
    return [token.lower() for token in tokens[:2]] == ["one", "of"]


def _unknown_kind(tokens: list[str], item: str) -> SchemaError:
    if "|" in " ".join(tokens):
        return _bad(item, "choices hold spaces", "write `name one of this choice|that choice`")
    words = [*KINDS, *_BY_FORM]
    close = get_close_matches(tokens[0].lower(), words, 1)
    hint = f"did you mean `{close[0]}`?" if close else GRAMMAR
    return _bad(item, f"{tokens[0]!r} is not a kind; there are {', '.join(words)}", hint)


def _bad(item: str, reason: str, hint: str = GRAMMAR) -> SchemaError:
    return SchemaError(f"cannot read the field {item.strip()!r}: {reason}", hint=hint)
