"""Other engines, each installed in an environment of its own and driven as a subprocess."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Self

__all__ = [
    "LLAMA_CPP_SERVER",
    "PEERS",
    "Peer",
    "PeerFailed",
    "Recipe",
    "Reply",
    "installed",
    "is_object",
]

_HERE = Path(__file__).parent
_LIMIT_S = 1800.0  # for one answer, or to get ready


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


def _for_this_processor_without_amx() -> tuple[tuple[str, str], ...]:
    """llama.cpp's AMX kernels crash on some machines that have AMX. With GGML_NATIVE its own
    switches (GGML_AMX_TILE and the like) are not looked at, so the compiler is told."""
    native = ("CMAKE_ARGS", "-DGGML_NATIVE=ON")
    if platform.machine() not in ("x86_64", "AMD64"):
        return (native,)
    without = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
    return (native, ("CFLAGS", without), ("CXXFLAGS", without))


PEERS = (
    Recipe(
        "llama_cpp",
        "llama-cpp-python, JSON-schema grammar, same GGUF",
        _HERE / "peers" / "llama_cpp.txt",
        _HERE / "peers" / "run_llama_cpp.py",
        _for_this_processor_without_amx(),
    ),
    Recipe(
        "outlines_optimum",
        "Optimum export + Outlines, float32",
        _HERE.parent / "requirements-export.txt",
        _HERE / "peers" / "run_outlines_optimum.py",
    ),
)


LLAMA_CPP_SERVER = Recipe(
    "llama_cpp_server",
    "llama-cpp-python's OpenAI-compatible server",
    _HERE / "peers" / "llama_cpp_server.txt",
    _HERE / "peers" / "run_llama_cpp.py",  # not driven: the package serves by itself
    _for_this_processor_without_amx(),
)
"""No peer that is compared with: a real endpoint for the planner's tests."""


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

    def __init__(
        self, recipe: Recipe, folder: Path, options: dict[str, Any], *, limit_s: float = _LIMIT_S
    ) -> None:
        python = installed(recipe, folder)
        self._limit_s = limit_s
        self._log = (folder / "log.txt").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [str(python), "-P", str(recipe.driver), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            self._read()
        except PeerFailed:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._process.kill()
        self._process.communicate()  # closes its pipes, broken ones too
        self._log.close()

    def ask(self, request: dict[str, Any]) -> Reply:
        """One answer. Raises PeerFailed when the process has ended or takes too long."""
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
        deadline = time.monotonic() + self._limit_s
        alarm = Timer(self._limit_s, self._process.kill)
        alarm.start()
        try:
            for line in self._process.stdout:
                if line.startswith("{"):
                    answer: dict[str, Any] = json.loads(line)
                    return answer
        finally:
            alarm.cancel()
        if time.monotonic() >= deadline:
            raise PeerFailed(f"no answer in {self._limit_s:,.0f} s")
        raise self._failure()

    def _failure(self) -> PeerFailed:
        code = self._process.wait()
        self._log.seek(0)
        return PeerFailed(f"it ended with status {code}: {_last_line(self._log.read())}")


def is_object(text: str) -> bool:
    """Whether an answer is one JSON object, whole: not cut off by its token budget."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def installed(recipe: Recipe, folder: Path) -> Path:
    """The Python of the peer's environment, made anew when what it is built from has changed.

    Raises PeerFailed when pip cannot.
    """
    python = folder / "venv" / "bin" / "python"
    stamp = folder / "installed.txt"
    wanted = recipe.requirements.read_text("utf-8")
    wanted += "".join(f"# {name}={value}\n" for name, value in recipe.build)
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    folder.mkdir(parents=True, exist_ok=True)
    print(f"installing {recipe.title} (once; it may take minutes)", file=sys.stderr, flush=True)
    venv.create(folder / "venv", clear=True)
    # pip keeps a wheel that it has built whatever the flags were, and would hand it out again.
    fresh = ["--no-cache-dir"] if recipe.build else []
    # Our own pip installs into it: one of its own would take seconds to get there.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", *fresh]
    pip += ["-r", str(recipe.requirements)]
    log = folder / "install.txt"
    with log.open("w", encoding="utf-8") as said:
        env = {**os.environ, **dict(recipe.build)}
        done = subprocess.run(pip, env=env, stdout=said, stderr=subprocess.STDOUT)
    if done.returncode:
        error = _last_error(log.read_text("utf-8", "replace"))
        # A negative status is the signal that ended pip; then nothing it said tells why.
        status = f"status {done.returncode}"
        raise PeerFailed(f"pip could not install it, {status}: {error} (all it said is in {log})")
    stamp.write_text(wanted, "utf-8")
    return python


def _last_error(text: str) -> str:
    """pip ends with hints; what went wrong stands above them."""
    lines = [line for line in text.splitlines() if "error" in line.lower()]
    return _last_line(lines[-1] if lines else text)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
