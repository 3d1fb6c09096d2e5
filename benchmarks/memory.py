"""A process that loads a compiled model, reads one page, and prints its memory in MiB: the most
that was resident, and what is resident at the end.

python -m benchmarks.memory FOLDER_OF_THE_COMPILED_MODEL
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workload import SCHEMA, tasks
from extractors.model.compile import CompiledModel, open_compiled
from extractors.model.models import TOKENIZER_FOLDER
from extractors.model.runtime import Runtime
from extractors.model.tokenizer import load_tokenizer
from extractors.worker import Budget, Worker
from schemas.record import Tier

__all__ = ["Memory", "resident"]

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


def main() -> None:
    model = open_compiled(Path(sys.argv[1]))
    assert model is not None
    tokenizer = load_tokenizer(model.path / TOKENIZER_FOLDER)
    worker = Worker(Runtime(model), tokenizer, tier=Tier.LARGE, budget=_CONTEXT)
    worker.extract(tasks(tokenizer, pages=1)[0].page, SCHEMA)
    print(_mib("VmHWM"), _mib("VmRSS"))


def _mib(name: str) -> float:
    """Of this process alone: what `getrusage` tells includes the parent's before `exec`."""
    status = Path("/proc/self/status").read_text("ascii", "ignore")
    found = re.search(rf"{name}:\s*(\d+) kB", status)
    assert found is not None, "only Linux tells"
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
