from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from extractors.model.checkpoint import open_checkpoint
from schemas.errors import ModelMissing, WorkerError
from tests.extractors import tiny


def folder(path: Path, **changes: object) -> Path:
    (path / "config.json").write_text(json.dumps(tiny.config(**changes)))  # type: ignore[arg-type]
    return path


def test_shards_are_one_model(tmp_path: Path) -> None:
    folder(tmp_path)
    save_file({"a": np.ones((2, 3), np.float32)}, tmp_path / "model-1.safetensors")
    save_file({"b": np.zeros((4,), np.float16)}, tmp_path / "model-2.safetensors")
    checkpoint = open_checkpoint(tmp_path)
    assert checkpoint.tensor("a").shape == (2, 3)
    assert checkpoint.tensor("b").dtype == np.float32


def test_bfloat16_is_widened_exactly(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 3.140625, 0.0], np.float32)  # all are bfloat16 numbers
    raw = (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    header = {"x": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, len(raw)]}}
    text = json.dumps(header).encode()
    file = folder(tmp_path) / "model.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + raw)
    np.testing.assert_array_equal(open_checkpoint(tmp_path).tensor("x"), values.reshape(2, 2))


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    save_file({"a": np.ones(1, np.float32)}, folder(tmp_path) / "model.safetensors")
    with pytest.raises(WorkerError, match="lacks the tensor b"):
        open_checkpoint(tmp_path).tensor("b")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"architecture": "gpt_bigcode"}, "gpt_bigcode"),
        ({"rope_scaling": {"type": "longrope", "factor": 4.0}}, "'longrope' is not honoured"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0, "wave": 1}}, "with wave"),
        ({"rope_scaling": {"type": "linear"}}, "lacks a number"),
        ({"use_sliding_window": True}, "sliding-window"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"partial_rotary_factor": 0.5}, "part of each head"),
    ],
)
def test_what_the_graph_would_get_wrong_is_refused(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(WorkerError, match=reason):
        open_checkpoint(folder(tmp_path, **changes))


def test_rope_as_transformers_5_writes_it_is_read(tmp_path: Path) -> None:
    rope = {"rope_type": "linear", "rope_theta": 5e5, "factor": 2.0}
    config = open_checkpoint(folder(tmp_path, rope_theta=None, rope_parameters=rope)).config
    assert config.rope_theta == 5e5
    assert config.stretch.divisors == (2.0,) * 8


def test_a_folder_without_a_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="neither a GGUF file"):
        open_checkpoint(tmp_path)


def test_a_broken_gguf_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF but not really" * 10)
    with pytest.raises(WorkerError, match=r"model\.gguf is not a readable GGUF"):
        open_checkpoint(tmp_path / "model.gguf")
