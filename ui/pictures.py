"""A job's figures as bars: coverage by field, tiers, confidence, time and tokens."""

from __future__ import annotations

import gradio as gr

from orchestration.charts import Bars, Curve
from orchestration.desk.desk import Desk
from orchestration.desk.highlight import inert
from schemas.errors import FieldwiseError
from ui.progress import note
from ui.results import Seen, owner_of
from ui.start import QUIET, Changes

__all__ = ["Pictures", "bars", "curve"]

NOTHING = note("Open a job first: its figures come here.")
HUES = 6  # colours in the style sheet


class Pictures:
    """The components of the screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        self.panel = gr.HTML(NOTHING, elem_id="pictures")

    def connect(self, tab: gr.Tab, seen: gr.State) -> None:
        tab.select(self.open, seen, self.panel, **QUIET)

    def open(self, seen: Seen, request: gr.Request) -> Changes:
        """The tab was opened: the figures of the job as it is now."""
        if seen.job is None:
            return {self.panel: NOTHING}
        try:
            charts = self._desk.charts(self._desk.job(seen.job, owner_of(request)))
        except FieldwiseError as error:
            return {self.panel: note(error.explain(), trouble=True)}
        drawn = "".join(bars(chart) for chart in charts)
        shown = f'<div class="pictures">{drawn}</div>' if drawn else note("No page has ended yet.")
        return {self.panel: shown}


def bars(chart: Bars) -> str:
    """*chart* as an HTML table: a bar in colours, and beside it the same in numbers."""
    most = max((sum(amounts) for _, amounts in chart.rows), default=0) or 1
    rows = "".join(_row(chart, label, amounts, most) for label, amounts in chart.rows)
    legend = "".join(
        f'<span><i class="hue{number % HUES}"></i>{inert(part)}</span>'
        for number, part in enumerate(chart.parts)
    )
    key = f'<p class="legend">{legend}</p>' if len(chart.parts) > 1 or chart.unit == "%" else ""
    return (
        f"<figure><figcaption>{inert(chart.title)}</figcaption>{key}<table>{rows}</table></figure>"
    )


def curve(chart: Curve) -> str:
    """*chart* as a drawing over its diagonal, and below it the same in numbers."""
    points = [(20 + 200 * x, 210 - 200 * y, count) for x, y, count in chart.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y, _ in points)
    heads = "".join(f'<th scope="col">{inert(head)}</th>' for head in (chart.x, chart.y, "answers"))
    rows = "".join(
        f"<tr><td>{x:.2f}</td><td>{y:.2f}</td><td>{count:,}</td></tr>"
        for x, y, count in chart.points
    )
    return (
        f"<figure><figcaption>{inert(chart.title)}</figcaption>"
        '<svg class="curve" viewBox="0 0 230 240" aria-hidden="true">'
        '<rect x="20" y="10" width="200" height="200"/><path d="M20 210L220 10"/>'
        f'<polyline points="{line}"/>{dots}'
        '<text x="20" y="224">0</text><text x="214" y="224">1</text>'
        '<text x="8" y="18">1</text><text x="8" y="212">0</text>'
        f'<text x="120" y="235" text-anchor="middle">{inert(chart.x)}</text>'
        f'<text transform="translate(12 110) rotate(-90)" text-anchor="middle">{inert(chart.y)}'
        f"</text></svg><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></figure>"
    )


def _row(chart: Bars, label: str, amounts: tuple[float, ...], most: float) -> str:
    parts = "".join(
        f'<i class="hue{number % HUES}" style="width:{100 * amount / most:.2f}%"></i>'
        for number, amount in enumerate(amounts)
        if amount
    )
    return (
        f'<tr><th scope="row">{inert(label)}</th>'
        f'<td class="bar" aria-hidden="true"><div>{parts}</div></td>'
        f"<td>{inert(_words(chart, amounts))}</td></tr>"
    )


def _words(chart: Bars, amounts: tuple[float, ...]) -> str:
    """The numbers; which part each is of, where there are several."""
    said = [
        f"{part} {_number(amount, chart.unit)}"
        if len(chart.parts) > 1
        else _number(amount, chart.unit)
        for part, amount in zip(chart.parts, amounts, strict=True)
        if amount
    ]
    return ", ".join(said) or "none"


def _number(amount: float, unit: str) -> str:
    if unit == "%":
        return f"{amount:.0f} %"
    text = f"{amount:,.2f}" if amount < 10 and amount != int(amount) else f"{amount:,.0f}"
    return f"{text} {unit}".strip()
