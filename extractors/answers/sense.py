"""Answers that cannot be what their field asks for, whatever the page.

A number of a record has a digit, and is no `22 July 2024`. A barcode has as many as GS1 or the ISBN
agency give out, and its check digit is right. A small model that finds no such thing takes what
stands nearby.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from extractors.values.days import is_day
from schemas.record import ABSENT, Cell, Value
from schemas.schema import Field, Kind, Schema

__all__ = ["without_nonsense"]

_NUMBERS = frozenset(
    [
        *("number", "nummer", "numero", "número", "numéro", "no", "nr", "docket"),
        *("postal", "postcode", "zip", "plz"),
    ]
)
_BARCODES = frozenset(["gtin", "ean", "upc", "isbn", "barcode"])
_NUMBER = re.compile(r"\bnumber\b(?! of\b)", re.IGNORECASE)
_CODE = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){6,12}[ -]?[\dXx](?![\dA-Za-z])")
_GS1_LENGTHS = (8, 12, 13, 14)
_UNSURE = 0.5  # what was said is wrong; what the page says is not known


def without_nonsense(schema: Schema, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """*cells* of one record, with what makes no sense as absent, of which nobody is sure."""
    return {name: _sensible(field, cells[name]) for name, field in _asked(schema, cells)}


def _asked(schema: Schema, cells: Mapping[str, Cell]) -> Iterator[tuple[str, Field]]:
    return ((field.name, field) for field in schema if field.name in cells)


def _sensible(field: Field, cell: Cell) -> Cell:
    if field.kind is not Kind.TEXT or field.many or not isinstance(cell, Value):
        return cell
    if cell.raw is None or _is_possible(field, cell.raw):
        return cell
    return replace(ABSENT, tier=cell.tier, confidence=_UNSURE)


def _is_possible(field: Field, words: str) -> bool:
    name = set(re.findall(r"[^\W\d_]+", field.name.lower()))
    if name & _BARCODES:
        return any(map(_is_barcode, _CODE.findall(words)))
    if (name & _NUMBERS and "of" not in name) or _NUMBER.search(field.description):
        named_day = any(sign.isalpha() for sign in words) and is_day(words)
        return any(sign.isdigit() for sign in words) and not named_day
    return True


def _is_barcode(code: str) -> bool:
    """Whether it is a GTIN (GS1 General Specifications, 7.9) or an ISBN of ten (ISO 2108)."""
    signs = re.sub(r"[ -]", "", code).upper()
    if len(signs) == 10:
        values = [10 if sign == "X" else int(sign) for sign in signs]
        return sum(n * value for n, value in enumerate(reversed(values), start=1)) % 11 == 0
    if len(signs) not in _GS1_LENGTHS or not signs.isdecimal():
        return False
    weighed = (int(sign) * (3 if n % 2 else 1) for n, sign in enumerate(reversed(signs)))
    return sum(weighed) % 10 == 0
