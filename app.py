"""The Gradio page. Its handlers only call `Engine` and draw what that says.

Everything a page says is text here: it is escaped where we write HTML, and stands in table cells
of the type "str", which Gradio draws as text.
"""

from __future__ import annotations

import re
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from orchestration.drawing import Running, bar, evidence, note, stage_bar, upload_names
from orchestration.engine import Engine
from orchestration.export import Format, write
from orchestration.form import OWN, UPLOADS, asked_pages, asked_schema
from orchestration.highlight import inert
from orchestration.readiness import Readiness
from orchestration.settings import Settings
from orchestration.store import Job
from orchestration.table import Table, named
from schemas import library
from schemas.errors import FieldwiseError, SchemaError
from schemas.record import PageResult

__all__ = ["build", "main", "serve"]

UPLOAD_LIMIT = "100mb"
KEEP_UPLOADS = (3600, 24 * 3600)  # look every hour for files older than a day

Changes = dict[Any, Any]
"""What a handler changes: component to its new value or properties."""


def build(engine: Engine, *, readiness: Readiness | None = None) -> gr.Blocks:
    """The page, not yet served. *readiness*: what the engine's `progress` reports to."""
    blocks: gr.Blocks = gr.Blocks(
        title="Fieldwise", analytics_enabled=False, delete_cache=KEEP_UPLOADS, fill_width=True
    )
    with blocks:
        page = _Page(engine, readiness or Readiness())
        page.draw()
        page.connect(blocks)
    blocks.queue(default_concurrency_limit=4, api_open=False)
    return blocks


def serve(blocks: gr.Blocks, *, host: str = "127.0.0.1", port: int | None = None) -> str:
    """Serve *blocks* from a thread of its own until `blocks.close()`; returns the address.

    Raises:
        FieldwiseError: *port* is taken, or none from 7860 on is free.
    """
    # Gradio 6.17 calls a newer Starlette by an older name, and would say so at every event.
    warnings.filterwarnings("ignore", "'HTTP_422_UNPROCESSABLE_ENTITY' is deprecated")
    try:
        _, address, _ = blocks.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            inbrowser=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            max_file_size=UPLOAD_LIMIT,
            footer_links=[],
            theme=_theme(),
            css=CSS,
        )
    except OSError as error:
        raise FieldwiseError(
            f"cannot listen on {host}, port {port or 'from 7860 on'}: {error}",
            hint="choose another one with --port",
        ) from error
    return str(address).rstrip("/")


def main(
    *, host: str = "127.0.0.1", port: int | None = None, settings: Settings | None = None
) -> None:
    """Serve the page until Ctrl-C; the model loads meanwhile. Raises as `serve` and `Engine`."""
    # ended either way, the uploaded pages are deleted
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    readiness = Readiness()
    with Engine(settings, progress=readiness.progress) as engine:
        blocks = build(engine, readiness=readiness)
        print(f"Fieldwise is at {serve(blocks, host=host, port=port)}", flush=True)
        try:
            readiness.start(engine)
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("closing", flush=True)
        finally:
            blocks.close(verbose=False)


