"""The markup answers first, and a worker is asked for what it leaves open."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from orchestration import Engine, Orders, Settings
from orchestration.cheapest import merged, remaining
from orchestration.engine import PageWorker
from orchestration.events import PageDone
from orchestration.exports.export import page_line
from orchestration.storage.codec import from_plain, to_plain
from schemas.errors import ModelMissing
from schemas.plan import FieldPlan, Plan
from schemas.record import PageResult, PageStatus, Record, Tier, Value, ValueStatus, cell_values
from schemas.schema import Field, Kind, Schema

SCHEMA = Schema("product", (Field("price", Kind.NUMBER), Field("colour")))
PAGE = """<script type="application/ld+json">
{"@type": "Product", "name": "Spade", "offers": {"price": 12}}</script>
<h1>Spade</h1><p>12 EUR</p><p>Colour: green</p>"""


def result(
    folder: Path, *, tier: Tier | None, body: str = PAGE, schema: Schema = SCHEMA
) -> PageResult:
    page = folder / "page.html"
    page.write_text(body)

    def worker(tier: Tier) -> PageWorker:
        assert tier is not Tier.MARKUP
        return ScriptedWorker()

    settings = Settings(data_dir=folder, cache_dir=folder)
    with Engine(settings, open_worker=worker) as engine:
        events = list(engine.run([str(page)], schema, Orders(tier=tier)))
    return next(event.result for event in events if isinstance(event, PageDone))


def test_auto_joins_both_tiers(tmp_path: Path) -> None:
    line = page_line(result(tmp_path, tier=None))["records"][0]
    assert line["values"] == {"price": 12, "colour": "green"}
    assert line["evidence"]["price"]["tier"] == "markup"
    assert line["evidence"]["price"]["markup"] == "json-ld[0].offers.price"
    assert line["evidence"]["colour"]["tier"] == "large"
    assert line["evidence"]["colour"]["markup"] is None


def test_the_currency_stands_beside_the_price_that_the_markup_gave(tmp_path: Path) -> None:
    asked = Schema("product", (Field("price", Kind.NUMBER), Field("currency")))
    line = page_line(result(tmp_path, tier=None, schema=asked))["records"][0]
    assert line["values"] == {"price": 12, "currency": "EUR"}
    assert line["evidence"]["currency"]["quote"] == "EUR"
    assert line["evidence"]["currency"]["xpath"] == "/html/body/p[1]"


class Watched(ScriptedWorker):
    """Remembers which fields it was asked for."""

    asked: list[tuple[str, ...]]

    def __init__(self, *, tier: Tier = Tier.LARGE, confidence: float = 1.0) -> None:
        super().__init__(tier=tier, confidence=confidence)
        self.asked = []

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        self.asked.append(schema.names)
        return super().extract(page, schema, check_stop=check_stop)


@pytest.mark.parametrize(
    ("tier", "asked", "title"),
    [
        (None, [("place",)], "Night Baker"),
        (Tier.LARGE, [("title", "place")], None),
        (Tier.MARKUP, [], None),
    ],
)
def test_a_headline_is_not_asked_of_a_worker_unless_it_reads_all(
    tmp_path: Path, tier: Tier | None, asked: list[tuple[str, ...]], title: str | None
) -> None:
    page, worker = tmp_path / "page.html", Watched()
    page.write_text("<title>Night Baker | Board</title><h1>Night Baker</h1><p>Place: Ulm</p>")
    schema = Schema("job", (Field("title"), Field("place")))
    with Engine(Settings(data_dir=tmp_path), open_worker=lambda tier: worker) as engine:
        events = list(engine.run([str(page)], schema, Orders(tier=tier)))
    (done,) = [event.result for event in events if isinstance(event, PageDone)]
    assert worker.asked == asked
    assert done.records[0].data.get("title") == title


FOR_BOTH = Schema("job", (Field("title"), Field("place"), Field("tags", many=True)))
BOTH = "<p>Title: Baker</p><p>Tags: bread, nights</p>"


def climbed(
    folder: Path,
    small: PageWorker | None,
    large: Watched,
    schema: Schema,
    plan: Plan | None = None,
) -> PageResult:
    """A page read by the small worker first; `None`: its weights cannot be had."""
    page = folder / "page.html"
    page.write_text(BOTH)

    def worker(tier: Tier) -> PageWorker:
        if tier is Tier.LARGE:
            return large
        if small is None:
            raise ModelMissing("no weights")
        return small

    settings = Settings(data_dir=folder, cache_dir=folder, small_first=True, least_sure=0.8)
    with Engine(settings, open_worker=worker) as engine:
        events = list(engine.run([str(page)], plan or schema))
    return next(event.result for event in events if isinstance(event, PageDone))


def test_what_a_plan_gives_to_the_large_worker_the_small_one_is_not_asked(tmp_path: Path) -> None:
    small, large = Watched(tier=Tier.SMALL), Watched()
    plan = Plan(FOR_BOTH, fields={"title": FieldPlan(tier=Tier.LARGE)})
    page = climbed(tmp_path, small, large, FOR_BOTH, plan)
    assert small.asked == [("place", "tags")]
    assert large.asked == [("title", "place")]
    assert page.records[0].data == {"title": "Baker", "place": None, "tags": ["bread", "nights"]}
    assert {v.tier for v in cell_values(page.records[0].cells["title"])} == {Tier.LARGE}


def test_the_large_worker_is_asked_for_what_the_small_one_is_unsure_of(tmp_path: Path) -> None:
    large = Watched()
    page = climbed(tmp_path, Watched(tier=Tier.SMALL, confidence=0.8), large, FOR_BOTH)
    assert large.asked == [("place",)]  # "not there" was no sure answer
    tiers = {name: [v.tier for v in cell_values(c)] for name, c in page.records[0].cells.items()}
    assert tiers["title"] == [Tier.SMALL]
    assert tiers["tags"] == [Tier.SMALL, Tier.SMALL]
    assert list(page.records[0].data) == ["title", "place", "tags"]


def test_what_it_is_less_sure_of_climbs(tmp_path: Path) -> None:
    large = Watched()
    page = climbed(tmp_path, Watched(tier=Tier.SMALL, confidence=0.79), large, FOR_BOTH)
    assert large.asked == [FOR_BOTH.names]
    assert {v.tier for v in cell_values(page.records[0].cells["title"])} == {Tier.LARGE}


def test_where_all_is_settled_the_large_worker_rests(tmp_path: Path) -> None:
    large = Watched()
    climbed(tmp_path, Watched(tier=Tier.SMALL), large, Schema("job", (Field("title"),)))
    assert large.asked == []


def test_a_value_that_breaks_a_limit_settles_nothing(tmp_path: Path) -> None:
    large, schema = Watched(), Schema("job", (Field("title", limits={"maxLength": 3}),))
    page = climbed(tmp_path, Watched(tier=Tier.SMALL, confidence=0.99), large, schema)
    assert large.asked == [("title",)]
    assert page.records[0].cells["title"] == Value(tier=Tier.LARGE, confidence=0.0)


def test_what_breaks_a_limit_does_not_stand_in_the_way_of_a_worker() -> None:
    schema = Schema("product", (Field("price", Kind.NUMBER, limits={"maximum": 10}),))
    twelve = Value("12", 12, tier=Tier.MARKUP, status=ValueStatus.FOUND)
    nine = Value("9", 9, tier=Tier.LARGE, status=ValueStatus.FOUND)
    found, read = [Record({"price": value}, "") for value in (twelve, nine)]
    assert remaining(schema, [found]).names == ("price",)
    assert merged(schema, [found], [read])[0].cells == {"price": nine}


def test_a_list_of_records_is_the_large_workers(tmp_path: Path) -> None:
    small, large = Watched(tier=Tier.SMALL), Watched()
    climbed(tmp_path, small, large, replace(FOR_BOTH, many=True))
    assert (small.asked, large.asked) == ([], [FOR_BOTH.names])


def test_a_small_worker_that_is_not_there_is_skipped_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    large = Watched()
    assert climbed(tmp_path, None, large, FOR_BOTH).status is PageStatus.OK
    assert large.asked == [FOR_BOTH.names]
    assert "there is no small worker" in caplog.text


def lamps(stated: int, shown: int) -> str:
    """A list of which the markup states the first."""
    items = [{"@type": "Product", "name": f"Lamp {n}", "offers": {"price": n}} for n in range(100)]
    markup = json.dumps({"@type": "ItemList", "itemListElement": items[:stated]})
    cards = "".join(f"<div class=card><h3>Lamp {n}</h3><p>{n} EUR</p></div>" for n in range(shown))
    script = f'<script type="application/ld+json">{markup}</script>'
    return f"{script}<h1>Lamps</h1>{cards}"


@pytest.mark.parametrize(("stated", "asks"), [(12, False), (5, True)])
def test_markup_that_states_a_part_of_the_list_does_not_answer_for_it(
    tmp_path: Path, stated: int, asks: bool
) -> None:
    lamp = Schema("product", (Field("name"), Field("price", Kind.NUMBER)), many=True)
    page = tmp_path / "page.html"
    page.write_text(lamps(stated, 12))
    asked: list[Schema] = []

    class Asked(ScriptedWorker):
        def extract(
            self,
            page: ParsedPage,
            schema: Schema,
            *,
            check_stop: Callable[[], None] = lambda: None,
        ) -> Extraction:
            asked.append(schema)
            return super().extract(page, schema, check_stop=check_stop)

    settings = Settings(data_dir=tmp_path, cache_dir=tmp_path)
    with Engine(settings, open_worker=lambda tier: Asked()) as engine:
        list(engine.run([str(page)], lamp))
        list(engine.run([str(page)], lamp, Orders(tier=Tier.MARKUP, job="markup")))
        job = engine.store.job("markup")
        assert job is not None
        (alone,) = engine.store.results(job.id)
    assert bool(asked) is asks
    assert (len(alone.records), alone.seen) == (stated, 12)


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
