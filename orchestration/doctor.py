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

from extractors import catalogue
from extractors.weights import WeightStore
from orchestration.settings import Settings
from orchestration.store import Store
from schemas.errors import StoreError

__all__ = ["Check", "checks", "model_table"]

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
    yield Check(f"Python {version}, {_cores()} CPU cores for us", sys.version_info >= (3, 11))
    yield _runtime()
    yield _memory()
    yield _cache(settings.cache_dir)
    yield from _models(settings)
    yield _results(settings.results_file)
    yield _browser()


def _cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _runtime() -> Check:
    from extractors.devices import choose_device, providers

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


def _memory() -> Check:
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (ValueError, AttributeError):
        return Check("memory: cannot be read here", True)
    return Check(
        f"memory: {free:.1f} GiB free",
        free > 3,
        ""
        if free > 3
        else "the large worker takes about 2 GiB, compiling it more; or use --tier small",
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
            return Check(f"results: {path}, {len(store.jobs())} jobs", True)
    except StoreError as error:
        return Check(f"results: {error}", False, error.hint)


def _browser() -> Check:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    advice = "" if found else "only the browser tests need one"
    return Check(f"Chromium: {found or 'none'}", True, advice)


def model_table(settings: Settings) -> Iterator[str]:
    """A line a model: name, role, licence, whether it is here, title."""
    installed = {weights.name: weights for weights in _store(settings).installed()}
    yield f"{'NAME':<28}{'ROLE':<8}{'LICENCE':<12}{'HERE':<6}MODEL"
    for model in catalogue.models():
        here = "yes" if model.name in installed else "no"
        yield f"{model.name:<28}{model.role:<8}{model.licence:<12}{here:<6}{model.title}"


def _store(settings: Settings) -> WeightStore:
    return WeightStore(settings.cache_dir, offline=True)
