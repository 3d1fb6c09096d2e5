"""How much of what was extracted is right: results held against gold, field by field.

A value is right when it equals the gold value, or another accepted one, after folding: letter case,
punctuation and white space aside; numbers by value, dates by day, links without their fragment,
lists item by item. Nothing where the gold has nothing is right too, but counts for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.schema import Field, Kind, Schema

__all__ = [
    "Answered",
    "FieldScore",
    "PageScore",
    "Score",
    "fold",
    "is_right",
    "pair_up",
    "score_page",
    "total",
]

Gold = Mapping[str, Any]
Values = Mapping[str, Any]

_NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER})
_NOTHING: tuple[Any, ...] = (None, "", [])
_MORE_WORDS = 40  # characters; a pay with both amounts may be said in so many more


@dataclass(frozen=True, slots=True)
class Answered:
    """What was extracted from one page. `values`: top-level values that say something;
    `ungrounded`: how many of these cite no place on the page."""

    records: Sequence[Values] = ()
    values: int = 0
    ungrounded: int = 0


@dataclass(slots=True)
class FieldScore:
    """Counts of one field, or of all. `asked`: times the gold has a say on it; `overlap`: the sum
    of shared words (F1 of tokens), 1 for what is right or rightly absent."""

    asked: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    overlap: float = 0.0

    def add(self, other: FieldScore) -> None:
        self.asked += other.asked
        self.right += other.right
        self.wrong += other.wrong
        self.missed += other.missed
        self.overlap += other.overlap

    @property
    def precision(self) -> float:
        """Of the values given, those that are right; 1 when none was given."""
        given = self.right + self.wrong
        return self.right / given if given else 1.0

    @property
    def recall(self) -> float:
        """Of the gold values, those that were given; 1 when there are none."""
        there = self.right + self.missed
        return self.right / there if there else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class PageScore:
    """One page. `perfect`: every field that the gold has a say on is right, in every record.

    `gold_records`, `found_records` (those whose first field is right) and `given_records` are 0
    for pages of one record.
    """

    fields: dict[str, FieldScore]
    perfect: bool = True
    gold_records: int = 0
    given_records: int = 0
    found_records: int = 0
    values: int = 0
    ungrounded: int = 0


@dataclass(slots=True)
class Score:
    """Many pages together."""

    pages: int = 0
    perfect: int = 0
    gold_records: int = 0
    given_records: int = 0
    found_records: int = 0
    values: int = 0
    ungrounded: int = 0
    fields: dict[str, FieldScore] = field(default_factory=dict)

    @property
    def micro(self) -> FieldScore:
        """All fields in one."""
        together = FieldScore()
        for counts in self.fields.values():
            together.add(counts)
        return together

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the fields that the gold has a say on, each as it is printed."""
        asked = [round(counts.f1, 4) for counts in self.fields.values() if counts.asked]
        return sum(asked) / max(1, len(asked))

    @property
    def page_success(self) -> float:
        return self.perfect / max(1, self.pages)

    @property
    def record_recall(self) -> float | None:
        """Of the records on list pages, those found; `None` where there are none."""
        return self.found_records / self.gold_records if self.gold_records else None


def total(schema: Schema, pages: Iterable[PageScore]) -> Score:
    """The score of all *pages*."""
    score = Score(fields={name: FieldScore() for name in schema.names})
    for page in pages:
        score.pages += 1
        score.perfect += page.perfect
        for name in ("gold_records", "given_records", "found_records", "values", "ungrounded"):
            setattr(score, name, getattr(score, name) + getattr(page, name))
        for name, counts in page.fields.items():
            score.fields[name].add(counts)
    return score


def score_page(schema: Schema, gold: Gold, answered: Answered) -> PageScore:
    """Hold what was extracted from a page against its *gold*.

    *gold* maps fields to values, `None` for what the page does not say; a field it lacks, or names
    in `_ignore`, is not scored. `<field>_accept` lists other right answers; a text that names the
    amounts of `<field>_min` and `<field>_max` is right. With `items` it is a page of many records.
    """
    page = PageScore({name: FieldScore() for name in schema.names})
    page.values, page.ungrounded = answered.values, answered.ungrounded
    if "items" in gold:
        _score_list(page, schema, gold["items"], answered.records)
        return page
    ignored = set(gold.get("_ignore") or [])
    values = answered.records[0] if answered.records else {}
    for asked in schema:
        if asked.name in gold and asked.name not in ignored:
            right = _score_value(page.fields[asked.name], asked, values.get(asked.name), gold)
            page.perfect = page.perfect and right
    return page


def _score_list(
    page: PageScore, schema: Schema, items: Sequence[Gold], records: Sequence[Values]
) -> None:
    """Every gold record takes the record left that shares most fields with it."""
    page.gold_records, page.given_records = len(items), len(records)
    page.perfect = len(items) == len(records)
    key = schema.fields[0]
    for item, place in zip(items, pair_up(schema, items, records), strict=True):
        values = {} if place is None else records[place]
        known = item.get(key.name)
        page.found_records += (
            bool(values) if known is None else _same(key, values.get(key.name), known)
        )
        for asked in schema:
            if asked.name in item:
                right = _score_value(page.fields[asked.name], asked, values.get(asked.name), item)
                page.perfect = page.perfect and right


def pair_up(schema: Schema, items: Sequence[Gold], records: Sequence[Values]) -> list[int | None]:
    """For each gold record the place of the one in *records* that it is held against: of those
    left, the one that shares most fields with it; `None` where none shares any."""
    left = list(range(len(records)))
    places = []
    for item in items:
        place = _closest(schema, item, records, left)
        if place is not None:
            left.remove(place)
        places.append(place)
    return places


