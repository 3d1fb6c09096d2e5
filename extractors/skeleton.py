"""A page as a planner is shown it: its blocks with what they stand in, repeated ones collapsed.

Of siblings that look alike the first few are shown and the others counted. Values stay, cut short.
The text is fenced with a word that is made from it, so that nothing on the page can end the fence,
and marks that close a turn in a chat are broken up. What a planner may refer to (repeated elements,
headings, labels) is listed, so that a reply can be held to it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.parsing.blocks import CELL_MARK, ParsedPage
from extractors.parsing.paths import blocks_within, without_numbers
from extractors.relevance.ranking import Ranking
from extractors.relevance.surroundings import AROUND
from schemas.document import Document
from schemas.schema import Schema

__all__ = ["Skeleton", "draw_skeleton", "fence", "without_marks"]

_KEPT = 3  # siblings that are shown whole
_BRIEF = 12  # siblings of one line each that are shown at all
_FEWEST = 5  # siblings from which on there is something to collapse
_CLIP, _BRIEF_CLIP = 160, 40  # characters of a value
_MOST_LABELS = 60
_HEADINGS = re.compile(r"h[1-6]|caption|legend|summary")
_LABEL = re.compile(r"^([^:：|]{2,40})[:：]")
_CELL_LABEL = re.compile(rf"^([^{re.escape(CELL_MARK)}]{{2,40}}) \{CELL_MARK} ")
_MARK = 24  # digits of a fence's digest: a text that holds its own 12 can be searched for


@dataclass(frozen=True, slots=True)
class Skeleton:
    """*text*: lines of the form `tag: text`, in reading order, within a budget of characters.

    `repeated`: XPaths without numbers of elements that repeat, the most frequent first.
    `headings`: words of headings but the first-level ones. `labels`: what stands beside values.
    All as the page has them, each once.
    """

    text: str
    repeated: tuple[str, ...]
    headings: tuple[str, ...]
    labels: tuple[str, ...]


def draw_skeleton(page: ParsedPage, schema: Schema, *, budget: int) -> Skeleton:
    """*page* within *budget* characters; what is least likely to matter to *schema* goes first.

    A line with `…` stands where something was left out, and says how much where it repeats.
    """
    document = page.document.visible
    repeats = _Repeats(document)
    lines = {place: line for place in repeats.shown for line in [_line(document, repeats, place)]}
    kept = _that_fit(Ranking(page).log_odds(schema), lines, budget)
    text = "\n".join(_with_gaps(document, repeats, lines, kept))
    return Skeleton(
        without_marks(text),
        repeats.paths(),
        tuple(_headings(document)),
        tuple(_labels(document))[:_MOST_LABELS],
    )


def fence(texts: Sequence[str]) -> str:
    """*texts* between lines that no page can write: they hold a digest of what stands between.

    >>> fence(["a"]).splitlines()
    ['<page 1 of 1, ca978112ca1bbdcafac231b3>', 'a', '</page ca978112ca1bbdcafac231b3>']
    """
    mark = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
    return "\n".join(
        f"<page {number} of {len(texts)}, {mark}>\n{text}\n</page {mark}>"
        for number, text in enumerate(texts, start=1)
    )


class _Repeats:
    """Which blocks belong to siblings that repeat.

    `shown`: blocks to show. `brief`: those of them to cut short. `after`: for a block, how many
    siblings like its own were left out after it, and the path of these.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._groups = _sibling_groups(document)
        hidden: set[int] = set()
        self.brief: set[int] = set()
        self.after: dict[int, tuple[int, str]] = {}
        for path, elements in self._groups:
            single = all(len(places) == 1 for places in elements)
            shown = _BRIEF if single else _KEPT
            self.brief.update(place for places in elements[_KEPT:shown] for place in places)
            if left := elements[shown:]:
                hidden.update(place for places in left for place in places)
                self.after[max(elements[shown - 1])] = (len(left), path)
        self.shown = [i for i in range(len(document.blocks)) if i not in hidden]

    def paths(self) -> tuple[str, ...]:
        counts: Counter[str] = Counter()
        for path, elements in self._groups:
            if not AROUND.search(path):
                counts[path] += len(elements)
        return tuple(path for path, _ in counts.most_common(8))


def _sibling_groups(document: Document) -> list[tuple[str, list[list[int]]]]:
    """Path without numbers, and the blocks of each element, of siblings that look alike."""
    groups: dict[tuple[str, str, frozenset[str]], list[list[int]]] = defaultdict(list)
    for path, places in blocks_within(document).items():
        parent, _, step = path.rpartition("/")
        inner = frozenset(
            without_numbers(document.blocks[place].xpath[len(path) :]) for place in places
        )
        groups[parent, without_numbers(step), inner].append(places)
    return [
        (f"{without_numbers(parent)}/{step}", elements)
        for (parent, step, _), elements in groups.items()
        if len(elements) >= _FEWEST
    ]


def _line(document: Document, repeats: _Repeats, place: int) -> str:
    block = document.blocks[place]
    text = document.quote(block.span)
    limit = _BRIEF_CLIP if place in repeats.brief or AROUND.search(block.xpath) else _CLIP
    around = "menu " if AROUND.search(block.xpath) else ""
    return f"{around}{block.tag}: {text if len(text) <= limit else f'{text[:limit].rstrip()}…'}"


def _that_fit(scores: Sequence[float], lines: dict[int, str], budget: int) -> set[int]:
    kept: set[int] = set()
    for place in sorted(lines, key=lambda place: -scores[place]):
        cost = len(lines[place]) + 1
        if cost <= budget:
            kept.add(place)
            budget -= cost
    return kept


def _with_gaps(
    document: Document, repeats: _Repeats, lines: dict[int, str], kept: set[int]
) -> Iterator[str]:
    gap = False
    for place in lines:
        if place in kept:
            yield lines[place]
        elif not gap:
            yield "…"
        gap = place not in kept
        if place in repeats.after:
            count, path = repeats.after[place]
            yield f"… {count:,} more like these: {path}"


def _headings(document: Document) -> Iterator[str]:
    found = (
        document.quote(block.span)
        for block in document.blocks
        if _HEADINGS.fullmatch(block.tag) and block.tag != "h1"
    )
    return iter([text for text in dict.fromkeys(found) if len(text) <= 2 * _BRIEF_CLIP][:40])


def _labels(document: Document) -> Iterator[str]:
    """What looks like the name of a value: before a colon, in a first cell, `dt`, `th`, `label`."""
    found: dict[str, None] = {}
    for block in document.blocks:
        text = document.quote(block.span)
        match = _LABEL.match(text) or (block.tag == "tr" and _CELL_LABEL.match(text))
        if AROUND.search(block.xpath):
            continue
        if match:
            found.setdefault(match[1].strip())
        elif block.tag in ("dt", "th", "label") and 2 <= len(text) <= _BRIEF_CLIP:
            found.setdefault(text.rstrip(" :："))
    return (label for label in found if without_marks(label) == label)


def without_marks(text: str) -> str:
    """*text* that holds no mark of a chat template: "<|im_end|>" reads "<¦im_end¦>"."""
    return text.replace("<|", "<¦").replace("|>", "¦>")
