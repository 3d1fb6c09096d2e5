"""`fieldwise plan`, and what commands take as a schema: a name, plain words, or a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.console import say
from orchestration.commands.running import running
from orchestration.commands.shared import (
    ExitStatus,
    errors_as_exit_status,
    listed,
    refuse_no_file,
    refuse_stopped,
)
from orchestration.events import LayoutPlanned, LeftOut
from schemas.errors import SchemaError, SourceError, StoreError
from schemas.plan import Plan
from schemas.plan_json import dump_plan, load_plan
from schemas.schema import Schema
from schemas.source import resolve

if TYPE_CHECKING:
    from orchestration.engine import Engine

__all__ = ["Wanted", "plan"]


class Wanted:
    """What a user wants of pages, read as far as it can be before anything is opened.

    *schema*: as `resolve` takes it. *ask*: plain words; beside a schema they describe its record.
    *plan_file*: a plan, which has its own schema.

    Raises:
        SchemaError: nothing is asked for, or a plan beside something else; or as `resolve`.
        PlanInvalid: as `load_plan`.
    """

    def __init__(self, schema: str | None, ask: str | None, plan_file: Path | None = None) -> None:
        if plan_file and (schema or ask):
            raise SchemaError("a plan has its own schema", hint="leave out --schema and --ask")
        if not (schema or plan_file or any(map(str.isalnum, ask or ""))):
            hint = 'give --schema, or --ask "title, pay and skills", or --plan FILE'
            raise SchemaError("nothing is asked for", hint=hint)
        self.plan: Plan | None = load_plan(plan_file) if plan_file else None
        self._schema = self.plan.schema if self.plan else resolve(schema) if schema else None
        self._ask = ask or ""

    def schema(self, engine: Engine, *, quiet: bool) -> Schema:
        """The schema; plain words without one are read by *engine*'s planner. Raises PlanError."""
        if self._schema:
            about = self._schema.description or self._ask
            return replace(self._schema, description=about)
        schema, origin = engine.fields(self._ask)
        if not quiet:
            say(f"fields: {', '.join(schema.names)} ({origin.explain()})")
        return schema


def plan(
    sources: Annotated[
        list[str], typer.Argument(help="sample pages: URLs, HTML files, folders, archives")
    ],
    schema: Annotated[
        str | None, typer.Option(help='a ready schema, a JSON Schema file, or "title, pay number"')
    ] = None,
    ask: Annotated[
        str | None, typer.Option(metavar="WORDS", help="what you want of the pages, in plain words")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="default: standard output; more layouts get a number"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print plans only")] = False,
) -> None:
    """Plan how pages like these are read, one plan a layout, to look at, edit and use again."""
    with errors_as_exit_status():
        wanted = Wanted(schema, ask)
        refuse_no_file(output)
        given = listed(sources)
        with running(quiet=quiet) as run:
            asked = wanted.schema(run.engine, quiet=quiet)
            told = list(run.engine.plan(given, asked, stop=run.stop))
        left_out = [event for event in told if isinstance(event, LeftOut)]
        made = [event for event in told if isinstance(event, LayoutPlanned)]
        _write_all(made, output, quiet=quiet)
        for one in () if quiet and made else left_out:
            say(f"{one.source}: left out: {one.why.explain()}")
        refuse_stopped(run.stop)
        _leave(made, left_out)


def _write_all(made: Sequence[LayoutPlanned], output: Path | None, *, quiet: bool) -> None:
    for event, path in zip(made, _paths(output), strict=False):
        _write(event.plan, path)
        if not quiet:
            where = f"{path}: " if path else ""
            say(f"{where}{event.source}: {event.plan.origin.explain()}")


def _leave(made: Sequence[LayoutPlanned], left_out: Sequence[LeftOut]) -> None:
    """Leave with the status that fits, where that is not 0."""
    if not made:
        say(f"fieldwise: there is no plan: none of the {len(left_out):,} pages can be used")
        raise typer.Exit(ExitStatus.NOTHING_RUN)
    if any(isinstance(one.why, SourceError) for one in left_out):
        raise typer.Exit(ExitStatus.SOME_FAILED)


def _paths(output: Path | None) -> Iterator[Path | None]:
    """*output*, then names with a number: "plan.json", "plan-2.json"."""
    yield output
    number = 2
    while True:
        yield output and output.with_stem(f"{output.stem}-{number}")
        number += 1


def _write(made: Plan, path: Path | None) -> None:
    text = dump_plan(made)
    if path is None:
        print(text, end="")
        return
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
