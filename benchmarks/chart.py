"""How long each engine takes for a page as a chart, from the JSON of the speed benchmark.

    python -m benchmarks.chart benchmarks/results/speed.json docs/images/speed.svg

Times of our own are 1: seconds depend on the machine and what else it does, ratios hardly.
SVG written here: bars with their figures ask for no library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["bars", "draw"]

_MEASURE = "seconds a page, "
_WIDTH, _LINE, _BAR = 720, 44, 14  # pixels
_ROOM = 90  # beside the longest bar, for its figure
_INK, _OURS, _THEIRS, _PAPER = "#1f2328", "#1a7f5a", "#9aa4af", "#ffffff"


def bars(rows: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    """(engine, seconds a page) of the report's rows, in their order; what did not run has none."""
    return [
        (row["measure"].removeprefix(_MEASURE), row["value"])
        for row in rows
        if row["measure"].startswith(_MEASURE) and row["value"] is not None
    ]


def draw(engines: Sequence[tuple[str, float]]) -> str:
    """*engines* as an SVG picture: their seconds as times of "ours", which stands out.

    Where ours did not run, seconds are drawn as they are.
    """
    height = _LINE * len(engines) + 16
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {height}")
    root.set("font-family", "sans-serif")
    root.set("font-size", "14")
    ET.SubElement(root, "title").text = "Time for a page, less is better"
    # A background of its own: the text is dark, and pages that show it may be too.
    ET.SubElement(root, "rect", width=str(_WIDTH), height=str(height), fill=_PAPER)
    unit = dict(engines).get("ours", 1.0)
    longest = max((seconds for _, seconds in engines), default=1.0)
    for place, (name, seconds) in enumerate(engines):
        width = (_WIDTH - _ROOM - 16) * seconds / longest
        _bar(root, 8 + place * _LINE, name, seconds / unit, width)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _bar(root: ET.Element, top: int, name: str, times: float, width: float) -> None:
    label = "Fieldwise" if name == "ours" else name
    ET.SubElement(root, "text", x="16", y=str(top + 16), fill=_INK).text = label
    size = {"x": "16", "y": str(top + 22), "width": f"{width:.1f}", "height": str(_BAR)}
    ET.SubElement(root, "rect", size, fill=_OURS if name == "ours" else _THEIRS)
    figure = ET.SubElement(root, "text", x=f"{16 + width + 6:.1f}", y=str(top + 34), fill=_INK)
    figure.text = f"{times:.1f} ×"


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    report = json.loads(source.read_text("utf-8"))
    target.write_text(draw(bars(report["rows"])), "utf-8")


if __name__ == "__main__":
    main()
