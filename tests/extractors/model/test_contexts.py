"""Contexts of one runtime share its weights, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.runtime import Runtime
from extractors.model.sharing import shareable
from tests.extractors import tiny

TEXTS = [[int(i) for i in np.random.default_rng(n).integers(0, 256, 300)] for n in range(4)]


def read(runtime: Runtime, tokens: list[int]) -> npt.NDArray[np.float32]:
    """Logits after a prompt and after each of ten single steps, (11, vocab)."""
    context = runtime.context(512)
    rows = [context.read(tokens[:290])]
    rows += [context.step([token])[0] for token in tokens[290:]]
    return np.stack(rows)


@pytest.mark.parametrize("precision", [Precision.W8A8, Precision.FLOAT32])
@pytest.mark.parametrize("share", [False, True])
def test_read_at_the_same_time_they_say_what_each_says_alone(
    tmp_path: Path, precision: Precision, share: bool
) -> None:
    checkpoint = open_checkpoint(tiny.save(tmp_path / "weights"))
    model = compile_model(checkpoint, tmp_path / "compiled", precision=precision)
    runtime = Runtime(shareable(model) if share else model, threads=2)
    alone = [read(runtime, tokens) for tokens in TEXTS]
    with ThreadPoolExecutor(len(TEXTS)) as pool:
        together = list(pool.map(lambda tokens: read(runtime, tokens), TEXTS))
    for found, expected in zip(together, alone, strict=True):
        np.testing.assert_array_equal(found, expected)
