"""Other engines, each installed in an environment of its own and driven as a subprocess."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["PEERS", "Peer", "PeerFailed", "Recipe", "Reply"]

_HERE = Path(__file__).parent


class PeerFailed(Exception):
    """A peer that could not be installed or started, or that stopped; says why."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to get a peer. `build`: environment variables for packages that compile themselves."""

    name: str
    title: str
    requirements: Path
    driver: Path
    build: tuple[tuple[str, str], ...] = ()


PEERS = (
    Recipe(
        "llama_cpp",
        "llama-cpp-python, JSON-schema grammar, same GGUF",
        _HERE / "peers" / "llama_cpp.txt",
        _HERE / "peers" / "run_llama_cpp.py",
        # Its AMX kernels crash on some machines that have AMX.
        (("CMAKE_ARGS", "-DGGML_NATIVE=ON -DGGML_AMX_TILE=OFF -DGGML_AMX_INT8=OFF"),),
    ),
    Recipe(
        "outlines_optimum",
        "Optimum export + Outlines, float32",
        _HERE.parent / "requirements-export.txt",
        _HERE / "peers" / "run_outlines_optimum.py",
    ),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """`seconds` is measured inside the peer's process, around its own call."""

    text: str
    seconds: float
    tokens: int


class Peer:
    """A running peer, a context manager. *folder*: where its environment is kept for next time.

    Raises:
        PeerFailed: it could not be installed or started.
    """

    def __init__(self, recipe: Recipe, folder: Path, options: dict[str, Any]) -> None:
        python = _installed(recipe, folder)
        self._log = (folder / "log.txt").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [str(python), "-P", str(recipe.driver), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def ask(self, request: dict[str, Any]) -> Reply:
        """One answer. Raises PeerFailed when the process has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None
        reply = self._read()
        return Reply(str(reply["text"]), float(reply["seconds"]), int(reply["tokens"]))

    def _read(self) -> dict[str, Any]:
        """The next line of JSON; libraries print others, which are passed over."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise self._failure()

    def _failure(self) -> PeerFailed:
        code = self._process.wait()
        self._log.seek(0)
        return PeerFailed(f"it ended with status {code}: {_last_line(self._log.read())}")


def _installed(recipe: Recipe, folder: Path) -> Path:
    """The Python of the peer's environment, made anew when its requirements have changed."""
    python = folder / "venv" / "bin" / "python"
    stamp = folder / "installed.txt"
    wanted = recipe.requirements.read_text("utf-8")
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    folder.mkdir(parents=True, exist_ok=True)
    print(f"installing {recipe.title} (once; it may take minutes)", file=sys.stderr, flush=True)
    venv.create(folder / "venv", with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(recipe.requirements)]
    done = subprocess.run(
        command, env={**os.environ, **dict(recipe.build)}, capture_output=True, text=True
    )
    if done.returncode:
        raise PeerFailed(f"pip could not install it: {_last_line(done.stderr)}")
    stamp.write_text(wanted, "utf-8")
    return python


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
