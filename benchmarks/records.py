"""How many of the records that list pages hold are found by structure alone, without a model.

    python -m benchmarks.records

For the list sets of FIELDWISE_EVALDATA: of the gold records whose first text field stands on the
page, those that one found record has, in its own text or its headings, and no other gold record is
counted to. *Pages short*: those where fewer records were found than the gold names.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from extractors.lists.records import Entry, find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from orchestration.evaluation.scoring import fold
from schemas.schema import Schema
from schemas.source import resolve

__all__ = ["main"]

_SETS = {"lists_courts": "court_list", "events_meetings": "event"}
_SHORTEST = 3  # letters; a shorter value stands everywhere


def main() -> int:
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder:
        print("set FIELDWISE_EVALDATA to the evaluation folder", file=sys.stderr)
        return 2
    print("| set | pages | gold records on the page | found | pages short | median ms |")
    print("|---|---|---|---|---|---|")
    for name, schema in _SETS.items():
        wanted = resolve(str(Path(folder) / "schemas" / f"{schema}.json"))
        print(_row(Path(folder) / name, replace(wanted, many=True)))
    return 0


def _row(folder: Path, schema: Schema) -> str:
    asked = found = pages = short = 0
    seconds = []
    for page, items in _pages(folder):
        started = time.perf_counter()
        entries = find_records(page, schema)
        seconds.append(time.perf_counter() - started)
        names = _on_the_page(page, items, schema.fields[0].name)
        pages += 1
        asked += len(names)
        found += _matched(page, entries, names)
        short += len(entries) < len(names)
    share = f"{found} ({found / max(1, asked):.3f})"
    return (
        f"| {folder.name} | {pages} | {asked} | {share} | {short} | {median(seconds) * 1e3:.0f} |"
    )


def _pages(folder: Path) -> Iterator[tuple[ParsedPage, list[dict[str, Any]]]]:
    for gold in sorted((folder / "gold").glob("*.json")):
        items = json.loads(gold.read_text("utf-8")).get("items")
        file = folder / "html" / f"{gold.stem}.html"
        if items and file.exists():
            yield parse_page(Page(str(file), "", file.read_bytes())), items


def _on_the_page(page: ParsedPage, items: Sequence[dict[str, Any]], field: str) -> list[str]:
    text = _between_spaces(page.document.text)
    names = [_between_spaces(item.get(field) or "") for item in items]
    return [name for name in names if len(name) > _SHORTEST and name in text]


def _matched(page: ParsedPage, entries: Sequence[Entry], names: Sequence[str]) -> int:
    """Names that a record of their own has."""
    document = page.document
    texts = [
        _between_spaces(
            " ".join(document.quote(document.blocks[i].span) for i in (*e.context, *e.blocks))
        )
        for e in entries
    ]
    free = set(range(len(texts)))
    for name in names:
        place = next((i for i in sorted(free) if name in texts[i]), None)
        free -= {place}
    return len(texts) - len(free)


def _between_spaces(text: str) -> str:
    return f" {fold(text)} "


if __name__ == "__main__":
    sys.exit(main())
