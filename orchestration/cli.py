"""The `fieldwise` command.

Exit status: 0 no page failed, 1 some page did (the rest is written), 2 bad usage or schema,
3 nothing could be run, 4 stopped before the end (what was finished is written and kept).
"""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.console import Watcher, say
from orchestration.commands.evaluate import evaluate
from orchestration.commands.jobs import jobs_app
from orchestration.commands.plan import Wanted
from orchestration.commands.plan import plan as plan_command
from orchestration.commands.shared import (
    ExitStatus,
    FormatChoice,
    TierChoice,
    errors_as_exit_status,
    export_format,
    leave,
    listed,
    name_kept_job,
    refuse_source,
    refuse_stopped,
    stop_on_ctrl_c,
    write_results,
)
from orchestration.orders import Orders
from orchestration.settings import Settings
from schemas import library
from schemas.json_schema import to_json_schema
from schemas.schema import Schema

__all__ = ["ExitStatus", "app", "main"]

app = typer.Typer(
    name="fieldwise",
    help="Structured fields from web pages, every value quoted from the page.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
models_app = typer.Typer(help="What models are there; fetch or compile one.")
app.add_typer(models_app, name="models", invoke_without_command=True)


class Via(StrEnum):
    """Who compiles: by default our own graph for Qwen2 and Llama models."""

    OPTIMUM = "optimum"


class PrecisionChoice(StrEnum):
    """`compile.Precision`, spelt here for the same reason."""

    W8A8 = "w8a8"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


@app.command()
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
        form = export_format(format, output)
        given = listed(sources)
        refuse_source(output, given)
        settings = _settings(
            allow_private=allow_private or None,
            http_cache=False if no_cache else None,
            obey_robots=False if ignore_robots else None,
            render=render or None,
        )
        from orchestration.engine import Engine

        watcher = Watcher(quiet=quiet)
        with (
            watcher,
            Engine(settings, progress=watcher.progress) as engine,
            stop_on_ctrl_c() as stop,
        ):
            wanted = asked.plan or asked.schema(engine, quiet=quiet)
            orders = Orders(job=job, tier=tier.tier, max_tokens=max_cost, stop=stop)
            if estimate:
                print(engine.estimate(given, wanted, orders).explain())
                refuse_stopped(stop)
                return
            ended, counts = watcher.follow(engine.run(given, wanted, orders))
            watcher.close()
            with name_kept_job(ended.job.name):
                write_results(engine.store, ended.job, output, form, evidence=evidence, bom=bom)
        leave(ended, counts)


def _settings(**flags: bool | None) -> Settings:
    """The environment's settings, but for the flags that were given (not `None`)."""
    return Settings.model_validate(
        {name: value for name, value in flags.items() if value is not None}
    )


# `--help` lists the commands in this order
app.command(name="plan")(plan_command)
app.command()(evaluate)
app.add_typer(jobs_app, name="jobs", invoke_without_command=True)


@app.command()
def schemas(
    name: Annotated[str | None, typer.Argument(help="print this one as JSON Schema")] = None,
) -> None:
    """List the ready schemas, or print one to start your own from."""
    with errors_as_exit_status():
        if name:
            print(json.dumps(to_json_schema(library.get(name)), indent=2, ensure_ascii=False))
            return
        for known in library.names():
            print(_schema_line(library.get(known)))


def _schema_line(schema: Schema) -> str:
    return f"{schema.name:<14}{', '.join(schema.names)}"


@app.command(name="app")
def open_app(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="default: the first free one from 7860"),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(help="file of `name:password` lines; needed where others reach the address"),
    ] = None,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="serve the endpoints as MCP tools too")
    ] = False,
) -> None:
    """Serve the app, and print its address; Ctrl-C ends it."""
    import app as page

    with errors_as_exit_status():
        page.main(host=host, port=port, users=users, mcp=mcp)


@models_app.callback()
def models(context: typer.Context) -> None:
    """List the models: what is here, what it is, and its licence."""
    if context.invoked_subcommand:
        return
    from orchestration.commands.doctor import model_table

    with errors_as_exit_status():
        for line in model_table(Settings()):
            print(line)


@models_app.command()
def pull(
    name: Annotated[str, typer.Argument(help="a model's name; see `fieldwise models`")],
) -> None:
    """Fetch a model's weights and check them."""
    from orchestration.workers import Workers

    with errors_as_exit_status(), Watcher() as watcher:
        weights = Workers(Settings(), progress=watcher.progress).weights().pull(name)
        watcher.close()
        print(weights.path)


@models_app.command(name="compile")
def compile_command(
    name: Annotated[str, typer.Argument(help="a model's name, a GGUF file, or a folder")],
    via: Annotated[
        Via | None, typer.Option(help="Optimum's standard export, for any decoder it knows")
    ] = None,
    precision: Annotated[
        PrecisionChoice | None, typer.Option(help="default: w8a8; an export is always float32")
    ] = None,
) -> None:
    """Compile a model for this machine, fetching its weights where they are missing.

    Prints the folder it is in, which can be named as the model of a tier.
    """
    if via and precision is PrecisionChoice.W8A8:
        raise typer.BadParameter("an export by Optimum is float32; leave --precision out")
    from orchestration.workers import Workers

    with errors_as_exit_status(), Watcher() as watcher:
        workers = Workers(Settings(), progress=watcher.progress)
        path = workers.compiled(name, via_optimum=bool(via), precision=precision)
        watcher.close()
        print(path)


@app.command()
def doctor() -> None:
    """Say what works on this machine, and what to do about the rest."""
    from orchestration.commands.doctor import checks

    healthy = True
    with errors_as_exit_status():
        for check in checks(Settings()):
            healthy &= check.fine
            print(f"{'ok  ' if check.fine else 'FIX '} {check.what}")
            if check.advice:
                print(f"     {check.advice}")
    if not healthy:
        raise typer.Exit(ExitStatus.NOTHING_RUN)


def main() -> None:
    """The console script's entry point."""
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal that lacks a sign ends no command
        sys.stdout.reconfigure(errors="backslashreplace")
    _refuse_no_folder()
    app()


def _refuse_no_folder() -> None:
    """Leave where the working folder was removed: no file could be named from it."""
    try:
        os.getcwd()
    except OSError as error:
        reason = error.strerror or error
        say(f"fieldwise: the folder you are in cannot be used: {reason} (`cd` to another one)")
        sys.exit(ExitStatus.NOTHING_RUN)
