"""The start screen: which pages, which fields, and Run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from orchestration.desk.desk import Desk
from orchestration.desk.form import OWN, UPLOADS, asked_schema
from orchestration.desk.highlight import inert
from orchestration.desk.runs import Asked
from orchestration.storage.store import Job
from schemas import library
from schemas.errors import FieldwiseError, SchemaError, SourceError
from schemas.json_schema import to_json_schema
from schemas.plan import Plan
from schemas.schema import Schema
from ui.editor import edited, editor
from ui.filled import READ_FIELDS, READERS, Filled
from ui.look import asset, samples
from ui.plan import estimate_words, plan_table
from ui.progress import note

__all__ = ["Changes", "Start"]

Changes = dict[Any, Any]
"""What a handler changes: component to its new value or properties."""

QUIET: Mapping[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
PRIVATE: Mapping[str, Any] = {"api_visibility": "private"}
FIRST = "job_posting"
PLAN_GONE = note("The pages are others now: show the plan anew to use one.")


class Start:
    """The components of the screen, and what a visitor has filled in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        self.again = gr.State(None)
        self.plan = gr.State(None)
        with gr.Row(equal_height=False, elem_id="start"):
            with gr.Column(scale=2, min_width=300):
                self._draw_pages()
            with gr.Column(scale=3, min_width=300):
                self._draw_fields()
        with gr.Accordion("More: name, who reads, limit", open=False, elem_id="more"):
            self._draw_more()
        with gr.Row():
            self.run = gr.Button("Run", variant="primary", elem_id="run", min_width=120)
            self.show_plan = gr.Button("Show the plan", elem_id="show-plan", min_width=120)
        self.trouble = gr.HTML("", elem_id="trouble")
        self.planned = gr.HTML("", elem_id="planned", js_on_load=asset("plan.js"))
        self.estimate = gr.HTML("", elem_id="estimate")
        self.plan_rows = gr.Textbox(visible=False)

    def _draw_pages(self) -> None:
        gr.HTML("<h2>Pages</h2>")
        self.kept = gr.HTML("", elem_id="kept", js_on_load=asset("kept.js"))
        self.urls = gr.Textbox(
            label="Web addresses, one a line",
            placeholder="https://example.org/jobs/1",
            value="",
            lines=3,
            max_lines=8,
            elem_id="urls",
        )
        self.files = gr.File(
            label="or HTML files, or archives of them",
            file_count="multiple",
            file_types=UPLOADS,
            height=170,
            elem_id="files",
        )
        self.sample = gr.Button("Use the three sample pages", size="sm", elem_id="sample")

    def _draw_fields(self) -> None:
        gr.HTML("<h2>Fields</h2>")
        names = library.names()
        self.schema = gr.Dropdown(
            [*((name.replace("_", " "), name) for name in names), OWN],
            value=FIRST if FIRST in names else names[0],
            label="What to take from each page",
            elem_id="schema",
        )
        self.own = gr.Textbox(
            label="Your fields: one line, a JSON Schema, or an example as JSON",
            placeholder="title, salary number, posted date",
            lines=3,
            max_lines=12,
            value="",
            visible=False,
            elem_id="own",
        )
        self.line = gr.HTML(_names(library.get(self.schema.value)), elem_id="fields")
        with gr.Accordion("Say it in plain words", open=False, elem_id="plain"):
            self.words = gr.Textbox(
                label="What do you want to know of each page?", value="", lines=2, elem_id="words"
            )
            self.read = gr.Button("Find the fields", size="sm", elem_id="read")
        with gr.Accordion("Edit the fields", open=False, elem_id="edit"):
            shown = editor(library.get(self.schema.value))
            self.editor = gr.HTML(shown, elem_id="editor", js_on_load=asset("editor.js"))
        self.rows = gr.Textbox(visible=False)

    def _draw_more(self) -> None:
        with gr.Row():
            self.name = gr.Textbox(label="Name of the job", value="", elem_id="name")
            self.reader = gr.Dropdown(
                list(READERS), value=next(iter(READERS)), label="Who reads the pages"
            )
            # Gradio 6.17 turns empty into 0 once the accordion is open
            self.tokens = gr.Number(
                label="Stop after this many tokens (0: no limit)", value=0, precision=0, minimum=0
            )

    @property
    def inputs(self) -> list[Any]:
        """For `Filled`, with `READ_FIELDS` run in the browser before."""
        return [
            *(self.urls, self.files, self.schema, self.own, self.rows, self.plan_rows),
            *(self.name, self.reader, self.tokens, self.plan, self.again),
        ]

    def connect(self) -> None:
        choice = [self.schema, self.own]
        planned = [self.plan, self.planned, self.estimate]
        shown = [self.own, self.line, self.editor, *planned]
        self.schema.change(self.choose, choice, shown, **QUIET)
        self.own.change(self.choose, choice, shown, **QUIET)
        self.editor.edited(self.check, choice, self.line, trigger_mode="always_last", **QUIET)
        self.kept.forget(lambda: (None, ""), None, [self.again, self.kept], **QUIET)
        made = self.show_plan.click(
            self.make_plan, self.inputs, [self.trouble, *planned], js=READ_FIELDS, **PRIVATE
        )
        made.then(self.make_estimate, self.inputs, self.estimate, js=READ_FIELDS, **PRIVATE)
        self.planned.forget(lambda: (None, "", ""), None, planned, **QUIET)
        for change in (self.urls.change, self.files.change):
            change(self.other_pages, self.plan, planned, **QUIET)
        read = [self.schema, self.own, self.trouble]
        self.read.click(self.read_words, self.words, read, **PRIVATE)
        self.sample.click(self.take_samples, None, [self.files, self.schema], **QUIET)

    def make_plan(self, *given: Any) -> Changes:
        """How the pages will be read, to look at and to change before Run."""
        try:
            source, plan = self._desk.plan(_to_plan(Filled(*given)))
        except FieldwiseError as error:
            return {self.trouble: note(error.explain(), trouble=True)}
        shown = plan_table(source, plan)
        waiting = note("Reading a few pages, to see what all of them will take…")
        return {self.trouble: "", self.plan: plan, self.planned: shown, self.estimate: waiting}

    def make_estimate(self, *given: Any) -> str:
        """What Run will take; nothing where no plan is shown."""
        try:
            asked = _to_plan(Filled(*given))
            return estimate_words(self._desk.estimate(asked)) if asked.plan else ""
        except FieldwiseError as error:
            return note(f"What it takes is not known: {error.explain()}")

    def other_pages(self, plan: Plan | None) -> Any:
        """Other pages were chosen: a plan made for the ones before is put away."""
        return (None, "", PLAN_GONE) if plan else (gr.skip(), gr.skip(), gr.skip())

    def keep(self, job: Job) -> Changes:
        """The next run reads the pages of *job* once more."""
        text = f"The pages of {inert(job.name)}, as they were kept"
        button = '<button type="button" data-act="forget">choose other pages</button>'
        return {
            self.again: job.id,
            self.plan: None,
            self.planned: "",
            self.estimate: "",
            self.kept: f'<p class="kept">{text} {button}</p>',
        }

    def choose(self, choice: str, own: str) -> Changes:
        """Another schema: say which fields it has, or why it cannot be read."""
        changes: Changes = {self.own: gr.Textbox(visible=choice == OWN)}
        changes |= {self.plan: None, self.planned: "", self.estimate: ""}
        if choice == OWN and not own.strip():
            return changes | {self.line: note("name the fields, with commas between them")}
        try:
            schema = asked_schema(choice, own)
        except SchemaError as error:
            return changes | {self.line: note(error.explain(), trouble=True)}
        return changes | {self.line: _names(schema), self.editor: editor(schema)}

    def check(self, choice: str, own: str, event: gr.EventData) -> str:
        """The fields were edited: name them, or say what is wrong."""
        try:
            return _names(edited(asked_schema(choice, own), event.fields))
        except SchemaError as error:
            return note(error.explain(), trouble=True)

    def read_words(self, words: str) -> Changes:
        """The fields that plain words ask for, spelt out so that they can be edited."""
        if not words.strip():
            return {self.trouble: note("Write what you want to know first.", trouble=True)}
        try:
            schema, who = self._desk.fields(words.strip())
        except FieldwiseError as error:
            return {self.trouble: note(error.explain(), trouble=True)}
        text = json.dumps(to_json_schema(schema), ensure_ascii=False, indent=1)
        return {self.schema: OWN, self.own: text, self.trouble: note(f"Fields {who}.")}

    def take_samples(self) -> Changes:
        paths = self._desk.copies(samples())
        return {self.files: [str(path) for path in paths], self.schema: FIRST}


def _to_plan(filled: Filled) -> Asked:
    """What was *filled* in, to be planned for. Raises as `Filled.asked`."""
    if filled.again is not None:
        hint = "choose other pages, or run without a plan"
        raise SourceError("kept pages are read again without a plan", hint=hint)
    return filled.asked()


def _names(schema: Schema) -> str:
    return note(", ".join(schema.names))
