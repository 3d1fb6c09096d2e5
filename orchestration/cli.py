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
from orchestration.commands.extract import extract
from orchestration.commands.jobs import jobs_app
from orchestration.commands.plan import plan
from orchestration.commands.shared import ExitStatus, errors_as_exit_status
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


# `--help` lists the commands in this order
app.command()(extract)
app.command()(plan)
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
