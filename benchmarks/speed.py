"""How fast the engine is beside others, as ratios measured in one run.

    python -m benchmarks [--pages 12] [--only ours] [--json FILE]

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
from benchmarks.memory import resident
from benchmarks.peer import PEERS, Peer, PeerFailed, Recipe, is_object
from benchmarks.report import PageTime, PeerTime, Row, peer_rows, table
from benchmarks.workload import SCHEMA, Task, tasks
from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import CompiledModel, compile_model, open_compiled
from extractors.model.models import TOKENIZER_FOLDER, ModelLibrary
from extractors.model.runtime import CHUNK, Runtime
from extractors.model.tokenizer import load_tokenizer
from extractors.model.weights import WeightStore
from extractors.worker import Budget, Worker
from orchestration.settings import Settings
from schemas.record import Tier

__all__ = ["main"]

PROMPT_TOKENS = 512
_MODEL = "qwen2.5-coder-1.5b-instruct"
_BARS = {"llama_cpp": "≥ 5", "outlines_optimum": "≥ 10"}
_RESULTS = Path(__file__).parent / "results" / "speed.json"


def main() -> int:
    options = _arguments()
    threads = len(os.sched_getaffinity(0))
    settings = Settings()
    store = WeightStore(settings.cache_dir)
    weights = store.resolve(_MODEL)
    model = ModelLibrary(settings.cache_dir, store).compiled(weights)

    rows: list[Row] = []
    times: list[PageTime] = []
    if options.only in (None, "ours"):
        rows += [_load(model, threads, "Qwen 1.5B", bar="≤ 3"), *_memory(model)]
    if options.only in (None, "ours", "gemm"):
        rows += _prefill(model, threads, "Qwen 1.5B")
        half = _half_billion(settings.cache_dir / "benchmarks" / "qwen2-0.5b-shape")
        name = "Qwen2-0.5B's shape, random weights"
        rows += [_load(half, threads, name), *_prefill(half, threads, name)]
    if options.only != "gemm":
        recipes = [peer for peer in PEERS if options.only in (None, peer.name)]
        race, times = _race(model, weights.path, settings.cache_dir, recipes, threads, options)
        rows += race
    print(table(rows))
    _write(options.json, rows, times)
    return 0


def _write(path: Path, rows: list[Row], times: list[PageTime]) -> None:
    report = {"rows": [asdict(row) for row in rows], "pages": [asdict(t) for t in times]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False), "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--only", choices=["ours", "gemm", *(peer.name for peer in PEERS)])
    parser.add_argument("--json", type=Path, default=_RESULTS, help="where results go too")
    return parser.parse_args()


def _load(model: CompiledModel, threads: int, name: str, *, bar: str = "") -> Row:
    """Until a page could be read; random weights have no tokenizer, so until a token could."""
    started = time.perf_counter()
    runtime = Runtime(model, threads=threads)
    if (model.path / TOKENIZER_FOLDER).exists():
        Worker(runtime, load_tokenizer(model.path / TOKENIZER_FOLDER), tier=Tier.LARGE)
    else:
        runtime.context(2048)
    return Row(f"warm load (s), {name}", time.perf_counter() - started, bar)


def _memory(model: CompiledModel) -> list[Row]:
    memory = resident(model)
    return [
        Row("peak resident memory (MiB), Qwen 1.5B, 2k context", memory.peak, "≤ 2400"),
        Row("steady resident memory (MiB), Qwen 1.5B, 2k context", memory.steady, "≤ 2400"),
    ]


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
        Row(f"prefill tokens/s, {name}", PROMPT_TOKENS / min(read)),
        Row(f"products alone, tokens/s, {name}", PROMPT_TOKENS / min(products)),
        Row(f"one pass of 1 token (ms), {name}", steps[1] * 1e3),
        Row(f"one pass of 8 tokens ÷ of 1, {name}", steps[8] / steps[1]),
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
    model: CompiledModel,
    gguf: Path,
    cache: Path,
    recipes: list[Recipe],
    threads: int,
    options: argparse.Namespace,
) -> tuple[list[Row], list[PageTime]]:
    """Every page by every engine in turn; the first page is a rehearsal that nobody times."""
    tokenizer = load_tokenizer(model.path / TOKENIZER_FOLDER)
    given = tasks(tokenizer, pages=options.pages)
    print(f"{len(given)} pages, {threads} threads", file=sys.stderr, flush=True)
    times: list[PageTime] = []
    with ExitStack() as stack:
        peers, failed = _peers(stack, recipes, model, gguf, cache, threads)
        # Made after the peers: what making them takes is not to weigh on our pages.
        # One look at a page: the peers are shown that same text.
        once = Budget(windows=1)
        runtime = Runtime(model, threads=threads)
        worker = Worker(runtime, tokenizer, tier=Tier.LARGE, budget=once)
        for number, task in enumerate([given[-1], *given]):
            row = _one_page(worker, task, peers, failed)
            print(row, file=sys.stderr, flush=True)
            if number:
                times.append(row)
    rows = _ours(times)
    for recipe in recipes:
        reason = failed.get(recipe.name, "")
        rows += peer_rows(
            times, recipe.name, title=recipe.title, bar=_BARS[recipe.name], reason=reason
        )
    return rows, times


def _peers(
    stack: ExitStack,
    recipes: list[Recipe],
    model: CompiledModel,
    gguf: Path,
    cache: Path,
    threads: int,
) -> tuple[dict[str, Peer], dict[str, str]]:
    """Those that run, and why the others do not, by name."""
    peers, failed = {}, {}
    for recipe in recipes:
        folder, float32 = cache / "benchmarks" / recipe.name, cache / "benchmarks" / "float32"
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
            failed[recipe.name] = str(failure)
    return peers, failed


def _one_page(
    worker: Worker, task: Task, peers: dict[str, Peer], failed: dict[str, str]
) -> PageTime:
    started = time.perf_counter()
    done = worker.extract(task.page, SCHEMA)
    ours = time.perf_counter() - started
    theirs = {}
    for name, peer in list(peers.items()):
        try:
            reply = peer.ask(task.request)
            theirs[name] = PeerTime(reply.seconds, reply.tokens, is_object(reply.text))
        except PeerFailed as failure:
            failed[name] = f"stopped at {task.name}: {failure}"
            del peers[name]
    return PageTime(task.name, ours, done.tokens.steps, done.tokens.prompt, theirs)


def _ours(times: list[PageTime]) -> list[Row]:
    passes = sum(page.passes for page in times) / len(times) / len(SCHEMA.fields)
    return [
        Row("forward passes a field, whole record", passes, "≤ 2.0"),
        Row("seconds a page, ours", sum(page.ours for page in times) / len(times)),
    ]


def _half_billion(folder: Path) -> CompiledModel:
    ready = open_compiled(folder / "compiled")
    if ready:
        return ready
    return compile_model(
        open_checkpoint(random_qwen2_half_billion(folder / "weights")), folder / "compiled"
    )


if __name__ == "__main__":
    sys.exit(main())
