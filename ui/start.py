"""The start screen: which pages, which fields, and Run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from orchestration.desk import Desk
from orchestration.form import OWN, UPLOADS, asked_pages, asked_schema
from orchestration.naming import short_names
from orchestration.runs import Asked
from schemas import library
from schemas.errors import SchemaError
from schemas.record import Tier
from schemas.schema import Schema
from ui.editor import edited, editor, signature
from ui.look import asset, samples
from ui.progress import note

__all__ = ["Changes", "Start"]

Changes = dict[Any, Any]
"""What a handler changes: component to its new value or properties."""

QUIET: Mapping[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
FIRST = "job_posting"
TIERS = {
    "automatic: markup first, then the large model": None,
    "the page's markup alone (no model)": Tier.MARKUP,
    "the small model": Tier.SMALL,
    "the large model": Tier.LARGE,
}
# The editor's inputs are read in the browser, at the moment of the click.
READ_FIELDS = """(urls, files, choice, own, fields, ...more) =>
  [urls, files, choice, own, JSON.stringify(window.fieldwiseFields?.() ?? null), ...more]"""


class Start:
    """The components of the screen, and what a visitor has filled in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300, elem_id="pages-column"):
                self._draw_pages()
            with gr.Column(min_width=300):
                self._draw_fields()
        with gr.Accordion("More: name, tier, limit", open=False, elem_id="more"):
            self._draw_more()
        with gr.Row():
            self.run = gr.Button("Run", variant="primary", elem_id="run", min_width=120)
        self.trouble = gr.HTML("", elem_id="trouble")

    def _draw_pages(self) -> None:
        gr.HTML("<h2>Pages</h2>")
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
            height=130,
            elem_id="files",
        )
        self.sample = gr.Button("Use the three sample pages", size="sm", elem_id="sample")

    def _draw_fields(self) -> None:
        gr.HTML("<h2>Fields</h2>")
        names = library.names()
        self.schema = gr.Dropdown(
            [*names, OWN],
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
        with gr.Accordion("Edit the fields", open=False, elem_id="edit"):
            shown = editor(library.get(self.schema.value))
            self.editor = gr.HTML(shown, elem_id="editor", js_on_load=asset("editor.js"))
        self.rows = gr.Textbox(visible=False)

    def _draw_more(self) -> None:
        with gr.Row():
            self.name = gr.Textbox(label="Name of the job", value="", elem_id="name")
            self.tier = gr.Dropdown(
                list(TIERS), value=next(iter(TIERS)), label="Who reads the pages"
            )
            self.tokens = gr.Number(
                label="Stop after this many tokens (empty: no limit)", precision=0, minimum=1
            )

    @property
    def inputs(self) -> list[Any]:
        """For `asked`, with `READ_FIELDS` run in the browser before."""
        return [
            *(self.urls, self.files, self.schema, self.own, self.rows),
            *(self.name, self.tier, self.tokens),
        ]

    def connect(self) -> None:
        choice = [self.schema, self.own]
        shown = [self.own, self.line, self.editor]
        self.schema.change(self.choose, choice, shown, **QUIET)
        self.own.change(self.choose, choice, shown, **QUIET)
        self.editor.edited(self.check, choice, self.line, **QUIET)
        self.sample.click(self.take_samples, None, [self.files, self.schema], **QUIET)

    def asked(
        self,
        urls: str,
        files: list[str] | None,
        choice: str,
        own: str,
        rows: str | None,
        name: str,
        tier: str,
        tokens: float | None,
    ) -> Asked:
        """What was filled in. Raises SchemaError or SourceError, which say what is missing."""
        schema = asked_schema(choice, own)
        given = json.loads(rows) if rows else None
        if given and given["of"] == signature(schema):  # else the editor still shows another one
            schema = edited(schema, given["rows"])
        sources = asked_pages(urls, files or [])
        most = int(tokens) if tokens else None
        job = (name or "").strip() or None
        return Asked(sources, schema, job, TIERS.get(tier), most, short_names(files or []))

    def choose(self, choice: str, own: str) -> Changes:
        """Another schema: say which fields it has, or why it cannot be read."""
        changes: Changes = {self.own: gr.Textbox(visible=choice == OWN)}
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

    def take_samples(self) -> Changes:
        paths = self._desk.copies(samples())
        return {self.files: [str(path) for path in paths], self.schema: FIRST}


def _names(schema: Schema) -> str:
    return note(", ".join(schema.names))
