from __future__ import annotations

import pytest

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from schemas.document import Document
from schemas.dsl import parse_dsl
from schemas.errors import DecodeFailed
from schemas.record import ABSENT, cell_values
from schemas.schema import Field, Kind, Schema


def page(*lines: str) -> ParsedPage:
    parts = [(f"/html/body/p[{number}]", line) for number, line in enumerate(lines, start=1)]
    return ParsedPage(Document.from_blocks("https://ex.org/", parts), ())


def test_a_labelled_block_answers_the_field_and_is_cited() -> None:
    read = page("Oslo", "Date posted: 3 May 2026", "Pay: 12.5")
    schema = parse_dsl("date_posted date, pay number, missing")
    record = ScriptedWorker().extract(read, schema).records[0]
    assert record.data == {"date_posted": "2026-05-03", "pay": 12.5, "missing": None}
    [posted] = cell_values(record.cells["date_posted"])
    assert posted.evidence is not None
    assert posted.evidence.quote == read.document.quote(posted.evidence.span) == "3 May 2026"
    assert posted.evidence.xpath == "/html/body/p[2]"


def test_a_list_is_parted_at_commas_and_each_item_cited() -> None:
    read = page("Tags: night, bread")
    cell = ScriptedWorker().extract(read, parse_dsl("tags list")).records[0].cells["tags"]
    quotes = [read.document.quote(v.evidence.span) for v in cell_values(cell) if v.evidence]
    assert quotes == ["night", "bread"]


def test_what_cannot_be_read_as_the_kind_is_absent() -> None:
    record = ScriptedWorker().extract(page("Pay: a lot"), parse_dsl("pay number,")).records[0]
    assert record.cells["pay"] == ABSENT


def test_an_objects_parts_are_looked_for_by_their_own_names() -> None:
    place = Field("place", Kind.OBJECT, fields=(Field("city"), Field("zip")))
    record = ScriptedWorker().extract(page("City: Oslo"), Schema("s", (place,))).records[0]
    assert record.data == {"place": {"city": "Oslo", "zip": None}}


def test_a_page_can_ask_to_fail() -> None:
    with pytest.raises(DecodeFailed, match="no memory"):
        ScriptedWorker().extract(page("Fail: no memory"), parse_dsl("title,"))


def test_it_stops_while_it_thinks() -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ScriptedWorker(seconds=60).extract(page(), parse_dsl("title,"), check_stop=stop)
