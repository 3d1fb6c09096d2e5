"""The block formats of GGUF files, read by formulas of our own and filled with random weights.

Each block holds some 32 or 256 consecutive weights of a row. Layouts and formulas:
https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType

__all__ = ["FORMATS", "Format", "draw"]

Blocks = npt.NDArray[Any]  # (blocks,) of one layout
Values = npt.NDArray[np.float64]  # (blocks, weights of a block)


@dataclass(frozen=True)
class Format:
    """`offset`: what the field of a block's minimum is, in units of its scale `d`, when the
    block's weights are to lie around zero; where a format has no minimum, 0."""

    layout: np.dtype[Any]
    weights: int
    formula: Callable[[Blocks], Values]
    offset: float = 0.0

    def values(self, raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """The weights (rows, columns) that *raw*, (rows, bytes), stands for."""
        blocks = np.ascontiguousarray(raw).view(self.layout).ravel()
        return self.formula(blocks).reshape(len(raw), -1).astype(np.float32)


def draw(form: Format, rng: np.random.Generator, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Random blocks as (rows, bytes), of weights that keep a product's inputs at their size."""
    count = rows * columns // form.weights
    random = rng.integers(0, 256, count * form.layout.itemsize, dtype=np.uint8)
    blocks = random.view(form.layout)
    names = form.layout.names or ()
    if "d" in names:
        _scale(blocks, form, np.ones(count))
        spread = form.formula(blocks).std() * np.sqrt(columns)
        _scale(blocks, form, rng.uniform(0.5, 1.5, count) * rng.choice([-1, 1], count) / spread)
    else:
        plain = rng.standard_normal(count).astype(np.float32) / np.sqrt(columns)
        blocks["x"] = _PLAIN[form.layout["x"].str](plain.astype(np.float32))
    return blocks.view(np.uint8).reshape(rows, -1)


def _scale(blocks: Blocks, form: Format, d: npt.NDArray[np.float64]) -> None:
    blocks["d"] = d
    if form.offset:
        blocks["m"] = d * form.offset


_PLAIN: dict[str, Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]]] = {
    "<f4": lambda x: x,
    "<f2": lambda x: x.astype(np.float16),
    "<u2": lambda x: (x.view(np.uint32) >> 16).astype(np.uint16),  # bfloat16: the upper half
}


def _d(blocks: Blocks, name: str = "d") -> Values:
    return np.asarray(blocks[name], np.float64)[:, np.newaxis]


def _nibbles(blocks: Blocks) -> npt.NDArray[np.int64]:
    """Low halves of all bytes, then the high ones."""
    packed = blocks["qs"].astype(np.int64)
    return np.concatenate([packed & 15, packed >> 4], axis=1)


def _fifth_bits(blocks: Blocks) -> npt.NDArray[np.int64]:
    return (blocks["qh"].astype(np.int64)[:, np.newaxis] >> np.arange(32)) & 1


