"""A job's results as an HTML table: one page of rows, each cell marked by colour and by sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestration.desk.highlight import inert
from orchestration.desk.sheet import FAIR, FIXED, SURE, Look, Mark, Order, Row, Sheet, View
from schemas.record import PageStatus, Tier

__all__ = ["LEGEND", "cell_words", "grid", "pager", "tier_words"]

TIERS = {
    Tier.MARKUP: ("M", "the page's markup"),
    Tier.SELECTOR: ("R", "rules learned on this site"),
    Tier.SMALL: ("S", "the small model"),
    Tier.LARGE: ("L", "the large model"),
    Tier.PLANNER: ("P", "the planner"),
    Tier.PERSON: ("✎", "you"),
}
STATUSES = {
    PageStatus.OK: ("✓", "ok"),
    PageStatus.BAD: ("⊘", "bad"),
    PageStatus.TRUNCATED: ("✂", "truncated"),
    PageStatus.STOPPED: ("✂", "stopped"),
    PageStatus.PARTIAL: ("✂", "partial"),
    PageStatus.FAILED: ("✕", "failed"),
}
SIGNS = {Look.CONFLICT: "≠", Look.UNREADABLE: "!", Look.ABSENT: "–", Look.CUT: "✂"}
WORDS = {
    Look.ABSENT: "the page does not say",
    Look.CUT: "not found in the part that was read",
    Look.CONFLICT: "two places disagree",
    Look.UNREADABLE: "cannot be read as this kind",
    Look.NONE: "no record",
}
LEGEND = (
    '<p class="legend"><span class="key">Who answered:</span> '
    + " ".join(f"<span><b>{sign}</b> {words}</span>" for sign, words in TIERS.values())
    + '</p><p class="legend"><span class="key">How sure:</span>'
    f' <span class="sure"><b>●</b> {SURE:.0%} or more</span>'
    f' <span class="fair"><b>◐</b> {FAIR:.0%} or more</span>'
    ' <span class="unsure"><b>○</b> less</span>'
    ' <span class="conflict"><b>≠</b> two places disagree</span>'
    ' <span class="unreadable"><b>!</b> unreadable as its kind</span>'
    ' <span class="absent"><b>–</b> the page does not say</span>'
    ' <span class="cut"><b>✂</b> not in the part that was read</span></p>'
)


def grid(sheet: Sheet, view: View, order: Order, picked: tuple[str, int] | None = None) -> str:
    """The table's HTML. *picked*: the place ("3:0") and column of the cell that is open."""
    if not view.total:
        return '<p class="note">No page has ended yet.</p>'
    if not view.rows:
        return '<p class="note">No row is like that. Change the search, or show all rows.</p>'
    headers = sheet.headers
    heads = "".join(_head(name, number, order) for number, name in enumerate(headers))
    body = "".join(_row(row, headers, picked) for row in view.rows)
    return (
        '<div class="scroll" role="region" aria-label="Results table" tabindex="0"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def pager(view: View, size: int) -> str:
    """How many rows there are, and the way to the others."""
    first = view.page * size + 1 if view.rows else 0
    last = view.page * size + len(view.rows)
    count = f"{first:,}–{last:,} of {view.matching:,} rows"
    if view.matching != view.total:
        count += f" that match, of {view.total:,}"
    if view.pages == 1:
        return f'<div class="pager"><span>{count}</span></div>'
    steps = [
        ("«", "first page", 0, view.page > 0),
        ("‹ back", "previous page", view.page - 1, view.page > 0),
        ("next ›", "next page", view.page + 1, view.page < view.pages - 1),
        ("»", "last page", view.pages - 1, view.page < view.pages - 1),
    ]
    buttons = "".join(_step(*step) for step in steps)
    return f'<div class="pager"><span>{count}</span><span class="steps">{buttons}</span></div>'


def tier_words(tier: Tier | None) -> str:
    return TIERS[tier][1] if tier else "nobody"


def cell_words(mark: Mark) -> str:
    """What a cell's colour and signs say, for who cannot see them."""
    if mark.corrected:
        return "corrected by you"
    if mark.look in (Look.ABSENT, Look.CUT, Look.NONE):
        return WORDS[mark.look]
    said = f"{tier_words(mark.tier)}, confidence {mark.confidence:.2f}"
    return f"{WORDS[mark.look]}; {said}" if mark.look in WORDS else said


def _step(text: str, label: str, page: int, active: bool) -> str:
    off = "" if active else " disabled"
    return (
        f'<button type="button" data-act="page" data-page="{page}" aria-label="{label}"{off}>'
        f"{text}</button>"
    )


def _head(name: str, number: int, order: Order) -> str:
    sorted_ = order.column == number
    way = ("descending" if order.descending else "ascending") if sorted_ else "none"
    arrow = {"descending": "▼", "ascending": "▲", "none": "↕"}[way]
    kind = ("page", "status")[number] if number < FIXED else "field"
    return (
        f'<th scope="col" class="{kind}" aria-sort="{way}"><button type="button" data-act="sort"'
        f' data-column="{number}">{inert(name)}'
        f' <span aria-hidden="true">{arrow}</span></button></th>'
    )


def _row(row: Row, headers: Sequence[str], picked: tuple[str, int] | None) -> str:
    place = f"{row.place[0]}:{row.place[1]}"
    number = f" #{row.place[1] + 1}" if row.given > 1 else ""
    name = f"<bdi>{inert(_short(row.source))}</bdi><small>{number}</small>"
    cells = "".join(_cells(row, place, picked))
    return (
        f'<tr class="{row.status}"><th scope="row" class="page" title="{inert(row.source)}">'
        f"{_button(place, 0, name, '')}</th>{_status(row, place)}{cells}</tr>"
    )


def _status(row: Row, place: str) -> str:
    sign, word = STATUSES[row.status]
    listed = ""
    if row.seen is not None:
        short = ' class="short"' if row.given < row.seen else ""
        listed = f"<small{short}>{row.given:,} of {row.seen:,}</small>"
    text = f'<span aria-hidden="true">{sign}</span> {word} {listed}'
    label = inert(row.reason or "")
    return f'<td class="status" title="{label}">{_button(place, 1, text, "")}</td>'


def _cells(row: Row, place: str, picked: tuple[str, int] | None) -> Iterator[str]:
    if row.marks and all(mark.look is Look.NONE for mark in row.marks):
        reason = inert(row.reason or "the page gave no record")
        yield f'<td class="reason" colspan="{len(row.marks)}"><span>{reason}</span></td>'
        return
    for number, mark in enumerate(row.marks, FIXED):
        classes = f"{mark.look} {_sureness(mark)}" + (" corrected" if mark.corrected else "")
        current = ' aria-current="true"' if picked == (place, number) else ""
        text = f'<bdi class="text">{inert(mark.text)}</bdi>' if mark.text else ""
        signs = f'<span class="sign" aria-hidden="true">{_signs(mark)}</span>'
        words = f'<span class="unseen">{cell_words(mark)}</span>'
        yield f'<td class="{classes}">{_button(place, number, signs + text + words, current)}</td>'


def _button(place: str, column: int, inside: str, more: str) -> str:
    return (
        f'<button type="button" tabindex="-1" data-act="open" data-place="{place}"'
        f' data-column="{column}"{more}>{inside}</button>'
    )


def _sureness(mark: Mark) -> str:
    if mark.look in (Look.ABSENT, Look.CUT, Look.NONE):
        return ""
    if mark.corrected or mark.confidence >= SURE:
        return "sure"
    return "fair" if mark.confidence >= FAIR else "unsure"


def _signs(mark: Mark) -> str:
    if mark.corrected:
        return "✎" if mark.text else "✎–"
    sign = SIGNS.get(mark.look, "")
    if mark.look in (Look.ABSENT, Look.CUT):
        return sign
    sure = {"sure": "●", "fair": "◐", "unsure": "○"}[_sureness(mark)]
    return f"{TIERS[mark.tier][0] if mark.tier else ''}{sure}{sign}"


def _short(name: str) -> str:
    """A long address by its end, which is what tells pages apart."""
    name = name.removeprefix("https://").removeprefix("http://")
    return name if len(name) <= 48 else f"…{name[-46:]}"
