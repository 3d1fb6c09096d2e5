"""What values look like: amounts, dates, bylines, codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from schemas.schema import Field, Kind

__all__ = [
    "BYLINE",
    "FORMS",
    "ITEM",
    "LABEL",
    "Form",
    "asks_for_items",
    "asks_for_number",
    "forms_of",
    "stem_words",
]


class Form(StrEnum):
    """A look that the values of many fields share, whatever the page."""

    AMOUNT = "amount"
    DATE = "date"
    NUMBER = "number"
    PERSON = "person"
    MAIL = "mail"
    PHONE = "phone"
    CODE = "code"


_MONEY = r"[$€£¥₹₽]|\b[A-Z]{3}\b ?\d|\d ?(?:[A-Z]{3}\b|kr\b|Kč|zł|%)"
_BY = r"(?i:by|von|par|por|di|door|av|af)\b.{0,60}"
FORMS: dict[Form, re.Pattern[str]] = {
    Form.AMOUNT: re.compile(rf"^(?=.*\d).*?(?:{_MONEY})", re.DOTALL),
    Form.DATE: re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"),
    Form.NUMBER: re.compile(r"\d"),
    Form.PERSON: re.compile(rf"^(?:{_BY}|(?:[A-ZÀ-Þ][\w.’'-]+ ?){{2,4}})$"),
    Form.MAIL: re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    Form.PHONE: re.compile(r"\+?\d[\d ()/.-]{6,}\d"),
    Form.CODE: re.compile(r"\b(?=[A-Z-]*\d)[A-Z\d][A-Z\d-]{4,}\b"),
}
"""Found in a text that holds, or for persons is, a value of the form."""

BYLINE = re.compile(rf"^{_BY}$|(?:기자|記者|记者|氏)$")
"""A line that says who wrote what stands with it."""

LABEL = re.compile(r"^[^:：]{2,40}[:：]")
"""The start of a line that says first what it is about."""

ITEM = re.compile(r"^\W*[\d½¼¾⅓⅔]")
"""The start of an item of a list that counts or measures."""

_OF_KINDS = {
    Kind.MONEY: Form.AMOUNT,
    Kind.DATE: Form.DATE,
    Kind.DATETIME: Form.DATE,
    Kind.NUMBER: Form.NUMBER,
    Kind.INTEGER: Form.NUMBER,
}
# Plain text fields are often amounts, dates and codes too; their own words say so.
_OF_WORDS = (
    ("price cost salar pay wage fee rent budge compe", Form.AMOUNT),
    ("date day poste publi deadl", Form.DATE),
    ("autho write bylin", Form.PERSON),
    ("email mail conta", Form.MAIL),
    ("phone telep tel mobil conta", Form.PHONE),
    ("sku gtin ean isbn mpn refer code", Form.CODE),
)

_LETTERS = re.compile(r"[^\W_]+")
_NUMBERED = frozenset({"number", "no", "nr", "id", "code", "sku", "docket", "reference", "isbn"})


def stem_words(text: str) -> list[str]:
    """Lower-case words, cut so that "posted" meets "posting"."""
    return [word[:5] for word in _LETTERS.findall(text.lower())]


def forms_of(field: Field) -> Iterator[Form]:
    """The forms that values of *field* are likely to have, by its kind and by its words."""
    if field.kind in _OF_KINDS:
        yield _OF_KINDS[field.kind]
    words = set(stem_words(" ".join([*field.labels, field.description, *field.choices])))
    yield from (form for asked, form in _OF_WORDS if not words.isdisjoint(asked.split()))


def asks_for_number(field: Field) -> bool:
    """Whether its words say that the text asked for is a number or code, as records have one."""
    words = re.findall(r"[^\W\d_]+", f"{field.name} {field.description}".lower())
    return field.kind is Kind.TEXT and not _NUMBERED.isdisjoint(words)


def asks_for_items(fields: Iterable[Field]) -> bool:
    """Whether a field is a list of things; people's names seldom stand in lists of their own."""
    return any(field.many and Form.PERSON not in forms_of(field) for field in fields)
