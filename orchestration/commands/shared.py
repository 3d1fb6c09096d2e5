"""What the commands have in common: exit status, choices, errors and Ctrl-C."""

from __future__ import annotations

import codecs
import os
import shlex
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from orchestration.commands.console import say
from orchestration.events import JobEnded
from schemas.errors import (
    FieldwiseError,
    GoldError,
    PlanInvalid,
    SchemaError,
    SourceError,
    StoreError,
)
from schemas.record import PageStatus, Tier

if TYPE_CHECKING:
    from orchestration.storage.store import Job, Store

__all__ = [
    "ExitStatus",
    "Export",
    "FormatChoice",
    "TierChoice",
    "errors_as_exit_status",
    "leave",
    "listed",
    "name_kept_job",
    "refuse_no_file",
    "refuse_source",
    "refuse_stopped",
    "stop_on_ctrl_c",
]


class ExitStatus(IntEnum):
    OK = 0
    SOME_FAILED = 1
    BAD_USAGE = 2
    NOTHING_RUN = 3
    STOPPED = 4


class TierChoice(StrEnum):
    AUTO = "auto"
    MARKUP = "markup"
    SMALL = "small"
    LARGE = "large"

    @property
    def tier(self) -> Tier | None:
        """As `Engine.run` takes it."""
        return None if self is TierChoice.AUTO else Tier(self.value)


class FormatChoice(StrEnum):
    """`export.Format`, spelt here so that `--help` need not load the exporters."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


_A_LIST = "give URLs, HTML files, folders or archives, a line each"


def listed(sources: Iterable[str]) -> list[str]:
    """*sources*, with the lines of standard input for `-`. Raises SourceError: there are none."""
    given = [line for one in sources for line in (_lines_given() if one == "-" else [one])]
    named = [source for source in given if source.strip()]
    if not named:
        raise SourceError("no page is named", hint=_A_LIST)
    return named


def _lines_given() -> list[str]:
    """The lines of standard input. Raises SourceError where it is a page, or closed."""
    if sys.stdin is None:
        raise SourceError("there is no standard input", hint=_A_LIST)
    lines = [os.fsdecode(line).strip() for line in _without_mark(sys.stdin.buffer.read())]
    if any(line.startswith("<") for line in lines):
        raise SourceError("standard input holds a page, not a list of pages", hint=_A_LIST)
    return lines


def _without_mark(given: bytes) -> list[bytes]:
    """The lines of a list, in any bytes, as file names come in arguments: but where a byte order
    mark says what they are, as Windows writes lists."""
    if given.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        given = given.decode("utf-16", "replace").encode()
    return given.removeprefix(codecs.BOM_UTF8).splitlines()


class Export:
    """Where results go and how, as the options say. `None`: standard output; by the file's name.

    Bad places are refused before any work is done for them.
    """

    def __init__(
        self, output: Path | None, format: FormatChoice | None, *, evidence: bool, bom: bool
    ) -> None:
        self._output = output
        self._form = _form(format, output)
        self._evidence = evidence
        self._bom = bom

    def write(self, store: Store, job: Job) -> None:
        """Write what *job* found. Raises StoreError where that cannot be."""
        from orchestration.exports.export import ExportOptions, Format, write

        options = ExportOptions(evidence=self._evidence, bom=self._bom)
        form, found = Format(self._form), store.results(job.id)
        write(found, self._output, format=form, schema=job.schema, options=options)


def _form(chosen: FormatChoice | None, output: Path | None) -> FormatChoice:
    if output is not None:
        refuse_no_file(output)
        return chosen or _named_form(output)
    if chosen in (FormatChoice.PARQUET, FormatChoice.XLSX) and sys.stdout.isatty():
        raise typer.BadParameter(f"{chosen} is not for a terminal; add -o FILE")
    return chosen or FormatChoice.JSONL


def _named_form(output: Path) -> FormatChoice:
    try:
        return FormatChoice(output.suffix.lower().lstrip("."))
    except ValueError:
        names = ", ".join(FormatChoice)
        raise typer.BadParameter(
            f"{output.name!r} does not say the format; give --format {names}"
        ) from None


def refuse_no_file(output: Path | None) -> None:
    """Refuse what cannot be a file's place, before any work is done for it."""
    if output == Path("-"):
        raise typer.BadParameter("leave -o out to write to standard output")
    try:
        is_none = output and (output.is_dir() or not output.absolute().parent.is_dir())
    except OSError as error:  # such as a name that is too long
        raise typer.BadParameter(f"{output}: {error.strerror}") from error
    if is_none:
        raise typer.BadParameter(f"{output} is not a file in an existing folder; make that first")


def refuse_source(output: Path | None, sources: Iterable[str]) -> None:
    """Refuse to write over one of the files that are to be read."""
    if output and os.path.isfile(output):
        for source in sources:
            # os.path and not Path: a web address may be no path at all
            if os.path.isfile(source) and output.samefile(source):
                raise typer.BadParameter(f"{output} is one of the sources; name another file")


def leave(ended: JobEnded, counts: Counter[PageStatus]) -> None:
    """Say what is missing of a run, and leave with the status that fits."""
    if ended.stopped:
        say(
            f"{ended.stopped}; what is finished is kept: "
            f"go on with `fieldwise jobs resume {shlex.quote(ended.job.name)}`"
        )
        raise typer.Exit(ExitStatus.STOPPED)
    if counts[PageStatus.FAILED] or counts[PageStatus.PARTIAL]:
        raise typer.Exit(ExitStatus.SOME_FAILED)


def refuse_stopped(stop: Callable[[], bool]) -> None:
    """Leave as a run that was stopped does, where this one was."""
    if stop():
        say("stopped before all pages were looked at")
        raise typer.Exit(ExitStatus.STOPPED)


@contextmanager
def errors_as_exit_status() -> Iterator[None]:
    """Print what went wrong, with what to do next, and leave with the status that fits."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except FieldwiseError as error:
        say(f"fieldwise: {error.explain()}")
        usage = isinstance(error, SchemaError | GoldError | PlanInvalid)
        raise typer.Exit(ExitStatus.BAD_USAGE if usage else ExitStatus.NOTHING_RUN) from error
    except ValidationError as error:
        if (
            error.title != "Settings"
        ):  # those of schemas and plans are put in words where they arise
            raise
        for wrong in error.errors():
            name = "FIELDWISE_" + "_".join(map(str, wrong["loc"])).upper()
            why = wrong["msg"].removeprefix("Value error, ")
            say(f"fieldwise: {name}: {why} (set it to such a value, or unset it)")
        raise typer.Exit(ExitStatus.BAD_USAGE) from error
    except BrokenPipeError as error:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        raise typer.Exit(ExitStatus.SOME_FAILED) from error
    except OSError as error:
        where = error.filename or "standard output"
        say(f"fieldwise: {where}: {error.strerror or error} ({StoreError.hint})")
        _forget_output()
        raise typer.Exit(ExitStatus.NOTHING_RUN) from error


def _forget_output() -> None:
    """What could not be written is not tried again when the program ends."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def name_kept_job(name: str) -> Iterator[None]:
    """What a job found is kept where its export cannot be written: say how to have it."""
    try:
        yield
    except StoreError as error:
        export = f"`fieldwise jobs export {shlex.quote(name)}` writes what was found"
        raise StoreError(str(error), hint=f"{error.hint}; {export}") from error


@contextmanager
def stop_on_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Yields what tells whether to stop. The first Ctrl-C ends the job with what is done; the
    second one kills."""
    asked = threading.Event()

    def ask(signum: int, frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        say("stopping with what is done; press Ctrl-C again to drop everything")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
