"""A job that somebody went through becomes a gold set, which scores it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.pages import Page
from orchestration.evaluation.evaluate import evaluate, read_gold_set, report_on
from orchestration.evaluation.gold import SavedGold, save_gold
from orchestration.evaluation.scoring import Answered
from orchestration.storage.review import Review
from orchestration.storage.store import Job, Store
from schemas.errors import GoldError, NotAPage
from schemas.record import PageResult, PageStatus, Record
from schemas.schema import Field, Schema
from tests.orchestration.samples import found

POST = Schema("post", (Field("title"), Field("place"), Field("tags", many=True)))
POSTS = Schema("post", (Field("title"), Field("place")), many=True)
SOURCES = ("a/1.html", "b/1.html", "https://ex.org/Jobs/2?x=1")


def result(source: str, *titles: str) -> PageResult:
    records = (
        Record({"title": found(title), "place": found("Oslo"), "tags": (found("oak"),)}, source, i)
        for i, title in enumerate(titles)
    )
    return PageResult(source, PageStatus.OK, tuple(records), text=" ".join(titles))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "results.db") as store:
        yield store


def job(store: Store, schema: Schema = POST, *titles: str) -> Job:
    made = store.create_job("may", schema)
    for place, source in enumerate(SOURCES):
        store.save(made.id, place, result(source, *(titles or ("Cook",))))
    return made


def saved(store: Store, made: Job, folder: Path, *, everything: bool = False) -> SavedGold:
    results, said = store.results(made.id), store.corrections(made.id)
    return save_gold(made.schema, results, said, folder, read=page, everything=everything)


def page(source: str) -> Page:
    if source == "b/1.html":
        raise NotAPage("it is gone")
    url = source if "://" in source else ""
    header = "text/html; charset=iso-8859-2" if url else None
    return Page(source, url, "<head></head><p>Kuchař".encode("iso-8859-2"), header)


def test_only_what_somebody_looked_at_is_gold(store: Store, tmp_path: Path) -> None:
    made = job(store)
    review = Review(store, made)
    review.type("a/1.html", 0, ("title",), "Baker")
    review.mark_absent("a/1.html", 0, ("place",))
    review.accept(SOURCES[2], 0)
    assert saved(store, made, tmp_path / "gold").pages == 2
    one, two = read_gold_set(tmp_path / "gold")
    assert (one.name, one.gold) == ("1", {"title": "Baker", "place": None})
    assert (two.name, two.group) == ("ex-org-Jobs-2-x-1", "ex.org")
    assert two.gold == {"title": "Cook", "place": "Oslo", "tags": ["oak"]}


def test_the_gold_scores_the_models_answers(store: Store, tmp_path: Path) -> None:
    made = job(store)
    review = Review(store, made)
    review.accept(SOURCES[2], 0)
    review.type("a/1.html", 0, ("title",), "Baker")
    saved(store, made, tmp_path / "gold")
    pages = read_gold_set(tmp_path / "gold")
    report = report_on(POST, pages, store.results(made.id, corrected=False))
    counts = report.score.micro
    assert (counts.right, counts.wrong, counts.missed, report.unanswered) == (3, 1, 1, [])


def test_a_page_keeps_its_letters_and_its_address(store: Store, tmp_path: Path) -> None:
    made = job(store)
    saved(store, made, tmp_path / "gold", everything=True)
    html = (tmp_path / "gold" / "html" / "ex-org-Jobs-2-x-1.html").read_text("utf-8-sig")
    assert html == f'<head><base href="{SOURCES[2]}"></head><p>Kuchař'
    own = tmp_path / "gold" / "html" / "1.html"
    assert own.read_bytes() == page("a/1.html").body


def test_a_page_whose_bytes_are_gone_is_left_out_and_said(store: Store, tmp_path: Path) -> None:
    told = saved(store, job(store), tmp_path / "gold", everything=True)
    assert told.pages == 2
    assert told.left_out == (("b/1.html", "it is gone (give an HTML page)"),)


def test_a_list_is_gold_once_every_record_was_looked_at(store: Store, tmp_path: Path) -> None:
    made = job(store, POSTS, "Cook", "Baker", "Ad")
    review = Review(store, made)
    review.accept("a/1.html", 0)
    review.accept(SOURCES[2], 0, ("title",))
    review.accept(SOURCES[2], 1)
    review.mark_absent(SOURCES[2], 2)
    saved(store, made, tmp_path / "gold")
    (only,) = read_gold_set(tmp_path / "gold")
    assert only.source == SOURCES[2]
    assert [item["title"] for item in only.gold["items"]] == ["Cook", "Baker"]
    assert "place" not in only.gold["items"][0]


def test_names_that_differ_by_letter_case_alone_are_told_apart(
    store: Store, tmp_path: Path
) -> None:
    made = store.create_job("may", POST)
    for place, source in enumerate(["x/Page.html", "y/page.html", "z.zip::in/PAGE.html"]):
        store.save(made.id, place, result(source, "Cook"))
    saved(store, made, tmp_path / "gold", everything=True)
    assert sorted(p.name for p in (tmp_path / "gold/html").iterdir()) == [
        "PAGE-3.html",
        "Page.html",
        "page-2.html",
    ]


def test_a_job_nobody_looked_at_is_no_gold(store: Store, tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="no page of this job") as caught:
        saved(store, job(store), tmp_path / "gold")
    assert "--all" in caught.value.hint


def test_a_folder_in_use_is_left_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "mine.txt").write_text("mine")
    with pytest.raises(GoldError, match="holds something already"):
        saved(store, job(store), tmp_path / "gold", everything=True)


def test_hostile_names_stay_in_the_folder(store: Store, tmp_path: Path) -> None:
    made = store.create_job("may", POST)
    for place, source in enumerate(["a.zip::../../up.html", "https://ex.org/..%2f../é", "\x1b[2J"]):
        store.save(made.id, place, result(source, "Cook"))
    saved(store, made, tmp_path / "gold", everything=True)
    for file in (tmp_path / "gold" / "html").iterdir():
        assert file.stem.replace("-", "").isalnum()
    entry = json.loads((tmp_path / "gold" / "manifest.jsonl").read_text().splitlines()[0])
    assert entry["source"] == "a.zip::../../up.html"
    assert evaluate(POST, read_gold_set(tmp_path / "gold"), {"up": Answered()})
