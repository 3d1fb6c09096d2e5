"""Charts as PNG pictures, drawn by Pillow alone: bars and points ask for no more."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from orchestration.charts import Bars, Curve
from schemas.errors import StoreError

__all__ = ["draw", "save_charts"]

_SCALE = 2  # pixels a unit, for screens that are sharp
_WIDTH, _LINE, _BAR = 900, 34, 18
_LABELS, _FIGURES, _MARGIN, _HEAD = 210, 90, 24, 96
_SIDE = 420  # of a curve's square
_INK, _FAINT, _PAPER = "#1f2328", "#d0d7de", "#ffffff"
# Okabe and Ito 2008, told apart by people who see few colours too: https://jfly.uni-koeln.de/color
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
_ABSENT = "#d0d7de"
_LONGEST = 26  # signs of a label

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def save_charts(charts: Iterable[Bars | Curve], folder: Path) -> list[Path]:
    """Write each of *charts* into *folder*, which is made, as `NAME.png`; returns the files.

    Raises:
        StoreError: they cannot be written.
    """
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for chart in charts:
            files.append(folder / f"{chart.name}.png")
            draw(chart).save(files[-1], optimize=True)
    except OSError as error:
        raise StoreError(
            f"cannot write pictures into {folder}: {error.strerror or error}",
            hint="name a new folder, or one that can be written, on a disk that has room",
        ) from error
    return files


def draw(chart: Bars | Curve) -> Image.Image:
    """*chart* as a picture, dark on white."""
    return _bars(chart) if isinstance(chart, Bars) else _curve(chart)


class _Sheet:
    """A white picture, measured in units of `_SCALE` pixels."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.image = Image.new("RGB", (width * _SCALE, height * _SCALE), _PAPER)
        self._pen = ImageDraw.Draw(self.image)
        self.text(_MARGIN, 30, title, size=19)

    def text(self, x: float, y: float, text: str, *, size: int = 14, anchor: str = "lm") -> None:
        """*text* by its middle line at *y*; *anchor* as Pillow has it."""
        shown = "".join(sign if sign.isprintable() else " " for sign in text)
        font: _Font = ImageFont.load_default(size * _SCALE)
        self._pen.text((x * _SCALE, y * _SCALE), shown, _INK, font, anchor)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        if width > 0:
            edges = (x, y, x + width, y + height)
            self._pen.rectangle([edge * _SCALE for edge in edges], colour)

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: str = _FAINT) -> None:
        ends = [edge * _SCALE for edge in (x, y, to_x, to_y)]
        self._pen.line(ends, colour, width=_SCALE)

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        edges = (x - radius, y - radius, x + radius, y + radius)
        self._pen.ellipse([edge * _SCALE for edge in edges], colour)

    def length(self, text: str, size: int = 14) -> float:
        font: _Font = ImageFont.load_default(size * _SCALE)
        return font.getlength(text) / _SCALE


def _bars(chart: Bars) -> Image.Image:
    height = _HEAD + _LINE * len(chart.rows) + _MARGIN
    sheet = _Sheet(_WIDTH, height, chart.title)
    if len(chart.parts) > 1:
        _legend(sheet, chart.parts)
    longest = max((sum(amounts) for _, amounts in chart.rows), default=0) or 1
    room = _WIDTH - 2 * _MARGIN - _LABELS - _FIGURES
    for place, (label, amounts) in enumerate(chart.rows):
        middle = _HEAD + place * _LINE
        sheet.text(_MARGIN + _LABELS - 10, middle, _short(label), anchor="rm")
        left = float(_MARGIN + _LABELS)
        for number, (part, amount) in enumerate(zip(chart.parts, amounts, strict=True)):
            width = room * amount / longest
            sheet.box(left, middle - _BAR / 2, width, _BAR, _colour(part, number))
            left += width
        sheet.text(left + 8, middle, _figure(chart, amounts))
    return sheet.image


def _legend(sheet: _Sheet, parts: Iterable[str]) -> None:
    left = float(_MARGIN)
    for number, part in enumerate(parts):
        sheet.box(left, 55, 12, 12, _colour(part, number))
        sheet.text(left + 18, 61, part)
        left += 18 + sheet.length(part) + 22


def _colour(part: str, number: int) -> str:
    return _ABSENT if part == "absent" else _COLOURS[number % len(_COLOURS)]


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _figure(chart: Bars, amounts: tuple[float, ...]) -> str:
    """What stands at a bar's end: of shares what is not absent, if any can be; else the sum."""
    if chart.unit == "%" and "absent" not in chart.parts:
        return ""
    if chart.unit == "%":
        stated = sum(a for part, a in zip(chart.parts, amounts, strict=True) if part != "absent")
        return f"{stated:.0f} %"
    total = sum(amounts)
    return f"{total:,.2f} s" if chart.unit == "s" else f"{total:,.0f}"


def _curve(chart: Curve) -> Image.Image:
    left, top = 90, 80
    sheet = _Sheet(_WIDTH, top + _SIDE + 80, chart.title)
    for step in range(11):
        along = _SIDE * step / 10
        sheet.line(left, top + along, left + _SIDE, top + along)
        sheet.line(left + along, top, left + along, top + _SIDE)
        if step % 2 == 0:
            sheet.text(left - 10, top + _SIDE - along, f"{step / 10:.1f}", anchor="rm")
            sheet.text(left + along, top + _SIDE + 16, f"{step / 10:.1f}", anchor="mm")
    sheet.line(left, top + _SIDE, left + _SIDE, top, _INK)
    most = max((count for _, _, count in chart.points), default=1)
    places = [(left + _SIDE * x, top + _SIDE * (1 - y), n) for x, y, n in chart.points]
    for (x, y, _), (then_x, then_y, _) in pairwise(places):
        sheet.line(x, y, then_x, then_y, _COLOURS[0])
    for x, y, count in places:
        sheet.dot(x, y, 4 + 5 * count / most, _COLOURS[0])
    sheet.text(left + _SIDE / 2, top + _SIDE + 46, chart.x, anchor="mm")
    sheet.text(left + _SIDE + 20, top + 20, f"up: {chart.y}")
    sheet.text(left + _SIDE + 20, top + 44, "line: as sure as right")
    return sheet.image