def _closest(
    schema: Schema, item: Gold, records: Sequence[Values], left: Sequence[int]
) -> int | None:
    known = [asked for asked in schema if item.get(asked.name) is not None]

    def shared(place: int) -> int:
        return sum(_same(a, records[place].get(a.name), item[a.name]) for a in known)

    best = max(left, key=shared, default=None)
    return best if best is not None and shared(best) else None


def _score_value(counts: FieldScore, asked: Field, got: Any, gold: Gold) -> bool:
    """Count one value; returns whether it is right."""
    counts.asked += 1
    want, accepted = gold.get(asked.name), list(gold.get(f"{asked.name}_accept") or [])
    if asked.many:
        return _score_items(counts, _listed(got), _listed(want))
    if isinstance(got, list):
        got = got[0] if got else None
    if isinstance(want, list):
        accepted, want = accepted + want, want[0] if want else None
    got = None if got in ("", []) else got
    wanted = [want, *accepted]
    if got is None and want is None:
        counts.overlap += 1
        return True
    right = got is not None and _is_one_of(asked, got, wanted, gold)
    counts.overlap += 1.0 if right else _overlap(got, wanted)
    counts.right += right
    counts.wrong += not right and got is not None
    counts.missed += not right and want is not None
    return right


def _is_one_of(asked: Field, got: Any, wanted: Sequence[Any], gold: Gold) -> bool:
    return any(
        _same(asked, got, value) for value in wanted if value is not None
    ) or _names_both_amounts(got, wanted[0], gold, asked.name)


def is_right(asked: Field, got: Any, gold: Gold) -> bool | None:
    """Whether *got*, one value or one item of a list, is what *gold* has; `None` for no say.

    Of `None`: whether the gold has nothing either.
    """
    if asked.name not in gold or asked.name in set(gold.get("_ignore") or []):
        return None
    want, accepted = gold[asked.name], list(gold.get(f"{asked.name}_accept") or [])
    wanted = [*_listed(want), *accepted]
    if got in _NOTHING:
        return not [value for value in wanted if value is not None]
    if asked.many:
        return fold(got) in set(map(fold, wanted))
    return bool(wanted) and _is_one_of(asked, got, wanted, gold)


def _listed(value: Any) -> list[Any]:
    """The items of *value*; a single one, as another program may export it, is a list of one."""
    if isinstance(value, list | Mapping):
        return list(value)
    return [value] if value or value == "" else []


def _score_items(counts: FieldScore, got: list[Any], want: list[Any]) -> bool:
    hits = sum((Counter(map(fold, got)) & Counter(map(fold, want))).values())
    counts.right += hits
    counts.wrong += len(got) - hits
    counts.missed += len(want) - hits
    counts.overlap += 2 * hits / (len(got) + len(want)) if got or want else 1.0
    return hits == len(want) == len(got)


def fold(value: Any) -> str:
    """*value* as text in which letter case, punctuation and white space are alike."""
    text = unicodedata.normalize("NFKC", str(value)).lower()
    return re.sub(r"[\W_]+", " ", text).strip()


def _same(asked: Field, got: Any, want: Any) -> bool:
    if got is None or want is None:
        return got is want
    if not asked.many:
        if asked.kind in _NUMBERS:
            return _equal_numbers(got, want)
        if asked.kind is Kind.DATE:
            return str(got)[:10] == str(want)[:10]
        if asked.kind is Kind.URL:
            return _address(got) == _address(want)
    return fold(got) == fold(want)


def _equal_numbers(got: Any, want: Any) -> bool:
    try:
        return abs(float(got) - float(want)) < 1e-6 * max(1, abs(float(want)))
    except (TypeError, ValueError):
        return False


def _address(url: Any) -> str:
    return str(url).split("#")[0].rstrip("/")


def _names_both_amounts(got: Any, want: Any, gold: Gold, name: str) -> bool:
    """Whether *got* is the same pay in fewer or a few more words."""
    low, high = gold.get(f"{name}_min"), gold.get(f"{name}_max")
    if not low or not high:
        return False
    amounts = {float(low), float(high)}
    return amounts <= _amounts(got) and len(str(got)) <= len(str(want)) + _MORE_WORDS


def _amounts(text: Any) -> set[float]:
    """Numbers of a pay: "$60K - 75,500" has 60000 and 75500."""
    found = set()
    for digits, thousands in re.findall(r"(\d[\d., \u00a0\u202f']*)\s*([kK])?", str(text)):
        plain = re.sub(r"[ \u00a0\u202f']", "", digits).rstrip(".,")
        plain = re.sub(r"[.,](?=\d{3}(\D|$))", "", plain).replace(",", ".")
        try:
            found.add(float(plain) * (1000 if thousands else 1))
        except ValueError:  # "1.2.3"
            continue
    return found


def _overlap(got: Any, wanted: Sequence[Any]) -> float:
    """F1 of the words of *got* and of the right answer that it is closest to."""
    if got is None or all(value is None for value in wanted):
        return float(got is None and all(value is None for value in wanted))
    words = Counter(fold(got).split())
    return max(_shared_words(words, value) for value in wanted if value is not None)


def _shared_words(words: Counter[str], value: Any) -> float:
    other = Counter(fold(value).split())
    both = sum((words & other).values())
    return 2 * both / (sum(words.values()) + sum(other.values()) or 1)
