"""What the commands have in common: exit status, choices, errors and Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum, StrEnum

import typer

from orchestration.console import say
from schemas.errors import FieldwiseError, GoldError, PlanInvalid, SchemaError
from schemas.record import Tier

__all__ = ["ExitStatus", "TierChoice", "errors_as_exit_status", "stop_on_ctrl_c"]


class ExitStatus(IntEnum):
    OK = 0
    SOME_FAILED = 1
    BAD_USAGE = 2
    NOTHING_RUN = 3


class TierChoice(StrEnum):
    AUTO = "auto"
    MARKUP = "markup"
    SMALL = "small"
    LARGE = "large"

    @property
    def tier(self) -> Tier | None:
        """As `Engine.run` takes it."""
        return None if self is TierChoice.AUTO else Tier(self.value)


@contextmanager
def errors_as_exit_status() -> Iterator[None]:
    """Print what went wrong, with what to do next, and leave with the status that fits."""
    try:
        yield
    except FieldwiseError as error:
        say(f"fieldwise: {error.explain()}")
        usage = isinstance(error, SchemaError | GoldError | PlanInvalid)
        raise typer.Exit(ExitStatus.BAD_USAGE if usage else ExitStatus.NOTHING_RUN) from error
    except BrokenPipeError as error:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        raise typer.Exit(ExitStatus.SOME_FAILED) from error


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