class _Page:
    """The components and what happens when they are used.

    A visitor's session holds no more than the id of its job; what was found is in the store.
    """

    def __init__(self, engine: Engine, readiness: Readiness) -> None:
        self._engine = engine
        self._readiness = readiness
        self._stops: dict[str, threading.Event] = {}  # by session
        self._exports = tempfile.TemporaryDirectory(prefix="fieldwise-")

    def draw(self) -> None:
        gr.HTML(TITLE, elem_id="title")
        self.job = gr.State(None)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self._draw_inputs()
            with gr.Column(scale=5, min_width=320):
                self._draw_results()
        self.model = gr.HTML(self.model_line(), elem_id="model")
        self.timer = gr.Timer(1.0)

    def _draw_inputs(self) -> None:
        self.urls = gr.Textbox(
            label="Web addresses, one a line",
            placeholder="https://example.org/jobs/1",
            value="",
            lines=3,
            max_lines=8,
            elem_id="urls",
        )
        self.files = gr.File(
            label="HTML files, or archives of them",
            file_count="multiple",
            file_types=UPLOADS,
            height=130,
            elem_id="files",
        )
        names = library.names()
        self.schema = gr.Dropdown(
            [*names, OWN],
            value="job_posting" if "job_posting" in names else names[0],
            label="Fields",
            elem_id="schema",
        )
        self.own = gr.Textbox(
            label="Your fields: one line, or a JSON Schema",
            placeholder="title, salary number, posted date",
            lines=2,
            max_lines=8,
            value="",
            visible=False,
            elem_id="own",
        )
        self.fields = gr.HTML(_fields_line(self.schema.value, ""), elem_id="fields")
        with gr.Row():
            self.run = gr.Button("Run", variant="primary", elem_id="run", min_width=80)
            self.stop = gr.Button("Stop", interactive=False, elem_id="stop", min_width=80)

    def _draw_results(self) -> None:
        self.status = gr.HTML(HELLO, elem_id="status", js_on_load=NUDGE)
        self.table = gr.Dataframe(
            headers=["page", "status"],
            datatype="str",
            type="array",
            interactive=False,
            show_row_numbers=True,
            show_label=False,
            max_height=330,
            max_chars=60,
            buttons=[],
            elem_id="table",
        )
        with gr.Row():
            self.json = gr.DownloadButton(
                "Download JSON", interactive=False, size="sm", elem_id="json"
            )
            self.csv = gr.DownloadButton(
                "Download CSV", interactive=False, size="sm", elem_id="csv"
            )
        self.quote = gr.HTML("", elem_id="quote", js_on_load=SCROLL)

    def connect(self, blocks: gr.Blocks) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        choice = [self.schema, self.own]
        self.schema.change(self.choose, choice, [self.own, self.fields], **quiet)
        self.own.change(self.choose, choice, [self.own, self.fields], **quiet)
        outputs = [self.job, self.status, self.table, self.quote, self.run, self.stop]
        outputs += [self.json, self.csv, self.model, self.timer]
        started = self.run.click(self.begin, None, outputs, queue=False, **quiet)
        inputs = [self.urls, self.files, *choice]
        ran = started.then(self.work, inputs, outputs, concurrency_limit=1, **quiet)
        ran.then(self.finish, self.job, outputs, **quiet)
        self.stop.click(self.ask_to_stop, None, [self.status, self.stop], queue=False, **quiet)
        self.table.select(self.show, self.job, self.quote, trigger_mode="always_last", **quiet)
        self.timer.tick(self.look, None, [self.model, self.timer], **quiet)
        blocks.load(self.look, None, [self.model, self.timer], **quiet)
        blocks.unload(self.leave)

    def choose(self, choice: str, own: str) -> Changes:
        """Another schema: say which fields it has, or why it cannot be read."""
        return {self.own: gr.Textbox(visible=choice == OWN), self.fields: _fields_line(choice, own)}

    def begin(self, request: gr.Request) -> Changes:
        """Run was clicked; the run itself may have to wait for another one."""
        self._stops[str(request.session_hash)] = threading.Event()
        return {
            self.job: None,
            self.status: bar("Waiting for its turn"),
            self.table: {"headers": ["page", "status"], "data": []},
            self.quote: "",
            self.run: gr.Button(interactive=False),
            self.stop: gr.Button(interactive=True),
            self.json: gr.DownloadButton(interactive=False),
            self.csv: gr.DownloadButton(interactive=False),
            self.timer: gr.Timer(active=True),
        }

    def work(
        self, urls: str, files: list[str] | None, choice: str, own: str, request: gr.Request
    ) -> Iterator[Changes]:
        """Run the job; a change a page, and what went wrong in words."""
        stop = self._stops.setdefault(str(request.session_hash), threading.Event()).is_set
        try:
            schema, sources = asked_schema(choice, own), asked_pages(urls, files or [])
            for stage in self._readiness.wait(self._engine, stop=stop):
                yield {self.status: stage_bar(stage)}
            if stop():
                yield {self.status: note("Stopped before the first page.")}
                return
            drawing = Running()
            for event in self._engine.run(sources, schema, stop=stop):
                changed = drawing.take(event)
                yield {
                    self.job: drawing.job,
                    self.status: drawing.status,
                    **({self.table: drawing.table} if changed else {}),
                }
        except FieldwiseError as error:
            yield {self.status: note(error.explain(), trouble=True)}
        except Exception as error:  # our own mistake: say so, instead of a bar that stands still
            text = f"Fieldwise itself failed: {error!r} (the rows above are kept)"
            yield {self.status: note(text, trouble=True)}
            raise

    def finish(self, job_id: int | None, request: gr.Request) -> Changes:
        """Whatever happened, the page can be used again, and what was found downloaded."""
        self._stops.pop(str(request.session_hash), None)
        changes: Changes = {
            self.run: gr.Button(interactive=True),
            self.stop: gr.Button("Stop", interactive=False),
            self.model: self.model_line(),
        }
        try:
            if job_id is not None and self._engine.store.counts(job_id):
                for button, format in ((self.json, Format.JSON), (self.csv, Format.CSV)):
                    path = self._export(job_id, format)
                    changes[button] = gr.DownloadButton(value=str(path), interactive=True)
        except FieldwiseError as error:
            changes[self.status] = note(error.explain(), trouble=True)
        return changes

    def ask_to_stop(self, request: gr.Request) -> Changes:
        stop = self._stops.get(str(request.session_hash))
        if stop is None:
            return {self.stop: gr.Button(interactive=False)}
        stop.set()
        return {self.status: bar("Stopping"), self.stop: gr.Button(interactive=False)}

    def show(self, job_id: int | None, picked: gr.SelectData) -> str:
        """What stands behind the table's cell that was clicked, as HTML."""
        try:
            job = self._engine.store.job(job_id) if job_id is not None else None
            if job is None:
                return ""
            row, column = picked.index
            pick = Table(job.schema).pick(self._results(job), row, column)
        except FieldwiseError as error:
            return note(error.explain(), trouble=True)
        return evidence(pick) if pick else ""

    def look(self) -> Changes:
        """How far the model is; nobody looks again once there is nothing to wait for."""
        over = self._readiness.stage.over
        return {self.model: self.model_line(), self.timer: gr.Timer(active=not over)}

    def leave(self, request: gr.Request) -> None:
        """The visitor has gone; the job can be taken up again from the command line."""
        if stop := self._stops.pop(str(request.session_hash), None):
            stop.set()

    def model_line(self) -> str:
        return f"<span>{inert(self._readiness.stage.text)}</span>"

    def _results(self, job: Job) -> Iterator[PageResult]:
        return named(self._engine.store.results(job.id), upload_names(job))

    def _export(self, job_id: int, format: Format) -> Path | None:
        job = self._engine.store.job(job_id)
        if job is None:
            return None
        folder = Path(self._exports.name, str(job_id))
        folder.mkdir(exist_ok=True)
        title = re.sub(r"[^\w-]+", "-", job.schema.name).strip("-")[:60] or "fields"
        path = folder / f"{title}-{job_id}.{format}"
        write(self._results(job), path, format=format, schema=job.schema)
        return path


