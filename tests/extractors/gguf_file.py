"""Tiny models in llama.cpp's own file format, without a tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFWriter

from tests.extractors import tiny

_F32 = GGMLQuantizationType.F32
_NAMES = {
    "self_attn": "attn",
    "mlp": "ffn",
    "attn.o_proj": "attn_output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "model.layers": "blk",
    "_proj": "",
    "attn.": "attn_",
    "ffn.": "ffn_",
}


Stored = tuple[npt.NDArray[Any], GGMLQuantizationType]
"""A tensor's rows as the file holds them, (rows, bytes) or (numbers,), and their format."""


def save(file: Path, *, rope: dict[str, Any], divisors: list[float] | None = None) -> Path:
    """The untied model of `tiny` as *file*. *rope*: more keys, after `llama.rope.`."""
    shape = tiny.config("llama")
    plain = tiny.tensors(shape, tied=False).items()
    stored: dict[str, Stored] = {name: (values, _F32) for name, values in plain}
    return write(file, shape, stored, rope=rope, divisors=divisors)


def write(
    file: Path,
    shape: dict[str, Any],
    stored: Mapping[str, Stored],
    *,
    rope: Mapping[str, Any] = MappingProxyType({}),
    divisors: list[float] | None = None,
    split: int = 1,
) -> Path:
    """The model of the config.json *shape*, its tensors under their Hugging Face names.

    *split*: the number of files that it says it is the first of.
    """
    architecture = shape["model_type"]
    writer = GGUFWriter(file, architecture)
    writer.add_block_count(shape["num_hidden_layers"])
    writer.add_embedding_length(shape["hidden_size"])
    writer.add_feed_forward_length(shape["intermediate_size"])
    writer.add_head_count(shape["num_attention_heads"])
    writer.add_head_count_kv(shape["num_key_value_heads"])
    writer.add_context_length(shape["max_position_embeddings"])
    writer.add_rope_freq_base(shape["rope_theta"])
    writer.add_layer_norm_rms_eps(shape["rms_norm_eps"])
    if split > 1:
        writer.add_uint16("split.count", split)
    for key, value in rope.items():
        add: dict[type, Any] = {
            str: writer.add_string,
            int: writer.add_uint32,
            float: writer.add_float32,
        }
        add[type(value)](f"{architecture}.rope.{key}", value)
    if divisors:
        writer.add_tensor("rope_freqs.weight", np.array(divisors, np.float32))
    for name, (rows, kind) in stored.items():
        rows = _interleaved(name, rows, shape) if architecture == "llama" else rows
        writer.add_tensor(_renamed(name), rows, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _renamed(name: str) -> str:
    for old, new in _NAMES.items():
        name = name.replace(old, new)
    return name


def _interleaved(name: str, rows: npt.NDArray[Any], shape: dict[str, Any]) -> npt.NDArray[Any]:
    """q and k with the two halves of each head shuffled into pairs, as llama.cpp rotates them."""
    heads = {"q_proj": shape["num_attention_heads"], "k_proj": shape["num_key_value_heads"]}
    count = heads.get(name.split(".")[-2])
    if count is None:
        return rows
    halves = rows.reshape(count, 2, -1, *rows.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows.shape)
