"""A page's text as HTML that runs nothing, with the quoted places marked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from schemas.document import Span

__all__ = ["UNSHOWABLE", "first_shown", "highlighted", "inert"]

AROUND = 100_000  # characters shown before the first quote and after the last one
# What HTML cannot hold or browsers draw as something else: controls, lone surrogates, and marks
# that turn the direction of the text around them.
UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def inert(text: str) -> str:
    """*text* as HTML text or attribute value: no tag, entity or script of its own."""
    return html.escape(UNSHOWABLE.sub("\ufffd", text))


def highlighted(text: str, spans: Iterable[Span] = (), *, around: int = AROUND) -> str:
    """*text* as HTML, the *spans* of it (code points) in `<mark>`.

    Overlapping spans become one mark; parts of spans after the text's end are left out. Of a long
    text only *around* characters before the first and after the last mark are given, and a note
    says how many are not.

    >>> highlighted("5 < 6", [Span(0, 1)])
    '<mark>5</mark> &lt; 6'
    """
    marks = list(_merged(spans, len(text)))
    first = first_shown(text, marks, around=around)
    last = min((marks[-1].end if marks else 0) + around, len(text))
    pieces = [_left_out(first, "before")]
    position = first
    for mark in marks:
        pieces.append(inert(text[position : mark.start]))
        pieces.append(f"<mark>{inert(text[mark.start : mark.end])}</mark>")
        position = mark.end
    pieces += [inert(text[position:last]), _left_out(len(text) - last, "after")]
    return "".join(pieces)


def first_shown(text: str, spans: Iterable[Span] = (), *, around: int = AROUND) -> int:
    """The offset in *text* of the first character that `highlighted` shows."""
    marks = list(_merged(spans, len(text)))
    return max(marks[0].start - around, 0) if marks else 0


def _merged(spans: Iterable[Span], length: int) -> Iterator[Span]:
    """The non-empty *spans* inside the text, in order, joined where they overlap."""
    current: Span | None = None
    for span in sorted(spans):
        end = min(span.end, length)
        if span.start >= end:
            continue
        if current is not None and span.start < current.end:
            current = Span(current.start, max(current.end, end))
            continue
        if current is not None:
            yield current
        current = Span(span.start, end)
    if current is not None:
        yield current


def _left_out(count: int, where: str) -> str:
    return f"<i>… {count:,} characters {where} this are not shown …</i>" if count else ""
