"""What the app shows of a job, as HTML that runs nothing, and as the table's cells."""

from __future__ import annotations

from typing import Any

from orchestration.events import Event, JobEnded, JobStarted, PageDone
from orchestration.highlight import highlighted, inert
from orchestration.readiness import Stage
from orchestration.store import Job
from orchestration.table import Pick, Table, named, short_names
from schemas.record import Evidence, PageResult, PageStatus, Value

__all__ = ["Running", "bar", "evidence", "note", "stage_bar", "upload_names"]

DIM = "opacity: 0.35"
ABSENT_MARK = "–"


class Running:
    """A running job as it is drawn: its table so far, and a line on how far it is."""

    def __init__(self) -> None:
        self.job: int | None = None
        self.table: dict[str, Any] = {}
        self.status = ""
        self._total = self._done = 0
        self._ended: dict[PageStatus, int] = {}

    def take(self, event: Event) -> bool:
        """Follow *event*; whether the table changed."""
        match event:
            case JobStarted(job=job, total=total, done=done):
                self.job, self._total, self._done = job.id, total, done
                self._names = upload_names(job)
                self._layout = Table(job.schema)
                styling: list[list[str]] = []
                self.table = {
                    "headers": self._layout.headers,
                    "data": [],
                    "metadata": {"styling": styling},
                }
            case PageDone(result=result):
                self._add(result)
        self.status = self._line(event)
        return not isinstance(event, JobEnded)

    def _add(self, result: PageResult) -> None:
        self._done += 1
        self._ended[result.status] = self._ended.get(result.status, 0) + 1
        for page in named([result], self._names):
            for row in self._layout.rows(page):
                self.table["data"].append([ABSENT_MARK if cell is None else cell for cell in row])
                self.table["metadata"]["styling"].append(
                    [DIM if cell is None else "" for cell in row]
                )

    def _line(self, event: Event) -> str:
        pages = f"{self._done} of {self._total} pages"
        counts = [f"{n} {status}" for status, n in self._ended.items() if status != PageStatus.OK]
        text = " · ".join([pages, *counts])
        if isinstance(event, JobEnded):
            text += f" · {event.stopped}" if event.stopped else " · done"
        return bar(text, self._done / self._total if self._total else 1.0)


def upload_names(job: Job) -> dict[str, str]:
    """Uploaded files under the names that their owners know."""
    return short_names(source for source in job.sources if "://" not in source)


def note(text: str, *, trouble: bool = False) -> str:
    """A line of text; *trouble* makes it stand out."""
    return f'<p class="{"trouble" if trouble else "note"}">{inert(text)}</p>'


def bar(text: str, part: float | None = None) -> str:
    """A progress bar; *part* `None`: nobody knows how long."""
    value = "" if part is None else f' value="{part:.4f}"'
    return f'<p class="note">{inert(text)}</p><progress max="1"{value}></progress>'


def stage_bar(stage: Stage) -> str:
    """How far the model is."""
    return bar(stage.text, stage.part)


def evidence(pick: Pick) -> str:
    """What was clicked: its values with who says so and how sure that is, and the page's text."""
    page = pick.page
    found = [value for value in pick.values if value.evidence]
    spans = [value.evidence.span for value in found if value.evidence]
    lines = [_value_line(value) for value in found]
    if pick.field and not found:
        lines = [f"The page does not say <b>{inert(pick.field)}</b>."]
    if page.reason:
        lines.append(f"{inert(page.status)}: {inert(page.reason)}")
    head = "".join(f"<p>{line}</p>" for line in lines)
    name = f"<b>{inert(pick.field)}</b> in " if pick.field and found else ""
    text = f'<div class="page">{highlighted(page.text, spans)}</div>' if page.text else ""
    return f'<div class="head"><p>{name}{inert(page.source)}</p>{head}</div>{text}'


def _value_line(value: Value) -> str:
    """One value; its quote is marked in the text below, and is said here where it differs."""
    evidence = value.evidence
    if evidence is None:
        return ""
    said = inert(str(value.data if value.data is not None else evidence.quote))
    quote = f" from “{inert(evidence.quote)}”" if said != inert(evidence.quote) else ""
    tier = f"{inert(value.tier)} tier" if value.tier else ""
    sure = f"confidence {value.confidence:.2f}"
    return (
        f'<q>{said}</q>{quote} <span class="how">{tier} · {sure} ·'
        f" <code>{inert(evidence.xpath)}</code>{_in_markup(evidence)}</span>{_contrary(value)}"
    )


def _in_markup(evidence: Evidence) -> str:
    return f" <code>{inert(evidence.markup)}</code>" if evidence.markup else ""


def _contrary(value: Value) -> str:
    """The other quote of a conflict."""
    other = value.contrary
    return f" but “{inert(other.quote)}”{_in_markup(other)}" if other else ""
