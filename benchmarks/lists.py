"""How the list pages of a set did, page by page: of a job that `fieldwise evaluate --job` has run.

    FIELDWISE_EVALDATA=... python -m benchmarks.lists JOB [--pages]

No model is asked. Of the gold records: *named*, those whose first field is right in the record held
against them, which is the record recall of `fieldwise evaluate`; *names on the page*, those of them
whose first field stands on the page as the gold writes it: many gold names were put into another
form than the page's, which no quote can equal; *named but for that*, those with whose first field
a record of the page agrees after four such changes in both (`_EDITS`); *met*, those that a record
of their own shares a value with that no other gold record of the page has, as a number or a link.
*Short*: pages with fewer records than the gold; *unsaid*: those of them that neither count more
records than they give nor have a reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.evaluation.scoring import fold, is_right, pair_up
from orchestration.settings import Settings
from orchestration.storage.store import Store
from schemas.record import PageResult
from schemas.schema import Schema

__all__ = ["PageCounts", "counts_of", "main"]

Gold = Mapping[str, Any]
_SET = "lists_courts"
_HEAD = (
    *("page", "gold", "given", "seen", "named", "names on the page", "named but for that"),
    *("met", "short"),
)
# What whoever made this gold did to names, in folded text; it is no part of reading a page.
_EDITS = (
    (re.compile(r"\bet al\b"), " "),
    (re.compile(r"\b(?:u s a|usa|united states of america)\b"), "united states"),
    (re.compile(r"\bvs\b"), "v"),
    (re.compile(r"^p v\b"), "people v"),
)


@dataclass(frozen=True, slots=True)
class PageCounts:
    """One page. `seen`: records that its structure shows; `None`: no list was recognised."""

    name: str
    gold: int
    given: int
    seen: int | None
    named: int
    on_page: int
    named_on_page: int
    alike: int
    met: int
    reason: str = field(default="", compare=False)

    @property
    def short(self) -> bool:
        return self.given < self.gold

    @property
    def says_so(self) -> bool:
        """Whether the result itself tells that records may be missing."""
        return bool(self.reason) or (self.seen is not None and self.given < self.seen)


def counts_of(schema: Schema, items: Sequence[Gold], result: PageResult) -> PageCounts:
    """Hold the records of *result* against the gold *items* of its page."""
    key = schema.fields[0]
    records = [record.data for record in result.records]
    text = f" {fold(result.text)} "
    pairs = [
        (item, {} if place is None else records[place])
        for item, place in zip(items, pair_up(schema, items, records), strict=True)
    ]
    right = [
        bool(record) and bool(is_right(key, record.get(key.name), item)) for item, record in pairs
    ]
    edited = (Counter(map(_edited, _values(key.name, rows))) for rows in (items, records))
    there = [f" {fold(item.get(key.name) or '')} " in text for item in items]
    both = [named and seen for named, seen in zip(right, there, strict=True)]
    return PageCounts(
        Path(result.source).stem,
        len(items),
        len(records),
        result.seen,
        sum(right),
        sum(there),
        sum(both),
        (next(edited) & next(edited)).total(),
        _met(schema, items, records),
        result.reason or "",
    )


def _edited(name: str) -> str:
    for pattern, by in _EDITS:
        name = pattern.sub(by, name)
    return " ".join(name.split())


def _met(schema: Schema, items: Sequence[Gold], records: Sequence[Mapping[str, Any]]) -> int:
    own = {
        asked.name: {
            value for value, count in Counter(_values(asked.name, items)).items() if count == 1
        }
        for asked in schema
    }
    left = list(records)
    met = 0
    for item in items:
        place = next((i for i, record in enumerate(left) if _shares(own, item, record)), None)
        if place is not None:
            del left[place]
            met += 1
    return met


def _values(name: str, items: Sequence[Gold]) -> Iterator[str]:
    return (fold(item[name]) for item in items if item.get(name))


def _shares(own: Mapping[str, set[str]], item: Gold, record: Mapping[str, Any]) -> bool:
    """Whether *record* has a value of *item* that is that record's *own*."""
    return any(
        (value := fold(item.get(name) or "")) in values and fold(record.get(name) or "") == value
        for name, values in own.items()
    )


def main(arguments: list[str]) -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lists")
    parser.add_argument("job")
    parser.add_argument("--pages", action="store_true", help="a row for each page too")
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("FIELDWISE_EVALDATA") or "/nowhere") / _SET
    if not folder.is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    rows = list(_rows(folder, options.job))
    if not rows:
        print(f"no job {options.job!r} has results: run `fieldwise evaluate`", file=sys.stderr)
        return 2
    print(f"| {' | '.join(_HEAD)} |")
    print("|---" * len(_HEAD) + "|")
    for row in rows if options.pages else ():
        state = ("says so" if row.says_so else "unsaid") if row.short else ""
        print(_line(row.name, [row], state))
    short = [row for row in rows if row.short]
    unsaid = sum(not row.says_so for row in short)
    print(_line(f"{len(rows)} pages", rows, f"{len(short)}, {unsaid} unsaid"))
    return 0


def _rows(folder: Path, name: str) -> Iterator[PageCounts]:
    with Store(Settings().data_dir / "results.sqlite") as store:
        job = store.job(name)
        if job is None:
            return
        for result in store.results(job.id, corrected=False):
            gold = folder / "gold" / f"{Path(result.source).stem}.json"
            items = json.loads(gold.read_text("utf-8"))["items"]
            yield counts_of(job.schema, items, result)


def _line(name: str, rows: Sequence[PageCounts], short: str) -> str:
    gold, given = sum(row.gold for row in rows), sum(row.given for row in rows)
    on_page = sum(row.on_page for row in rows)
    named = sum(row.named_on_page for row in rows)
    seen = sum(row.seen or 0 for row in rows)
    cells = [name, str(gold), str(given), str(seen)]
    cells += [_share(sum(row.named for row in rows), gold), _share(named, on_page)]
    cells += [
        _share(sum(row.alike for row in rows), gold),
        _share(sum(row.met for row in rows), gold),
    ]
    return f"| {' | '.join([*cells, short])} |"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / max(1, whole):.3f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
