"""From the words a model chose back to the place on the page that says them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractors.answers.grammar import HYPHENS, word_pieces
from schemas.document import RAISED, Document, Span
from schemas.record import Evidence

__all__ = ["Found", "Locator"]

_HEADINGS = frozenset({"h1", "h2", "h3"})
_POINT = re.compile(r"(?<=\d)\\\.(?=\d\d(?!\d))")  # escaped, where raised cents may stand for it
_BEGUN = re.compile(r"(?<!\d)\d{1,3}$")
_THOUSANDS = re.compile(r"[ \u00a0\u2009\u202f]\d{3}(?!\d)")
_TO_GO_ON = re.compile(r"\d[ \u00a0\u2009\u202f]$")
_THOUSAND = re.compile(r"\d{3}(?!\d)")
_GAP = f"[\\s{re.escape(HYPHENS)}]+"


@dataclass(frozen=True, slots=True)
class Found:
    """A quote's likeliest place. `places`: how many there are. `labelled`: it follows a label of
    its field; `fills`: it is all that its block says."""

    evidence: Evidence
    places: int
    labelled: bool
    fills: bool


class Locator:
    """Finds quotes in one document, within the parts of it that the model was shown. *lines*:
    offsets at which a line began within a block, in order."""

    def __init__(
        self, document: Document, shown: Sequence[Span], lines: Sequence[int] = ()
    ) -> None:
        self._document = document
        self._shown = shown
        self._lines = lines

    def cite(self, span: Span) -> Evidence:
        """The evidence that *span* is."""
        block = self._document.block_at(span.start)
        return Evidence(self._document.quote(span), span, block.xpath)

    def find(
        self,
        words: str,
        *,
        labels: Sequence[str] = (),
        taken: Iterable[Span] = (),
        heading: bool = False,
    ) -> Found | None:
        """The likeliest place of *words*; `None` when they do not stand there.

        Letter case, the kind of white space, and hyphens for spaces may differ. Of several
        places, one inside `<title>` or an attribute comes last, then one that cuts a number, and
        one that fills its block or follows one of *labels* first; then the order of reading. Places
        in *taken* are passed over.

        *heading*: the words name the page's subject. A place in a heading comes before others,
        and the whole heading is the quote: small models tend to stop after its first words.
        """
        used = set(taken)
        places = [span for span in self._places(words) if span not in used]
        if not places:
            return None
        best = min(places, key=lambda span: self._rank(span, labels, heading))
        evidence = self.cite(self._whole_heading(best, labels) if heading else best)
        fills = self._document.block_at(evidence.span.start).span == evidence.span
        return Found(evidence, len(places), self._is_labelled(best, labels), fills)

    def _whole_heading(self, span: Span, labels: Sequence[str]) -> Span:
        """The line of a heading that *span* stands in, without a label such as "Title:"."""
        block = self._document.block_at(span.start).span
        is_heading = self._document.block_at(span.start).tag in _HEADINGS
        shown = any(s.start <= block.start and block.end <= s.end for s in self._shown)
        if not (is_heading and shown and span.end <= block.end):
            return span
        line = self._line(block, span)
        words = "|".join(re.escape(label) for label in labels if label)
        label = re.match(rf"(?:{words})\s*:\s+", self._document.quote(line), re.IGNORECASE)
        start = line.start + (label.end() if label and words else 0)
        return Span(start, line.end)

    def _line(self, block: Span, span: Span) -> Span:
        """The lines of *block* that *span* stands in."""
        first = bisect_right(self._lines, span.start)
        last = bisect_left(self._lines, span.end)
        start = max(block.start, self._lines[first - 1] if first else 0)
        end = min(block.end, self._lines[last] if last < len(self._lines) else block.end)
        return Span(start, start + len(self._document.text[start:end].rstrip()))

    def _places(self, words: str) -> list[Span]:
        """Where *words* stand as they are; else where they do with hyphens for spaces."""
        exact = r"\s+".join(map(re.escape, words.split()))
        loose = _GAP.join(map(re.escape, re.split(_GAP, words)))
        return self._matches(exact) or self._matches(loose)

    def _matches(self, pattern: str) -> list[Span]:
        if not pattern:
            return []
        text = self._document.text
        if RAISED in text:
            pattern = _POINT.sub(f"[.{RAISED}]", pattern)
        search = re.compile(pattern, re.IGNORECASE).finditer
        found = (match for part in self._shown for match in search(text, part.start, part.end))
        return [span for match in found if self._whole_words(span := Span(*match.span()))]

    def _whole_words(self, span: Span) -> bool:
        """Whether both ends lie where `word_pieces` would cut."""
        return all(self._is_border(offset) for offset in (span.start, span.end))

    def _is_border(self, offset: int) -> bool:
        text = self._document.text
        if offset in (0, len(text)):
            return True
        start = max(text.rfind(" ", 0, offset), text.rfind("\n", 0, offset)) + 1
        if start == offset:
            return True
        end = next((i for i in range(offset, len(text)) if text[i].isspace()), len(text))
        cut = start
        for piece in word_pieces(text[start:end]):
            cut += len(piece)
            if cut >= offset:
                return cut == offset
        return True

    def _rank(
        self, span: Span, labels: Sequence[str], heading: bool
    ) -> tuple[bool, bool, bool, bool, int]:
        block = self._document.block_at(span.start)
        fills = block.span == span
        astray = heading and block.tag not in _HEADINGS
        says_so = fills or self._is_labelled(span, labels)
        aside = block.tag == "title" or block.is_attribute
        return aside, astray, self._cuts_number(span), not says_so, span.start

    def _cuts_number(self, span: Span) -> bool:
        """Whether it is a part of a number such as `4 872`, whose thousands a space parts."""
        text = self._document.text
        before, after = text[max(0, span.start - 3) : span.start], text[span.end : span.end + 5]
        quote = text[span.start : span.end]
        begun = _BEGUN.search(quote) and _THOUSANDS.match(after)
        return bool(begun or (_TO_GO_ON.search(before) and _THOUSAND.match(quote)))

    def _is_labelled(self, span: Span, labels: Sequence[str]) -> bool:
        """Whether one of *labels* stands in the few words ahead of *span*."""
        before = self._document.text[max(0, span.start - 40) : span.start].lower()
        return any(label and label in before for label in labels)
