"""The list of past jobs: search, open, run again, delete."""

from __future__ import annotations

from typing import Any

import gradio as gr

from orchestration.desk.desk import Desk, JobLine
from orchestration.desk.highlight import inert
from orchestration.storage.store import JobState
from schemas.record import PageStatus
from ui.look import asset
from ui.progress import note
from ui.results import owner_of
from ui.start import QUIET, Changes

__all__ = ["JobsList"]

MOST_SHOWN = 200


class JobsList:
    """The components of the screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        self.find = gr.Textbox(label="Find a job", value="", elem_id="find-job")
        self.trouble = gr.HTML("", elem_id="jobs-trouble")
        self.list = gr.HTML("", elem_id="jobs", js_on_load=asset("jobs.js"))

    @property
    def outputs(self) -> list[Any]:
        return [self.list, self.trouble]

    def connect(self, tab: gr.Tab) -> None:
        tab.select(self.draw_list, self.find, self.outputs, **QUIET)
        self.find.change(
            self.draw_list, self.find, self.outputs, trigger_mode="always_last", **QUIET
        )

    def draw_list(self, find: str, request: gr.Request) -> Changes:
        owner = owner_of(request)
        lines = self._desk.jobs(owner, find or "")
        damaged = "".join(note(why, trouble=True) for why in self._desk.damaged(owner))
        return {self.list: jobs_table(lines, bool(find)), self.trouble: damaged}

    def act(self, find: str, event: gr.EventData, owner: str) -> Changes:
        """Delete a job. Raises StoreError where that is not possible."""
        if event.act == "delete":
            self._desk.delete(self._desk.job(int(event.job), owner))
        lines = self._desk.jobs(owner, find or "")
        return {self.list: jobs_table(lines, bool(find)), self.trouble: ""}


def jobs_table(lines: list[JobLine], searched: bool) -> str:
    """The jobs as HTML, a row each."""
    if not lines:
        return note("No job is like that." if searched else "There is no job yet.")
    rows = "".join(_row(line) for line in lines[:MOST_SHOWN])
    more = len(lines) - MOST_SHOWN
    left = note(f"{more:,} older ones are not shown; search for them.") if more > 0 else ""
    names = ("job", "what to do", "pages", "started (UTC)", "fields")
    heads = "".join(f'<th scope="col">{head}</th>' for head in names)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Jobs"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{left}"
    )


def _row(line: JobLine) -> str:
    job = line.job
    fields = ", ".join(job.schema.names)
    name = inert(job.name)
    actions = [("open", "Open", f"Open {name}")]
    actions.append(("again", "Again…", f"Run the pages of {name} again, with other fields"))
    actions.append(("delete", "Delete", f"Delete {name}"))
    buttons = "".join(
        f'<button type="button" data-act="{act}" data-job="{job.id}" aria-label="{label}">'
        f"{text}</button>"
        for act, text, label in actions
    )
    return (
        f'<tr><th scope="row"><span class="cut-off">{name}</span></th>'
        f"<td>{buttons}</td><td>{_pages(line)}</td><td>{job.created:%Y-%m-%d %H:%M}</td>"
        f'<td title="{inert(fields)}"><span class="cut-off">{inert(fields)}</span></td></tr>'
    )


def _pages(line: JobLine) -> str:
    """How many there are, how they ended, and whether more are to come."""
    parts = [f"{sum(line.counts.values()):,}"]
    parts += [f"{n:,} {status}" for status, n in line.counts.items() if status != PageStatus.OK]
    if line.running:
        parts.append("runs now")
    elif line.job.state is JobState.OPEN:
        parts.append("stopped early")
    return inert(" · ".join(parts))
