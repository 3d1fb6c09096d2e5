"""What a second worker costs: in memory, whether it shares the weights, and in time.

    python -m benchmarks.sharing [--model NAME] [--context 2048]

Memory is what the kernel says of each process (/proc/PID/smaps_rollup): resident (RSS), with pages
that several processes map divided among them (PSS), and its own alone (USS). Linux only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Row, table
from extractors.compile import CompiledModel, open_compiled
from extractors.models import ModelLibrary
from extractors.runtime import Context, Runtime
from extractors.weights import WeightStore
from orchestration.settings import Settings

__all__ = ["Shares", "main", "shares"]

_MODEL = "qwen2.5-coder-1.5b-instruct"
PROMPT_TOKENS, STEPS = 512, 16


@dataclass(frozen=True, slots=True)
class Shares:
    """Memory of one process, MiB. `weights`: resident pages that map the file of weights."""

    rss: float
    pss: float
    uss: float
    weights: float

    def __add__(self, other: Shares) -> Shares:
        return Shares(
            self.rss + other.rss,
            self.pss + other.pss,
            self.uss + other.uss,
            self.weights + other.weights,
        )


def shares(pid: int | str, *, data: str) -> Shares:
    """Memory of process *pid* as it is now. *data*: the name of the file of weights."""
    whole = _fields(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii", "replace"))
    uss = whole["Private_Clean"] + whole["Private_Dirty"]
    mapped = 0.0
    of_weights = False
    for line in Path(f"/proc/{pid}/smaps").read_text("utf-8", "replace").splitlines():
        if not line.endswith(" kB") and ":" in line and "-" in line.split(" ")[0]:
            of_weights = line.endswith(f"/{data}")
        elif of_weights and line.startswith("Rss:"):
            mapped += int(line.split()[1]) / 1024
    return Shares(whole["Rss"], whole["Pss"], uss, mapped)


def _fields(text: str) -> dict[str, float]:
    """MiB by name."""
    lines = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in lines}


# In a process of its own


def _hold(folder: Path, *, contexts: int, capacity: int) -> None:
    """Load, read a prompt with each of *contexts*, say so, and wait to be let go."""
    model = open_compiled(folder)
    assert model is not None
    held = _contexts(model, contexts, capacity)
    for context in held:
        _page(context)
    print("ready", flush=True)
    sys.stdin.readline()


def _contexts(model: CompiledModel, count: int, capacity: int) -> list[Context]:
    runtime = Runtime(model, threads=len(os.sched_getaffinity(0)))
    return [runtime.context(capacity) for _ in range(count)]


def _page(context: Context) -> None:
    """A prompt and some single steps, as much as a page takes."""
    context.rollback(0)
    context.read([100 + i % 5000 for i in range(PROMPT_TOKENS)])
    for token in range(STEPS):
        context.step([100 + token])


@contextmanager
def _holder(model: CompiledModel, contexts: int, capacity: int) -> Iterator[int]:
    """The id of a process that holds *contexts* of *model*, each with a prompt read."""
    options = ["--hold", str(contexts), "--context", str(capacity), "--model", str(model.path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sharing", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the process that was to hold the model has ended")
        yield process.pid
    finally:
        process.communicate("\n")


# What is printed


def _memory(model: CompiledModel, capacity: int) -> list[Row]:
    data = "model.data"
    rows: list[Row] = []
    for contexts, name in ((1, "one worker"), (2, "two contexts in one process")):
        with _holder(model, contexts, capacity) as pid:
            rows += _rows(name, [shares(pid, data=data)])
    with ExitStack() as stack:
        pids = [stack.enter_context(_holder(model, 1, capacity)) for _ in range(2)]
        rows += _rows("two processes, together", [shares(pid, data=data) for pid in pids])
    return rows


def _rows(name: str, found: Sequence[Shares]) -> list[Row]:
    whole = found[0]
    for other in found[1:]:
        whole = whole + other
    return [
        Row(f"RSS (MiB), {name}", whole.rss),
        Row(f"PSS (MiB), {name}", whole.pss),
        Row(f"USS (MiB), {name}", whole.uss),
        Row(f"mapped from the file of weights (MiB), {name}", whole.weights),
    ]


def _times(model: CompiledModel, capacity: int) -> list[Row]:
    """Two pages by one context, one after the other, and by two contexts at the same time."""
    first, second = _contexts(model, 2, capacity)
    _page(first)  # a rehearsal
    _page(second)
    alone, beside = [], []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            started = time.perf_counter()
            _page(first)
            _page(first)
            alone.append(time.perf_counter() - started)
            started = time.perf_counter()
            list(pool.map(_page, (first, second)))
            beside.append(time.perf_counter() - started)
    return [
        Row("seconds for two pages, one context after itself", min(alone)),
        Row("seconds for two pages, two contexts at once", min(beside)),
        Row("one after the other ÷ at once", min(alone) / min(beside)),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sharing", description=__doc__)
    parser.add_argument("--model", default=_MODEL, help="a name, or a compiled model's folder")
    parser.add_argument("--context", type=int, default=2048, help="tokens that a context holds")
    parser.add_argument("--hold", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hold:
        _hold(Path(options.model), contexts=options.hold, capacity=options.context)
        return 0
    settings = Settings()
    store = WeightStore(settings.cache_dir)
    model = ModelLibrary(settings.cache_dir, store).compiled(store.resolve(options.model))
    rows = [*_memory(model, options.context), *_times(model, options.context)]
    print(f"{model.path.name}, {options.context} tokens a context\n", file=sys.stderr)
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
