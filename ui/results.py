"""The results screen: how far the job is, its table, what stands behind a cell, and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from orchestration.desk.desk import Desk
from orchestration.desk.runs import Run
from orchestration.desk.sheet import FIXED, Order, Sheet, Show, record_of, values_at
from orchestration.exports.export import Format
from orchestration.storage.store import Job
from schemas.errors import FieldwiseError, StoreError
from schemas.record import ABSENT
from ui.evidence import Pick, evidence
from ui.grid import LEGEND, grid, pager
from ui.look import asset
from ui.progress import note, progress
from ui.start import QUIET, Changes

__all__ = ["Results", "Seen", "owner_of"]

ROWS = 100  # of the table that are drawn at once
ANYWHERE = "any column"
TEXT, PAGE = "its text", "as it looks"
HELLO = note(
    "Nothing is open yet: run a job, or open an earlier one under Jobs. Rows appear here as pages"
    " are read; a click on a value shows where the page says it."
)
DOWNLOAD = (
    "() => setTimeout(() => document.querySelector('#ready a, a#ready, #ready')?.click(), 60)"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a tab looks at: the job of that id; `follow`: the visitor's job that runs."""

    job: int | None = None
    follow: bool = True


Picked = tuple[str, int] | None
"""The place ("3:0") and column of the cell that is open."""


def owner_of(request: gr.Request) -> str:
    """Who is signed in; "" where nobody has to."""
    return request.username or ""


