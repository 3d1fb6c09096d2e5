"""Orthogonal rotations that spread outliers before weights and activations are made 8-bit.

A few channels of a transformer's residual stream are hundreds of times larger than the rest, and
one scale a row then leaves the others few of the 255 levels. RMS norm does not see a rotation of
its input, so the stream can be rotated at no cost when the model runs: every matrix that writes to
it or reads from it takes the rotation into its weights.
QuaRot: Ashkboos et al. 2024, https://arxiv.org/abs/2404.00456.
"""

from __future__ import annotations

import numpy as np

from extractors.model.checkpoint import Checkpoint, FloatArray

__all__ = ["RotatedCheckpoint", "Rotation"]

_HEAD = "lm_head.weight"
_WRITERS = ("o_proj", "down_proj")
_OF_THE_MLP = ("gate_proj", "up_proj")

_LARGEST_BLOCK = 128  # larger ones mix no better and take longer to apply


class Rotation:
    """x → x·Q for rows of *width* numbers, the same Q for the same *width*.

    Q is random signs, then a Kronecker product of a random orthogonal and a Hadamard matrix: it
    mixes every channel with every other, and applies in a fraction of a full product's time.
    """

    def __init__(self, width: int) -> None:
        block = min(width & -width, _LARGEST_BLOCK)
        rng = np.random.default_rng(width)
        self._signs = rng.choice(np.array([-1, 1], np.float32), width)
        self._hadamard = _hadamard(block)
        self._between = _orthogonal(rng, width // block)

    def of_columns(self, matrix: FloatArray) -> FloatArray:
        """matrix · Q, for a matrix of (rows, width) that reads the stream, or rows of it."""
        rows, width = matrix.shape
        blocks = len(self._hadamard)
        mixed = (matrix * self._signs).reshape(-1, blocks) @ self._hadamard
        split = mixed.reshape(rows, width // blocks, blocks)
        return np.asarray(np.matmul(self._between.T, split).reshape(rows, width), np.float32)

    def of_rows(self, matrix: FloatArray) -> FloatArray:
        """Qᵀ · matrix, for a matrix of (width, columns) that writes to the stream."""
        return self.of_columns(np.ascontiguousarray(matrix.T)).T


def _hadamard(size: int) -> FloatArray:
    """Orthonormal; *size* is a power of two. Sylvester's construction."""
    matrix = np.ones((1, 1), np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return np.asarray(matrix / np.sqrt(size), np.float32)


def _orthogonal(rng: np.random.Generator, size: int) -> FloatArray:
    """Uniform over all rotations and reflections. Stewart 1980."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return (q * np.sign(np.diag(r))).astype(np.float32)


class RotatedCheckpoint:
    """A checkpoint as another one that computes the same, with its residual stream rotated.

    The scales of the norms move into the matrices that read from them, which makes the norms
    themselves blind to the rotation. Values and what attention makes of them are rotated a head at
    a time.
    """

    def __init__(self, source: Checkpoint) -> None:
        self.config = source.config
        self._source = source
        self._stream = Rotation(source.config.hidden)
        self._head = Rotation(source.config.head_dim)

    def has(self, name: str) -> bool:
        """Whether *name* is a tensor of the model. The output layer is always one of its own."""
        return name == _HEAD or self._source.has(name)

    def tensor(self, name: str) -> FloatArray:
        """The tensor *name*, float32."""
        if name == _HEAD:
            return self._stream.of_columns(self._output_layer() * self._scale("model.norm"))
        whole = self._source.tensor(name)
        module, _, part = name.rpartition(".")
        *above, last = module.split(".")
        if last.endswith("norm"):
            return np.ones_like(whole)
        if last == "embed_tokens":
            return self._stream.of_columns(whole)
        if last in _WRITERS:
            return self._writer(whole, last)
        return self._reader(whole, last, part, ".".join(above[:-1]))

    def _output_layer(self) -> FloatArray:
        return self._source.tensor(
            _HEAD if self._source.has(_HEAD) else "model.embed_tokens.weight"
        )

    def _scale(self, norm: str) -> FloatArray:
        return self._source.tensor(f"{norm}.weight")

    def _writer(self, whole: FloatArray, last: str) -> FloatArray:
        if whole.ndim == 1:
            return np.asarray(self._stream.of_columns(whole[np.newaxis])[0])
        if last == "o_proj":
            heads = whole.reshape(-1, self.config.head_dim)
            whole = self._head.of_columns(heads).reshape(whole.shape)
        return self._stream.of_rows(whole)

    def _reader(self, whole: FloatArray, last: str, part: str, layer: str) -> FloatArray:
        if part == "weight":
            norm = "post_attention_layernorm" if last in _OF_THE_MLP else "input_layernorm"
            whole = self._stream.of_columns(whole * self._scale(f"{layer}.{norm}"))
        if last != "v_proj":
            return whole
        columns = whole.reshape(len(whole), -1).T  # (inputs or 1, kv_heads · head_dim)
        heads = np.ascontiguousarray(columns).reshape(-1, self.config.head_dim)
        rotated = self._head.of_columns(heads).reshape(columns.shape)
        return np.asarray(rotated.T.reshape(whole.shape), np.float32)
