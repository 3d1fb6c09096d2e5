"""A job learns from its first pages: later ones cost less, say the same, and are checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from orchestration import Engine, Orders, Settings
from orchestration.events import PageDone
from schemas.record import PageResult, Tier, cell_values
from schemas.schema import Field, Kind, Schema

POST = Schema("post", (Field("title"), Field("place"), Field("starts", Kind.DATE)))
BOX = "<header class=top><nav class=menu><a href=/>Home</a></nav></header><main class=post>"
FOOT = "</main><footer class=foot><p class=legal>Imprint and terms</p></footer>"


class Counting(ScriptedWorker):
    """Counts the pages, and the fields, that it is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Counter[str] = Counter()
        self.pages = 0

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        self.pages += 1
        self.fields.update(schema.names)
        return super().extract(page, schema, check_stop=check_stop)


def page(number: int, *, place: str = "p class=place", label: str = "Place") -> str:
    return (
        f"<title>Post</title>{BOX}<p class=title>Title: Gardener {'ab'[number % 2]}{number}</p>"
        f"<{place}>{label}: Ambleford {number}</p><p class=text>We grow oaks.</p>"
        f"<p class=date>Starts: {number % 27 + 1}.4.2026</p>{FOOT}"
    )


def other(number: int) -> str:
    return (
        f"<section class=job><table class=facts><tr class=a><td class=k>Place: {number} Oak Street"
        f"<tr class=b><td class=v>Title: Cook {number}</table><ul class=links><li class=l>More</ul>"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    return tmp_path / "pages"


def settings(folder: Path, *, selectors: bool = True) -> Settings:
    return Settings(
        data_dir=folder.parent / "data", selectors="all" if selectors else "off", http_cache=False
    )


def written(folder: Path, bodies: Iterator[str] | list[str]) -> None:
    for number, body in enumerate(bodies):
        (folder / f"{number:03}.html").write_text(body)


def run(folder: Path, *, selectors: bool = True) -> tuple[list[PageResult], Counting]:
    worker = Counting()
    with Engine(settings(folder, selectors=selectors), open_worker=lambda tier: worker) as engine:
        events = engine.run([str(folder)], POST)
        return [event.result for event in events if isinstance(event, PageDone)], worker


def in_parts(folder: Path, schema: Schema, *stops: int, job: str = "") -> list[PageResult]:
    """The pages of a job that is stopped after so many pages, and gone on with."""
    results: list[PageResult] = []
    for stop_after in stops:
        with Engine(settings(folder), open_worker=lambda tier: Counting()) as engine:
            name = job or f"{len(stops)} parts"
            for event in engine.run([str(folder)], schema, Orders(job=name)):
                if isinstance(event, PageDone):
                    results.append(replace(event.result, seconds={}, spent={}))
                    if len(results) >= stop_after:
                        break
    return results


def data(results: list[PageResult]) -> list[object]:
    return [result.records[0].data for result in results]


def tiers(result: PageResult) -> set[Tier | None]:
    cells = result.records[0].cells.values()
    return {value.tier for cell in cells for value in cell_values(cell)}


def test_later_pages_of_a_layout_are_read_by_selectors(folder: Path) -> None:
    written(folder, [page(i) for i in range(40)])
    results, worker = run(folder)
    assert worker.pages == 10 + 1  # to learn from, and one check among the other 30
    assert tiers(results[9]) == {Tier.LARGE}
    assert tiers(results[10]) == {Tier.SELECTOR}
    assert data(results) == data(run(folder, selectors=False)[0])


def test_values_cite_the_page_and_cost_no_tokens(folder: Path) -> None:
    written(folder, [page(i) for i in range(20)])
    results, _ = run(folder)
    for cell in results[15].records[0].cells.values():
        for value in cell_values(cell):
            assert value.evidence is not None
            span = value.evidence.span
            assert results[15].text[span.start : span.end] == value.evidence.quote
            assert value.confidence == pytest.approx(11 / 12)  # ten of ten, by Laplace's rule
    assert results[15].tokens.prompt == 0


def test_selectors_read_dates_as_the_page_writes_them(folder: Path) -> None:
    bodies = [f'<html lang="de">{page(i)}'.replace(".4.2026", "/4/2026") for i in range(14)]
    written(folder, bodies)
    results, _ = run(folder)
    assert Tier.SELECTOR in tiers(results[12])
    assert data(results) == data(run(folder, selectors=False)[0])


def test_a_resumed_job_learns_from_what_fits_the_schema_alone(folder: Path) -> None:
    """Every other place is longer than the schema lets through: nobody answers these."""
    long = "Ambleford by the river and beyond the hills"
    bodies = [page(i).replace("Ambleford", long) if i % 2 else page(i) for i in range(30)]
    written(folder, bodies)
    schema = replace(POST, fields=(POST.fields[0], Field("place", limits={"maxLength": 20})))
    assert in_parts(folder, schema, 12, 99) == in_parts(folder, schema, 99)


def test_a_resumed_job_learns_the_currency_that_stood_beside_a_price(folder: Path) -> None:
    """Nobody answers it: it is read off the price."""
    price = Field("place", Kind.NUMBER, description="price")
    schema = Schema("offer", (Field("title"), price, Field("currency")))
    written(folder, [page(i).replace("Ambleford", "€") for i in range(30)])
    at_once = in_parts(folder, schema, 99)
    assert {result.records[0].data["currency"] for result in at_once} == {"€"}
    assert in_parts(folder, schema, 12, 99) == at_once


def test_pages_that_the_markup_answers_teach_a_resumed_job_no_more_than_another(
    folder: Path,
) -> None:
    said = '<script type="application/ld+json">{"@type":"%s","name":"%s","color":"%s"}</script>'
    rows = [(f"Spade {i}", "red" if i % 2 else "green") for i in range(34)]
    bodies = [
        f"{said % ('Thing' if i % 3 else 'Product', *row)}{BOX}<h1>{row[0]}</h1>"
        f"<p class=c>Color: {row[1]}</p><p class=n>Name: {row[0]}</p>{FOOT}"
        for i, row in enumerate(rows)
    ]
    written(folder, bodies)
    schema = Schema("product", (Field("name"), Field("color")))
    at_once = in_parts(folder, schema, 99)
    assert {Tier.MARKUP} in [tiers(result) for result in at_once]
    assert {Tier.SELECTOR} in [tiers(result) for result in at_once]
    assert in_parts(folder, schema, 12, 99) == at_once


def test_a_page_that_has_changed_meanwhile_teaches_nothing(folder: Path) -> None:
    written(folder, [page(i) for i in range(14)])
    in_parts(folder, POST, 10)
    for number in range(10):
        (folder / f"{number:03}.html").write_text(page(number).replace("Post", "An old post"))
    results = in_parts(folder, POST, 99, job="1 parts")
    assert [tiers(result) for result in results] == 4 * [{Tier.LARGE}]


def test_layouts_are_learned_apart(folder: Path) -> None:
    written(folder, [other(i) if i % 2 else page(i) for i in range(40)])
    results, worker = run(folder)
    assert data(results) == data(run(folder, selectors=False)[0])
    assert worker.fields["place"] == 2 * 10
    assert tiers(results[38]) == tiers(results[39]) | {Tier.SELECTOR}


def test_a_page_that_lacks_a_field_is_asked_about_it(folder: Path) -> None:
    bodies = [page(i) for i in range(20)]
    bodies[15] = page(15, label="Where")
    written(folder, bodies)
    results, worker = run(folder)
    assert data(results) == data(run(folder, selectors=False)[0])
    assert worker.fields["place"] == worker.fields["title"] + 1


def test_a_field_that_pages_no_longer_keep_to_is_dropped(folder: Path) -> None:
    """From page 20 on the box of the place says something else, and the place stands elsewhere."""
    later = "p class=place>Place: see below</p><p class=new"
    written(folder, [page(i, place=later if i >= 20 else "p class=place") for i in range(60)])
    results, worker = run(folder)
    wanted = data(run(folder, selectors=False)[0])
    wrong = [
        i for i, (one, two) in enumerate(zip(data(results), wanted, strict=True)) if one != two
    ]
    assert all(i < 20 + 16 for i in wrong)
    assert worker.fields["place"] >= 10 + (60 - 36)


def test_a_resumed_job_goes_on_with_what_it_had_learned(folder: Path) -> None:
    written(folder, [page(i) if i % 3 else other(i) for i in range(60)])
    at_once = in_parts(folder, POST, 99)
    in_three = in_parts(folder, POST, 17, 23, 99)
    assert [r.source for r in in_three] == [r.source for r in at_once]
    assert [r.records for r in in_three] == [r.records for r in at_once]


def test_a_tier_that_was_asked_for_reads_everything(folder: Path) -> None:
    written(folder, [page(i) for i in range(20)])
    worker = Counting()
    with Engine(settings(folder), open_worker=lambda tier: worker) as engine:
        list(engine.run([str(folder)], POST, Orders(tier=Tier.LARGE)))
    assert worker.pages == 20


def test_nothing_is_learned_unless_it_is_switched_on(folder: Path) -> None:
    written(folder, [page(i) for i in range(20)])
    results, worker = run(folder, selectors=False)
    assert worker.pages == 20
    assert all(Tier.SELECTOR not in tiers(result) for result in results)
