"""How far a job is, as HTML that runs nothing."""

from __future__ import annotations

from orchestration.desk.highlight import inert
from orchestration.desk.readiness import Stage
from orchestration.desk.runs import Run, RunState
from schemas.record import PageStatus

__all__ = ["bar", "note", "progress", "span_of_time"]


def note(text: str, *, trouble: bool = False) -> str:
    """A line of text; *trouble* makes it stand out."""
    kind = 'class="trouble" role="alert"' if trouble else 'class="note"'
    return f"<p {kind}>{inert(text)}</p>"


def bar(text: str, part: float | None = None, more: str = "") -> str:
    """A progress bar; *part* `None`: nobody knows how long."""
    value = "" if part is None else f' value="{part:.4f}"'
    below = f'<p class="pace">{inert(more)}</p>' if more else ""
    return (
        f'<p class="note">{inert(text)}</p>'
        f'<progress max="1"{value} aria-label="Progress of the job"></progress>{below}'
    )


def progress(run: Run, ahead: int = 0) -> str:
    """Where *run* is; *ahead*: how many jobs come before it."""
    match run.state:
        case RunState.WAITING:
            return bar(f"Waiting for its turn; jobs before it: {ahead}")
        case RunState.LOADING:
            stage = run.stage or Stage("Loading the model")
            return bar("Stopping" if run.stop.is_set() else stage.text, stage.part)
        case RunState.RUNNING if run.job is None:
            return bar("Opening the pages")
        case RunState.RUNNING:
            return bar(_counts(run), _part(run), _pace(run))
        case RunState.ENDED if run.trouble:
            return note(run.ended or "", trouble=True) + (bar(_counts(run), 1.0) if run.job else "")
        case _:
            if run.job is None:
                return note(run.ended or "")
            return bar(f"{_counts(run)} · {run.ended}", _part(run), _pace(run))


def span_of_time(seconds: float) -> str:
    """As people say it: "40 s", "3 min 5 s", "2 h 10 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _part(run: Run) -> float:
    return run.done / run.total if run.total else 1.0


def _counts(run: Run) -> str:
    counts = tuple(run.counts.items())  # which the run adds to meanwhile
    ended = [f"{n:,} {status}" for status, n in counts if status != PageStatus.OK]
    stopping = ["stopping"] if run.stop.is_set() and not run.is_over else []
    return " · ".join([f"{run.done:,} of {run.total:,} pages", *ended, *stopping])


def _pace(run: Run) -> str:
    parts = []
    if pace := run.pages_a_minute:
        parts.append(f"{pace:,.0f} pages a minute" if pace >= 10 else f"{pace:.1f} pages a minute")
    if run.is_over:
        parts.append(f"{span_of_time(run.seconds)} in all")
    elif (left := run.seconds_left) is not None:
        parts.append(f"about {span_of_time(left)} left")
    spent = tuple(run.tokens.items())
    tokens = ", ".join(f"{tier} {count:,}" for tier, count in spent if count)
    parts.append(f"tokens: {tokens or 'none'}")
    return " · ".join(parts)
