"""What works on this machine, and what to do about the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extractors.model import catalogue
from extractors.model.family import Release, releases
from extractors.model.machine import Machine, read_machine
from extractors.model.weights import WeightStore
from extractors.web.rendering import BROWSERS, why_not
from orchestration.settings import Settings
from orchestration.storage.store import Store
from schemas.errors import StoreError

__all__ = ["Check", "checks", "model_table"]

_MEMORY = 3 * 2**30
_ROOM = 5 * 2**30  # weights and compiled model of the large worker, with some to spare


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `advice`: what to do, or good to know; "" for nothing."""

    what: str
    fine: bool
    advice: str = ""


def checks(settings: Settings) -> Iterator[Check]:
    """Look at the machine; nothing is downloaded."""
    version = ".".join(map(str, sys.version_info[:3]))
    machine = read_machine()
    threads = settings.threads or machine.threads
    yield Check(f"Python {version}", sys.version_info >= (3, 11))
    yield Check(f"processor: {threads} threads a worker{_why(settings, machine)}", True)
    yield _runtime()
    yield _memory(machine.memory_left, checked=settings.check_memory)
    yield _cache(settings.cache_dir)
    yield from _models(settings)
    yield _results(settings.results_file)
    yield _browser()


def _why(settings: Settings, machine: Machine) -> str:
    """Where the number of threads is from."""
    if settings.threads:
        return f" (as set; {machine.threads} compute at once here)"
    return f" of the machine's {os.cpu_count()} CPUs"


def _runtime() -> Check:
    from extractors.model.devices import choose_device, providers

    version = next(
        (
            importlib.metadata.version(name)
            for name in ("onnxruntime-gpu", "onnxruntime")
            if importlib.util.find_spec("onnxruntime") and _installed(name)
        ),
        "?",
    )
    runs_on = {"cpu": "CPU", "cuda": "GPU"}[choose_device()]
    return Check(f"ONNX Runtime {version} ({', '.join(providers())}), runs on the {runs_on}", True)


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _memory(left: int | None, *, checked: bool) -> Check:
    """What the machine, or the container that we are in, has left."""
    if left is None:
        return Check("memory: cannot be read here, so no model is refused for it", True)
    enough = left > _MEMORY
    advice = "the large worker takes about 2 GiB, compiling it more; or use --tier small"
    unchecked = "" if checked else "; models are loaded all the same"
    return Check(
        f"memory: {left / 2**30:.1f} GiB left for us{unchecked}", enough, "" if enough else advice
    )


def _cache(folder: Path) -> Check:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Check(
            f"cache: {folder} cannot be written",
            False,
            "set FIELDWISE_CACHE_DIR to a folder of yours",
        )
    free = shutil.disk_usage(existing).free
    advice = "" if free > _ROOM else f"fetching a model takes up to {_ROOM / 2**30:.0f} GiB"
    return Check(f"cache: {folder}, {free / 2**30:.0f} GiB free", free > _ROOM, advice)


def _models(settings: Settings) -> Iterator[Check]:
    """The large worker is needed; it may still be fetched at the first run."""
    installed = {weights.name: weights for weights in _store(settings).installed()}
    named = settings.large_model
    if named:
        yield Check(f"large worker: {named}", named in installed or Path(named).exists())
        return
    known = [m for m in catalogue.models() if m.role == "large" and m.name in installed]
    if known:
        yield Check(f"large worker: {known[0].title}", True)
    else:
        yield Check(
            "large worker: not here yet",
            not settings.offline,
            "the first run fetches it (about 1.1 GB); or now: fieldwise models pull "
            "qwen2.5-coder-1.5b-instruct",
        )


def _results(path: Path) -> Check:
    try:
        with Store(path) as store:
            if damaged := store.damaged_jobs():
                return Check(f"results: {path}, job {damaged[0].name!r}", False, damaged[0].why)
            return Check(f"results: {path}, {len(store.jobs())} jobs", True)
    except StoreError as error:
        return Check(f"results: {error}", False, error.hint)


def _browser() -> Check:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    missing = why_not()
    advice = f"only `extract --render` needs it; {missing}" if missing else ""
    return Check(f"Chromium: {found or 'none'}", True, advice)


def model_table(settings: Settings) -> Iterator[str]:
    """A line a model: name, role, context in tokens, licence, whether it is here, title.

    After those that can be fetched by name come the other releases of Qwen2. "endpoint": a planner
    that the settings name.
    """
    installed = {weights.name for weights in _store(settings).installed()}
    yield _model_line("NAME", "ROLE", "CONTEXT", "LICENCE", "HERE", "MODEL")
    known = {release.name: release for release in releases()}
    for model in catalogue.models():
        release = known.pop(model.name, None)
        context = _context(release) if release else _OTHER_CONTEXTS.get(model.name, "?")
        here = "yes" if model.name in installed else "no"
        yield _model_line(model.name, model.role, context, model.licence, here, model.title)
    for release in known.values():
        served = settings.planner_url and settings.planner_model.endswith(release.title)
        here = "endpoint" if served else "yes" if release.name in installed else "no"
        row = (release.role, _context(release), release.licence, here, release.title)
        yield _model_line(release.name, *row)


_OTHER_CONTEXTS = {"smollm2-135m-instruct": "8K", "qwen2.5-coder-1.5b-instruct": "32K"}


def _context(release: Release) -> str:
    more = f"-{release.yarn // 1024}K" if release.yarn else ""
    return f"{release.context // 1024}K{more}"


def _model_line(name: str, role: str, context: str, licence: str, here: str, title: str) -> str:
    return f"{name:<28}{role:<9}{context:<10}{licence:<16}{here:<10}{title}"


def _store(settings: Settings) -> WeightStore:
    return WeightStore(settings.cache_dir, offline=True)
