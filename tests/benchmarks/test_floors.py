"""Floors of quality: they hold, they rise, and they never fall."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import floors
from benchmarks.floors import Floor, digest, raised, shortfalls
from benchmarks.quality import SETS, measured, sample_of
from orchestration.evaluation.evaluate import GoldPage, evaluate
from schemas.record import Tier
from schemas.schema import Field, Schema
from schemas.source import resolve

FLOOR = Floor("abc", {"micro_f1": 0.8, "page_success": None})


def test_a_figure_at_its_floor_holds() -> None:
    assert not list(shortfalls(FLOOR, "abc", {"micro_f1": 0.8, "page_success": 0.1}))


@pytest.mark.parametrize(
    ("sample", "figures", "reason"),
    [
        ("abc", {"micro_f1": 0.7999}, "micro_f1 is 0.7999; its floor is 0.8000"),
        ("abc", {"page_success": 1.0}, "micro_f1 was not measured"),
        ("xyz", {"micro_f1": 0.9}, "other pages or gold"),
    ],
)
def test_a_lower_figure_other_pages_and_no_figure_do_not_hold(
    sample: str, figures: dict[str, float], reason: str
) -> None:
    assert reason in "; ".join(shortfalls(FLOOR, sample, figures))
    with pytest.raises(ValueError, match=reason):
        raised(FLOOR, sample, figures)


def test_floors_rise() -> None:
    higher = raised(FLOOR, "abc", {"micro_f1": 0.9, "page_success": 0.5})
    assert higher.figures == {"micro_f1": 0.9, "page_success": 0.5}
    assert raised(Floor(), "abc", {"micro_f1": 0.1}) == Floor("abc", {"micro_f1": 0.1})


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    floors.save({"jobs/auto": FLOOR}, tmp_path / "floors.json")
    assert floors.load(tmp_path / "floors.json") == {"jobs/auto": FLOOR}


def test_a_figure_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "floors.json").write_text(json.dumps({"jobs/auto": {"sample": "", "mikro_f1": 1}}))
    with pytest.raises(ValueError, match="mikro_f1"):
        floors.load(tmp_path / "floors.json")


def test_every_floor_is_of_a_set_and_a_tier_that_are_measured() -> None:
    tiers = {"auto", Tier.MARKUP, Tier.SMALL, Tier.LARGE}
    assert {tuple(name.split("/")) for name in floors.load()} <= {
        (name, str(tier)) for name in SETS for tier in tiers
    }


def test_another_page_or_other_gold_is_another_sample(tmp_path: Path) -> None:
    (tmp_path / "axe.html").write_text("<p>Axe")
    page = GoldPage("axe", {"title": "Axe"}, tmp_path / "axe.html")
    before = digest([page])
    assert digest([page]) == before
    assert digest([replace(page, gold={"title": "Saw"})]) != before
    (tmp_path / "axe.html").write_text("<p>Saw")
    assert digest([page]) != before


def test_records_recall_is_a_figure_of_lists_only() -> None:
    schema = Schema("tool", (Field("title"),))
    one, many = GoldPage("a", {"title": "Axe"}), GoldPage("b", {"items": [{"title": "Axe"}]})
    assert set(floors.figures(evaluate(schema, [one], {}))) == {"micro_f1", "page_success"}
    assert set(floors.figures(evaluate(schema, [many], {}))) == set(floors.FIGURES)


@pytest.mark.parametrize("name", SETS)
def test_the_markup_tier_keeps_its_floors(evaldata: Path, name: str) -> None:
    """No weights are needed for it. The other tiers are held by `python -m benchmarks.quality`."""
    known = floors.load()
    if f"{name}/markup" not in known:
        pytest.skip(f"no floor for the markup tier on {name}")
    pages = sample_of(evaldata, name)
    schema = resolve(str(evaldata / "schemas" / f"{SETS[name]}.json"))
    figures = floors.figures(measured(schema, pages, Tier.MARKUP))
    assert not list(shortfalls(known[f"{name}/markup"], digest(pages), figures))
