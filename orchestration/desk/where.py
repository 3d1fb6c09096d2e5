"""What runs where, in one line: the workers' model and licence, the device, and who plans."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from extractors.model import catalogue
from extractors.model.weights import WeightStore
from orchestration.settings import Settings

__all__ = ["what_runs_where"]


def what_runs_where(settings: Settings) -> str:
    """Such as "Qwen2.5-Coder-1.5B-Instruct (Apache-2.0) on this machine's CPU · ...".

    Nothing is loaded or fetched. What is missing comes with what to do about it.
    """
    return f"{_reading(settings)} · {_planning(settings)}"


def _reading(settings: Settings) -> str:
    worker = _worker(settings)
    if worker is None:
        return (
            "no model is here, and FIELDWISE_OFFLINE forbids to fetch one (run `fieldwise models"
            " pull` without it once); until then choose the page's code alone under More"
        )
    return f"{worker} on this machine's {_device(settings)}"


def _worker(settings: Settings) -> str | None:
    """`None`: there is none, and none may be fetched."""
    installed = {one.name for one in WeightStore(settings.cache_dir, offline=True).installed()}
    if named := settings.large_model:
        known = catalogue.find(named)
        here = (known.name if known else named) in installed or Path(named).exists()
        name = f"{known.title} ({known.licence})" if known else named
        return name if here else f"{name}, which is not here (fieldwise models pull {named}),"
    large = [model for model in catalogue.models() if model.role == "large"]
    if known := next((model for model in large if model.name in installed), None):
        return f"{known.title} ({known.licence})"
    if settings.offline:
        return None
    return f"Qwen 1.5B ({large[0].licence}), fetched at the first run (1 to 3 GB),"


def _device(settings: Settings) -> str:
    from extractors.model.devices import choose_device

    device = choose_device(settings.device)
    if device == "cpu" and settings.device == "cuda":
        return "CPU, since no GPU can be used (fieldwise doctor says why)"
    return {"cpu": "CPU", "cuda": "GPU"}[device]


def _planning(settings: Settings) -> str:
    """Who makes plans, and whether anything of a page leaves this machine."""
    stay = "pages stay on this machine"
    if settings.planner in ("auto", "endpoint") and settings.planner_url:
        host = urlsplit(settings.planner_url).hostname or settings.planner_url
        if find_spec("openai") is None:
            return f"plans by {host} need a package (pip install openai); {stay}"
        return f"plans by {settings.planner_model} at {host}, which is sent parts of sample pages"
    if settings.planner == "endpoint":
        return f"nobody plans before FIELDWISE_PLANNER_URL is set; {stay}"
    if settings.planner == "schema":
        return f"plans from the fields alone; {stay}"
    larger = " (FIELDWISE_PLANNER_URL names a larger one)" if settings.planner == "auto" else ""
    return f"plans by the same model{larger}; {stay}"
