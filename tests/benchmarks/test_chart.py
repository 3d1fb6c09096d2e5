"""The picture of the speed benchmark's results."""

from __future__ import annotations

from dataclasses import asdict
from xml.etree import ElementTree as ET

import pytest

from benchmarks.chart import bars, draw
from benchmarks.report import Row

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_the_seconds_of_engines_that_ran() -> None:
    rows = [
        Row("warm load (s)", 2.0),
        Row("seconds a page, ours", 5.0),
        Row("seconds a page, A", 15.0),
        Row("seconds a page, B", None),
    ]
    assert bars([asdict(row) for row in rows]) == [("ours", 5.0), ("A", 15.0)]


def test_bars_are_as_long_as_their_figures() -> None:
    root = ET.fromstring(draw([("ours", 5.0), ("A <& B", 15.0)]))
    _, ours, theirs = (float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect"))
    assert theirs / ours == pytest.approx(3, rel=0.01)
    assert [text.text for text in root.iter(f"{SVG}text")] == [
        "Fieldwise",
        "1.0 ×",
        "A <& B",
        "3.0 ×",
    ]


def test_nothing_measured_is_an_empty_picture() -> None:
    assert not list(ET.fromstring(draw([])).iter(f"{SVG}text"))
