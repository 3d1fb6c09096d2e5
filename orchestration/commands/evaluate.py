"""`fieldwise evaluate`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.console import print_report, say
from orchestration.commands.running import running
from orchestration.commands.shared import TierChoice, errors_as_exit_status
from orchestration.orders import Orders
from schemas.record import PageResult, Tier
from schemas.schema import Schema
from schemas.source import resolve

if TYPE_CHECKING:
    from orchestration.evaluation.evaluate import GoldPage, Report

__all__ = ["evaluate"]


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="SET", help="a folder with html/NAME.html and gold/NAME.json for each page"
        ),
    ],
    schema: Annotated[
        str, typer.Option(help='a ready schema, a JSON Schema file, or "title, salary number"')
    ],
    results: Annotated[
        Path | None, typer.Option(help="score this export (JSON, JSON Lines); run nothing")
    ] = None,
    job: Annotated[
        str | None, typer.Option(help="score this job, running what it has not done")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="PAGES", help="at most so many a template or site")
    ] = None,
    tier: Annotated[TierChoice, typer.Option(help="who answers")] = TierChoice.AUTO,
    pictures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="also save charts as PNG files there")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print the report only")] = False,
) -> None:
    """Run a schema over pages whose right values are known, and print how many it got."""
    with errors_as_exit_status():
        wanted = resolve(schema)
        pages = _gold_pages(folder, sample, quiet=quiet)
        if results and pictures:
            raise typer.BadParameter("an export does not say enough; use --job with --pictures")
        if results:
            report = _scored(wanted, pages, results)
        else:
            report, found = _evaluated(wanted, pages, job, tier.tier, quiet=quiet)
            if pictures:
                _draw(wanted, pages, found, pictures)
        if as_json:
            print(json.dumps(report.plain(), indent=1, ensure_ascii=False))
        else:
            print_report(report)


def _gold_pages(folder: Path, sample: int | None, *, quiet: bool) -> Sequence[GoldPage]:
    from orchestration.evaluation.evaluate import pages_without_gold, read_gold_set, sampled

    pages = read_gold_set(folder)
    if (idle := pages_without_gold(folder)) and not quiet:
        say(f"{len(idle)} pages without gold are left out: {', '.join(idle[:5])}")
    return sampled(pages, each=sample) if sample else pages


def _scored(schema: Schema, pages: Sequence[GoldPage], export: Path) -> Report:
    from orchestration.evaluation.evaluate import answers_in, evaluate

    return evaluate(schema, pages, answers_in(export, pages))


def _evaluated(
    schema: Schema, pages: Sequence[GoldPage], job: str | None, tier: Tier | None, *, quiet: bool
) -> tuple[Report, list[PageResult]]:
    """The report of a run over *pages*, which a finished *job* of that name need not do again, and
    the results it is on."""
    from orchestration.evaluation.evaluate import report_on
    from orchestration.storage.store import JobState

    with running(quiet=quiet) as run:
        known = run.engine.store.job(job) if job else None
        if known is None or known.state is JobState.OPEN or known.schema != schema:
            sources = [str(page.page) for page in pages if page.page]
            orders = Orders(job=job, tier=tier, stop=run.stop)
            known = run.follow(run.engine.run(sources, schema, orders))[0].job
        found = list(run.engine.store.results(known.id, corrected=False))
        return report_on(schema, pages, found), found


def _draw(
    schema: Schema, pages: Sequence[GoldPage], found: Sequence[PageResult], folder: Path
) -> None:
    from orchestration.chart_png import save_charts
    from orchestration.charts import charts_of, reliability_of
    from orchestration.evaluation.reliability import judge

    answers = list(judge(schema, pages, found))
    curves = [reliability_of(answers)] if answers else []
    for file in save_charts([*charts_of(schema, found), *curves], folder):
        say(f"drawn: {file}")
