"""A process that loads a compiled model, reads one page, and prints its memory in MiB: the most
that was resident, and what is resident at the end.

python -m benchmarks.memory FOLDER_OF_THE_COMPILED_MODEL
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workload import SCHEMA, tasks
from extractors.model.compile import CompiledModel, open_compiled
from extractors.model.models import TOKENIZER_FOLDER
from extractors.model.runtime import Runtime
from extractors.model.tokenizer import load_tokenizer
from extractors.worker import Budget, Worker
from schemas.record import Tier

__all__ = ["Memory", "peak_of_tree", "resident"]

_CONTEXT = Budget(page=512, answer=512)  # with what is kept for instructions: 2,048 tokens


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MiB: at its peak, and when a page has been read."""

    peak: float
    steady: float


def resident(model: CompiledModel) -> Memory:
    """Memory of a worker with room for 2,048 tokens, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", str(model.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, steady = map(float, done.stdout.split()[-2:])
    return Memory(peak, steady)


def peak_of_tree(root: int, going: Callable[[], bool], *, every: float = 0.05) -> float:
    """The most MiB that process *root* and all that it started held at once, while *going*.

    Pages that several map count for each. Between two looks only the root's own peak is seen.
    """
    most = 0.0
    while going():
        held = [(_read_mib("VmRSS", pid), _read_mib("VmHWM", pid)) for pid in _tree(root)]
        most = max(most, sum(now for now, _ in held), held[0][1] if held else 0.0)
        time.sleep(every)
    return most


def _tree(root: int) -> list[int]:
    """*root*, then its children, their children and so on."""
    found = [root]
    for pid in found:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # the thread has ended
                continue
    return found


def main() -> None:
    model = open_compiled(Path(sys.argv[1]))
    assert model is not None
    tokenizer = load_tokenizer(model.path / TOKENIZER_FOLDER)
    worker = Worker(Runtime(model), tokenizer, tier=Tier.LARGE, budget=_CONTEXT)
    worker.extract(tasks(tokenizer, pages=1)[0].page, SCHEMA)
    print(_mib("VmHWM"), _mib("VmRSS"))


def _mib(name: str) -> float:
    """Of this process alone: what `getrusage` tells includes the parent's before `exec`."""
    mib = _read_mib(name, "self")
    assert mib, "only Linux tells"
    return mib


def _read_mib(name: str, pid: int | str) -> float:
    """Of a process; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "ignore")
    except OSError:
        return 0.0
    found = re.search(rf"{name}:\s*(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
