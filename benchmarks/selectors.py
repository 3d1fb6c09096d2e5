"""How well selectors are learned from right answers: those of the gold, so no model is needed.

    python -m benchmarks.selectors

For the list sets and the job pages of FIELDWISE_EVALDATA. Lists: of each page with enough records,
some spread over it are the examples and the others are answered. Jobs: of each template with enough
pages, the first ones are the examples. *Open*: left to the model. *Right* and *wrong*: of what was
answered with a value; *rightly absent* and *wrongly absent*: of what was answered with none.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from extractors.answers.evidence import Locator
from extractors.learning.induction import Example, checked, learn
from extractors.learning.outline import Outline, Region
from extractors.learning.selectors import Selectors, apply
from extractors.lists.records import find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.values.normalise import normalise
from orchestration.evaluation.scoring import fold
from schemas.document import Span
from schemas.record import ABSENT, Cell, Evidence, Tier, Value, ValueStatus, cell_data
from schemas.schema import Field, Kind, Schema
from schemas.source import resolve

__all__ = ["main"]

_LISTS = {"lists_courts": "court_list", "events_meetings": "event"}
_LEARN, _CHECK = 16, 8
_PAGES_LEARN, _PAGES_CHECK = 8, 4
_DATE = re.compile(
    r"[^\W\d_]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    r"|\d{1,2}\.? [^\W\d_]{3,9},? \d{4}"
)

Gold = Mapping[str, Any]
Pair = tuple[Region, Gold]


def main() -> int:
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder:
        print("set FIELDWISE_EVALDATA to the evaluation folder", file=sys.stderr)
        return 2
    print("| set | field | asked | open | right | wrong | rightly absent | wrongly absent |")
    print("|---|---|---|---|---|---|---|---|")
    detail = "--detail" in sys.argv
    for name, schema in _LISTS.items():
        wanted = replace(resolve(str(Path(folder) / "schemas" / f"{schema}.json")), many=True)
        _print(name, _lists(Path(folder) / name, wanted, detail=detail))
    wanted = resolve(str(Path(folder) / "schemas" / "job_posting.json"))
    for template, counts in _templates(Path(folder) / "jobs", wanted, detail=detail):
        _print(f"jobs {template}", counts)
    return 0


def _print(name: str, counts: Mapping[str, Counter[str]]) -> None:
    for field, count in counts.items():
        columns = ("open", "right", "wrong", "rightly absent", "wrongly absent")
        cells = " | ".join(str(count[column]) for column in columns)
        print(f"| {name} | {field} | {count.total()} | {cells} |", flush=True)


# Lists


def _lists(folder: Path, schema: Schema, *, detail: bool) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    pages = took = 0.0
    for name, page, items in _pages(folder):
        pairs = _paired(page, items, schema)
        if len(pairs) < _LEARN + _CHECK + 4:
            continue
        pages += 1
        started = time.perf_counter()
        learned, rest = _taught(schema, pairs, _LEARN, _CHECK)
        took += time.perf_counter() - started
        own = _counted(schema, learned, rest)
        for field, count in own.items():
            counts[field].update(count)
        if detail:
            print(name, len(pairs), {f: dict(c) for f, c in own.items()})
    print(
        f"<!-- {folder.name}: {pages:.0f} pages, {took / max(1, pages):.2f} s to learn a page -->"
    )
    return counts


def _pages(folder: Path) -> Iterator[tuple[str, ParsedPage, list[Gold]]]:
    for gold in sorted((folder / "gold").glob("*.json")):
        items = json.loads(gold.read_text("utf-8")).get("items")
        file = folder / "html" / f"{gold.stem}.html"
        if items and file.exists():
            yield gold.stem, parse_page(Page(str(file), _site(items), file.read_bytes())), items


def _site(items: Sequence[Gold]) -> str:
    """Saved pages do not say their address; their links' does as well here."""
    for item in items:
        address = urlsplit(str(item.get("download_url") or ""))
        if address.netloc:
            return f"{address.scheme}://{address.netloc}/"
    return ""


def _paired(page: ParsedPage, items: Sequence[Gold], schema: Schema) -> list[Pair]:
    """Found records with the gold item whose first text field they hold."""
    outline = Outline(page)
    left = list(items)
    pairs = []
    for entry in find_records(page, schema):
        region = outline.region(entry.blocks, entry.context)
        text = f" {fold(' '.join(region.quotes()))} "
        named = [i for i in left if _told(i, schema.fields[0], text)]
        item = max(named, key=lambda i: sum(_told(i, f, text) for f in schema), default=None)
        if item is not None:
            left.remove(item)
            pairs.append((region, item))
    return pairs


def _told(item: Gold, asked: Field, text: str) -> bool:
    said = item.get(asked.name)
    return isinstance(said, str) and f" {fold(said)} " in text


