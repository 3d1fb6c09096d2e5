"""`fieldwise extract`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.plan import Wanted
from orchestration.commands.running import Running, running
from orchestration.commands.shared import (
    Export,
    FormatChoice,
    TierChoice,
    errors_as_exit_status,
    leave,
    listed,
    name_kept_job,
    refuse_source,
    refuse_stopped,
)
from orchestration.orders import Orders
from orchestration.settings import Settings
from schemas.plan import Plan
from schemas.schema import Schema

__all__ = ["extract"]


def extract(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="URLs, HTML files, folders, archives; - reads a list from standard input"
        ),
    ],
    schema: Annotated[
        str | None,
        typer.Option(help='a ready schema, JSON Schema or example, or "title, salary number"'),
    ] = None,
    ask: Annotated[
        str | None, typer.Option(metavar="WORDS", help="what you want, in plain words")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="how to read, from `fieldwise plan`")
    ] = None,
    format: Annotated[
        FormatChoice | None, typer.Option(help="default: by the name of -o, else jsonl")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="default: standard output")
    ] = None,
    tier: Annotated[
        TierChoice, typer.Option(help="who answers; auto: markup first, then large")
    ] = TierChoice.AUTO,
    job: Annotated[
        str | None, typer.Option(help="a name, to go on with a run that was stopped")
    ] = None,
    max_cost: Annotated[
        int | None, typer.Option(min=1, metavar="TOKENS", help="stop before spending more")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="only say what it would take, by reading a sample")
    ] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="quotes as columns too (CSV, Parquet, XLSX)")
    ] = False,
    bom: Annotated[bool, typer.Option("--bom", help="mark a CSV as UTF-8, for Excel")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="fetch from private addresses too")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="fetch anew, and keep no fetched page")
    ] = False,
    ignore_robots: Annotated[
        bool, typer.Option("--ignore-robots", help="also fetch what a robots.txt asks not to")
    ] = False,
    render: Annotated[
        bool, typer.Option("--render", help="run the scripts of empty pages, in a browser")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print results only")] = False,
) -> None:
    """Pull the fields of a schema out of pages."""
    with errors_as_exit_status():
        asked = Wanted(schema, ask, plan)
        export = Export(output, format, evidence=evidence, bom=bom)
        given = listed(sources)
        refuse_source(output, given)
        settings = _settings(
            allow_private=allow_private or None,
            http_cache=False if no_cache else None,
            obey_robots=False if ignore_robots else None,
            render=render or None,
        )
        with running(quiet=quiet, settings=settings) as run:
            wanted = asked.plan or asked.schema(run.engine, quiet=quiet)
            orders = Orders(job=job, tier=tier.tier, max_tokens=max_cost, stop=run.stop)
            if estimate:
                _estimate(run, given, wanted, orders)
            else:
                _extract(run, given, wanted, orders, export)


def _settings(**flags: bool | None) -> Settings:
    """The environment's settings, but for the flags that were given (not `None`)."""
    return Settings.model_validate(
        {name: value for name, value in flags.items() if value is not None}
    )


def _estimate(run: Running, given: Sequence[str], wanted: Schema | Plan, orders: Orders) -> None:
    print(run.engine.estimate(given, wanted, orders).explain())
    refuse_stopped(run.stop)


def _extract(
    run: Running, given: Sequence[str], wanted: Schema | Plan, orders: Orders, export: Export
) -> None:
    ended, counts = run.follow(run.engine.run(given, wanted, orders))
    with name_kept_job(ended.job.name):
        export.write(run.engine.store, ended.job)
    leave(ended, counts)
