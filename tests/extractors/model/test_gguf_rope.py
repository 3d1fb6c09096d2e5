"""A GGUF file says of its rotary embeddings what a config.json says in other words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.runtime import Runtime
from schemas.errors import WorkerError
from tests.extractors import gguf_file, parity

YARN = {
    "scaling.type": "yarn",
    "scaling.factor": 4.0,
    "scaling.original_context_length": 512,
    "dimension_count": 16,
}


def stretch(name: str, folder: Path) -> list[float]:
    return list(open_checkpoint(parity.CASES[name].save(folder)).config.stretch.divisors)


def assert_pytorch_agrees(file: Path, name: str) -> None:
    folder = file.parent / "compiled"
    model = compile_model(open_checkpoint(file), folder, precision=Precision.FLOAT32)
    found = Runtime(model).context(128).step(parity.TOKENS)[-parity.ASKED :]
    assert np.abs(found - parity.golden(name).logits).max() < parity.TOLERANCE


@pytest.mark.parametrize(
    ("name", "rope"),
    [
        ("llama-untied", {}),
        ("llama-untied", {"scaling.type": "none", "scaling.factor": 4.0}),
        ("linear", {"scaling.type": "linear", "scaling.factor": 4.0}),
        ("linear", {"scale_linear": 4.0}),
        ("yarn", YARN),
    ],
)
def test_a_stretch_in_the_metadata_is_honoured(
    tmp_path: Path, name: str, rope: dict[str, Any]
) -> None:
    assert_pytorch_agrees(gguf_file.save(tmp_path / "model.gguf", rope=rope), name)


def test_divisors_in_a_tensor_are_honoured(tmp_path: Path) -> None:
    divisors = stretch("llama3", tmp_path / "hub")
    file = gguf_file.save(tmp_path / "model.gguf", rope={}, divisors=divisors)
    assert_pytorch_agrees(file, "llama3")


@pytest.mark.parametrize(
    ("rope", "reason"),
    [
        ({"scaling.type": "longrope", "scaling.factor": 4.0}, "longrope"),
        ({**YARN, "scaling.yarn_log_multiplier": 0.1}, "yarn_log_multiplier"),
        ({"dimension_count": 8}, "part of each head"),
    ],
)
def test_what_would_come_out_wrong_is_refused(
    tmp_path: Path, rope: dict[str, Any], reason: str
) -> None:
    file = gguf_file.save(tmp_path / "model.gguf", rope=rope)
    with pytest.raises(WorkerError, match=reason):
        open_checkpoint(file)


def test_two_stretches_at_once_are_refused(tmp_path: Path) -> None:
    file = gguf_file.save(tmp_path / "model.gguf", rope=YARN, divisors=[1.0] * 8)
    with pytest.raises(WorkerError, match="scaled twice"):
        open_checkpoint(file)
