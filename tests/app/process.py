"""The app as people start it: a process of its own."""

from __future__ import annotations

import gc
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests import tied

__all__ = ["ROOT", "forget_what_gradio_left_open", "free_port", "started"]

ROOT = Path(__file__).parents[2]
PATIENCE = 180  # seconds for the first line and the end; a busy machine needs some


def free_port() -> int:
    """A port that nobody has now. Gradio's own search leaves sockets open where some are taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def forget_what_gradio_left_open() -> None:
    """Sockets and an event loop of a closed app are found here, not within some later test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def started(data: Path, **settings: str) -> Iterator[str]:
    """`python app.py` with `FIELDWISE_*` *settings*; yields the address that it prints."""
    process = tied.started(
        sys.executable,
        "app",
        cwd=ROOT,
        env={**os.environ, "FIELDWISE_DATA_DIR": str(data), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_copy, args=[process.stdout, lines])
    reader.start()
    try:
        yield _address(lines)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        reader.join(PATIENCE)
        process.stdin.close()
        process.stdout.close()


def _copy(stream: IO[str], lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)


def _address(lines: queue.Queue[str]) -> str:
    while True:
        line = lines.get(timeout=PATIENCE)
        if match := re.fullmatch(r"Fieldwise is at (http://127\.0\.0\.1:\d+)\n", line):
            return match[1]