def _taught(
    schema: Schema, pairs: Sequence[Pair], some: int, more: int
) -> tuple[Selectors, list[Pair]]:
    """Selectors learned from *some* pairs spread over all, checked on *more*; the others."""
    places = [round(i * (len(pairs) - 1) / (some + more - 1)) for i in range(some + more)]
    held_out = set(places[1 :: (some + more) // more][:more])
    first = [_example(schema, *pairs[i]) for i in places if i not in held_out]
    second = [_example(schema, *pairs[i]) for i in sorted(held_out)]
    learned = checked(learn(schema, first), schema, second)
    return learned, [pair for i, pair in enumerate(pairs) if i not in set(places)]


# Pages of one template


def _templates(
    folder: Path, schema: Schema, *, detail: bool
) -> Iterator[tuple[str, dict[str, Counter[str]]]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("template") and not entry.get("negative"):
            groups[entry["template"]].append(entry["id"])
    for template, names in groups.items():
        if len(names) < _PAGES_LEARN + _PAGES_CHECK + 4:
            continue
        pairs = [pair for name in names if (pair := _page_pair(folder, name))]
        first = [_example(schema, *pair) for pair in pairs[:_PAGES_LEARN]]
        end = _PAGES_LEARN + _PAGES_CHECK
        second = [_example(schema, *pair) for pair in pairs[_PAGES_LEARN:end]]
        started = time.perf_counter()
        learned = checked(learn(schema, first), schema, second)
        if detail:
            print(f"{template}: {time.perf_counter() - started:.2f} s")
            for name, one in learned.fields.items():
                print("  ", name, one.rules, len(one.absent))
        yield template, _counted(schema, learned, pairs[end:])


def _page_pair(folder: Path, name: str) -> Pair | None:
    file = folder / "html" / f"{name}.html"
    gold = folder / "gold" / f"{name}.json"
    if not (file.exists() and gold.exists()):
        return None
    data = json.loads(gold.read_text("utf-8"))
    if "items" in data:
        return None
    return Outline(parse_page(Page(name, "", file.read_bytes()))).whole(), data


# Both


def _example(schema: Schema, region: Region, gold: Gold) -> Example:
    cells = {f.name: _gold_cell(f, region, gold) for f in schema if f.name in gold}
    return Example(region, cells)


def _gold_cell(asked: Field, region: Region, gold: Gold) -> Cell:
    """The gold's answer as a right model would give it; absent where the record lacks it."""
    wanted = gold.get(asked.name)
    if wanted is None:
        return ABSENT
    span = _place(asked, region, wanted)
    if span is None:
        return ABSENT
    document = region.outline.page.document
    quote = document.quote(span)
    said = region.outline.href(span) or quote if asked.kind is Kind.URL else quote
    data = normalise(said, asked, base_url=document.url)
    where = Evidence(quote, span, document.block_at(span.start).xpath)
    return Value(said, data, where, Tier.LARGE, 1.0, ValueStatus.FOUND)


def _place(asked: Field, region: Region, wanted: Any) -> Span | None:
    text, parts = region.text, [region.own, *region.context]
    for part in parts:
        if asked.kind is Kind.URL:
            links = region.outline.page.links
            inside = [k for k in links if part.start <= k.span.start and k.span.end <= part.end]
            found = next((k.span for k in inside if _same_address(k.href, wanted)), None)
        elif asked.kind in (Kind.DATE, Kind.DATETIME):
            matches = _DATE.finditer(text, part.start, part.end)
            day = str(wanted)[:10]
            same = (m for m in matches if str(normalise(m[0], asked))[:10] == day)
            found = next((Span(*m.span()) for m in same), None)
        else:
            words = r"[\W_]+".join(map(re.escape, re.findall(r"[^\W_]+", str(wanted))))
            pattern = re.compile(
                rf"(?<!\w){words}(?!\w)[^\w\s|]?(?![^\n|])|(?<!\w){words}(?!\w)", re.IGNORECASE
            )
            match = pattern.search(text, part.start, part.end) if words else None
            found = _as_cited(asked, region, part, match[0]) if match else None
        if found:
            return found
    return None


def _as_cited(asked: Field, region: Region, part: Span, words: str) -> Span | None:
    """Where a model's answer of *words* would be said to stand."""
    locator = Locator(region.outline.page.document, [part])
    found = locator.find(words, labels=asked.labels, heading=asked.is_heading)
    return found.evidence.span if found else None


def _same_address(one: str, other: Any) -> bool:
    return one.split("#")[0].rstrip("/") == str(other).replace(" ", "%20").split("#")[0].rstrip("/")


def _counted(
    schema: Schema, selectors: Selectors, pairs: Sequence[Pair]
) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {asked.name: Counter() for asked in schema}
    for region, gold in pairs:
        answered = apply(selectors, schema, region)
        for asked in schema:
            if asked.name in gold and asked.name not in (gold.get("_ignore") or []):
                counts[asked.name][_verdict(asked, answered, region, gold)] += 1
    return counts


def _verdict(asked: Field, answered: Mapping[str, Cell], region: Region, gold: Gold) -> str:
    if asked.name not in answered:
        return "open"
    got = cell_data(answered[asked.name])
    accepted = [gold[asked.name], *(gold.get(f"{asked.name}_accept") or [])]
    if got is None:
        there = gold[asked.name] is not None and _place(asked, region, gold[asked.name])
        return "wrongly absent" if there else "rightly absent"
    same = any(_same(asked, got, wanted) for wanted in accepted if wanted is not None)
    return "right" if same else "wrong"


def _same(asked: Field, got: Any, wanted: Any) -> bool:
    if asked.kind is Kind.URL:
        return _same_address(str(got), wanted)
    if asked.kind in (Kind.DATE, Kind.DATETIME):
        return str(got)[:10] == str(wanted)[:10]
    return fold(got) == fold(wanted)


if __name__ == "__main__":
    sys.exit(main())
