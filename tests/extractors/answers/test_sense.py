"""What cannot be what a field asks for is no answer, and nobody is sure that there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractors.answers.sense import without_nonsense
from schemas.document import Span
from schemas.record import Cell, Evidence, Tier, Value, ValueStatus, cell_data
from schemas.schema import Field, Kind, Schema


def said(words: str) -> Value:
    evidence = Evidence(words, Span(0, len(words)), "/html/body/p")
    return Value(words, words, evidence, Tier.LARGE, 0.9, ValueStatus.FOUND)


def kept(field: Field, words: str) -> bool:
    cells: dict[str, Cell] = {field.name: said(words)}
    (cell,) = without_nonsense(Schema("thing", (field,)), cells).values()
    if cell == cells[field.name]:
        return True
    assert isinstance(cell, Value)
    assert (cell.raw, cell.evidence, cell.status) == (None, None, ValueStatus.ABSENT)
    assert (cell.tier, cell.confidence) == (Tier.LARGE, 0.5)
    return False


@pytest.mark.parametrize(
    "code",
    [
        *("4006381333931", "978-0-306-40615-7", "0 36000 29145 2", "73513537", "00012345600012"),
        *("0-306-40615-2", "0-8044-2957-X", "ISBN 978-0-306-40615-7 (paperback)"),
        *("978\u20110\u2011306\u201140615\u20117", "978\u20130\u2013306\u201340615\u20137"),
        *("978\u00a00306406157", "ISBN9780306406157", "ISBN-13 978-0-306-40615-7"),
        "ISBN-10 0-8044-2957-X",
    ],
)
def test_a_barcode_has_the_digits_and_the_check_digit_of_one(code: str) -> None:
    assert kept(Field("gtin"), code)
    assert kept(Field("isbn_13", description="ISBN with 13 digits"), code)
    assert kept(Field("ean_code"), code)


@pytest.mark.parametrize(
    "code",
    [
        *("4006381333932", "978-0-306-40615-8", "0-8044-2957-5", "3410048", "EGO-15-1430"),
        *("40063813339312345", "A4006381333931", "in stock", "", "12345", "4.50"),
    ],
)
def test_what_no_one_gave_out_is_no_barcode(code: str) -> None:
    assert not kept(Field("ean"), code)
    assert not kept(Field("ean_code"), code)


def test_a_number_of_a_record_has_a_digit() -> None:
    for field in (
        Field("docket_number"),
        Field("plz"),
        Field("postal_code"),
        Field("zip_code"),
        Field("case_no"),
        Field("ref", description="Reference or listing number"),
        Field("case", description="Docket or case number (as printed)"),
        Field("sku", description="Stock keeping unit, article or item number"),
    ):
        assert kept(field, "KH-88231")
        assert kept(field, "٤٥")
        assert not kept(field, "Ambleford, Westshire")
        assert not kept(field, "22 July 2024")
        assert not kept(field, "2,190.00 ARS")
        assert not kept(field, "Cart harness for ponies, fits up to 10/11 hands")
        assert kept(field, "2024-07-22")  # some are written so
        assert kept(field, "Civil Action No. 2013-0367 (Lead)")
        assert kept(field, "EUR-2190")
        assert kept(field, "4-21-0341WC")  # no day of the year 341


@pytest.mark.parametrize(
    ("name", "description", "words"),
    [
        ("title", "Name of the product, without its model number", "Spade"),
        ("address", "Street with house number, town", "Rose Cottage, Mill Lane"),
        ("address", "Street, house number", "Rose Cottage"),
        ("contact", "Phone number or e-mail", "Ask at the desk"),
        ("contact", "E-mail or phone number", "ask@ex.org"),
        ("seller", "Name or number", "Jane Doe"),
        ("postal_address", "", "Rose Cottage, Mill Lane"),
        ("no_smoking", "", "Yes"),
        ("number_type", "", "mobile"),
        ("barcode_type", "", "EAN-13"),
    ],
)
def test_a_field_that_only_mentions_a_number_asks_for_none(
    name: str, description: str, words: str
) -> None:
    assert kept(Field(name, description=description), words)


@pytest.mark.parametrize("words", ["IV", "B", "TEE-BLK-M", "三"])
def test_some_numbers_are_written_in_letters(words: str) -> None:
    assert kept(Field("volume_number"), words)
    assert kept(Field("sku", description="Stock keeping unit, article or item number"), words)


def test_codes_may_be_letters_and_counts_words() -> None:
    assert kept(Field("currency_code"), "EUR")
    assert kept(Field("reference"), "HRADM")
    assert kept(Field("number_of_rooms"), "seven")
    assert kept(Field("crew", description="Number of people on board"), "seven")
    assert kept(Field("note"), "no digits here")


def test_other_kinds_lists_and_parts_are_not_looked_at() -> None:
    many = Field("numbers", many=True, description="number of each part")
    choice = Field("number", Kind.CHOICE, choices=("singular", "plural"))
    schema = Schema("word", (many, choice))
    cells: dict[str, Cell] = {"numbers": (said("one"),), "number": said("plural")}
    assert without_nonsense(schema, cells) == cells


def test_what_is_counted_is_no_number_of_the_record() -> None:
    schema = Schema("flat", (Field("rooms", Kind.INTEGER), Field("flat_number"), Field("door")))
    cells: dict[str, Cell] = {
        "rooms": replace(said("3"), data=3),
        "flat_number": said("3"),
        "door": said("3"),
    }
    kept = without_nonsense(schema, cells)
    assert [cell_data(kept[name]) for name in schema.names] == [3, None, "3"]


def test_what_markup_alone_says_shares_no_place() -> None:
    schema = Schema("flat", (Field("rooms", Kind.INTEGER), Field("flat_number")))
    nowhere = Evidence("3", Span(0, 0), "/html/head/script", "json-ld[0].rooms")
    cells: dict[str, Cell] = {
        name: replace(said("3"), evidence=nowhere) for name in ("rooms", "flat_number")
    }
    assert without_nonsense(schema, cells) == cells


def test_a_record_that_was_not_answered_stays_so() -> None:
    assert without_nonsense(Schema("thing", (Field("ean"),)), {}) == {}
