"""The review screen: the least sure values first; accept, correct, mark absent, next."""

from __future__ import annotations

from dataclasses import dataclass, replace

import gradio as gr

from orchestration.desk.desk import Desk
from orchestration.desk.highlight import inert
from orchestration.desk.review_queue import Item, Queue
from orchestration.storage.store import Job
from schemas.document import Span
from schemas.errors import FieldwiseError
from ui.evidence import Pick, evidence
from ui.look import asset
from ui.progress import note
from ui.results import Seen, owner_of
from ui.start import QUIET, Changes

__all__ = ["ReviewScreen"]

NOTHING = note("Open a job first: its least sure values come here, one at a time.")
ACTS = (
    ("accept", "Accept", "A"),
    ("absent", "Not on the page", "X"),
    ("select", "Use the selected words", "S"),
    ("back", "Back", "B"),
    ("next", "Next", "N"),
    ("undo", "Undo", "U"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: the job, the number of the value in its queue, and what to say of it."""

    job: int
    at: int
    said: str = ""
    trouble: bool = False


class ReviewScreen:
    """The components of the screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def draw(self) -> None:
        self.panel = gr.HTML(NOTHING, elem_id="review", js_on_load=asset("review.js"))

    def connect(self, tab: gr.Tab, seen: gr.State) -> None:
        tab.select(self.open, seen, self.panel, **QUIET)
        self.panel.act(self.act, None, self.panel, **QUIET)

    def open(self, seen: Seen, request: gr.Request) -> Changes:
        """The tab was opened: the job's values that nobody has looked at."""
        if seen.job is None:
            return {self.panel: NOTHING}
        try:
            job = self._desk.job(seen.job, owner_of(request))
            self._desk.queue(job, fresh=True)
        except FieldwiseError as error:
            return {self.panel: note(error.explain(), trouble=True)}
        return {self.panel: self._drawn(job, Turn(job.id, 0))}

    def act(self, event: gr.EventData, request: gr.Request) -> Changes:
        """A button or key."""
        owner = owner_of(request)
        try:
            job = self._desk.job(int(event.job), owner)
            turn = self._turned(job, int(event.at), event, owner)
        except FieldwiseError as error:
            return {self.panel: note(error.explain(), trouble=True)}
        return {self.panel: self._drawn(job, turn)}

    def _turned(self, job: Job, at: int, event: gr.EventData, owner: str) -> Turn:
        """What was asked is done; which value comes next."""
        queue = self._desk.queue(job)
        turn = Turn(job.id, at)
        if event.act in ("next", "back"):
            return replace(turn, at=max(0, at + (1 if event.act == "next" else -1)))
        if not 0 <= at < len(queue.items):
            return turn
        item = queue.items[at]
        try:
            said = self._said(job, item, event, owner)
        except FieldwiseError as error:
            return replace(turn, said=error.explain(), trouble=True)
        return replace(turn, at=at if event.act == "undo" else at + 1, said=said)

    def _said(self, job: Job, item: Item, event: gr.EventData, owner: str) -> str:
        place = (item.source, item.index, item.path)
        what = f"{item.field} of {item.source}"
        with self._desk.reviewing(job, item, owner) as review:
            match event.act:
                case "accept":
                    review.accept(*place)
                    return f"Accepted: {what}"
                case "absent":
                    review.mark_absent(*place)
                    return f"Not on the page: {what}"
                case "type":
                    review.type(*place, str(event.text))
                    return f"Corrected: {what}"
                case "select":
                    review.select(*place, Span(int(event.start), int(event.end)))
                    return f"Corrected: {what}"
                case _:
                    review.undo(*place)
                    return f"As the models had it: {what}"

    def _drawn(self, job: Job, turn: Turn) -> str:
        queue = self._desk.queue(job)
        said = note(turn.said, trouble=turn.trouble) if turn.said else ""
        if not queue.items:
            return note("There is nothing to look at in this job.")
        at = min(turn.at, len(queue.items))
        frame = f'<div class="review" data-job="{job.id}" data-at="{at}">'
        if at == len(queue.items):
            text = note(f"That was the last one. {_looked(queue)}")
            return f"{frame}{said}{text}{_acts('back')}</div>"
        item = queue.items[at]
        page = self._desk.page(job, item.source)
        values = self._desk.values(page, item) if page else ()
        shown = evidence(Pick(page, ".".join(item.steps), values)) if page else ""
        words = "; ".join(str(value.raw or "") for value in values if value.raw)
        return (
            f"{frame}<p><b>{at + 1:,}</b> of {len(queue.items):,} · {_looked(queue)}</p>"
            f"{_form(item, words)}{_acts()}<p class='hint note'></p>{said}{shown}</div>"
        )


def _looked(queue: Queue) -> str:
    return f"{len(queue.done):,} looked at"


def _form(item: Item, words: str) -> str:
    return (
        f'<form><label for="correction">{inert(item.field)}</label>'
        f'<input id="correction" type="text" autocomplete="off" value="{inert(words)}">'
        '<button type="button" data-act="type">Correct <kbd>Enter</kbd></button></form>'
    )


def _acts(*only: str) -> str:
    buttons = "".join(
        f'<button type="button" data-act="{act}">{label} <kbd>{key}</kbd></button>'
        for act, label, key in ACTS
        if not only or act in only
    )
    return f'<div class="acts">{buttons}</div>'
