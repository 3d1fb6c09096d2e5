"""Whether the visible text of a page also says what its markup does, or says another thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice

from extractors.answers.evidence import Locator
from extractors.values.customs import Customs
from extractors.values.normalise import normalise
from schemas.document import Document, Span
from schemas.record import Evidence
from schemas.schema import Field, Kind

__all__ = ["VisibleText", "folded"]

MAX_READ = 400_000  # characters of a page that are searched
MAX_SOUGHT = 2_000  # characters of a value that is sought
MAX_STATED = 3  # labelled values that are compared
MAX_LABELLED = 4_000  # blocks that are looked at for labels
_NUMERAL = re.compile(r"\d(?:[\d.,'’\u00a0\u202f]*\d)?")
MAX_DATES = 3  # written dates that are read, which takes milliseconds each
_NEAR_DATE = 40  # characters that a written date takes at most
_NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.MONEY})
_DATES = frozenset({Kind.DATE, Kind.DATETIME})
_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?")


def folded(text: str) -> str:
    """*text* for comparing: compatibility forms, case, marks and white space do not count."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", plain))


class VisibleText:
    """One document's text, searched for values in whatever form the page writes them."""

    def __init__(self, document: Document) -> None:
        document = document.visible
        self._document = document
        self._customs = Customs.of(document)
        self._read = Span(0, min(len(document.text), MAX_READ))
        self._locator = Locator(document, [self._read])
        self._numerals: dict[str, list[Span]] | None = None

    def find(self, field: Field, said: str, data: object) -> Evidence | None:
        """The place that says *data* as *field*'s kind has it; `None` when none is found."""
        if field.kind in _NUMBERS:
            return self._number(field, str(data))
        if field.kind in _DATES:
            return self._date(field, str(data)[:10])
        words = said.strip()
        if field.kind is not Kind.TEXT or not 1 < len(words) <= MAX_SOUGHT:
            return None
        found = self._locator.find(words, labels=field.labels, heading=False)
        return found.evidence if found else None

    def contrary(self, field: Field, data: object) -> Evidence | None:
        """What the page says of *field* beside its label, where that is not *data*.

        Only a block of the form `label: value` counts, its label the field's name in full. Numbers,
        amounts and dates differ by what they normalise to, texts where neither holds the other.
        """
        if field.many or field.kind not in _NUMBERS | _DATES | {Kind.TEXT}:
            return None
        for span in islice(self._labelled(field.labels[0]), MAX_STATED):
            quote = self._document.quote(span)
            other = self.read(quote, field)
            if other is not None and not _agree(field, data, other):
                return self._locator.cite(span)
        return None

    def read(self, quote: str, field: Field) -> object:
        """*quote* as *field* asks for it, as this page writes such things; `None`: it is not."""
        return normalise(quote, field, customs=self._customs)

    def headings(self) -> list[str]:
        """The folded first-level headings of the page, or its title where it has none."""
        blocks = self._document.blocks
        found = [block for block in blocks if block.tag == "h1"]
        found = found or [block for block in blocks if block.tag == "title"]
        return [text for block in found if (text := folded(self._document.quote(block.span)))]

    def follows_number(self, evidence: Evidence) -> bool:
        """Whether a number stands before the quote in its own block: words cut from a measure."""
        block = self._document.block_at(evidence.span.start)
        before = self._document.text[block.span.start : evidence.span.start]
        return any(sign.isnumeric() for sign in before)

    def _labelled(self, label: str) -> Iterator[Span]:
        pattern = re.compile(rf"\s*{re.escape(label)}\s*[:|]\s*(?=\S)", re.IGNORECASE)
        for block in self._document.blocks[:MAX_LABELLED]:
            match = pattern.match(self._document.text, block.span.start, block.span.end)
            if match and block.span.end - match.end() <= MAX_SOUGHT:
                yield Span(match.end(), block.span.end)

    def _number(self, field: Field, data: str) -> Evidence | None:
        wanted = _amount(data)
        if wanted is None:
            return None
        for digits in _digits(wanted):
            for span in self._index().get(digits, ())[:20]:
                if _amount(str(self.read(self._document.quote(span), field))) == wanted:
                    return self._locator.cite(span)
        return None

    def _index(self) -> dict[str, list[Span]]:
        if self._numerals is None:
            self._numerals = {}
            for match in _NUMERAL.finditer(self._document.text, 0, self._read.end):
                digits = re.sub(r"\D", "", match[0]).lstrip("0")
                self._numerals.setdefault(digits, []).append(Span(*match.span()))
        return self._numerals

    def _date(self, field: Field, day: str) -> Evidence | None:
        """A stretch of a line with the year and the day in it that reads as *day*."""
        year, _, rest = day.partition("-")
        number = rest.rpartition("-")[2].lstrip("0")
        text, tried = self._document.text, 0
        for match in re.finditer(rf"(?<!\d){year}(?!\d)", text[: self._read.end]):
            span = self._around(match.start(), match.end(), number)
            if span is None:
                continue
            tried += 1
            if self.read(self._document.quote(span), field) == day:
                return self._locator.cite(span)
            if tried == MAX_DATES:
                break
        return None

    def _around(self, start: int, end: int, number: str) -> Span | None:
        """The year at [*start*, *end*) with its month and day, before it or after it."""
        text = self._document.text
        before = text[max(start - _NEAR_DATE, text.rfind("\n", 0, start) + 1) : start]
        if match := re.search(rf"(?:\b[^\W\d_]+\.?\s+|\d+[./-])?\b0?{number}\b\D.*$", before):
            return Span(start - len(match[0]), end)
        month = re.search(rf"\b[^\W\d_]+\.?\s+0?{number}\b\D*$", before)
        if month:
            return Span(start - len(month[0]), end)
        after = re.match(rf"[-/.]\d\d?[-/.]0?{number}\b", text[end : end + 8])
        return Span(start, end + len(after[0])) if after else None


def _amount(data: str) -> Decimal | None:
    match = _AMOUNT.match(data)
    try:
        return Decimal(match[0]) if match else None
    except InvalidOperation:
        return None


def _digits(amount: Decimal) -> Sequence[str]:
    """The digits of *amount* as pages write them: with no decimals, one or two."""
    forms = [f"{amount:f}", f"{amount:.1f}", f"{amount:.2f}", f"{amount.to_integral_value():f}"]
    return list(dict.fromkeys(re.sub(r"\D", "", form).lstrip("0") for form in forms))


def _agree(field: Field, data: object, other: object) -> bool:
    if field.kind in _NUMBERS:
        return _amount(str(data)) == _amount(str(other))
    if field.kind in _DATES:
        return str(data)[:10] == str(other)[:10]
    one, two = folded(str(data)), folded(str(other))
    return one in two or two in one
