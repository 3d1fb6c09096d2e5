from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.rotation import RotatedCheckpoint, Rotation
from extractors.model.runtime import Runtime
from tests.extractors import reference, tiny

TOKENS = [int(i) for i in np.random.default_rng(2).integers(0, tiny.VOCAB, 60)]


@pytest.mark.parametrize("width", [7, 64, 96, 576, 896, 1536])
def test_a_rotation_keeps_every_length_and_angle(width: int) -> None:
    rotated = Rotation(width).of_columns(np.eye(width, dtype=np.float32))
    np.testing.assert_allclose(rotated @ rotated.T, np.eye(width), atol=1e-4)


def test_rotating_rows_undoes_rotating_columns() -> None:
    rng = np.random.default_rng(0)
    reads, writes = (rng.standard_normal(size).astype(np.float32) for size in ((5, 96), (96, 8)))
    rotation = Rotation(96)
    through = rotation.of_columns(reads) @ rotation.of_rows(writes)
    np.testing.assert_allclose(through, reads @ writes, atol=1e-4)


def test_an_outlier_is_spread_over_all_channels() -> None:
    row = np.zeros((1, 1536), np.float32)
    row[0, 77] = 1000
    assert np.abs(Rotation(1536).of_columns(row)).max() < 100


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("tied", [True, False])
def test_a_rotated_model_computes_the_same(tmp_path: Path, architecture: str, tied: bool) -> None:
    source = open_checkpoint(tiny.save(tmp_path / "weights", architecture, tied=tied))
    model = compile_model(
        RotatedCheckpoint(source), tmp_path / "compiled", precision=Precision.FLOAT32
    )
    found = Runtime(model).context(128).step(TOKENS)
    shape = tiny.config(architecture)
    expected = reference.logits(tiny.tensors(shape, tied=tied), shape, TOKENS)
    assert np.abs(found - expected).max() < 1e-3
