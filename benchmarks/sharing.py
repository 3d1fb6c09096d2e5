"""What a second worker costs: in memory, whether it shares the weights, and in time.

    python -m benchmarks.sharing [--model NAME] [--context 2048]

Memory is what the kernel says of each process (/proc/PID/smaps_rollup): resident (RSS), with pages
that several processes map divided among them (PSS), and its own alone (USS). Linux only. Measured
with weights as they are compiled, and as `sharing` keeps them so that processes share them.
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
from extractors.model.compile import DATA_FILE, CompiledModel, open_compiled
from extractors.model.models import ModelLibrary
from extractors.model.runtime import Context, Runtime
from extractors.model.sharing import shareable
from extractors.model.weights import WeightStore
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


def _hold(folder: Path, *, contexts: int, capacity: int, share: bool) -> None:
    """Load, read a prompt with each of *contexts*, say so, and wait to be let go."""
    model = open_compiled(folder)
    assert model is not None
    model = shareable(model) if share else model
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
def _holder(
    model: CompiledModel, contexts: int, capacity: int, *, share: bool = False
) -> Iterator[int]:
    """The id of a process that holds *contexts* of *model*, each with a prompt read."""
    options = ["--hold", str(contexts), "--context", str(capacity), "--model", str(model.path)]
    options += ["--share"] if share else []
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
    rows: list[Row] = []
    for contexts, name in ((1, "one worker"), (2, "two contexts in one process")):
        with _holder(model, contexts, capacity) as pid:
            rows += _rows(name, [pid])
    shareable(model)  # so that no process has to write it, and hold what that takes
    for share, name in ((False, "two processes"), (True, "two processes, shared weights")):
        with ExitStack() as stack:
            pids = [stack.enter_context(_holder(model, 1, capacity, share=share)) for _ in range(2)]
            rows += _rows(f"{name}, together", pids)
    return rows


def _rows(name: str, pids: Sequence[int]) -> list[Row]:
    whole = Shares(0, 0, 0, 0)
    for pid in pids:
        whole = whole + shares(pid, data=DATA_FILE)
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


def _loading(model: CompiledModel) -> list[Row]:
    """Files in memory already; the first of three is not counted."""
    rows = []
    for form, name in ((model, "as compiled"), (shareable(model), "shared")):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            _contexts(form, 1, 64)[0].read([100])
            times.append(time.perf_counter() - started)
        rows.append(Row(f"seconds to load and read one token, {name}", min(times[1:])))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sharing", description=__doc__)
    parser.add_argument("--model", default=_MODEL, help="a name, or a compiled model's folder")
    parser.add_argument("--context", type=int, default=2048, help="tokens that a context holds")
    parser.add_argument("--share", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--hold", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hold:
        folder, capacity = Path(options.model), options.context
        _hold(folder, contexts=options.hold, capacity=capacity, share=options.share)
        return 0
    settings = Settings()
    store = WeightStore(settings.cache_dir)
    model = ModelLibrary(settings.cache_dir, store).compiled(store.resolve(options.model))
    rows = [*_memory(model, options.context), *_times(model, options.context), *_loading(model)]
    print(f"{model.path.name}, {options.context} tokens a context\n", file=sys.stderr)
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
