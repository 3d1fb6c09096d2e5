"""What is right, what is wrong, and what a report says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.evaluation.evaluate import GoldPage, answers_in, evaluate, read_gold_set, sampled
from orchestration.evaluation.scoring import Answered, FieldScore, Score, score_page
from schemas.errors import GoldError
from schemas.schema import Field, Kind, Schema

POST = Schema(
    "post",
    (
        Field("title"),
        Field("pay"),
        Field("seats", Kind.NUMBER),
        Field("posted", Kind.DATE),
        Field("link", Kind.URL),
        Field("skills", many=True),
    ),
)


def score(gold: dict[str, Any], values: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Right, wrong and missed of each field that the gold has a say on."""
    page = score_page(POST, gold, Answered([values]))
    return {
        name: (counts.right, counts.wrong, counts.missed)
        for name, counts in page.fields.items()
        if counts.asked
    }


RIGHT, WRONG, MISSED, INVENTED, NOTHING = (1, 0, 0), (0, 1, 1), (0, 0, 1), (0, 1, 0), (0, 0, 0)


@pytest.mark.parametrize(
    ("field", "want", "got", "counts"),
    [
        ("title", "Head Gardener", "head  gardener!", RIGHT),
        ("title", "Head Gardener", "Gardener", WRONG),
        ("title", "Head Gardener", None, MISSED),
        ("title", None, "Gardener", INVENTED),
        ("title", None, None, NOTHING),
        ("title", "Gardener", "", MISSED),
        ("title", "Gardener", ["Gardener", "Cook"], RIGHT),
        ("title", ["Gardener", "Head Gardener"], "Head Gardener", RIGHT),
        ("seats", 3, "3.0", RIGHT),
        ("seats", 3, "three", WRONG),
        ("posted", "2026-04-01", "2026-04-01T09:00:00", RIGHT),
        ("posted", "2026-04-01", "2026-04-02", WRONG),
        ("link", "https://a.org/x/", "https://a.org/x#top", RIGHT),
        ("skills", ["oak", "ash"], ["Ash", "elm"], (1, 1, 1)),
        ("skills", "oak", ["oak"], RIGHT),
        ("skills", [], ["oak"], INVENTED),
        ("skills", ["17"], 17, RIGHT),
    ],
)
def test_a_value_is_right_wrong_or_missed(
    field: str, want: Any, got: Any, counts: tuple[int, int, int]
) -> None:
    assert score({field: want}, {field: got}) == {field: counts}


def test_other_answers_may_be_accepted() -> None:
    gold = {"title": "Gardener", "title_accept": ["Gardener (Ghent)"]}
    assert score(gold, {"title": "Gardener, Ghent"}) == {"title": RIGHT}


def test_pay_in_other_words_is_right_where_both_amounts_are_said() -> None:
    gold = {"pay": "$60,000 to $75,500 a year", "pay_min": 60000, "pay_max": 75500}
    assert score(gold, {"pay": "60K - 75,500"}) == {"pay": RIGHT}
    assert score(gold, {"pay": "from 60K"}) == {"pay": WRONG}


def test_fields_that_the_gold_ignores_or_lacks_are_not_scored() -> None:
    gold = {"title": "Cook", "pay": None, "_ignore": ["pay"], "_note": "checked twice"}
    assert score(gold, {"title": "Cook", "pay": "9 EUR", "seats": 3}) == {"title": RIGHT}


def test_records_are_matched_by_what_they_share() -> None:
    gold = {"items": [{"title": "Cook", "seats": 2}, {"title": "Baker", "seats": 1}]}
    records: list[dict[str, Any]] = [
        {"title": "Baker", "seats": 1},
        {"title": "Chef", "seats": 2},
        {"title": "Extra"},
    ]
    page = score_page(POST, gold, Answered(records))
    assert (page.gold_records, page.given_records, page.found_records) == (2, 3, 1)
    assert not page.perfect


def gold_set(folder: Path) -> Path:
    (folder / "gold").mkdir()
    (folder / "html").mkdir()
    for name, price in (("axe", 12), ("saw", 20), ("rake", None)):
        (folder / "gold" / f"{name}.json").write_text(json.dumps({"price": price}))
        (folder / "html" / f"{name}.html").write_text(product(price))
    manifest = [{"id": "axe", "template": "shop"}, {"id": "saw", "site": "mill"}]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, manifest)))
    return folder


def product(price: int | None) -> str:
    markup = {"@type": "Product", "name": "Tool", "offers": {"price": price}}
    words = "A good tool for every garden, made of oak and steel. " * 4
    shown = f"<p>{price} EUR</p>" if price else ""
    return (
        f'<script type="application/ld+json">{json.dumps(markup)}</script>'
        f"<h1>Tool</h1>{shown}<p>{words}</p>"
    )


