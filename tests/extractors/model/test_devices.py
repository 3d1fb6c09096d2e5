from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.devices import Device, choose_device, providers
from extractors.model.runtime import Runtime
from tests.extractors import tiny

on_gpu = choose_device() is Device.CUDA
with_gpu = pytest.mark.skipif(not on_gpu, reason="no NVIDIA GPU that ONNX Runtime can use")
without_gpu = pytest.mark.skipif(on_gpu, reason="this machine has a GPU to run on")


def test_the_cpu_is_taken_at_its_word(caplog: pytest.LogCaptureFixture) -> None:
    assert choose_device("cpu") is Device.CPU
    assert not caplog.records


def test_every_onnx_runtime_has_the_cpu() -> None:
    assert "CPU" in providers()


@without_gpu
def test_a_gpu_that_is_asked_for_and_not_there_is_one_clear_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert choose_device("cuda") is Device.CPU
    (record,) = caplog.records
    assert record.getMessage().startswith("running on the CPU: ")


@with_gpu
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_the_gpu_computes_what_the_cpu_does(tmp_path: Path, architecture: str) -> None:
    source = open_checkpoint(tiny.save(tmp_path / "weights", architecture))
    tokens = [int(i) for i in np.random.default_rng(1).integers(0, tiny.VOCAB, 300)]
    wanted = compile_model(source, tmp_path / "float32", precision=Precision.FLOAT32)
    model = compile_model(source, tmp_path / "float16", precision=Precision.FLOAT16)
    expected = Runtime(wanted).context(512).step(tokens)
    context = Runtime(model, device=Device.CUDA).context(512)
    last = context.read(tokens[:-8])
    steps = context.step(tokens[-8:])
    scale = np.abs(expected).max()
    assert np.abs(last - expected[-9]).max() < 0.02 * scale
    assert np.abs(steps - expected[-8:]).max() < 0.02 * scale
