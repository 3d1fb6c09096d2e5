"""People correct a job: what they said wins wherever results are read, and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.exports.export import ExportOptions, Format
from orchestration.storage import migrations
from orchestration.storage.corrections import Verdict
from orchestration.storage.review import Review
from orchestration.storage.store import Store
from schemas.document import Span
from schemas.errors import CorrectionError
from schemas.record import (
    ABSENT,
    Cell,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import csv_rows, exported

TEXT = "Head Gardener\nAmbleford\nPay: £31,650 a year\nNight work, on site\npruning, grafting"
SCHEMA = Schema(
    "job",
    (
        Field("title"),
        Field("pay", Kind.MONEY),
        Field("kind", Kind.CHOICE, choices=("full-time", "part-time")),
        Field("tags", many=True),
        Field("place", Kind.OBJECT, fields=(Field("city"), Field("remote", Kind.BOOLEAN))),
    ),
)


def answer(quote: str, sure: float = 0.9) -> Value:
    start = TEXT.index(quote)
    line = TEXT.count("\n", 0, start)
    evidence = Evidence(quote, Span(start, start + len(quote)), f"/html/body/p[{line + 1}]")
    return Value(quote, quote, evidence, Tier.LARGE, sure, ValueStatus.FOUND)


def page(source: str = "a.html", **cells: Cell) -> PageResult:
    known: dict[str, Cell] = {
        "title": answer("Gardener", 0.6),
        "pay": ABSENT,
        "kind": ABSENT,
        "tags": (answer("pruning"),),
        "place": {"city": answer("Ambleford"), "remote": ABSENT},
    }
    return PageResult(source, PageStatus.OK, (Record({**known, **cells}, source),), text=TEXT)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "results.db") as store:
        job = store.create_job("may", SCHEMA)
        store.save(job.id, 0, page())
        store.save(job.id, 1, page("b.html"))
        yield store


@pytest.fixture
def review(store: Store) -> Review:
    job = store.job("may")
    assert job is not None
    return Review(store, job, by="ada")


def read(store: Store, source: str = "a.html") -> dict[str, object]:
    result = store.page(1, source)
    assert result is not None
    return result.records[0].data


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words))


def test_words_selected_on_the_page_are_the_value_and_its_quote(
    store: Store, review: Review
) -> None:
    review.select("a.html", 0, ("title",), span("Head Gardener\n"))
    (first, second) = store.results(1)
    value = first.records[0].cells["title"]
    assert value == Value(
        "Head Gardener",
        "Head Gardener",
        Evidence("Head Gardener", Span(0, 13), "/html/body/p[1]"),
        Tier.PERSON,
        1.0,
        ValueStatus.FOUND,
    )
    assert second == page("b.html")


def test_the_models_answer_is_still_there(store: Store, review: Review) -> None:
    review.select("a.html", 0, ("title",), span("Head Gardener"))
    review.mark_absent("a.html", 0)
    assert list(store.results(1)) == [
        PageResult("a.html", PageStatus.OK, text=TEXT),
        page("b.html"),
    ]
    assert list(store.results(1, corrected=False)) == [page(), page("b.html")]


def test_typed_words_cite_no_place(store: Store, review: Review) -> None:
    review.type("a.html", 0, ("pay",), "£40,000")
    result = store.page(1, "a.html")
    assert result is not None
    value = result.records[0].cells["pay"]
    assert isinstance(value, Value)
    assert (value.raw, value.data, value.evidence) == ("£40,000", "40000 GBP", None)


@pytest.mark.parametrize(
    ("path", "text", "data"),
    [
        (("kind",), "Part time", {"kind": "part-time"}),
        (("place", "remote"), "No", {"place": {"city": "Ambleford", "remote": False}}),
        (("tags",), "hedges; lawns", {"tags": ["hedges", "lawns"]}),
        (("tags", 0), "roses", {"tags": ["roses"]}),
    ],
)
def test_what_is_typed_is_read_as_the_fields_kind(
    store: Store, review: Review, path: tuple[str | int, ...], text: str, data: dict[str, object]
) -> None:
    review.type("a.html", 0, path, text)
    assert read(store).items() >= data.items()


def test_words_selected_for_a_list_are_one_item_more(store: Store, review: Review) -> None:
    review.select("a.html", 0, ("tags",), span("grafting"))
    review.select("a.html", 0, ("tags",), span("Night work"))
    assert read(store)["tags"] == ["pruning", "grafting", "Night work"]


def test_an_item_marked_absent_leaves_the_list(store: Store, review: Review) -> None:
    review.select("a.html", 0, ("tags",), span("grafting"))
    review.mark_absent("a.html", 0, ("tags", 0))
    assert read(store)["tags"] == ["grafting"]


def test_items_that_go_do_not_shift_what_was_said_of_others(store: Store, review: Review) -> None:
    review.type("a.html", 0, ("tags",), "one; two; three")
    review.mark_absent("a.html", 0, ("tags", 0))
    review.type("a.html", 0, ("tags", 0), "2")
    review.mark_absent("a.html", 0, ("tags", 1))
    assert read(store)["tags"] == ["2"]
    assert [kept.path for kept in store.corrections(1)] == [("tags",)]


def test_a_list_is_accepted_as_a_whole(store: Store, review: Review) -> None:
    review.accept("a.html", 0, ("tags", 0))
    assert ("tags",) not in [one.path for one in review.open() if one.source == "a.html"]
    assert read(store)["tags"] == ["pruning"]


def test_a_choice_can_be_read_from_other_words(store: Store, review: Review) -> None:
    review.select("a.html", 0, ("kind",), span("Night work"), said="part-time")
    assert read(store)["kind"] == "part-time"


def test_a_record_can_be_added_and_another_dropped(store: Store, review: Review) -> None:
    review.type("a.html", 1, ("title",), "Cook")
    review.mark_absent("a.html", 0)
    result = store.page(1, "a.html")
    assert result is not None
    assert [(r.index, r.data["title"]) for r in result.records] == [(1, "Cook")]


def test_nothing_is_said_of_a_record_that_was_struck_out_until_that_is_undone(
    store: Store, review: Review
) -> None:
    review.mark_absent("a.html", 0)
    with pytest.raises(CorrectionError, match="record 0 was struck out"):
        review.type("a.html", 0, ("title",), "Cook")
    review.type("a.html", 1, ("title",), "Cook")  # one that the models missed
    assert read(store)["title"] == "Cook"
    assert review.undo("a.html", 0)
    assert read(store)["title"] == "Gardener"


def test_a_part_of_a_lists_items_is_corrected_item_by_item(tmp_path: Path) -> None:
    people = Field("people", Kind.OBJECT, many=True, fields=(Field("name"), Field("role")))
    cells: Cell = {"name": answer("Gardener"), "role": ABSENT}
    with Store(tmp_path / "own.db") as store:
        job = store.create_job("june", Schema("team", (people,)))
        records = (Record({"people": (cells,)}, "a.html"),)
        store.save(job.id, 0, PageResult("a.html", PageStatus.OK, records, text=TEXT))
        review = Review(store, job)
        with pytest.raises(CorrectionError, match=r"several items") as told:
            review.mark_absent("a.html", 0, ("people", "name"))
        assert told.value.hint == "say which: people.0.name"
        review.type("a.html", 0, ("people", 0, "role"), "head")
        assert read(store)["people"] == [{"name": "Gardener", "role": "head"}]


def test_the_last_word_on_a_value_counts_alone(store: Store, review: Review) -> None:
    review.type("a.html", 0, ("title",), "Cook")
    review.mark_absent("a.html", 0, ("title",))
    assert read(store)["title"] is None
    assert len(store.corrections(1)) == 1
    review.type("a.html", 0, ("tags", 0), "roses")
    review.type("a.html", 0, ("tags",), "hedges")
    assert read(store)["tags"] == ["hedges"]
    assert len(store.corrections(1)) == 2


def test_a_correction_says_who_and_when_and_can_be_undone(store: Store, review: Review) -> None:
    review.type("a.html", 0, ("title",), "Cook")
    (kept,) = store.corrections(1)
    assert (kept.by, kept.verdict, kept.path) == ("ada", Verdict.TYPED, ("title",))
    assert datetime.now(UTC) - kept.at < timedelta(minutes=1)
    assert review.undo("a.html", 0, ("title",))
    assert not review.undo("a.html", 0, ("title",))
    assert list(store.results(1)) == [page(), page("b.html")]


def test_an_accepted_value_keeps_its_tier_and_stays_when_the_page_is_read_again(
    store: Store, review: Review
) -> None:
    review.accept("a.html", 0, ("title",))
    assert read(store) == page().records[0].data
    store.save(1, 0, page(title=answer("Night work")))
    assert read(store)["title"] == "Gardener"


def test_a_record_can_be_accepted_as_a_whole(store: Store, review: Review) -> None:
    review.type("a.html", 0, ("title",), "Cook")
    review.accept("a.html", 0)
    assert [kept.path for kept in store.corrections(1)] == [()]
    assert read(store)["title"] == "Cook"


def test_what_nobody_has_looked_at_comes_least_sure_first(store: Store, review: Review) -> None:
    review.accept("b.html", 0)
    review.mark_absent("a.html", 0, ("pay",))
    review.mark_absent("a.html", 0, ("place",))
    paths = [(one.source, one.path) for one in review.open()]
    assert paths == [("a.html", ("title",)), ("a.html", ("tags",)), ("a.html", ("kind",))]


def test_corrections_go_into_exports(store: Store, review: Review) -> None:
    review.type("a.html", 0, ("title",), "Cook")
    review.mark_absent("a.html", 0, ("place", "city"))
    results = list(store.results(1))
    rows = csv_rows(exported(results, Format.CSV, SCHEMA, ExportOptions(evidence=True)))
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["title"], first["title_tier"], first["title_quote"]) == ("Cook", "person", "")
    assert (first["place.city"], first["place.city_tier"]) == ("", "person")
    assert first["pay_tier"] == ""
    record = json.loads(exported(results, Format.JSONL, SCHEMA).splitlines()[0])["records"][0]
    assert record["values"]["title"] == "Cook"
    city = record["evidence"]["place"]["city"]
    assert (city["tier"], city["status"], city["quote"]) == ("person", "absent", None)


@pytest.mark.parametrize(
    ("source", "index", "path", "text", "told"),
    [
        ("z.html", 0, ("title",), "Cook", "no page"),
        ("a.html", 2, ("title",), "Cook", "no record 2"),
        ("a.html", 0, ("tittle",), "Cook", "no field tittle"),
        ("a.html", 0, ("place",), "Oslo", "has parts"),
        ("a.html", 0, ("kind",), "hourly", "one of full-time, part-time"),
        ("a.html", 0, ("pay",), "a lot", "a money"),
        ("a.html", 0, ("title",), "  ", "a text"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused(
    store: Store, review: Review, source: str, index: int, path: tuple[str], text: str, told: str
) -> None:
    with pytest.raises(CorrectionError, match=told):
        review.type(source, index, path, text)
    assert store.corrections(1) == []


@pytest.mark.parametrize("place", [Span(0, 0), Span(13, 14), Span(0, 9999), Span(9990, 9999)])
def test_a_selection_without_words_is_refused(review: Review, place: Span) -> None:
    with pytest.raises(CorrectionError, match="no words"):
        review.select("a.html", 0, ("title",), place)


def test_a_deleted_job_takes_its_corrections_along(store: Store, review: Review) -> None:
    secret = "Ada Lovelace, 12 St James's Square"
    review.type("a.html", 0, ("title",), secret)
    store.delete(1)
    assert store.corrections(1) == []
    left = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert secret.encode() not in left


def test_a_results_file_from_before_corrections_opens(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        migrations.m001_jobs_and_pages(connection)
        connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied TEXT NOT NULL)")
        connection.execute("INSERT INTO migrations VALUES ('m001_jobs_and_pages', '2026-11-21')")
    connection.close()
    with Store(path) as store:
        job = store.create_job("may", SCHEMA)
        store.save(job.id, 0, page())
        Review(store, job).type("a.html", 0, ("title",), "Cook")
        assert read(store)["title"] == "Cook"
