"""The fused graph in float32 says what PyTorch says of the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import CompiledModel, Precision, compile_model, open_compiled
from extractors.model.runtime import CHUNK, Runtime
from tests.extractors import parity
from tests.extractors.golden.make import pytorch

NO_TORCH = "the extra `export` is not installed: pip install -r requirements-export.txt"


def fused(weights: Path, folder: Path) -> CompiledModel:
    return compile_model(open_checkpoint(weights), folder, precision=Precision.FLOAT32)


def said(model: CompiledModel) -> parity.Golden:
    runtime = Runtime(model)
    logits = runtime.context(128).step(parity.TOKENS)[-parity.ASKED :]
    return parity.Golden(logits, parity.greedy(runtime.context(128), parity.TOKENS))


def assert_same(found: parity.Golden, expected: parity.Golden) -> None:
    assert np.abs(found.logits - expected.logits).max() < parity.TOLERANCE
    assert found.greedy == expected.greedy


@pytest.mark.parametrize("name", parity.CASES)
def test_the_graph_equals_what_pytorch_said(tmp_path: Path, name: str) -> None:
    weights = parity.CASES[name].save(tmp_path / "weights")
    assert_same(said(fused(weights, tmp_path / "compiled")), parity.golden(name))


@pytest.mark.parametrize("name", ["linear", "llama3", "yarn", "yarn-attention", "yarn-mscale"])
def test_the_stretch_makes_a_difference(name: str) -> None:
    """Else the stretched cases would show nothing."""
    difference = parity.golden(name).logits - parity.golden("llama-untied").logits
    assert np.abs(difference).max() > 100 * parity.TOLERANCE


def test_a_compiled_model_remembers_its_stretch(tmp_path: Path) -> None:
    model = fused(parity.CASES["yarn"].save(tmp_path / "weights"), tmp_path / "compiled")
    assert model.config.stretch.divisors
    assert open_compiled(model.path) == model


@pytest.mark.parametrize("name", ["qwen2", "llama-untied", "llama-biases"])
def test_the_graph_equals_pytorch_here_and_now(tmp_path: Path, name: str) -> None:
    pytest.importorskip("torch", reason=NO_TORCH)
    weights = parity.CASES[name].save(tmp_path / "weights")
    now = pytorch(weights)
    assert_same(now, parity.golden(name))
    assert_same(said(fused(weights, tmp_path / "compiled")), now)


PREFILL = [int(i) for i in np.random.default_rng(4).integers(0, 256, 2 * CHUNK + 37)]


@pytest.mark.parametrize("name", ["qwen2-untied", "llama", "yarn"])
def test_a_prompt_in_chunks_over_a_cached_prefix_is_read_as_if_at_once(
    tmp_path: Path, name: str
) -> None:
    weights = parity.CASES[name].save(tmp_path / "weights")
    runtime = Runtime(fused(weights, tmp_path / "compiled"))
    at_once = runtime.context(1024).step(PREFILL)[-1]
    cached = runtime.context(1024)
    in_chunks = cached.read(PREFILL)
    cached.step([1, 2, 3])  # an answer, to be forgotten
    assert cached.keep_prefix([*PREFILL[:100], 9, *PREFILL[101:]]) == 100
    cached.read([9, 8, 7])
    assert cached.keep_prefix(PREFILL) == 100
    after_prefix = cached.read(PREFILL[100:])
    np.testing.assert_allclose(in_chunks, at_once, atol=1e-4)
    np.testing.assert_allclose(after_prefix, at_once, atol=1e-4)
