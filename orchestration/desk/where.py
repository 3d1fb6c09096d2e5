"""What runs where, in one line: the workers' model and licence, the device, and who plans."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from extractors.model import catalogue
from extractors.model.weights import WeightStore
from orchestration.settings import Settings

__all__ = ["what_runs_where"]


def what_runs_where(settings: Settings) -> str:
    """Such as "Qwen2.5-Coder-1.5B-Instruct (apache-2.0) on this machine's CPU · ...".

    Nothing is loaded or fetched. What is missing comes with what to do about it.
    """
    return " · ".join(_parts(settings))


def _parts(settings: Settings) -> Iterator[str]:
    yield f"{_worker(settings)} on this machine's {_device(settings)}"
    if settings.planner_url and settings.planner in ("auto", "endpoint"):
        host = urlsplit(settings.planner_url).hostname or settings.planner_url
        yield f"plans by {settings.planner_model} at {host}, which is sent parts of sample pages"
    elif settings.planner == "worker":
        yield "plans by the same model"
    else:
        yield "no planner is set (FIELDWISE_PLANNER_URL names one); pages stay on this machine"


def _worker(settings: Settings) -> str:
    installed = {one.name for one in WeightStore(settings.cache_dir, offline=True).installed()}
    if named := settings.large_model:
        here = named in installed or Path(named).exists()
        return named if here else f"{named}, which is not here (fieldwise models pull {named})"
    large = [model for model in catalogue.models() if model.role == "large"]
    known = next((model for model in large if model.name in installed), None)
    if known:
        return f"{known.title} ({known.licence})"
    if settings.offline:
        return "no model, and FIELDWISE_OFFLINE forbids to fetch one (see fieldwise doctor);"
    return "Qwen, fetched at the first run (about 1.1 GB),"


def _device(settings: Settings) -> str:
    from extractors.model.devices import choose_device

    if settings.device != "auto":
        return {"cpu": "CPU", "cuda": "GPU"}[settings.device]
    return {"cpu": "CPU", "cuda": "GPU"}[choose_device()]
