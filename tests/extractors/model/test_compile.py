from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import CompiledModel, Precision, compile_model, open_compiled
from extractors.model.runtime import CHUNK, Runtime
from schemas.errors import DecodeFailed, WorkerError
from tests.extractors import reference, tiny

TOKENS = [int(i) for i in np.random.default_rng(1).integers(0, tiny.VOCAB, 300)]


def compiled(
    folder: Path, precision: Precision, architecture: str = "qwen2", *, tied: bool = True
) -> CompiledModel:
    source = tiny.save(folder / "weights", architecture, tied=tied)
    return compile_model(open_checkpoint(source), folder / "compiled", precision=precision)


def expected(architecture: str = "qwen2", *, tied: bool = True) -> reference.Array:
    shape = tiny.config(architecture)
    return reference.logits(tiny.tensors(shape, tied=tied), shape, TOKENS)


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_float32_graph_equals_a_plain_forward_pass(
    tmp_path: Path, architecture: str, tied: bool
) -> None:
    model = compiled(tmp_path, Precision.FLOAT32, architecture, tied=tied)
    context = Runtime(model).context(512)
    found = context.step(TOKENS)
    assert np.abs(found - expected(architecture, tied=tied)).max() < 1e-3


def test_the_8_bit_graph_stays_close_to_it(tmp_path: Path) -> None:
    found = Runtime(compiled(tmp_path, Precision.W8A8)).context(512).step(TOKENS)
    assert np.corrcoef(found.ravel(), expected().ravel())[0, 1] > 0.995


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_float16_graph_differs_by_its_rounding_alone(
    tmp_path: Path, architecture: str, tied: bool
) -> None:
    model = compiled(tmp_path, Precision.FLOAT16, architecture, tied=tied)
    found = Runtime(model).context(512).step(TOKENS)
    assert found.dtype == np.float32
    wanted = expected(architecture, tied=tied)
    assert np.abs(found - wanted).max() < 0.01 * np.abs(wanted).max()


@pytest.mark.parametrize("precision", list(Precision))
def test_reading_in_chunks_equals_reading_at_once(tmp_path: Path, precision: Precision) -> None:
    runtime = Runtime(compiled(tmp_path, precision))
    at_once = runtime.context(512).step(TOKENS)[-1]
    assert len(TOKENS) > CHUNK
    np.testing.assert_allclose(runtime.context(512).read(TOKENS), at_once, atol=1e-3)


def test_a_shared_prefix_is_not_read_again(tmp_path: Path) -> None:
    runtime = Runtime(compiled(tmp_path, Precision.FLOAT32))
    context = runtime.context(512)
    context.read([*TOKENS[:100], 7, 8, 9])
    assert context.keep_prefix(TOKENS) == 100
    again = context.read(TOKENS[100:])
    np.testing.assert_allclose(again, runtime.context(512).step(TOKENS)[-1], atol=1e-4)


def test_the_last_prompt_token_is_always_read(tmp_path: Path) -> None:
    context = Runtime(compiled(tmp_path, Precision.FLOAT32)).context(512)
    context.read(TOKENS)
    assert context.keep_prefix(TOKENS) == len(TOKENS) - 1


def test_tokens_that_do_not_fit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    context = Runtime(compiled(tmp_path, Precision.FLOAT32)).context(64)
    with pytest.raises(DecodeFailed, match="do not fit"):
        context.read(TOKENS)
    assert context.tokens == []


def test_a_context_beyond_the_models_is_refused(tmp_path: Path) -> None:
    runtime = Runtime(compiled(tmp_path, Precision.FLOAT32))
    with pytest.raises(WorkerError, match="at most 8192 tokens"):
        runtime.context(10_000)


def test_a_folder_without_a_model_opens_as_none(tmp_path: Path) -> None:
    assert open_compiled(tmp_path) is None


def test_a_failed_compilation_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(done: int, total: int) -> None:
        raise KeyboardInterrupt

    checkpoint = open_checkpoint(tiny.save(tmp_path / "weights"))
    with pytest.raises(KeyboardInterrupt):
        compile_model(checkpoint, tmp_path / "out" / "compiled", progress=fail)
    assert list((tmp_path / "out").iterdir()) == []
