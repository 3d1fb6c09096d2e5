"""Long lists read by the model alone, and with selectors learned from some of their records.

    FIELDWISE_EVALDATA=... python -m benchmarks.long_lists [PAGE ...] [--records N]

For pages of the court lists (all those long enough, where none is named). Each is read twice by the
large worker; `--records` reads only the first N of a page. Needs weights. *By selector*: the share
of the found values that no model read.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from extractors.learning.long_lists import FEWEST
from extractors.lists.records import find_records
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Extraction, Worker
from orchestration.evaluation.scoring import Answered, PageScore, score_page
from orchestration.settings import Settings
from orchestration.workers import Workers
from schemas.record import Tier, cell_values
from schemas.schema import Schema
from schemas.source import resolve

__all__ = ["main"]

_SET, _SCHEMA = "lists_courts", "court_list"


def main(arguments: list[str]) -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_lists")
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--records", type=int, default=10_000)
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("FIELDWISE_EVALDATA") or "/nowhere")
    if not folder.is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    wanted = resolve(str(folder / "schemas" / f"{_SCHEMA}.json"))
    schema = replace(wanted, many=True, max_records=options.records)
    print("| page | records | reader | s | s a record | tokens | by selector | F1 | by field |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    worker = Workers(Settings()).library().worker(Tier.LARGE)
    for file in sorted((folder / _SET / "html").glob("*.html")):
        if not options.pages or file.stem in options.pages:
            _compare(worker, file, schema)
    return 0


def _compare(worker: Worker, file: Path, schema: Schema) -> None:
    gold = json.loads((file.parent.parent / "gold" / f"{file.stem}.json").read_text("utf-8"))
    page = parse_page(Page(str(file), "", file.read_bytes()))
    count = len(find_records(page, schema)[: schema.max_records])
    if count < FEWEST:
        return
    gold = {**gold, "items": gold["items"][:count]}
    for reader, selectors in (("model", False), ("both", True)):
        extraction = _read(worker, page, schema, selectors=selectors)
        answered = Answered([record.data for record in extraction.records])
        score = score_page(schema, gold, answered)
        print(_row(f"| {file.stem} | {count} | {reader}", count, extraction, score), flush=True)


def _read(worker: Worker, page: ParsedPage, schema: Schema, *, selectors: bool) -> Extraction:
    worker.budget = replace(worker.budget, selectors=selectors)
    return worker.extract(page, schema)


def _row(start: str, count: int, extraction: Extraction, score: PageScore) -> str:
    seconds = sum(extraction.seconds.values())
    tokens = extraction.tokens.prompt + extraction.tokens.output
    cells = [cell for record in extraction.records for cell in record.cells.values()]
    found = [v for cell in cells for v in cell_values(cell) if v.evidence]
    share = sum(v.tier is Tier.SELECTOR for v in found) / max(1, len(found))
    fields = ", ".join(f"{name} {counts.f1:.3f}" for name, counts in score.fields.items())
    right = sum(counts.right for counts in score.fields.values())
    wrong = sum(counts.wrong for counts in score.fields.values())
    missed = sum(counts.missed for counts in score.fields.values())
    f1 = 2 * right / max(1, 2 * right + wrong + missed)
    timed = f"{seconds:.1f} | {seconds / count:.2f} | {tokens:,}"
    return f"{start} | {timed} | {share:.2f} | {f1:.3f} | {fields} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
