"""A model is not loaded where memory has no room for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.model.compile import open_compiled
from extractors.model.models import ModelLibrary, loaded_bytes
from extractors.model.weights import WeightStore
from extractors.worker import Budget
from schemas.errors import NoMemory
from schemas.record import Tier
from tests.extractors import tiny

MIB = 2**20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("weights"))


def library(cache: Path, left: int | None) -> ModelLibrary:
    return ModelLibrary(cache, WeightStore(cache, offline=True), memory_left=lambda: left)


def test_compiling_is_refused_before_anything_is_written(tmp_path: Path, model: Path) -> None:
    with pytest.raises(NoMemory, match=r"compiling .* needs 0\.3 GiB of memory, 0\.1 GiB are"):
        library(tmp_path, 100 * MIB).worker(Tier.SMALL, model=str(model))
    assert not list((tmp_path / "compiled").glob("*w8a8*/"))


def test_loading_is_refused_and_a_smaller_budget_may_fit(tmp_path: Path, model: Path) -> None:
    library(tmp_path, None).worker(Tier.SMALL, model=str(model), budget=Budget(64, 64))
    (folder,) = (tmp_path / "compiled").glob("*w8a8*/")
    compiled = open_compiled(folder)
    assert compiled is not None
    enough = loaded_bytes(compiled, room=Budget(64, 64).room)
    tight = library(tmp_path, enough)
    with pytest.raises(NoMemory, match="loading"):
        tight.worker(Tier.SMALL, model=str(model), budget=Budget(640, 64))
    tight.worker(Tier.SMALL, model=str(model), budget=Budget(64, 64))


def test_keys_and_values_of_every_token_are_counted(tmp_path: Path, model: Path) -> None:
    compiled = library(tmp_path, None).compiled(WeightStore(tmp_path).resolve(str(model)))
    grown = loaded_bytes(compiled, room=3000) - loaded_bytes(compiled, room=1000)
    layers, kv_heads, width, parts, float32 = 2, 2, 16, 2, 4
    assert grown == 2000 * layers * kv_heads * width * parts * float32


def test_weights_are_counted_by_the_size_of_their_file(tmp_path: Path, model: Path) -> None:
    compiled = library(tmp_path, None).compiled(WeightStore(tmp_path).resolve(str(model)))
    before = loaded_bytes(compiled, room=64)
    with (compiled.path / "model.data").open("ab") as data:
        data.write(bytes(MIB))
    assert loaded_bytes(compiled, room=64) == before + MIB
