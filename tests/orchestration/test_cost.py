"""What pages and jobs take: counted by tier, summed, estimated, and held to a limit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Extraction
from orchestration import Engine, Orders, Settings
from orchestration.cost import JobCost, Meter, cost_of, estimated, spread
from orchestration.events import JobEnded, PageDone
from orchestration.storage.store import JobState
from schemas.errors import DecodeFailed
from schemas.record import Cost, PageResult, PageStatus, Record, Tier, Tokens
from schemas.schema import Field, Schema

TITLES = Schema("post", (Field("title"),))


class Priced:
    """A worker whose page costs as many tokens as it has characters."""

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        text = page.document.text
        if "fail" in text:
            raise DecodeFailed("no")
        record = Record({}, "")
        return Extraction((record,), None, Tokens(len(text), 1), {"worker": len(text) / 100})


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(1, 6):
        (folder / f"{number}.html").write_text(f"<p>{'x' * (100 * number - 1)}")
    return folder


def engine(tmp_path: Path) -> Engine:
    settings = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data")
    return Engine(settings, open_worker=lambda tier: Priced())


def test_a_page_says_what_each_tier_took(tmp_path: Path, pages: Path) -> None:
    with engine(tmp_path) as opened:
        told = list(opened.run([str(pages / "1.html")], TITLES))
        (page,) = (event.result for event in told if isinstance(event, PageDone))
        assert set(page.spent) == {Tier.MARKUP, Tier.LARGE}
        assert page.spent[Tier.LARGE] == Cost(Tokens(99, 1), 0.99)
        assert page.spent[Tier.MARKUP].count == 0
        last = told[-1]
        assert isinstance(last, JobEnded)
        assert list(opened.store.results(last.job.id)) == [page]
        assert last.cost == cost_of([page])


def test_a_limit_ends_the_job_with_what_is_finished_and_it_goes_on(
    tmp_path: Path, pages: Path
) -> None:
    with engine(tmp_path) as opened:
        told = list(opened.run([str(pages)], TITLES, Orders(max_tokens=250)))
        last = told[-1]
        assert isinstance(last, JobEnded)
        assert last.stopped == "the limit of 250 tokens was reached"
        assert last.cost.together.count == 300
        assert last.job.state is JobState.OPEN
        rest = list(opened.resume(last.job))[-1]
        assert isinstance(rest, JobEnded)
        assert (rest.stopped, rest.cost.pages) == (None, 3)
        assert cost_of(opened.store.results(rest.job.id)).together.count == 1500


def test_an_estimate_reads_a_spread_sample_and_stores_nothing(tmp_path: Path, pages: Path) -> None:
    with engine(tmp_path) as opened:
        estimate = opened.estimate([str(pages)], TITLES, Orders(tier=Tier.LARGE), sample=3)
        assert opened.store.jobs() == []
    assert (estimate.pages, estimate.sampled) == (5, 3)
    assert estimate.likely.together.count == 1500
    assert (estimate.least.count, estimate.most.count) == (500, 2500)
    assert "about 1,500 tokens, 15.0 s" in estimate.explain()


def test_a_sample_that_cannot_be_read_costs_nothing(tmp_path: Path, pages: Path) -> None:
    (pages / "3.html").write_text("<p>fail, whatever is asked of this page here")
    with engine(tmp_path) as opened:
        estimate = opened.estimate(
            [str(pages), "gone.html"], TITLES, Orders(tier=Tier.LARGE), sample=99
        )
    assert (estimate.pages, estimate.sampled) == (6, 6)
    assert estimate.likely.together.count == 100 + 200 + 400 + 500
    assert "2 of these failed" in estimate.explain()
    assert "there is no page" in estimated([], 0).explain()


def test_costs_add_up_by_tier_cheapest_first() -> None:
    one = PageResult("a", PageStatus.OK, spent={Tier.LARGE: Cost(Tokens(10, 2, 1), 2.0)})
    two = PageResult("b", PageStatus.OK, spent={Tier.MARKUP: Cost(seconds=0.5)})
    together = cost_of([one, two, one])
    assert together == JobCost(
        3, {Tier.MARKUP: Cost(seconds=0.5), Tier.LARGE: Cost(Tokens(20, 4, 2), 4.0)}
    )
    assert (
        together.explain()
        == "3 pages: markup 0.5 s; large 24 tokens, 4.0 s (8 tokens, 1.5 s a page)"
    )
    assert JobCost().explain() == "nothing was spent"


def test_pages_read_by_several_threads_are_counted_apart() -> None:
    meter = Meter(lambda tier, page, schema, stop: Priced().extract(page, schema))
    seen: dict[int, int] = {}
    start = threading.Barrier(4)

    def read(length: int) -> None:
        parsed = parse_page(Page("p", "", b"<p>" + b"x" * length))
        with meter.page() as spent:
            start.wait()
            for tier in (Tier.SMALL, Tier.LARGE):
                meter.ask(tier, parsed, TITLES, lambda: False)
            seen[length] = sum(cost.count for cost in spent.values())

    threads = [threading.Thread(target=read, args=(length,)) for length in (10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {length: 2 * (length + 1) for length in (10, 20, 30, 40)}


@pytest.mark.parametrize(
    ("count", "wanted", "places"),
    [(0, 3, []), (2, 3, [0, 1]), (3, 3, [0, 1, 2]), (10, 2, [2, 7]), (100, 1, [50])],
)
def test_a_sample_is_spread(count: int, wanted: int, places: list[int]) -> None:
    assert spread(count, wanted) == places


def test_what_is_taken_after_a_page_is_not_that_pages() -> None:
    meter = Meter(lambda tier, page, schema, stop: Extraction((), None, Tokens(5)))
    with meter.page() as spent:
        meter.add(Tier.LARGE, Cost(Tokens(5)))
    meter.add(Tier.LARGE, Cost(Tokens(7)))
    assert spent == {Tier.LARGE: Cost(Tokens(5))}
