"""What stands behind a cell: its values with who says so, other candidates, and the page's text."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.desk.highlight import first_shown, highlighted, inert
from schemas.document import Span
from schemas.record import Evidence, PageResult, Tier, Value
from ui.grid import tier_words

__all__ = ["Pick", "evidence", "page_text"]

OTHER_PLACES = 5  # of the same words, that are looked at


@dataclass(frozen=True, slots=True)
class Pick:
    """What was clicked: a page, and the *values* of one field of one of its records.

    `field`: `None` for a cell that speaks of the page itself.
    """

    page: PageResult
    field: str | None = None
    values: tuple[Value, ...] = ()

    @property
    def places(self) -> list[tuple[str, str]]:
        """XPath and quote of what the page says visibly."""
        cited = [value.evidence for value in self.values if value.evidence]
        return [(one.xpath, one.quote) for one in cited if one.xpath]


def evidence(pick: Pick, drawn: str | None = None) -> str:
    """The values, and below them the page's text with their quotes marked.

    *drawn*: the page as `desk.rendered` gives it, to be shown in the text's place. Its frame
    runs no script; that it counts as ours lets the page around it scroll to the quote.
    """
    below = page_text(pick)
    if drawn is not None:
        below = (
            '<iframe sandbox="allow-same-origin" referrerpolicy="no-referrer"'
            f' title="The page, inert" srcdoc="{html.escape(drawn)}"></iframe>'
        )
    return f'<div class="head">{_head(pick)}</div>{below}'


def page_text(pick: Pick) -> str:
    """The page's text with the quotes marked."""
    spans = [value.evidence.span for value in pick.values if value.evidence]
    if not pick.page.text:
        return '<p class="note">There is no text of this page to show.</p>'
    return (
        f'<div class="page" tabindex="0" role="region" aria-label="Text of the page" dir="auto"'
        f' data-first="{first_shown(pick.page.text, spans)}">'
        f"{highlighted(pick.page.text, spans)}</div>"
    )


def _head(pick: Pick) -> str:
    page = pick.page
    found = [value for value in pick.values if value.evidence or value.data is not None]
    lines = [f"<p><b>{inert(pick.field)}</b> in {inert(page.source)}</p>"] if pick.field else []
    lines = lines or [f"<p><b>{inert(page.source)}</b></p>"]
    lines += [f"<p>{_value_line(value)}</p>" for value in found]
    if pick.field and not found:
        lines.append(f"<p>The page does not say <b>{inert(pick.field)}</b>.</p>")
    if page.reason:
        lines.append(f"<p>{inert(page.status)}: {inert(page.reason)}</p>")
    if page.seen is not None and len(page.records) < page.seen:
        lines.append(f"<p>{len(page.records):,} of {page.seen:,} records were read.</p>")
    others = list(_candidates(page.text, found))
    if others:
        items = "".join(f"<li>{line}</li>" for line in others)
        lines.append(f'<p class="how">Other candidates:</p><ul class="others">{items}</ul>')
    return "".join(lines)


def _value_line(value: Value) -> str:
    """One value; its quote is marked in the text below, and is said here where it differs."""
    said = inert(str(value.data if value.data is not None else value.raw))
    unread = "" if value.data is not None else " <b>(cannot be read as this kind)</b>"
    evidence = value.evidence
    if evidence is None:
        return f"<q>{said}</q> <span class='how'>{_how(value)}, without a quote</span>"
    quote = f" from “{inert(evidence.quote)}”" if said != inert(evidence.quote) else ""
    place = f"<code>{inert(evidence.xpath)}</code>{_in_markup(evidence)}"
    return f'<q>{said}</q>{unread}{quote} <span class="how">{_how(value)} · {place}</span>'


def _how(value: Value) -> str:
    if value.tier is Tier.PERSON:
        return "said by you"
    return f"by {tier_words(value.tier)} · confidence {value.confidence:.2f}"


def _in_markup(evidence: Evidence) -> str:
    return f" <code>{inert(evidence.markup)}</code>" if evidence.markup else ""


def _candidates(text: str, values: Sequence[Value]) -> Iterator[str]:
    """What else might have been cited: the other quote of a conflict, the same words elsewhere."""
    for value in values:
        if other := value.contrary:
            yield f"but the page also says “{inert(other.quote)}”{_in_markup(other)}"
        if value.evidence and value.evidence.is_visible:
            for place in _elsewhere(text, value.evidence):
                around = text[max(0, place.start - 30) : place.end + 30].replace("\n", " ")
                yield f"the same words in “…{inert(around)}…”"


def _elsewhere(text: str, evidence: Evidence) -> Iterator[Span]:
    at = text.find(evidence.quote)
    for _ in range(OTHER_PLACES):
        if at < 0:
            return
        if at != evidence.span.start:
            yield Span(at, at + len(evidence.quote))
        at = text.find(evidence.quote, at + 1)
