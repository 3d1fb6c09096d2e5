"""`fieldwise jobs`: what was run, and what can still be done with it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.console import print_jobs, print_pairs, say
from orchestration.commands.running import running
from orchestration.commands.shared import (
    ExitStatus,
    Export,
    FormatChoice,
    TierChoice,
    errors_as_exit_status,
    leave,
)
from orchestration.cost import cost_of
from orchestration.orders import Orders
from orchestration.settings import Settings
from orchestration.storage.job_names import find_damaged, find_job
from schemas.errors import StoreError
from schemas.source import resolve

if TYPE_CHECKING:
    from orchestration.storage.store import Job, Store

__all__ = ["jobs_app"]

jobs_app = typer.Typer(help="List jobs; look at one, go on with it, export it, delete it.")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="a job's name, or its number, as 12 or #12")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print results only")]
MaxCost = Annotated[
    int | None, typer.Option(min=1, metavar="TOKENS", help="stop before spending more")
]


@jobs_app.callback()
def jobs(
    context: typer.Context,
    search: Annotated[
        str | None, typer.Option(help="only jobs with these words in name, schema or sources")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON lines")] = False,
) -> None:
    """List jobs, newest first."""
    if context.invoked_subcommand:
        return
    from orchestration.storage.store import Store

    with errors_as_exit_status(), Store(Settings().results_file) as store:
        listed = [_summary(store, job) for job in store.jobs() if _is_about(job, search)]
        damaged = store.damaged_jobs()
        if as_json:
            for summary in listed:
                print(json.dumps(summary, ensure_ascii=False))
        else:
            print_jobs(listed)
        for job in damaged:
            say(f"not listed: {job.name!r}: {job.why}")
        if damaged:
            raise typer.Exit(ExitStatus.SOME_FAILED)


@jobs_app.command()
def show(name: Name) -> None:
    """Say what a job was, how far it is, and what it took."""
    from orchestration.storage.store import Store

    with errors_as_exit_status(), Store(Settings().results_file) as store:
        job = find_job(store, name)
        pairs = {**_summary(store, job), "fields": ", ".join(job.schema.names)}
        pairs["cost"] = cost_of(store.results(job.id, corrected=False)).explain()
        pairs["corrected"] = len(store.corrections(job.id))
        pairs["sources"] = "\n".join(job.sources)
        print_pairs(pairs)


@jobs_app.command()
def resume(name: Name, max_cost: MaxCost = None, quiet: Quiet = False) -> None:
    """Go on with a job where it stopped, or where pages failed."""
    with errors_as_exit_status(), running(quiet=quiet) as run:
        job = find_job(run.engine.store, name)
        _refuse_elsewhere(job)
        orders = Orders(max_tokens=max_cost, stop=run.stop)
        ended, counts = run.follow(run.engine.resume(job, orders))
        leave(ended, counts)


@jobs_app.command()
def again(
    name: Name,
    schema: Annotated[
        str, typer.Option(help='a ready schema, a JSON Schema file, or "title, salary number"')
    ],
    job: Annotated[str | None, typer.Option(help="the new job's name")] = None,
    tier: Annotated[TierChoice, typer.Option(help="who answers")] = TierChoice.AUTO,
    max_cost: MaxCost = None,
    quiet: Quiet = False,
) -> None:
    """Read a job's pages with another schema, as a job of its own; kept pages are not fetched."""
    with errors_as_exit_status(), running(quiet=quiet) as run:
        wanted, earlier = resolve(schema), find_job(run.engine.store, name)
        _refuse_elsewhere(earlier)
        orders = Orders(job=job, tier=tier.tier, max_tokens=max_cost, stop=run.stop)
        ended, counts = run.follow(run.engine.run_again(earlier, wanted, orders))
        print(ended.job.name)
        leave(ended, counts)


@jobs_app.command()
def export(
    name: Name,
    format: Annotated[
        FormatChoice | None, typer.Option(help="default: by the name of -o, else jsonl")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="a file, or a folder; default: standard output"),
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="quotes as columns too")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="mark a CSV as UTF-8, for Excel")] = False,
) -> None:
    """Write a job's results; what people corrected stands in its place."""
    from orchestration.exports.export import Format, file_name
    from orchestration.storage.store import Store

    with errors_as_exit_status(), Store(Settings().results_file) as store:
        job = find_job(store, name)
        if output is not None and os.path.isdir(output):
            chosen = Format(format or FormatChoice.JSONL)
            output = output / file_name(job.name, job.created, chosen)
        Export(output, format, evidence=evidence, bom=bom).write(store, job)
        if output is not None:
            say(f"written to {output}")


@jobs_app.command()
def gold(
    name: Name,
    folder: Annotated[Path, typer.Argument(help="a new folder")],
    everything: Annotated[
        bool, typer.Option("--all", help="what nobody looked at counts as right too")
    ] = False,
) -> None:
    """Save a job that was corrected as a gold set, for `fieldwise evaluate`."""
    from orchestration.engine import Engine
    from orchestration.evaluation.gold import save_gold

    with errors_as_exit_status(), Engine() as engine:
        job, store = find_job(engine.store, name), engine.store
        saved = save_gold(
            job.schema,
            store.results(job.id),
            store.corrections(job.id),
            folder,
            read=lambda source: engine.page(job, source),
            everything=everything,
        )
    for source, reason in saved.left_out:
        say(f"{source}: left out: {reason}")
    print(f"{saved.pages} pages in {folder}")


@jobs_app.command()
def pictures(
    name: Name, folder: Annotated[Path, typer.Argument(help="where the PNG files go")]
) -> None:
    """Save charts of a job as PNG: coverage, tiers, confidence, time and tokens."""
    from orchestration.chart_png import save_charts
    from orchestration.charts import charts_of
    from orchestration.storage.store import Store

    with errors_as_exit_status(), Store(Settings().results_file) as store:
        job = find_job(store, name)
        for file in save_charts(charts_of(job.schema, list(store.results(job.id))), folder):
            print(file)


@jobs_app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Delete a job for good: its results, corrections and pages."""
    from orchestration.storage.store import Store

    with errors_as_exit_status(), Store(Settings().results_file) as store:
        job = find_damaged(store, name) or find_job(store, name)
        if not yes:
            if not sys.stdin.isatty():
                raise typer.BadParameter("nobody is there to ask; add --yes")
            typer.confirm(f"Delete {job.name!r} with all its results?", abort=True)
        store.delete(job.id)


def _is_about(job: Job, search: str | None) -> bool:
    text = "\n".join([job.name, job.schema.name, *job.schema.names, *job.sources]).casefold()
    return all(word in text for word in (search or "").casefold().split())


def _summary(store: Store, job: Job) -> dict[str, Any]:
    counts = store.counts(job.id)
    return {
        "number": job.id,
        "name": job.name,
        "created": job.created.isoformat(timespec="seconds"),
        "state": job.state.value,
        "schema": job.schema.name,
        "pages": {status.value: count for status, count in sorted(counts.items())},
    }


def _refuse_elsewhere(job: Job) -> None:
    """Files were named from the folder where the job was begun; elsewhere they are others."""
    folder = str(job.options.get("folder", ""))
    uploads = job.options.get("uploads", ())
    named_from = [
        source
        for source in job.sources
        if "://" not in source and source not in uploads and not Path(source).is_absolute()
    ]
    if named_from and folder and Path(folder) != Path.cwd():
        raise StoreError(
            f"{named_from[0]!r} was named from {folder}", hint="go to that folder, then try again"
        )