def _fields_line(choice: str, own: str) -> str:
    if choice == OWN and not own.strip():
        return note("name the fields, with commas between them")
    try:
        return note(", ".join(asked_schema(choice, own).names))
    except SchemaError as error:
        return note(error.explain(), trouble=True)


def _theme() -> gr.themes.Base:
    """Calm, and of system fonts only: the page asks nothing of any other machine."""
    faces = ("Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Arial", "sans-serif")
    plain = {
        f"block_{part}_{what}{mode}": value
        for part in ("label", "title")
        for mode in ("", "_dark")
        for what, value in (
            ("background_fill", "transparent"),
            ("text_color", "*body_text_color_subdued"),
        )
    }
    theme = gr.themes.Soft(
        primary_hue="teal",
        neutral_hue="slate",
        font=[gr.themes.Font(name) for name in faces],
        font_mono=[gr.themes.Font(name) for name in ("Consolas", "Liberation Mono", "monospace")],
        radius_size="sm",
        spacing_size="sm",
    )
    return theme.set(link_text_color="*primary_600", **plain)


TITLE = (
    "<h1>Fieldwise</h1><p>Structured fields from web pages, every value quoted from the page</p>"
)
HELLO = note("Rows appear here as pages are read. Click a value to see where the page says it.")
# Gradio 6.17's table draws rows that were added to it only at the next scroll: make it one.
NUDGE = """
const nudge = () => {
  const rows = document.querySelector('#table .virtual-table-viewport');
  if (rows) rows.dispatchEvent(new Event('scroll'));
};
watch('value', () => [50, 300, 1000].forEach((wait) => setTimeout(nudge, wait)));
"""
SCROLL = """
watch('value', () => {
  const box = element.querySelector('.page'), mark = box && box.querySelector('mark');
  if (box) box.scrollTop = mark ? mark.offsetTop - box.clientHeight / 3 : 0;
  if (box && window.innerWidth < 800) element.scrollIntoView({block: 'nearest'});
});
"""
CSS = """
.gradio-container { width: 100%; max-width: 1500px !important; min-width: 0; }
#title h1 { display: inline; font-size: 1.3rem; margin: 0 .6rem 0 0; }
#title p { display: inline; color: var(--body-text-color-subdued); }
#status progress { appearance: none; width: 100%; height: .4rem; border: 0; overflow: hidden;
  border-radius: .2rem; background: var(--border-color-primary); }
#status progress::-webkit-progress-bar { background: var(--border-color-primary); }
#status progress::-webkit-progress-value { background: var(--color-accent); }
#status progress::-moz-progress-bar { background: var(--color-accent); }
#status progress:indeterminate { opacity: .5; }
#status p, #fields p { margin: 0 0 .2rem; overflow-wrap: anywhere; }
#table table, #table .table-wrap * { font-family: var(--font) !important; }
#table .selection-button { display: none; }
.note { color: var(--body-text-color-subdued); }
.trouble { color: #b91c1c; font-weight: 600; }
.dark .trouble { color: #fca5a5; }
#model span { font-size: .85rem; color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
#quote .head p { margin: .2rem 0; overflow-wrap: anywhere; }
#quote .how { font-size: .85em; color: var(--body-text-color-subdued); }
#quote .page { position: relative; max-height: 300px; overflow: auto; margin-top: .4rem;
  padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .9rem;
  border: 1px solid var(--border-color-primary); border-radius: var(--radius-md);
  background: var(--background-fill-primary); }
#quote mark { background: #fde047; color: #111; padding: 0 .1em; border-radius: 2px; }
"""

if __name__ == "__main__":
    main()
