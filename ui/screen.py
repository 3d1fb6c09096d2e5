"""The app's page: its screens as tabs, and what passes between them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from orchestration.desk.desk import Desk
from orchestration.desk.highlight import inert
from schemas.errors import FieldwiseError
from ui.filled import READ_FIELDS, Filled
from ui.gold import GoldScreen
from ui.jobs import JobsList
from ui.look import asset
from ui.pictures import Pictures
from ui.progress import note
from ui.results import Results, Seen, owner_of
from ui.review import ReviewScreen
from ui.start import QUIET, Changes, Start

__all__ = ["Screen"]

TITLE = (
    "<h1>Fieldwise</h1> <p>Structured fields from web pages, every value quoted from the page</p>"
)

SOON_S, LATER_S = 1.0, 5.0  # from one look to the next, while something runs and else


class Screen:
    """All components. A visitor's session holds no more than what it looks at."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._start = Start(desk)
        self._results = Results(desk)
        self._jobs = JobsList(desk)
        self._review = ReviewScreen(desk)
        self._pictures = Pictures(desk)
        self._gold = GoldScreen(desk)

    def draw(self) -> None:
        gr.HTML(TITLE, elem_id="title", js_on_load=asset("start.js"))
        with gr.Tabs(selected="start", elem_id="tabs") as self.tabs:
            with gr.Tab("New job", id="start"):
                self._start.draw()
            with gr.Tab("Results", id="results") as self.results_tab:
                self._results.draw()
            with gr.Tab("Review", id="review") as self.review_tab:
                self._review.draw()
            with gr.Tab("Pictures", id="pictures") as self.pictures_tab:
                self._pictures.draw()
            with gr.Tab("Gold", id="gold") as self.gold_tab:
                self._gold.draw()
            with gr.Tab("Jobs", id="jobs") as self.jobs_tab:
                self._jobs.draw()
        self.model = gr.HTML(self._model_line(), elem_id="model")
        self.timer = gr.Timer(SOON_S)

    def connect(self, blocks: gr.Blocks) -> None:
        results = self._results
        self._start.connect()
        results.connect()
        cleared = [
            results.order,
            results.picked,
            results.find,
            results.show,
            results.quote,
        ]
        opened = [self.tabs, self.model, self.timer, *cleared, *results.drawing]
        start = self._start
        waiting = [start.trouble, start.again, start.kept]
        self._start.run.click(
            self.begin, self._start.inputs, [*waiting, *opened], js=READ_FIELDS, **QUIET
        )
        state = [results.seen, results.order, results.picked, results.drawn]
        self.timer.tick(self.look, state, [self.model, self.timer, *results.drawing], **QUIET)
        looked = [self.model, self.timer, *results.drawing]
        self.results_tab.select(self.look, state, looked, **QUIET)  # after a review, say
        blocks.load(self.arrive, None, opened, **QUIET)
        self._jobs.connect(self.jobs_tab)
        self._review.connect(self.review_tab, results.seen)
        self._pictures.connect(self.pictures_tab, results.seen)
        self._gold.connect(self.gold_tab, results.seen)
        gold = self._gold
        gold.run.click(self.run_set, [results.seen, gold.set], [gold.said, *opened], **QUIET)
        planned = [start.plan, start.planned, start.estimate]
        used = [*self._jobs.outputs, *waiting, *planned, *opened]
        self._jobs.list.act(self.use_job, self._jobs.find, used, **QUIET)

    def begin(self, request: gr.Request, *given: Any) -> Changes:
        """Run was clicked; *given*: as `Start.inputs`."""
        filled, start, owner = Filled(*given), self._start, owner_of(request)
        try:
            kept = self._desk.job(filled.again, owner) if filled.again is not None else None
            self._desk.start(filled.asked(kept), owner)
        except FieldwiseError as error:
            return {start.trouble: note(error.explain(), trouble=True)}
        cleared = {start.trouble: "", start.again: None, start.kept: ""}
        return {**cleared, **self._show(Seen(), owner)}

    def arrive(self, request: gr.Request) -> Changes:
        """A new tab: straight to the job that runs, if one does."""
        run = self._desk.runs.latest(owner_of(request))
        if run is not None and not run.is_over:
            return self._show(Seen(), owner_of(request))
        return {self.model: self._model_line(), self.timer: self._timer(owner_of(request))}

    def look(
        self, seen: Seen, order: Any, picked: Any, drawn: str | None, request: gr.Request
    ) -> Changes:
        """How far everything is."""
        owner = owner_of(request)
        timer = self._timer(owner)
        try:
            changes = self._results.redraw(seen, order, picked, drawn, owner)
        except FieldwiseError as error:
            changes = self._results.gone(error)
        return {self.model: self._model_line(), self.timer: timer, **changes}

    def use_job(self, find: str, event: gr.EventData, request: gr.Request) -> Changes:
        """A button of the list of jobs."""
        owner = owner_of(request)
        try:
            if event.act == "open":
                return self._show(Seen(int(event.job), follow=False), owner)
            if event.act == "again":
                kept = self._start.keep(self._desk.job(int(event.job), owner))
                return {self.tabs: gr.Tabs(selected="start"), **kept}
            return self._jobs.act(find, event, owner)
        except FieldwiseError as error:
            return {self._jobs.trouble: note(error.explain(), trouble=True)}

    def run_set(self, seen: Seen, file: str | None, request: gr.Request) -> Changes:
        """The pages of a gold set, with the fields of the open job."""
        owner = owner_of(request)
        try:
            self._desk.start(self._gold.asked(seen, file, owner), owner)
        except FieldwiseError as error:
            return {self._gold.said: note(error.explain(), trouble=True)}
        return {self._gold.said: "", **self._show(Seen(), owner)}

    def _show(self, seen: Seen, owner: str) -> Changes:
        return {
            self.tabs: gr.Tabs(selected="results"),
            self.model: self._model_line(),
            self.timer: gr.Timer(SOON_S),
            **self._results.open(seen, owner),
        }

    def _timer(self, owner: str) -> gr.Timer:
        """When to look again. Never stopped: the answer to a look before a run began may come after
        that of the run's beginning, and the tab would wait for ever."""
        run = self._desk.runs.latest(owner)
        waits = run is not None and not run.is_over
        return gr.Timer(SOON_S if waits or not self._desk.readiness.stage.over else LATER_S)

    def _model_line(self) -> str:
        """One quiet line on what runs where, and how far the model is."""
        stage = self._desk.readiness.stage.text
        return f"<span>{inert(stage)} · {inert(self._desk.where)}</span>"
