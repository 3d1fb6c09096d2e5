"""The markup answers first, and a worker is asked for what it leaves open."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.scripted import ScriptedWorker
from orchestration import Engine, Settings
from orchestration.codec import from_plain, to_plain
from orchestration.engine import PageWorker
from orchestration.events import PageDone
from orchestration.export import page_line
from schemas.record import PageResult, PageStatus, Tier
from schemas.schema import Field, Kind, Schema

SCHEMA = Schema("product", (Field("price", Kind.NUMBER), Field("colour")))
PAGE = """<script type="application/ld+json">
{"@type": "Product", "name": "Spade", "offers": {"price": 12}}</script>
<h1>Spade</h1><p>12 EUR</p><p>Colour: green</p>"""


def result(folder: Path, *, tier: Tier | None, body: str = PAGE) -> PageResult:
    page = folder / "page.html"
    page.write_text(body)

    def worker(tier: Tier) -> PageWorker:
        assert tier is not Tier.MARKUP
        return ScriptedWorker()

    settings = Settings(data_dir=folder, cache_dir=folder)
    with Engine(settings, open_worker=worker) as engine:
        events = list(engine.run([str(page)], SCHEMA, tier=tier))
    return next(event.result for event in events if isinstance(event, PageDone))


def test_auto_joins_both_tiers(tmp_path: Path) -> None:
    line = page_line(result(tmp_path, tier=None))["records"][0]
    assert line["values"] == {"price": 12, "colour": "green"}
    assert line["evidence"]["price"]["tier"] == "markup"
    assert line["evidence"]["price"]["markup"] == "json-ld[0].offers.price"
    assert line["evidence"]["colour"]["tier"] == "large"
    assert line["evidence"]["colour"]["markup"] is None


def test_markup_alone_asks_no_worker(tmp_path: Path) -> None:
    page = result(tmp_path, tier=Tier.MARKUP)
    assert page.records[0].data == {"price": 12, "colour": None}


@pytest.mark.parametrize("tier", [Tier.MARKUP, None])
def test_a_page_without_markup_is_one_record_as_ever(tmp_path: Path, tier: Tier | None) -> None:
    page = result(tmp_path, tier=tier, body="<p>Hello</p>")
    assert page.status is PageStatus.OK
    assert [record.data for record in page.records] == [{"price": None, "colour": None}]


def test_a_row_from_before_markup_is_still_read(tmp_path: Path) -> None:
    page = result(tmp_path, tier=Tier.LARGE)
    plain = to_plain(page)
    cell = plain["records"][0]["cells"]["colour"]
    del cell["contrary"], cell["evidence"]["markup"]
    assert from_plain(plain) == page
