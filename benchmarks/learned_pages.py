"""Pages of one template read by the model alone, and with what the job learns on the way.

    FIELDWISE_EVALDATA=... python -m benchmarks.learned_pages TEMPLATE [--pages N]

For a template of the job pages. The first N pages are read twice by jobs of their own, in the order
of the set. Needs weights. *Later*: the pages after those that are learned from.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from orchestration.engine import Engine
from orchestration.evaluation.evaluate import GoldPage, read_gold_set, report_on
from orchestration.events import PageDone
from orchestration.settings import Settings
from orchestration.storage.store import Store
from schemas.record import PageResult, Tier, cell_values
from schemas.schema import Schema
from schemas.source import resolve

__all__ = ["main"]

_FIRST = 10  # pages that are learned from


def main(arguments: list[str]) -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learned_pages")
    parser.add_argument("template")
    parser.add_argument("--pages", type=int, default=60)
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("FIELDWISE_EVALDATA") or "/nowhere")
    if not folder.is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    schema = resolve(str(folder / "schemas" / "job_posting.json"))
    known = [page for page in read_gold_set(folder / "jobs") if page.page]
    pages = [page for page in known if page.group == options.template][: options.pages]
    print("| template | pages | reader | s a page | s a later page | by selector | F1 | by field |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for reader, selectors in (("model", False), ("both", True)):
        print(f"| {options.template} | {len(pages)} | {reader} {_row(schema, pages, selectors)}")
    return 0


def _row(schema: Schema, pages: Sequence[GoldPage], selectors: bool) -> str:
    results, seconds = _run(schema, pages, selectors)
    score = report_on(schema, list(pages), iter(results)).score
    cells = [cell for r in results for one in r.records for cell in one.cells.values()]
    found = [value for cell in cells for value in cell_values(cell) if value.evidence]
    share = sum(value.tier is Tier.SELECTOR for value in found) / max(1, len(found))
    each = ", ".join(f"{name} {counts.f1:.3f}" for name, counts in score.fields.items())
    later = seconds[_FIRST:]
    timed = f"{sum(seconds) / len(seconds):.2f} | {sum(later) / max(1, len(later)):.2f}"
    return f"| {timed} | {share:.2f} | {score.micro.f1:.4f} | {each} |"


def _run(
    schema: Schema, pages: Sequence[GoldPage], selectors: bool
) -> tuple[list[PageResult], list[float]]:
    """The results, and how long each page took."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(selectors="all" if selectors else "off")
        with Engine(settings, store=Store(Path(folder) / "results.sqlite")) as engine:
            engine.warm_up()
            results, seconds, started = [], [], time.perf_counter()
            for event in engine.run([str(page.page) for page in pages], schema):
                if isinstance(event, PageDone):
                    results.append(event.result)
                    seconds.append(time.perf_counter() - started)
                    started = time.perf_counter()
    return results, seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
