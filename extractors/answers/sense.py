"""Answers that cannot be what their field asks for, whatever the page.

A number of a record has a digit or is a code such as `TEE-BLK-M`; it is no `22 July 2024`, price or
title. A barcode has as many digits as GS1 or the ISBN agency give out, and its check digit is
right. A small model that finds no such thing takes what stands nearby.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from extractors.values.amounts import names_money
from extractors.values.days import is_day
from schemas.document import Span
from schemas.record import ABSENT, Cell, Value
from schemas.schema import Field, Kind, Schema

__all__ = ["without_nonsense"]

_NUMBERS = frozenset(
    [
        *("number", "nummer", "numero", "número", "numéro", "no", "nr", "docket"),
        *("postcode", "zip", "plz", "postal code", "zip code"),
    ]
)
_BARCODES = frozenset(["gtin", "ean", "upc", "isbn", "barcode"])
_KINDS = frozenset(["code", "number", "no", "nr"])  # of barcodes: "ean_code"
_MORE = re.compile(r"\b(?:and|including|name|not?|plus|to|with|without)\b|\bor number\b")
_CLAUSE_END = re.compile(r"[.:;(]|, (?:as|e\.g\.|such)\b")
_LONG_WORD, _MOST_WORDS = re.compile(r"[^\W\d_]{3,}"), 4  # "Civil Action No. 2013-0367 (Lead)"
_CENTS = re.compile(r"\d[.,]\d\d(?!\d)")
_LETTERS_ONLY = re.compile(r"[A-Z]+(?:[-.][A-Z]+)*")  # volume IV, gate B, TEE-BLK-M
_GAP = r"[\s\u2010-\u2015-]"
# Overlapping ones too: "ISBN-13 978-0-306-40615-7" has one from "13" on.
_CODE = re.compile(
    rf"(?:(?<![\dA-Za-z])|(?<=ISBN)|(?<=EAN))"
    rf"(?=(\d(?:{_GAP}?\d){{6,12}}{_GAP}?[\dXx])(?![\dA-Za-z]))"
)
_GS1_LENGTHS = (8, 12, 13, 14)
_AMOUNTS = (Kind.NUMBER, Kind.INTEGER, Kind.MONEY)
_UNSURE = 0.5  # what was said is wrong; what the page says is not known


def without_nonsense(schema: Schema, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """*cells* of one record, with what makes no sense as absent, of which nobody is sure."""
    amounts = {
        span
        for name, field in _asked(schema, cells)
        if field.kind in _AMOUNTS and (span := _place(cells[name])) is not None
    }
    return {name: _sensible(field, cells[name], amounts) for name, field in _asked(schema, cells)}


def _asked(schema: Schema, cells: Mapping[str, Cell]) -> Iterator[tuple[str, Field]]:
    return ((field.name, field) for field in schema if field.name in cells)


def _place(cell: Cell) -> Span | None:
    """Where the visible text says it; `None`: nowhere, or only the markup does."""
    evidence = cell.evidence if isinstance(cell, Value) else None
    return evidence.span if evidence and evidence.is_visible else None


def _sensible(field: Field, cell: Cell, amounts: Set[Span]) -> Cell:
    """*cell*, unless *field* asks for something else. *amounts*: places of what is counted or paid:
    no number that tells records apart stands there."""
    if field.kind is not Kind.TEXT or field.many or not isinstance(cell, Value):
        return cell
    counted = _place(cell) in amounts and _asks_for_number(field)
    if cell.raw is None or (_is_possible(field, cell.raw) and not counted):
        return cell
    return replace(ABSENT, tier=cell.tier, confidence=_UNSURE)


def _is_possible(field: Field, words: str) -> bool:
    if _asks_for_barcode(field):
        return any(map(_is_barcode, _CODE.findall(words)))
    return not _asks_for_number(field) or _may_be_number(words)


def _asks_for_barcode(field: Field) -> bool:
    named = [word for word in field.words if word not in _KINDS]
    return bool(named) and named[-1] in _BARCODES


def _asks_for_number(field: Field) -> bool:
    """Whether for a number itself: a "docket or case number", but no "name and number". Stricter
    than `looks.asks_for_number`, which only says where to look: this takes answers away."""
    last = (" ".join(field.words[-1:]), " ".join(field.words[-2:]))
    named = not _NUMBERS.isdisjoint(last)
    clause = _CLAUSE_END.split(field.description.lower(), maxsplit=1)[0].strip()
    is_one = not _MORE.search(clause) and ("," not in clause or " or " in clause)
    return named or (clause.endswith("number") and is_one)


def _may_be_number(words: str) -> bool:
    if len(_LONG_WORD.findall(words)) > _MOST_WORDS or (
        _CENTS.search(words) and names_money(words)
    ):
        return False
    if any(sign.isnumeric() for sign in words):
        return not (_LONG_WORD.search(words) and is_day(words))
    return "@" in words or _LETTERS_ONLY.fullmatch(words) is not None


def _is_barcode(code: str) -> bool:
    """Whether it is a GTIN (GS1 General Specifications, 7.9) or an ISBN of ten (ISO 2108)."""
    signs = re.sub(_GAP, "", code).upper()
    if len(signs) == 10:
        values = [10 if sign == "X" else int(sign) for sign in signs]
        return sum(n * value for n, value in enumerate(reversed(values), start=1)) % 11 == 0
    if len(signs) not in _GS1_LENGTHS or not signs.isdecimal():
        return False
    weighed = (int(sign) * (3 if n % 2 else 1) for n, sign in enumerate(reversed(signs)))
    return sum(weighed) % 10 == 0