def _q6(blocks: Blocks) -> Values:
    """16 scales a block; two halves of 128, each four groups of 32 in bit planes."""
    out = np.empty((len(blocks), 256))
    for place in range(256):
        half, group, column = place // 128, place % 128 // 32, place % 32
        low = blocks["ql"][:, half * 64 + (group % 2) * 32 + column].astype(np.int64)
        low = low >> 4 if group >= 2 else low & 15
        high = blocks["qh"][:, half * 32 + column].astype(np.int64) >> (2 * group) & 3
        scale = blocks["scales"][:, place // 16].astype(np.int64)
        out[:, place] = blocks["d"].astype(np.float64) * scale * (low + 16 * high - 32)
    return out


def _six_bit_pairs(packed: npt.NDArray[np.uint8]) -> tuple[Values, Values]:
    """Eight scales and eight minima of six bits, packed into twelve bytes; (blocks, 8) each."""
    p = packed.astype(np.int64)
    first, second, last = p[:, 0:4], p[:, 4:8], p[:, 8:12]
    scales = np.concatenate([first & 63, (last & 15) + (first >> 6) * 16], axis=1)
    minima = np.concatenate([second & 63, (last >> 4) + (second >> 6) * 16], axis=1)
    return scales.astype(np.float64), minima.astype(np.float64)


def _q4_or_5_k(blocks: Blocks) -> Values:
    """Eight groups of 32, two to each 32 bytes: low halves, then high ones."""
    scales, minima = _six_bit_pairs(blocks["scales"])
    out = np.empty((len(blocks), 256))
    for group in range(8):
        start = group // 2 * 32
        codes = blocks["qs"][:, start : start + 32].astype(np.int64)
        codes = codes >> 4 if group % 2 else codes & 15
        if "qh" in (blocks.dtype.names or ()):
            codes = codes + 16 * (blocks["qh"].astype(np.int64) >> group & 1)
        scaled = _d(blocks) * scales[:, [group]] * codes
        out[:, group * 32 : group * 32 + 32] = scaled - _d(blocks, "m") * minima[:, [group]]
    return out


def _bfloat16(blocks: Blocks) -> Values:
    wide = blocks["x"].astype(np.uint32) << 16
    return np.asarray(wide.view(np.float32), np.float64)[:, np.newaxis]


def _layout(*fields: tuple[Any, ...]) -> np.dtype[Any]:
    return np.dtype(list(fields))


_HALF, _NIBBLES = ("d", "<f2"), ("qs", "u1", 16)
_MINIMUM, _FIFTH = ("m", "<f2"), ("qh", "<u4")
_PACKED, _K_NIBBLES = ("scales", "u1", 12), ("qs", "u1", 128)

FORMATS: dict[GGMLQuantizationType, Format] = {
    GGMLQuantizationType.F32: Format(_layout(("x", "<f4")), 1, lambda b: _d(b, "x")),
    GGMLQuantizationType.F16: Format(_layout(("x", "<f2")), 1, lambda b: _d(b, "x")),
    GGMLQuantizationType.BF16: Format(_layout(("x", "<u2")), 1, _bfloat16),
    GGMLQuantizationType.Q4_0: Format(
        _layout(_HALF, _NIBBLES), 32, lambda b: _d(b) * (_nibbles(b) - 8)
    ),
    GGMLQuantizationType.Q4_1: Format(
        _layout(_HALF, _MINIMUM, _NIBBLES), 32, lambda b: _d(b) * _nibbles(b) + _d(b, "m"), -7.5
    ),
    GGMLQuantizationType.Q5_0: Format(
        _layout(_HALF, _FIFTH, _NIBBLES),
        32,
        lambda b: _d(b) * (_nibbles(b) + 16 * _fifth_bits(b) - 16),
    ),
    GGMLQuantizationType.Q5_1: Format(
        _layout(_HALF, _MINIMUM, _FIFTH, _NIBBLES),
        32,
        lambda b: _d(b) * (_nibbles(b) + 16 * _fifth_bits(b)) + _d(b, "m"),
        -15.5,
    ),
    GGMLQuantizationType.Q8_0: Format(
        _layout(_HALF, ("qs", "i1", 32)), 32, lambda b: _d(b) * b["qs"].astype(np.int64)
    ),
    GGMLQuantizationType.Q4_K: Format(
        _layout(_HALF, _MINIMUM, _PACKED, _K_NIBBLES), 256, _q4_or_5_k, 7.5
    ),
    GGMLQuantizationType.Q5_K: Format(
        _layout(_HALF, _MINIMUM, _PACKED, ("qh", "u1", 32), _K_NIBBLES), 256, _q4_or_5_k, 15.5
    ),
    GGMLQuantizationType.Q6_K: Format(
        _layout(("ql", "u1", 128), ("qh", "u1", 64), ("scales", "i1", 16), _HALF), 256, _q6
    ),
}
