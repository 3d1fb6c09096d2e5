"""Safetensors files of any float format, whole or in shards, written by hand.

https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ROUNDED", "write", "write_shards"]

Array = npt.NDArray[np.float32]


def _bfloat16_bits(values: Array) -> npt.NDArray[np.uint16]:
    """Rounded to the nearest, ties to even, as PyTorch does."""
    bits = values.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


_STORED: dict[str, Callable[[Array], npt.NDArray[Any]]] = {
    "F32": lambda values: values,
    "F16": lambda values: values.astype(np.float16),
    "BF16": _bfloat16_bits,
}
ROUNDED: dict[str, Callable[[Array], Array]] = {
    "F32": lambda values: values,
    "F16": lambda values: values.astype(np.float16).astype(np.float32),
    "BF16": lambda values: (_bfloat16_bits(values).astype(np.uint32) << 16).view(np.float32),
}
"""What is left of float32 numbers in each format."""


def write(file: Path, tensors: Mapping[str, Array], dtype: str) -> Path:
    """*tensors* as *file*, in "F32", "F16" or "BF16"."""
    header, raw = {}, b""
    for name, values in tensors.items():
        part = _STORED[dtype](np.ascontiguousarray(values)).tobytes()
        place = [len(raw), len(raw) + len(part)]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": place}
        raw += part
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + raw)
    return file


def write_shards(folder: Path, tensors: Mapping[str, Array], dtype: str, *, count: int) -> None:
    """*tensors* dealt out to *count* files, with the index that the hub has beside them."""
    index: dict[str, str] = {}
    for number in range(count):
        part = dict(list(tensors.items())[number::count])
        name = f"model-{number + 1:05}-of-{count:05}.safetensors"
        write(folder / name, part, dtype)
        index |= dict.fromkeys(part, name)
    size = sum(values.nbytes for values in tensors.values())
    about = {"metadata": {"total_size": size}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(about))