def test_a_set_is_read_with_its_groups(tmp_path: Path) -> None:
    pages = read_gold_set(gold_set(tmp_path))
    assert [(page.name, page.group) for page in pages] == [
        ("axe", "shop"),
        ("rake", "-"),
        ("saw", "mill"),
    ]
    assert all(page.page and page.page.is_file() for page in pages)


def test_a_folder_without_gold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"no gold/\*\.json"):
        read_gold_set(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"), [("gold/axe.json", "[1]"), ("gold/axe.json", "{"), ("manifest.jsonl", "{}")]
)
def test_a_broken_set_is_refused_with_the_file(tmp_path: Path, file: str, text: str) -> None:
    gold_set(tmp_path)
    (tmp_path / file).write_text(text)
    with pytest.raises(GoldError, match=file.split("/")[-1]):
        read_gold_set(tmp_path)


def test_a_sample_takes_pages_of_every_group(tmp_path: Path) -> None:
    pages = read_gold_set(gold_set(tmp_path))
    assert [page.name for page in sampled(pages, each=1)] == ["axe", "rake", "saw"]
    assert len(sampled(pages * 3, each=2)) == 6


def fieldwise(tmp_path: Path, *arguments: str) -> Result:
    names = ("CACHE_DIR", "DATA_DIR")
    environment = {f"FIELDWISE_{name}": str(tmp_path / name) for name in names}
    return CliRunner().invoke(app, arguments, env=environment | {"FIELDWISE_OFFLINE": "1"})


def test_the_command_runs_scores_and_uses_a_job_again(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    command = ["evaluate", str(folder), "--schema", "price number", "--tier", "markup"]
    first = fieldwise(tmp_path, *command, "--job", "tools", "--json", "--quiet")
    assert first.exit_code == 0, first.output
    report = json.loads(first.stdout)
    assert report["micro"]["f1"] == 1.0
    assert report["groups"]["shop"] == {"pages": 1, "perfect": 1, "micro_f1": 1.0}
    for page in (folder / "html").iterdir():
        page.unlink()
    again = fieldwise(tmp_path, *command, "--job", "tools", "--quiet")
    assert again.exit_code == 0
    assert "micro-F1 1.000" in again.stdout


def test_the_command_saves_pictures_of_a_run(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    command = ["evaluate", str(folder), "--schema", "price number", "--tier", "markup"]
    done = fieldwise(tmp_path, *command, "--quiet", "--pictures", str(tmp_path / "pictures"))
    assert done.exit_code == 0, done.output
    names = sorted(file.name for file in (tmp_path / "pictures").iterdir())
    assert names == ["confidence.png", "coverage.png", "reliability.png", "tiers.png", "time.png"]
    (tmp_path / "out.jsonl").write_text("")
    shape = ["--results", str(tmp_path / "out.jsonl"), "--pictures", str(tmp_path / "more")]
    refused = fieldwise(tmp_path, *command, *shape)
    assert (refused.exit_code, (tmp_path / "more").exists()) == (2, False)


def test_the_command_scores_an_export(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    line = {"source": "some/axe.html", "records": [{"values": {"price": 13}, "evidence": {}}]}
    (tmp_path / "out.jsonl").write_text(json.dumps(line))
    shape = ["--schema", "price number", "--results", str(tmp_path / "out.jsonl")]
    done = fieldwise(tmp_path, "evaluate", str(folder), *shape)
    assert "no result for saw: counted as saying nothing" in done.stdout
    assert "micro-F1 0.000" in done.stdout


def test_gold_that_knows_no_field_of_the_schema_is_refused_not_perfect(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    shape = ["--schema", "colour, weight number", "--tier", "markup", "--quiet"]
    done = fieldwise(tmp_path, "evaluate", str(folder), *shape)
    assert done.exit_code == 2
    assert "says nothing of colour, weight" in done.stderr
    assert "its fields are price" in done.stderr


def test_a_field_that_no_gold_names_is_said_to_be_unscored(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    (tmp_path / "out.jsonl").write_text("")
    shape = ["--schema", "price number, colour", "--results", str(tmp_path / "out.jsonl")]
    done = fieldwise(tmp_path, "evaluate", str(folder), *shape)
    assert "not scored, the gold never names them: colour\n" in done.stdout


def test_gold_of_other_fields_and_of_lists_is_said_to_be_so() -> None:
    items = [{"title": "Cook", "pay_accept": [], "start": "May"}, {"title": "Baker"}]
    gold = [GoldPage("a", {"items": items, "_note": "x"}), GoldPage("b", {"items": items[:1]})]
    post = Schema("post", (Field("title"), Field("pay")))
    report = evaluate(post, gold, {"a": Answered([{"title": "Cook"}])})
    assert report.plain()["notes"] == [
        "not scored, the gold never names them: pay (it names pay_accept, start; "
        "name the same ones in the schema)",
        "the gold lists 3 records on 2 pages, the schema asks for one a page: "
        'ask for a list ("type": "array") to find more',
    ]
    many = Schema("posts", (Field("title"),), many=True)
    assert evaluate(many, gold, {}).notes == ()
    single = [*gold, GoldPage("c", {"title": "Cook"})]
    assert evaluate(many, single, {}).notes == (
        "the gold of 1 pages is one record: of a list only its first is compared",
    )


def test_pages_without_gold_are_counted_and_named(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    (folder / "html" / "hoe.html").write_text(product(3))
    (tmp_path / "out.jsonl").write_text("")
    shape = ["--schema", "price number", "--results", str(tmp_path / "out.jsonl")]
    done = fieldwise(tmp_path, "evaluate", str(folder), *shape)
    assert "1 pages without gold are left out: hoe" in done.stderr


def test_the_interval_holds_the_figure_where_nothing_was_there_or_said() -> None:
    report = evaluate(POST, [GoldPage("empty", {"title": None})], {})
    assert (report.score.micro.f1, report.interval) == (1.0, (1.0, 1.0))


def test_line_ends_of_unicode_may_stand_inside_an_export(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    line = {"source": "axe.html", "records": [{"values": {"title": "a\u2028b\x85c"}}]}
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", "utf-8")
    assert answers_in(file)["axe"].records == [{"title": "a\u2028b\x85c"}]


def results_file(tmp_path: Path, *sources: str) -> Path:
    file = tmp_path / "out.jsonl"
    lines = [{"source": s, "records": [{"values": {"title": s}}]} for s in sources]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_two_results_of_one_name_are_refused_not_the_last_taken(tmp_path: Path) -> None:
    file = results_file(tmp_path, "a/axe.html", "b/axe.html", "c/saw.html", "d/saw.html")
    with pytest.raises(GoldError, match=r"2 results are of a page 'axe': a/axe\.html, b/axe\.html"):
        answers_in(file, [GoldPage("axe", {})])
    assert answers_in(file, [GoldPage("hoe", {})]) == {}


def test_two_results_of_one_very_page_are_refused_too(tmp_path: Path) -> None:
    own = GoldPage("axe", {}, Path("html/axe.html"), source="https://ex.org/axe")
    twice = results_file(tmp_path, "html/axe.html", "html/axe.html")
    with pytest.raises(GoldError, match="2 results are of a page 'axe'"):
        answers_in(twice, [own])
    both = results_file(tmp_path, "html/axe.html", "https://ex.org/axe")
    with pytest.raises(GoldError, match="2 results are of a page 'axe'"):
        answers_in(both, [own])


def test_of_two_results_of_one_name_that_of_the_very_page_counts(tmp_path: Path) -> None:
    file = results_file(tmp_path, "a/axe.html", "b/axe.html", "https://ex.org/buy?axe")
    own = GoldPage("axe", {}, Path("b/axe.html"))
    assert answers_in(file, [own])["axe"].records == [{"title": "b/axe.html"}]
    bought = GoldPage("ex-org-buy-axe", {}, source="https://ex.org/buy?axe")
    assert answers_in(file, [bought])["ex-org-buy-axe"].records


def test_a_mean_is_that_of_the_printed_figures() -> None:
    counts = {"title": FieldScore(3, 1, 1, 1), "pay": FieldScore(3, 2, 1, 1)}
    counts["link"] = FieldScore(6, 1, 3, 2)
    assert Score(fields=counts).macro_f1 == (0.5 + 0.6667 + 0.2857) / 3


def test_a_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    folder = gold_set(tmp_path)
    shape = ["--schema", "price number", "--results", str(folder / "manifest.jsonl")]
    done = fieldwise(tmp_path, "evaluate", str(folder), *shape)
    assert done.exit_code == 2
    assert "is not an export of results" in done.stderr


def test_the_gold_shown_in_the_document_scores_as_it_says() -> None:
    text = (Path(__file__).parents[3] / "docs" / "evaluate.md").read_text("utf-8")
    shown = next(line for line in text.splitlines() if line.startswith('    {"title"'))
    gold = json.loads(shown)
    schema = Schema("job", (Field("title"), Field("salary"), Field("skills", many=True)))
    values = gold | {"salary": "40k", "skills": ["grafting"]}
    page = score_page(schema, gold, Answered([values]))
    assert [(c.right, c.wrong, c.missed) for c in page.fields.values()] == [
        RIGHT,
        INVENTED,
        (1, 0, 1),
    ]
