from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extractors.model.weights import Progress
from extractors.scripted import ScriptedWorker
from orchestration.desk.readiness import Readiness, Stage
from orchestration.engine import Engine, PageWorker
from orchestration.settings import Settings
from schemas.errors import FieldwiseError, ModelMissing
from schemas.record import Tier


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Makes an engine whose worker is opened by the function given."""
    engines: list[Engine] = []

    def make(open_worker: Callable[[Tier], PageWorker]) -> Engine:
        engines.append(Engine(Settings(data_dir=tmp_path), open_worker=open_worker))
        return engines[-1]

    yield make
    for engine in engines:
        with engine:
            pass


def never() -> bool:
    return False


def test_a_download_is_told_while_it_lasts(opened: Callable[..., Engine]) -> None:
    readiness = Readiness()
    seen = threading.Event()

    def fetch(tier: Tier) -> PageWorker:
        readiness.progress(Progress("qwen", "download", 3 * 2**20, 12 * 2**20))
        seen.wait(10)
        return ScriptedWorker()

    stages = []
    for stage in readiness.wait(opened(fetch), stop=never):
        stages.append(stage)
        if stage.part:
            seen.set()
    assert Stage("Fetching qwen: 3 of 12 MiB", 0.25) in stages
    assert readiness.stage == Stage("Model ready", 1.0, over=True)


def test_compiling_counts_layers() -> None:
    readiness = Readiness()
    readiness.progress(Progress("qwen", "compile", 7, 28))
    assert readiness.stage == Stage("Compiling qwen: layer 7 of 28", 0.25)


def test_missing_weights_are_an_error_with_its_hint_and_can_be_tried_again(
    opened: Callable[..., Engine],
) -> None:
    attempts: list[Tier] = []

    def fetch(tier: Tier) -> PageWorker:
        attempts.append(tier)
        if len(attempts) == 1:
            raise ModelMissing("no weights", hint="plug in the cable")
        return ScriptedWorker()

    readiness, engine = Readiness(), opened(fetch)
    with pytest.raises(ModelMissing, match="no weights"):
        list(readiness.wait(engine, stop=never))
    assert readiness.stage == Stage("No model: no weights (plug in the cable)", over=True)
    list(readiness.wait(engine, stop=never))
    assert readiness.stage.text == "Model ready"
    assert len(attempts) == 2


def test_a_model_that_is_ready_is_not_loaded_again(opened: Callable[..., Engine]) -> None:
    attempts: list[Tier] = []

    def fetch(tier: Tier) -> PageWorker:
        attempts.append(tier)
        return ScriptedWorker()

    readiness, engine = Readiness(), opened(fetch)
    list(readiness.wait(engine, stop=never))
    assert list(readiness.wait(engine, stop=never)) == []
    assert len(attempts) == 1


def test_stopping_does_not_wait_for_the_download(opened: Callable[..., Engine]) -> None:
    release = threading.Event()

    def fetch(tier: Tier) -> PageWorker:
        release.wait(10)
        return ScriptedWorker()

    readiness, engine = Readiness(), opened(fetch)
    stops = iter([False, True, True])
    assert len(list(readiness.wait(engine, stop=lambda: next(stops)))) == 1
    release.set()
    list(readiness.wait(engine, stop=never))


def test_a_fault_of_our_own_is_told_and_not_only_logged(opened: Callable[..., Engine]) -> None:
    def fetch(tier: Tier) -> PageWorker:
        raise MemoryError("no room")

    readiness = Readiness()
    with pytest.raises(FieldwiseError, match="no room"):
        list(readiness.wait(opened(fetch), stop=never))
    assert readiness.stage.over
