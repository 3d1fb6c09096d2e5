"""Quality on a fixed sample of the evaluation pages, held against `floors.json`.

    FIELDWISE_EVALDATA=... python -m benchmarks.quality [SET ...] [--tier TIER] [--raise]

The sample has as many pages of every template as a set has room for (`EACH`), the same ones each
time. `--raise` writes the measured figures as the new floors, and refuses where one would fall.
Prints a table in Markdown. 0: every floor holds; 1: one does not; 2: nothing could be measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import floors
from orchestration.engine import Engine
from orchestration.evaluation.evaluate import GoldPage, Report, read_gold_set, report_on, sampled
from orchestration.events import JobEnded
from orchestration.orders import Orders
from orchestration.storage.store import Store
from schemas.errors import FieldwiseError
from schemas.record import Tier
from schemas.schema import Schema
from schemas.source import resolve

__all__ = ["EACH", "SETS", "main", "measured", "sample_of"]

SETS = {
    "jobs": "job_posting",
    "recipes": "recipe",
    "articles": "article",
    "products": "product",
    "real_estate": "real_estate",
    "lists_courts": "court_list",
}  # the gold of events_meetings names fields that its schema has not: benchmarks.records has it
EACH = {"jobs": 10}  # pages of each template; the other sets are one group of many sites
EACH_OF_MANY_SITES = 30


def sample_of(evaldata: Path, name: str) -> list[GoldPage]:
    """The pages of the set *name* that are measured: always the same ones."""
    pages = [page for page in read_gold_set(evaldata / name) if page.page]
    return sampled(pages, each=EACH.get(name, EACH_OF_MANY_SITES))


def measured(schema: Schema, pages: list[GoldPage], tier: Tier | None) -> Report:
    """What *tier* (`None`: the cheapest that is sure) makes of *pages*. Keeps nothing."""
    with tempfile.TemporaryDirectory() as folder:
        with Engine(store=Store(Path(folder) / "results.sqlite")) as engine:
            events = engine.run([str(page.page) for page in pages], schema, Orders(tier=tier))
            ended = next(event for event in events if isinstance(event, JobEnded))
            return report_on(schema, pages, engine.store.results(ended.job.id))


def main(arguments: list[str]) -> int:
    """See the module's docstring."""
    options = _options(arguments)
    folder = Path(os.environ.get("FIELDWISE_EVALDATA") or "/nowhere")
    if not folder.is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    known, fine = floors.load(), True
    print("| set | tier | pages | micro-F1 | 95 % | pages right | records | s a page | floor |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.sets or SETS:
        key, pages = f"{name}/{options.tier}", sample_of(folder, name)
        schema = resolve(str(folder / "schemas" / f"{SETS[name]}.json"))
        try:
            report = measured(schema, pages, options.chosen)
        except FieldwiseError as error:
            print(f"{name}: {error.explain()}", file=sys.stderr)
            return 2
        sample, figures = floors.digest(pages), floors.figures(report)
        floor = known.get(key, floors.Floor())
        reasons = list(floors.shortfalls(floor, sample, figures))
        fine &= not reasons
        print(_row(name, options.tier, report, floor, reasons), flush=True)
        if options.rise and not reasons:
            known[key] = floors.raised(floor, sample, figures)
            floors.save(known)
    return 0 if fine else 1


class _Options(argparse.Namespace):
    sets: list[str]
    tier: str
    rise: bool

    @property
    def chosen(self) -> Tier | None:
        return None if self.tier == "auto" else Tier(self.tier)


def _options(arguments: list[str]) -> _Options:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(SETS))
    parser.add_argument("--tier", default="auto", choices=["auto", "markup", "small", "large"])
    parser.add_argument("--raise", dest="rise", action="store_true", help="write new floors")
    options = parser.parse_args(arguments, namespace=_Options())
    if unknown := [name for name in options.sets if name not in SETS]:
        parser.error(f"no set is called {', '.join(unknown)}; there are {', '.join(SETS)}")
    return options


def _row(name: str, tier: str, report: Report, floor: floors.Floor, reasons: list[str]) -> str:
    score, (low, high) = report.score, report.interval
    recall = "" if score.record_recall is None else f"{score.record_recall:.4f}"
    known = any(least is not None for least in floor.figures.values())
    verdict = "; ".join(reasons) or ("holds" if known else "none yet")
    cells = [name, tier, str(score.pages), f"{score.micro.f1:.4f}", f"{low:.3f} to {high:.3f}"]
    cells += [f"{score.page_success:.4f}", recall, f"{report.seconds or 0:.2f}", verdict]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
