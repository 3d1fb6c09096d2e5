"""How much of other people's pages the markup tier answers, how precisely, and how fast.

    FIELDWISE_EVALDATA=... python -m benchmarks.markup [SET ...] [--misses]

Prints a table in Markdown: fields answered, precision, recall and F1 against gold, milliseconds a
page. Comparing follows the folder's own score.py.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractors.embedded.markup_answers import answer_from_markup
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from schemas.fitting import fitted
from schemas.json_schema import parse
from schemas.schema import Schema

__all__ = ["main"]

SETS = {
    "recipes": "recipe",
    "products": "product",
    "articles": "article",
    "jobs": "job_posting",
    "real_estate": "real_estate",
    "events_meetings": "event",
}


@dataclass(slots=True)
class Score:
    """Counts a field by `score.Count`; `seconds` of each page."""

    fields: dict[str, Any] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)


def _judge(evaldata: Path) -> Any:
    """The folder's score.py, whose way of comparing is the one that counts."""
    spec = importlib.util.spec_from_file_location("score", evaldata / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measured(evaldata: Path, name: str, schema_file: Path) -> Score:
    """The markup tier on every page of the set *name* that has gold."""
    judge, score = _judge(evaldata), Score()
    written = json.loads(schema_file.read_text(encoding="utf-8"))
    properties = (written.get("items") or written)["properties"]
    schema = parse(written)
    for page, gold in _pages(evaldata / name):
        said = _answers(page, schema, score)
        for key, spec in properties.items():
            if key in gold and key not in (gold.get("_ignore") or []):
                count = score.fields.setdefault(key, judge.Count())
                before = count["fp"]
                judge.score_value(count, key, said.get(key), gold, spec)
                if count["fp"] > before:
                    score.misses.append(f"{page.source} {key}: {said[key]!r} / {gold[key]!r}")
    return score


def _answers(page: Page, schema: Schema, score: Score) -> dict[str, Any]:
    parsed = parse_page(page)
    started = time.perf_counter()
    records = answer_from_markup(page, parsed, schema)
    score.seconds.append(time.perf_counter() - started)
    kept = fitted(schema, records)
    return kept[0].data if kept else {}


def _pages(folder: Path) -> Iterator[tuple[Page, dict[str, Any]]]:
    for path in sorted((folder / "gold").glob("*.json")):
        found = sorted((folder / "html").glob(f"{path.stem}.*"))
        if found:
            gold = json.loads(path.read_text(encoding="utf-8"))
            yield Page(found[0].name, "", found[0].read_bytes()), gold


def _lines(name: str, score: Score) -> Iterator[str]:
    for key, count in score.fields.items():
        row = count.row()
        answered = count["tp"] + count["fp"]
        yield (
            f"| {name} | {key} | {row['n']} | {answered} | {row['p']:.3f} | {row['r']:.3f} "
            f"| {row['f1']:.3f} |"
        )
    if score.fields:
        total = sum((count for count in score.fields.values()), start=type(count)())
        answered = total["tp"] + total["fp"]
        precision = total["tp"] / answered if answered else 1.0
        recall = total["tp"] / max(1, total["tp"] + total["fn"])
        middle = 1000 * statistics.median(score.seconds)
        yield (
            f"| {name} | all; {middle:.0f} ms a page (median), {1000 * max(score.seconds):.0f} "
            f"at most | | {answered} | {precision:.3f} | {recall:.3f} | |"
        )


def main(arguments: list[str]) -> int:
    """Print the table. 0: printed; 2: no data."""
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder or not Path(folder).is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    evaldata = Path(folder)
    chosen = [name for name in arguments if name in SETS] or list(SETS)
    print("| set | field | pages | answered | precision | recall | F1 |")
    print("|---|---|---|---|---|---|---|")
    for name in chosen:
        schema_file = evaldata / "schemas" / f"{SETS[name]}.json"
        if not schema_file.exists():
            continue
        score = measured(evaldata, name, schema_file)
        print("\n".join(_lines(name, score)), flush=True)
        if "--misses" in arguments:
            print("\n".join(score.misses), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