class Results:
    """The components of the screen. A tab holds what it looks at; the rows are the desk's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        self.seen = gr.State(Seen())
        self.order = gr.State(Order())
        self.picked = gr.State(None)
        # In the browser, beside what it tells of: answers may arrive in another order than they
        # were made in, and the server would then know of one that an older one has covered.
        self.drawn = gr.Textbox(visible=False)
        with gr.Row():
            self.status = gr.HTML(HELLO, elem_id="status")
            self.stop = gr.Button(
                "Stop", elem_id="stop", size="sm", min_width=90, scale=0, interactive=False
            )
        self._draw_filters()
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=320):
                self.table = gr.HTML("", elem_id="grid", js_on_load=asset("grid.js"))
                self.pages = gr.HTML("", elem_id="pager", js_on_load=asset("grid.js"))
                gr.HTML(
                    f"<details><summary>What the signs say</summary>{LEGEND}</details>",
                    elem_id="signs",
                )
                self._draw_downloads()
            with gr.Column(scale=2, min_width=320, elem_id="side"):
                self.view = gr.Radio([TEXT, PAGE], value=TEXT, label="The page", elem_id="view")
                self.quote = gr.HTML("", elem_id="quote", js_on_load=asset("evidence.js"))

    def _draw_filters(self) -> None:
        with gr.Row(elem_id="filters"):
            self.find = gr.Textbox(label="Find", value="", elem_id="find", scale=2, min_width=160)
            self.within = gr.Dropdown(
                [ANYWHERE], value=ANYWHERE, label="in", elem_id="within", min_width=130
            )
            self.show = gr.Dropdown(
                [show.value for show in Show],
                value=Show.ALL.value,
                label="Show",
                elem_id="show",
                min_width=150,
            )

    def _draw_downloads(self) -> None:
        with gr.Row(elem_id="downloads"):
            self.evidence = gr.Checkbox(
                label="with evidence", value=False, elem_id="evidence", min_width=120
            )
            self.buttons = {
                format: gr.Button(
                    format.value.upper(),
                    size="sm",
                    min_width=70,
                    elem_id=format.value,
                    interactive=False,
                )
                for format in Format
            }
        self.ready = gr.DownloadButton("file", visible="hidden", elem_id="ready")

    @property
    def drawing(self) -> list[Any]:
        """All that `redraw` may change."""
        return [
            *(self.seen, self.drawn, self.status, self.stop, self.table, self.pages, self.within),
            *self.buttons.values(),
        ]

    def connect(self) -> None:
        state = [self.seen, self.order, self.picked, self.view]
        table = [
            self.order,
            self.picked,
            self.table,
            self.pages,
            self.quote,
            self.status,
        ]
        for part in (self.table, self.pages):
            part.act(self.act, state, table, trigger_mode="always_last", **QUIET)
        asked = [self.seen, self.order, self.find, self.within, self.show]
        filtered = [self.order, self.table, self.pages]
        for change in (self.find.change, self.within.change, self.show.change):
            change(self.filter, asked, filtered, trigger_mode="always_last", **QUIET)
        picked = [self.seen, self.picked, self.view]
        self.view.change(self.show_as, picked, [self.quote], **QUIET)
        self.stop.click(self.ask_to_stop, None, [self.stop], queue=False, **QUIET)
        for format, button in self.buttons.items():
            done = button.click(
                self._exporter(format),
                [self.seen, self.evidence],
                [self.ready, self.status],
                **QUIET,
            )
            done.success(None, None, None, js=DOWNLOAD, **QUIET)

    def open(self, seen: Seen, owner: str) -> Changes:
        """Look at another job: nothing is filtered, nothing is open."""
        cleared = {
            self.order: Order(),
            self.picked: None,
            self.find: "",
            self.show: Show.ALL.value,
            self.quote: "",
        }
        return cleared | self.redraw(seen, Order(), None, None, owner)

    def redraw(
        self, seen: Seen, order: Order, picked: Picked, drawn: str | None, owner: str
    ) -> Changes:
        """The screen as it is now; nothing where it is as it was *drawn*."""
        run = self._run(seen, owner)
        if run is not None and run.job is not None and seen.follow:
            seen = replace(seen, job=run.job.id)
        job, sheet = self._sheet(seen, owner)
        moment = run and (id(run), run.version, run.stop.is_set(), int(run.seconds))
        table = f"{seen.job}, {sheet and sheet.version}"
        now = f"{table}; {moment}"
        if now == drawn:
            return {}
        changes: Changes = {self.seen: seen, self.drawn: now}
        changes |= self._progress(run, job)
        if (drawn or "").partition(";")[0] != table:
            changes |= self._table(sheet, order, picked)
            changes |= self._columns(sheet, order)
        return changes

    def gone(self, error: FieldwiseError) -> Changes:
        """The job that was looked at cannot be shown any more, for instance since it is deleted."""
        nothing = {self.table: "", self.pages: "", self.drawn: None}
        shown = self._progress(None, None) | {self.status: note(error.explain(), trouble=True)}
        return {self.seen: Seen(follow=False), **nothing, **shown}

    def act(
        self,
        seen: Seen,
        order: Order,
        picked: Picked,
        view: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> Changes:
        """A button of the table: sort, another page of rows, or a cell to open."""
        try:
            _, sheet = self._sheet(seen, owner_of(request))
            match event.act:
                case "sort":
                    order = _sorted(order, int(event.column))
                case "page":
                    order = replace(order, page=int(event.page))
                case "open":
                    picked = (str(event.place), int(event.column))
                    quote = self._quote(seen, picked, view, owner_of(request))
                    return {self.picked: picked, self.quote: quote}
            changes = self._table(sheet, order, picked)
        except FieldwiseError as error:
            return {self.status: note(error.explain(), trouble=True)}
        return {self.order: order, **changes}

    def show_as(self, seen: Seen, picked: Picked, view: str, request: gr.Request) -> Changes:
        """The page of the open cell as text, or as it looks."""
        try:
            return {self.quote: self._quote(seen, picked, view, owner_of(request))}
        except FieldwiseError as error:
            return {self.quote: note(error.explain(), trouble=True)}

    def _quote(self, seen: Seen, picked: Picked, view: str, owner: str) -> str:
        """What stands behind the cell that was *picked*."""
        job, sheet = self._sheet(seen, owner)
        if job is None or sheet is None or picked is None:
            return ""
        pick = self._pick(job, sheet, _place(picked[0]), picked[1])
        if pick is None:
            return ""
        if view != PAGE:
            return evidence(pick)
        drawn = self._desk.drawn(job, pick.page.source, pick.places)
        missing = "" if drawn else note("The page itself was not kept, or is too large; its text:")
        return missing + evidence(pick, drawn)

    def filter(
        self, seen: Seen, order: Order, find: str, within: str, show: str, request: gr.Request
    ) -> Changes:
        try:
            _, sheet = self._sheet(seen, owner_of(request))
        except FieldwiseError as error:
            return {self.table: note(error.explain(), trouble=True), self.pages: ""}
        headers = sheet.headers if sheet else []
        column = headers.index(within) if within in headers else None
        order = replace(order, find=find or "", within=column, show=Show(show), page=0)
        return {self.order: order, **self._table(sheet, order, None)}

    def ask_to_stop(self, request: gr.Request) -> Changes:
        run = self._desk.runs.latest(owner_of(request))
        if run is not None:
            run.stop.set()
        return {self.stop: gr.Button(interactive=False)}

    def _exporter(self, format: Format) -> Any:
        def export(seen: Seen, with_evidence: bool, request: gr.Request) -> Changes:
            try:
                job, _ = self._sheet(seen, owner_of(request))
                if job is None:
                    raise StoreError("there is no job to export", hint="run or open one")
                path = self._desk.export(job, format, evidence=with_evidence)
            except FieldwiseError as error:
                raise gr.Error(error.explain(), print_exception=False) from error
            return {self.ready: gr.DownloadButton(value=str(path))}

        return export

    def _run(self, seen: Seen, owner: str) -> Run | None:
        if seen.follow:
            return self._desk.runs.latest(owner)
        return self._desk.runs.of_job(seen.job) if seen.job is not None else None

    def _sheet(self, seen: Seen, owner: str) -> tuple[Job | None, Sheet | None]:
        if seen.job is None:
            return None, None
        job = self._desk.job(seen.job, owner)
        return job, self._desk.sheet(job)

    def _progress(self, run: Run | None, job: Job | None) -> Changes:
        active = run is not None and not run.is_over
        status = HELLO
        if run is not None:
            status = progress(run, self._desk.runs.ahead_of(run))
            if active and (behind := self._desk.runs.behind(run)):
                status += note(f"Your jobs that wait for this one: {behind}")
        elif job is not None:
            status = note(f"{job.name}, {job.created:%Y-%m-%d %H:%M} UTC")
        stopping = run is not None and run.stop.is_set()
        return {
            self.status: status,
            self.stop: gr.Button(interactive=active and not stopping),
            **{button: gr.Button(interactive=job is not None) for button in self.buttons.values()},
        }

    def _table(self, sheet: Sheet | None, order: Order, picked: Picked) -> Changes:
        if sheet is None:
            return {self.table: "", self.pages: ""}
        view = sheet.view(order, size=ROWS)
        return {self.table: grid(sheet, view, order, picked), self.pages: pager(view, ROWS)}

    def _columns(self, sheet: Sheet | None, order: Order) -> Changes:
        names = [ANYWHERE, *(sheet.headers if sheet else [])]
        chosen = names[order.within + 1] if order.within is not None else ANYWHERE
        return {self.within: gr.Dropdown(names, value=chosen)}

    def _pick(self, job: Job, sheet: Sheet, place: tuple[int, int], column: int) -> Pick | None:
        row = sheet.row(place)
        page = self._desk.page(job, row.source) if row else None
        if row is None or page is None:
            return None
        record = record_of(page, place[1])
        if record is None or not FIXED <= column < len(sheet.headers):
            return Pick(page)
        path = sheet.paths[column - FIXED]
        values = tuple(values_at(record.cells.get(path[0], ABSENT), path[1:]))
        return Pick(page, ".".join(path), values)


def _place(text: str) -> tuple[int, int]:
    position, _, index = text.partition(":")
    return int(position), int(index)


def _sorted(order: Order, column: int) -> Order:
    """Ascending at the first click, descending at the second, page order at the third."""
    if order.column != column:
        return replace(order, column=column, descending=False, page=0)
    if not order.descending:
        return replace(order, descending=True, page=0)
    return replace(order, column=None, descending=False, page=0)
