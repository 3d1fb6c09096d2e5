"""Weights in the processor's own layout: the same numbers, mapped instead of copied."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import CompiledModel, Precision, compile_model
from extractors.model.models import ModelLibrary
from extractors.model.runtime import Runtime
from extractors.model.sharing import shareable
from extractors.model.weights import WeightStore
from schemas.errors import WorkerError
from schemas.record import Tier
from tests.extractors import tiny

TOKENS = [int(i) for i in np.random.default_rng(8).integers(0, 256, 40)]
CPU_PRECISIONS = [Precision.W8A8, Precision.FLOAT32]


def compiled(folder: Path, precision: Precision = Precision.W8A8) -> CompiledModel:
    checkpoint = open_checkpoint(tiny.save(folder / "weights"))
    return compile_model(checkpoint, folder / "compiled", precision=precision)


def leftovers(model: CompiledModel) -> set[str]:
    return {path.name for path in model.path.iterdir() if path.is_dir()}


@pytest.mark.parametrize("precision", CPU_PRECISIONS)
def test_it_computes_the_same_to_the_last_bit(tmp_path: Path, precision: Precision) -> None:
    model = compiled(tmp_path, precision)
    expected = Runtime(model, threads=1).context(64).step(TOKENS)
    found = Runtime(shareable(model), threads=1).context(64).step(TOKENS)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mapped")
def test_the_file_is_mapped_with_all_its_matrices(tmp_path: Path) -> None:
    shared = shareable(compiled(tmp_path))
    context = Runtime(shared, threads=1).context(64)
    context.step(TOKENS)
    maps = Path("/proc/self/maps").read_text().splitlines()
    ours = [
        line.split()[0].split("-") for line in maps if line.endswith(f"{shared.path}/model.data")
    ]
    mapped = sum(int(end, 16) - int(start, 16) for start, end in ours)
    matrices = 2 * (64 * 128 + 64 * 64 + 3 * 64 * 96) + tiny.VOCAB * 64  # bytes, at one a weight
    assert mapped > matrices


def test_it_is_written_once(tmp_path: Path) -> None:
    model = compiled(tmp_path)
    first = shareable(model).graph.stat().st_mtime_ns
    assert shareable(model).graph.stat().st_mtime_ns == first


def test_another_processor_gets_a_layout_of_its_own(tmp_path: Path) -> None:
    model = compiled(tmp_path)
    here, there = shareable(model, kind="zen4"), shareable(model, kind="avx2")
    assert here.path != there.path
    assert leftovers(model) == {here.path.name, there.path.name}


def test_that_of_an_older_runtime_is_dropped(tmp_path: Path) -> None:
    model = compiled(tmp_path)
    (model.path / "shared-zen4-1.0.0").mkdir()
    assert leftovers(model) == {"shared-zen4-1.0.0"}
    assert leftovers(shareable(model, kind="zen4") and model) == {
        shareable(model, kind="zen4").path.name
    }


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    model = compiled(tmp_path)
    model.graph.write_bytes(b"no graph")
    with pytest.raises(WorkerError, match="could not save"):
        shareable(model)
    assert leftovers(model) == set()


def test_a_library_shares_when_told_to(tmp_path: Path) -> None:
    weights = str(tiny.save(tmp_path / "weights"))
    store = WeightStore(tmp_path, offline=True)
    ModelLibrary(tmp_path, store).worker(Tier.SMALL, model=weights, device="cpu")
    (folder,) = (tmp_path / "compiled").glob("*w8a8*/")
    assert not list(folder.glob("shared-*"))
    ModelLibrary(tmp_path, store, share=True).worker(Tier.SMALL, model=weights, device="cpu")
    assert len(list(folder.glob("shared-*"))) == 1
