"""Checkpoints that the benchmarks write: random ones, and real ones in another file format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from extractors.model.checkpoint import Checkpoint

__all__ = ["as_float32_safetensors", "random_qwen2_half_billion"]

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


def as_float32_safetensors(checkpoint: Checkpoint, folder: Path) -> Path:
    """The same Qwen2 weights as a folder that other libraries read, written once."""
    file = folder / "model.safetensors"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(_config(checkpoint)), "utf-8")
        part = file.with_suffix(".part")
        names = [name for name in _names(checkpoint.config.layers) if checkpoint.has(name)]
        tensors = {name: np.ascontiguousarray(checkpoint.tensor(name)) for name in names}
        save_file(tensors, part, metadata={"format": "pt"})
        part.rename(file)
    return folder


def _config(checkpoint: Checkpoint) -> dict[str, Any]:
    shape = checkpoint.config
    return {
        "model_type": "qwen2",
        "architectures": ["Qwen2ForCausalLM"],
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "vocab_size": shape.vocab,
        "max_position_embeddings": shape.context,
        "rope_theta": shape.rope_theta,
        "rms_norm_eps": shape.rms_eps,
        "tie_word_embeddings": not checkpoint.has("lm_head.weight"),
        "torch_dtype": "float32",
    }


def _names(layers: int) -> Iterator[str]:
    """Every tensor that a Qwen2 checkpoint may hold."""
    yield from ("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight")
    for index in range(layers):
        prefix = f"model.layers.{index}"
        for part in ("q_proj", "k_proj", "v_proj"):
            yield from (f"{prefix}.self_attn.{part}.{kind}" for kind in ("weight", "bias"))
        yield f"{prefix}.self_attn.o_proj.weight"
        yield from (f"{prefix}.mlp.{part}_proj.weight" for part in ("gate", "up", "down"))
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"{prefix}.{norm}.weight"


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
