"""Checkpoints of random weights in the exact shape of a real model, for speed alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

__all__ = ["random_qwen2_half_billion"]

# https://huggingface.co/Qwen/Qwen2-0.5B-Instruct/blob/main/config.json
_QWEN2_HALF_BILLION: dict[str, Any] = {
    "model_type": "qwen2",
    "num_hidden_layers": 24,
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "max_position_embeddings": 32768,
    "rope_theta": 1000000.0,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
}


def random_qwen2_half_billion(folder: Path) -> Path:
    """A folder with config.json and model.safetensors, written once; it has no tokenizer."""
    file = folder / "model.safetensors"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(_QWEN2_HALF_BILLION), "utf-8")
        part = file.with_suffix(".part")
        save_file(dict(_tensors()), part)
        part.rename(file)
    return folder


def _tensors() -> Iterator[tuple[str, npt.NDArray[np.float16]]]:
    rng = np.random.default_rng(0)
    shape = _QWEN2_HALF_BILLION
    hidden, inner, kv = shape["hidden_size"], shape["intermediate_size"], 128
    layer = {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (kv, hidden),
        "self_attn.v_proj": (kv, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }

    def draw(*size: int) -> npt.NDArray[np.float16]:
        drawn = rng.standard_normal(size, np.float32) / np.sqrt(size[-1])
        return np.asarray(drawn, np.float16)

    yield "model.embed_tokens.weight", draw(shape["vocab_size"], hidden)
    yield "model.norm.weight", np.ones(hidden, np.float16)
    for index in range(shape["num_hidden_layers"]):
        prefix = f"model.layers.{index}"
        for name, size in layer.items():
            yield f"{prefix}.{name}.weight", draw(*size)
            if name[-6:] in ("q_proj", "k_proj", "v_proj"):
                yield f"{prefix}.{name}.bias", draw(size[0])
        for name in ("input_layernorm", "post_attention_layernorm"):
            yield f"{prefix}.{name}.weight", np.ones(hidden, np.float16)
