"""Figures of a job, and pictures of them whose bars are as long as the figures say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from orchestration.chart_png import draw, save_charts
from orchestration.charts import Bars, Curve, charts_of, reliability_of
from orchestration.evaluation.reliability import Judged
from orchestration.storage.corrections import MISSING
from schemas.errors import StoreError
from schemas.record import (
    ABSENT,
    Cost,
    PageResult,
    PageStatus,
    Record,
    Tier,
    Tokens,
    ValueStatus,
)
from schemas.schema import Field, Schema
from tests.orchestration.samples import BAKER, BARE, JOBS, found

TITLES = Schema("post", (Field("title"),))
BLUE, GREY, WHITE = (0, 0x72, 0xB2), (0xD0, 0xD7, 0xDE), (255, 255, 255)


def page(*records: Record, **more: object) -> PageResult:
    return PageResult("a", PageStatus.OK, records, **more)  # type: ignore[arg-type]


def charts(schema: Schema, *results: PageResult) -> dict[str, Bars]:
    return {chart.name: chart for chart in charts_of(schema, results)}


def titled(value: object) -> Record:
    return Record({"title": value}, "u")  # type: ignore[dict-item]


def test_coverage_is_the_share_of_records_that_say_a_field() -> None:
    chart = charts(JOBS, page(BAKER, BARE), page(BAKER))["coverage"]
    rows = dict(chart.rows)
    assert list(rows) == ["title", "pay", "tags", "place"]
    assert rows["tags"] == pytest.approx((200 / 3, 0, 0, 100 / 3))


def test_what_people_said_and_conflicts_are_told_apart() -> None:
    conflict = replace(found("Cook"), status=ValueStatus.CONFLICT)
    typed = replace(found("Cook"), tier=Tier.PERSON, evidence=None)
    records = map(titled, (found("Cook"), conflict, typed, MISSING, ABSENT))
    assert charts(TITLES, page(*records))["coverage"].rows == (("title", (20, 40, 20, 20)),)


def test_tiers_confidence_time_and_tokens() -> None:
    sure = replace(found("Cook"), tier=Tier.LARGE, confidence=1.0)
    results = [
        page(titled(found("Baker")), seconds={"read": 1.0, "worker": 3.0}),
        page(titled(sure), seconds={"read": 1.0}, spent={Tier.LARGE: Cost(Tokens(80, 20), 1.0)}),
    ]
    made = charts(TITLES, *results)
    assert list(made["tiers"].parts) == ["small", "large"]
    assert list(made["tiers"].rows) == [("title", (50, 50))]
    assert [n for _, (n,) in made["confidence"].rows] == [0, 0, 0, 0, 0, 0, 0, 1, 0, 1]
    assert list(made["time"].rows) == [("read", (1.0,)), ("worker", (1.5,))]
    assert list(made["tokens"].rows) == [("large", (40, 10))]


def test_a_chart_with_nothing_in_it_is_left_out() -> None:
    assert charts(TITLES) == {}
    assert set(charts(TITLES, page(titled(ABSENT)))) == {"coverage"}


def test_reliability_says_how_often_the_sure_are_right() -> None:
    answers = [
        Judged("a", "-", Field("title"), sure, right, False, Tier.LARGE)
        for sure, right in [(0.2, False)] * 10 + [(0.9, True)] * 10
    ]
    curve = reliability_of(answers)
    assert list(curve.points[0]) == pytest.approx([0.2, 0.0, 2])
    assert list(curve.points[-1]) == pytest.approx([0.9, 1.0, 2])
    assert "0.150, 20 answers" in curve.title


def test_a_bar_is_as_long_as_its_share() -> None:
    chart = Bars("c", "Coverage", ("found", "absent"), (("title", (25.0, 75.0)),), "%")
    picture = draw(chart)
    middle = [picture.getpixel((x, 96 * 2)) for x in range(picture.width)]
    blue, grey = middle.count(BLUE), middle.count(GREY)
    assert blue / (blue + grey) == pytest.approx(0.25, abs=0.01)


def test_pictures_are_png_files_under_their_charts_names(tmp_path: Path) -> None:
    curve = Curve("reliability", "R", ((0.1, 0.2, 3), (0.9, 0.8, 5)), "confidence", "right")
    bars = Bars("tiers", "求人 \x1b[31m", ("a",), (("=1+1 " * 20, (0.0,)),))
    files = save_charts([bars, curve], tmp_path / "new" / "folder")
    assert [file.name for file in files] == ["tiers.png", "reliability.png"]
    for file in files:
        with Image.open(file) as picture:
            assert (picture.format, picture.getpixel((0, 0))) == ("PNG", WHITE)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write pictures"):
        save_charts([Bars("c", "C", ("a",), ())], tmp_path / "file" / "x")
