"""The gold screen: the reviewed job as a gold set, and how right a job is."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from orchestration.charts import reliability_of
from orchestration.desk.desk import Desk
from orchestration.desk.gold_desk import Scored
from orchestration.desk.highlight import inert
from orchestration.desk.runs import Asked
from orchestration.evaluation.evaluate import Report
from orchestration.evaluation.gold import SavedGold
from orchestration.storage.store import Job
from schemas.errors import FieldwiseError, GoldError
from ui.pictures import curve
from ui.progress import note
from ui.results import Seen, owner_of
from ui.start import QUIET, Changes

__all__ = ["GoldScreen", "scored"]

NOTHING = note("Open a job first: what people said of its values becomes a gold set here.")
DOWNLOAD = (
    "() => setTimeout(() => document.querySelector('#gold-ready a, #gold-ready')?.click(), 60)"
)
MOST_SAID = 5  # pages left out that are named


class GoldScreen:
    """The components of the screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        self.of = gr.HTML(NOTHING, elem_id="gold-of")
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                self._draw_save()
            with gr.Column(scale=1, min_width=300):
                self._draw_score()
        self.said = gr.HTML("", elem_id="gold-said")
        self.report = gr.HTML("", elem_id="gold-report")
        self.ready = gr.DownloadButton("file", visible="hidden", elem_id="gold-ready")

    def _draw_save(self) -> None:
        gr.HTML("<h2>Save the review</h2>")
        self.everything = gr.Checkbox(
            label="what nobody looked at counts as right too", value=False, elem_id="everything"
        )
        self.save = gr.Button("Save as a gold set (ZIP)", size="sm", elem_id="save-gold")

    def _draw_score(self) -> None:
        gr.HTML("<h2>Score the job</h2>")
        self.set = gr.File(
            label="a gold set (ZIP)",
            file_types=[".zip"],
            height=140,
            elem_id="gold-set",
        )
        gr.HTML(note("Without a set, the job is held against what people said of it here."))
        with gr.Row():
            self.score = gr.Button("Score", variant="primary", size="sm", elem_id="score")
            self.run = gr.Button("Run the pages of the set", size="sm", elem_id="run-set")

    def connect(self, tab: gr.Tab, seen: gr.State) -> None:
        tab.select(self.open, seen, [self.of, self.said, self.report], **QUIET)
        saved = self.save.click(
            self.save_set, [seen, self.everything], [self.ready, self.said], **QUIET
        )
        saved.success(None, None, None, js=DOWNLOAD, **QUIET)
        asked = [seen, self.set, self.everything]
        self.score.click(self.score_job, asked, [self.said, self.report], **QUIET)

    def open(self, seen: Seen, request: gr.Request) -> Changes:
        """The tab was opened: say which job this is about."""
        cleared: Changes = {self.said: "", self.report: ""}
        try:
            job = self._job(seen, owner_of(request))
        except FieldwiseError:
            return {self.of: NOTHING, **cleared}
        return {self.of: note(f"About the job {job.name}"), **cleared}

    def save_set(self, seen: Seen, everything: bool, request: gr.Request) -> Changes:
        try:
            job = self._job(seen, owner_of(request))
            file, saved = self._desk.gold.save(job, everything=everything)
        except FieldwiseError as error:
            raise gr.Error(error.explain(), print_exception=False) from error
        return {self.ready: gr.DownloadButton(value=str(file)), self.said: _saved(saved)}

    def score_job(
        self, seen: Seen, file: str | None, everything: bool, request: gr.Request
    ) -> Changes:
        """The open job's answers, held against the set or else against its own review."""
        try:
            job = self._job(seen, owner_of(request))
            packed = Path(file) if file else None
            found = self._desk.gold.score(job, packed, everything=everything)
        except FieldwiseError as error:
            return {self.said: note(error.explain(), trouble=True), self.report: ""}
        return {self.said: "", self.report: scored(found)}

    def asked(self, seen: Seen, file: str | None, owner: str) -> Asked:
        """A run of the set's pages. Raises FieldwiseError where there is no set, or no job."""
        if not file:
            raise GoldError("there is no gold set", hint="upload one as a ZIP first")
        return self._desk.gold.asked(self._job(seen, owner), Path(file))

    def _job(self, seen: Seen, owner: str) -> Job:
        if seen.job is None:
            raise GoldError("no job is open", hint="run one, or open one in the list of jobs")
        return self._desk.job(seen.job, owner)


def _saved(saved: SavedGold) -> str:
    text = note(f"{saved.pages:,} pages are in the gold set.")
    left = [f"{source}: {why}" for source, why in saved.left_out[:MOST_SAID]]
    if more := len(saved.left_out) - MOST_SAID:
        left += [f"and {more:,} more"] if more > 0 else []
    return text + "".join(note(f"Left out: {line}") for line in left)


def scored(found: Scored) -> str:
    """The report as figures, a table of fields, and how far the confidences can be trusted."""
    drawn = curve(reliability_of(found.answers)) if found.answers else ""
    return f'{_figures(found.report)}<div class="pictures">{_fields(found.report)}{drawn}</div>'


def _figures(report: Report) -> str:
    score, (low, high) = report.score, report.interval
    parts = [
        f"page success {score.page_success:.0%} of {score.pages:,} pages",
        f"F1 {score.micro.f1:.3f} (95 % interval {low:.3f} to {high:.3f})",
    ]
    if score.record_recall is not None:
        parts.append(f"record recall {score.record_recall:.3f}")
    if report.unanswered:
        parts.append(f"{len(report.unanswered):,} pages of the set are not in the job")
    if report.unscored:
        parts.append(f"no gold for {', '.join(report.unscored)}")
    return f'<p class="figures">{inert(" · ".join(parts))}</p>'


def _fields(report: Report) -> str:
    heads = ("field", "in gold", "precision", "recall", "F1", "")
    cells = "".join(f'<th scope="col">{head or UNSEEN}</th>' for head in heads)
    rows = "".join(
        f'<tr><th scope="row">{inert(name)}</th><td>{one.asked:,}</td><td>{one.precision:.2f}</td>'
        f"<td>{one.recall:.2f}</td><td>{one.f1:.2f}</td>"
        '<td class="bar" aria-hidden="true"><div>'
        f'<i class="hue0" style="width:{100 * one.f1:.1f}%"></i></div></td></tr>'
        for name, one in report.score.fields.items()
        if one.asked
    )
    return (
        "<figure><figcaption>Precision, recall and F1 of each field</figcaption>"
        f'<table class="fields"><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>'
        "</figure>"
    )


UNSEEN = '<span class="unseen">F1 as a bar</span>'
