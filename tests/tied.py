"""Runs a module as the main program, and ends it with its parent, however that ended.

    python tests/tied.py MODULE [ARGUMENT ...]

The parent keeps a pipe to standard input open and writes nothing: the pipe closes with it, also
where it was killed. Any Python runs this; a server may live in an environment of its own.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import threading
from pathlib import Path

__all__ = ["command", "started"]


def started(
    python: Path | str, module: str, *arguments: str, **options: object
) -> subprocess.Popen[str]:
    """*module* as a process that does not outlive this one; *options*: as `subprocess.Popen`."""
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        command(python, module, *arguments), stdin=subprocess.PIPE, text=True, **options
    )


def command(python: Path | str, module: str, *arguments: str) -> list[str]:
    """What runs *module* so; its standard input must be a pipe."""
    return [str(python), str(Path(__file__).resolve()), module, *arguments]


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Be the module that the arguments name."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    sys.path[0] = ""  # as with `python -m`: the working folder, not the one of this file
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
