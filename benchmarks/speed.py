"""How fast the engine is beside others, as ratios measured in one run.

    python -m benchmarks.speed [--pages 12] [--only ours] [--json FILE]

Real Qwen2.5-Coder-1.5B-Instruct weights, job pages (those of FIELDWISE_EVALDATA where it is set).
Engines take turns page by page, so that noise of the machine falls on all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.ceiling import product_seconds
from benchmarks.checkpoints import as_float32_safetensors, random_qwen2_half_billion
from benchmarks.memory import peak_mib
from benchmarks.peer import PEERS, Peer, PeerFailed
from benchmarks.report import PageTime, Row, table
from benchmarks.workload import SCHEMA, Task, tasks
from extractors.checkpoint import open_checkpoint
from extractors.compile import CompiledModel, compile_model, open_compiled
from extractors.models import TOKENIZER_FOLDER, ModelLibrary
from extractors.runtime import CHUNK, Runtime
from extractors.tokenizer import load_tokenizer
from extractors.weights import WeightStore
from extractors.worker import Worker
from orchestration.settings import Settings
from schemas.record import Tier

__all__ = ["main"]

PROMPT_TOKENS = 512
_MODEL = "qwen2.5-coder-1.5b-instruct"


def main() -> int:
    options = _arguments()
    threads = len(os.sched_getaffinity(0))
    settings = Settings()
    store = WeightStore(settings.cache_dir)
    library = ModelLibrary(settings.cache_dir, store)
    weights = store.resolve(_MODEL)
    model = library.compiled(weights)

    rows, worker = _loaded(model, threads)
    rows.append(Row("peak resident memory, Qwen 1.5B, 2k context (MiB)", peak_mib(model), "≤ 2400"))
    rows += _prefill(model, threads, "Qwen 1.5B")
    given = tasks(load_tokenizer(model.path / TOKENIZER_FOLDER), pages=options.pages)
    print(f"{len(given)} pages, {threads} threads", file=sys.stderr, flush=True)
    times, notes = _race(
        worker, given, settings.cache_dir, model, weights.path, threads, only=options.only
    )
    rows += _pages(times)
    half = _half_billion(settings.cache_dir / "benchmarks" / "qwen2-0.5b-shape")
    rows += _prefill(half, threads, "Qwen2-0.5B's shape, random weights")
    print(table(rows))
    for note in notes:
        print(f"\n{note}")
    if options.json:
        report = {"rows": [asdict(row) for row in rows], "pages": [asdict(t) for t in times]}
        options.json.write_text(json.dumps(report | {"notes": notes}, indent=1), "utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--only", choices=["ours", *(peer.name for peer in PEERS)])
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _loaded(model: CompiledModel, threads: int) -> tuple[list[Row], Worker]:
    started = time.perf_counter()
    runtime = Runtime(model, threads=threads)
    tokenizer = load_tokenizer(model.path / TOKENIZER_FOLDER)
    worker = Worker(runtime, tokenizer, tier=Tier.LARGE)
    seconds = time.perf_counter() - started
    return [Row("warm load of model and tokenizer (s)", seconds, "≤ 3")], worker


def _prefill(model: CompiledModel, threads: int, name: str) -> list[Row]:
    """Reading a prompt, and single steps, against the products alone."""
    context = Runtime(model, threads=threads).context(1024)
    prompt = [100 + i % 5000 for i in range(PROMPT_TOKENS)]
    read, products = [], []
    for _ in range(3):
        context.rollback(0)
        started = time.perf_counter()
        context.read(prompt)
        read.append(time.perf_counter() - started)
        chunk = product_seconds(model.config, tokens=CHUNK, threads=threads, repeats=2)
        products.append(chunk * PROMPT_TOKENS / CHUNK)
    steps = {width: _step_seconds(context, width) for width in (1, 8)}
    return [
        Row(f"prefill ÷ int8 products alone, {name}", min(products) / min(read), "≥ 0.33"),
        Row(f"prefill tokens/s, {name}", PROMPT_TOKENS / min(read), ""),
        Row(f"products alone, tokens/s, {name}", PROMPT_TOKENS / min(products), ""),
        Row(f"one pass of 1 token (ms), {name}", steps[1] * 1e3, ""),
        Row(f"one pass of 8 tokens ÷ of 1, {name}", steps[8] / steps[1], ""),
    ]


def _step_seconds(context: Any, width: int) -> float:
    times = []
    for _ in range(5):
        context.rollback(PROMPT_TOKENS - 16)
        started = time.perf_counter()
        context.step(list(range(100, 100 + width)))
        times.append(time.perf_counter() - started)
    return min(times)


def _race(
    worker: Worker,
    given: list[Task],
    cache: Path,
    model: CompiledModel,
    gguf: Path,
    threads: int,
    *,
    only: str | None,
) -> tuple[list[PageTime], list[str]]:
    """Every page by every engine in turn; the first page is a rehearsal that nobody times."""
    notes, times = [], []
    float32 = cache / "benchmarks" / "float32"
    with ExitStack() as stack:
        peers: dict[str, Peer] = {}
        for recipe in PEERS:
            if only not in (None, recipe.name):
                continue
            folder = cache / "benchmarks" / recipe.name
            options = {
                "gguf": str(gguf),
                "float32": str(float32),
                "threads": threads,
                "folder": str(folder),
                "tokenizer": str(model.path / TOKENIZER_FOLDER),
            }
            if recipe.name == "outlines_optimum":
                as_float32_safetensors(open_checkpoint(gguf), float32)
            try:
                peers[recipe.name] = stack.enter_context(Peer(recipe, folder, options))
            except PeerFailed as failure:
                notes.append(f"**{recipe.title} could not run**: {failure}")
        for number, task in enumerate([given[-1], *given]):
            row = _one_page(worker, task, peers, notes)
            print(row, file=sys.stderr, flush=True)
            if number:
                times.append(row)
    return times, notes


def _one_page(worker: Worker, task: Task, peers: dict[str, Peer], notes: list[str]) -> PageTime:
    started = time.perf_counter()
    done = worker.extract(task.page, SCHEMA)
    ours = time.perf_counter() - started
    theirs = {}
    for name, peer in list(peers.items()):
        try:
            theirs[name] = peer.ask(task.request).seconds
        except PeerFailed as failure:
            notes.append(f"**{name} stopped at {task.name}**: {failure}")
            del peers[name]
    return PageTime(task.name, ours, done.tokens.steps, done.tokens.prompt, theirs)


def _pages(times: list[PageTime]) -> list[Row]:
    fields = len(SCHEMA.fields)
    passes = sum(page.passes for page in times) / len(times) / fields
    ours = sum(page.ours for page in times)
    rows = [
        Row("seconds a page, ours", ours / len(times), ""),
        Row("forward passes a field, whole record", passes, "≤ 2.0"),
    ]
    bars = {"llama_cpp": "≥ 5", "outlines_optimum": "≥ 10"}
    for recipe in PEERS:
        both = [page for page in times if recipe.name in page.theirs]
        if both:
            theirs = sum(page.theirs[recipe.name] for page in both)
            ratio = theirs / sum(page.ours for page in both)
            rows.append(Row(f"seconds a page, {recipe.title}", theirs / len(both), ""))
            rows.append(Row(f"{recipe.title} ÷ ours", ratio, bars[recipe.name]))
    return rows


def _half_billion(folder: Path) -> CompiledModel:
    ready = open_compiled(folder / "compiled")
    if ready:
        return ready
    return compile_model(
        open_checkpoint(random_qwen2_half_billion(folder / "weights")), folder / "compiled"
    )


if __name__ == "__main__":
    sys.exit(main())
