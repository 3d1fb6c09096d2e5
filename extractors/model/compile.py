"""From a checkpoint to the fused ONNX graph that `runtime` runs, without torch.

Why not the stock export: it spells attention out in small nodes and computes logits for every
position. This graph uses ONNX Runtime's fused GroupQueryAttention over an in-place KV buffer, and
computes logits only where `logit_positions` asks.

Three precisions:

* `w8a8`: weights int8 with one scale an output column; activations uint8 (zero point 128), after a
  norm with one fixed scale, elsewhere with one a token, since Qwen2 has massive activations in a
  few tokens. `rotation` spreads these first. Inputs of `MatMulIntegerToFloat` must be uint8 × int8:
  the other combinations fall off ONNX Runtime's fast path.
* `float16`: for GPUs, whose fused attention reads no other floats; keys and values too. Rotated as
  well, since Qwen2's massive activations come near what float16 can hold. Logits are float32.
* `float32`: the reference.

Graph inputs, B sequences of S new tokens on top of `past` ones, P positions asked for:
    input_ids (B, S) int64; seqlens_k (B,) int32 = past + S - 1; total_length () int32 = past + S;
    logit_positions (P,) int64, into the B·S new tokens; past_{key,value}_i (B, kv_heads, C, D);
    but in float16, for `packing`, position_ids (B, S) int64 and attention_bias (1, 1, S, past + S)
    float32, which is added to the scores: the GPU's attention takes no such bias.
Outputs: logits (P, vocab) float32; present_{key,value}_i, to be bound to the buffers of past_*.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper

from extractors.model.checkpoint import Checkpoint, FloatArray, ModelConfig
from extractors.model.graph import CONTRIB, GraphWriter
from extractors.model.rope import frequencies
from extractors.model.rotation import RotatedCheckpoint

__all__ = ["FORMAT", "CompiledModel", "Precision", "compile_model", "open_compiled"]

FORMAT = 5
"""Raised whenever the graph changes, so that older compiled models are built anew."""

GRAPH_FILE, DATA_FILE, CONFIG_FILE = "model.onnx", "model.data", "model.json"


_NORMED_RANGE = 5.0  # of numbers whose mean square is 1; those beyond it are clipped


class Precision(StrEnum):
    W8A8 = "w8a8"
    FLOAT16 = "float16"
    FLOAT32 = "float32"

    @property
    def float_type(self) -> type[np.floating]:
        """Of what is not 8-bit: keys, values, norms, biases."""
        return np.float16 if self is Precision.FLOAT16 else np.float32


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A folder with model.onnx, model.data and model.json."""

    path: Path
    config: ModelConfig
    precision: Precision

    @property
    def graph(self) -> Path:
        """The ONNX file, for `runtime`."""
        return self.path / GRAPH_FILE


def open_compiled(path: Path) -> CompiledModel | None:
    """The compiled model in *path*; `None` when there is none, or one of another format."""
    try:
        raw = json.loads((path / CONFIG_FILE).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if raw.get("format") != FORMAT or not (path / GRAPH_FILE).is_file():
        return None
    return CompiledModel(path, ModelConfig(**raw["config"]), Precision(raw["precision"]))


def compile_model(
    checkpoint: Checkpoint,
    target: Path,
    *,
    precision: Precision = Precision.W8A8,
    max_context: int = 8192,
    progress: Callable[[int, int], None] = lambda done, total: None,
    companions: Callable[[Path], None] = lambda folder: None,
) -> CompiledModel:
    """Build the graph of *checkpoint* in the folder *target*, which appears complete or not at all.

    `companions(folder)` may write more files that belong to the model, such as its tokenizer.

    `max_context`: positions that the rotary tables cover, in tokens; the checkpoint's own limit
    where that is smaller. `progress(layers done, layers)` is called after each layer.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    config = replace(checkpoint.config, context=min(max_context, checkpoint.config.context))
    try:
        with (staging / DATA_FILE).open("wb") as data:
            writer = GraphWriter(data, DATA_FILE)
            decoder = _Decoder(checkpoint, config, writer, precision)
            decoder.build(progress)
            writer.save(staging / GRAPH_FILE)
        companions(staging)
        about = {"format": FORMAT, "precision": precision, "config": asdict(config)}
        (staging / CONFIG_FILE).write_text(json.dumps(about, indent=1), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return CompiledModel(target, config, precision)


@dataclass(frozen=True, slots=True)
class _Activation:
    """What a linear layer reads: float rows, or uint8 codes with the scale that they share.

    `row_scale`: (T, 1), where every row has a further scale of its own.
    """

    rows: str
    scale: str | None = None
    row_scale: str | None = None


class _Decoder:
    """Builds one decoder. T = B·S tokens are kept flat, (T, hidden), but for attention itself."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        config: ModelConfig,
        writer: GraphWriter,
        precision: Precision,
    ) -> None:
        self._int8 = precision is Precision.W8A8
        self._floats = precision.float_type
        rotated = precision is not Precision.FLOAT32
        self._source: Checkpoint = RotatedCheckpoint(checkpoint) if rotated else checkpoint
        self._g = writer
        self._config = config

    def build(self, progress: Callable[[int, int], None]) -> None:
        self._declare_inputs()
        self._rotary_tables()
        hidden = self._embed()
        skip, delta = hidden, ""
        for layer in range(self._config.layers):
            skip, delta = self._layer(layer, skip, delta)
            progress(layer + 1, self._config.layers)
        self._head(skip, delta)

    def _weight(self, name: str, values: npt.NDArray[np.floating]) -> str:
        return self._g.weight(name, values.astype(self._floats, copy=False))

    def _op(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self._g.node(operator, inputs, domain=domain, **attributes)[0]

    def _declare_inputs(self) -> None:
        self._g.input("input_ids", TensorProto.INT64, ["batch", "sequence"])
        self._g.input("seqlens_k", TensorProto.INT32, ["batch"])
        self._g.input("total_length", TensorProto.INT32, [])
        self._g.input("logit_positions", TensorProto.INT64, ["positions"])
        self._packing: list[str] = []
        if self._floats is np.float32:
            shape = ["one", "all_heads", "sequence", "total"]
            self._packing = [
                self._g.input("position_ids", TensorProto.INT64, ["batch", "sequence"]),
                self._g.input("attention_bias", TensorProto.FLOAT, shape),
            ]
        packed = (self._config.heads + 2 * self._config.kv_heads) * self._config.head_dim
        rows = self._op("Shape", "input_ids")  # (2,): B, S
        width = self._g.constant("packed_width", [packed], np.int64)
        self._packed_shape = self._op("Concat", rows, width, axis=0)

    def _rotary_tables(self) -> None:
        """Cosine and sine of every position, (positions, head_dim / 2). Su et al. 2021."""
        stretch = self._config.stretch
        turns = frequencies(self._config.rope_theta, self._config.head_dim)
        if stretch.divisors:
            turns = turns / np.asarray(stretch.divisors)
        angles = np.outer(np.arange(self._config.context), turns)
        for name, wave in (("cos", np.cos(angles)), ("sin", np.sin(angles))):
            self._weight(name, wave * stretch.magnitude)

    def _embed(self) -> str:
        """Token rows, (T, hidden)."""
        flat = self._op("Reshape", "input_ids", self._g.constant("flat", [-1], np.int64))
        table = self._source.tensor("model.embed_tokens.weight")
        if not self._int8:
            return self._op("Gather", self._weight("embedding", table), flat, axis=0)
        rows, scales = _quantise_rows(table)
        codes = self._op("Gather", self._g.weight("embedding", rows), flat, axis=0)
        scale = self._op("Gather", self._g.weight("embedding_scale", scales), flat, axis=0)
        return self._op("Mul", self._op("Cast", codes, to=TensorProto.FLOAT), scale)

    def _layer(self, index: int, skip: str, delta: str) -> tuple[str, str]:
        """One block: returns the residual stream and what is still to be added to it."""
        prefix = f"model.layers.{index}"
        normed, skip = self._norm(f"{prefix}.input_layernorm.weight", skip, delta)
        attended = self._attention(index, self._quantise_normed(normed))
        if index == self._config.layers - 1:  # the other positions are done with: their KV is kept
            attended, skip = self._asked(attended), self._asked(skip)
        delta = self._linear(self._quantise(attended), f"{prefix}.self_attn.o_proj")
        normed, skip = self._norm(f"{prefix}.post_attention_layernorm.weight", skip, delta)
        return skip, self._mlp(f"{prefix}.mlp", self._quantise_normed(normed))

    def _asked(self, rows: str) -> str:
        return self._op("Gather", rows, "logit_positions", axis=0)

    def _norm(self, name: str, skip: str, delta: str) -> tuple[str, str]:
        """RMS norm of skip + delta; returns it and the sum."""
        weight = self._weight(name, self._source.tensor(name))
        epsilon = self._config.rms_eps
        if not delta:
            normed = self._op("SimplifiedLayerNormalization", skip, weight, epsilon=epsilon)
            return normed, skip
        normed, _, _, total = self._g.node(
            "SkipSimplifiedLayerNormalization",
            [skip, delta, weight],
            outputs=[f"{name}.out", "", "", f"{name}.sum"],
            domain=CONTRIB,
            epsilon=epsilon,
        )
        return normed, total

    def _attention(self, index: int, source: _Activation) -> str:
        """Rotary, grouped-query attention over the KV buffers; returns (T, heads · head_dim)."""
        prefix = f"model.layers.{index}.self_attn"
        packed = self._linear(source, *(f"{prefix}.{part}_proj" for part in "qkv"))
        packed = self._op("Reshape", packed, self._packed_shape)
        past = [self._buffer(f"past_{part}_{index}", declare=True) for part in ("key", "value")]
        present = [self._buffer(f"present_{part}_{index}") for part in ("key", "value")]
        sizes = ["seqlens_k", "total_length"]
        inputs = [packed, "", "", *past, *sizes, "cos", "sin", *self._packing]
        attended, *_ = self._g.node(
            "GroupQueryAttention",
            inputs,
            outputs=[f"{prefix}.out", *present],
            domain=CONTRIB,
            num_heads=self._config.heads,
            kv_num_heads=self._config.kv_heads,
            do_rotary=1,
        )
        width = self._config.heads * self._config.head_dim
        return self._op("Reshape", attended, self._g.constant("heads", [-1, width], np.int64))

    def _buffer(self, name: str, *, declare: bool = False) -> str:
        shape: list[int | str] = ["batch", self._config.kv_heads, "capacity", self._config.head_dim]
        dtype = helper.np_dtype_to_tensor_dtype(np.dtype(self._floats))
        if declare:
            return self._g.input(name, dtype, shape)
        self._g.output(name, dtype, shape)
        return name

    def _mlp(self, prefix: str, source: _Activation) -> str:
        """SwiGLU. Shazeer 2020, https://arxiv.org/abs/2002.05202."""
        gate = self._linear(source, f"{prefix}.gate_proj")
        silu = self._op("QuickGelu", gate, domain=CONTRIB, alpha=1.0)
        product = self._op("Mul", silu, self._linear(source, f"{prefix}.up_proj"))
        return self._linear(self._quantise(product), f"{prefix}.down_proj")

    def _head(self, skip: str, delta: str) -> None:
        """Logits of the asked positions, (P, vocab), from what the last layer made of them."""
        normed, _ = self._norm("model.norm.weight", skip, delta)
        tied = not self._source.has("lm_head.weight")
        name = "model.embed_tokens" if tied else "lm_head"
        logits = self._linear(self._quantise_normed(normed), name)
        self._g.node("Cast", [logits], outputs=["logits"], to=TensorProto.FLOAT)
        self._g.output("logits", TensorProto.FLOAT, ["positions", self._config.vocab])

    def _quantise_normed(self, rows: str) -> _Activation:
        """Rows that a norm without weights left, as uint8 around 128, all by one scale.

        Their mean square is 1, and rotated they are close to normally distributed: a fixed range
        serves every row, which saves two passes over them and one over what is made of them.
        """
        if not self._int8:
            return _Activation(rows)
        scale = self._g.constant("normed_scale", _NORMED_RANGE / 127, np.float32)
        return _Activation(self._op("QuantizeLinear", rows, scale, self._zero_point()), scale)

    def _quantise(self, rows: str) -> _Activation:
        """Rows as uint8 around 128, each by its own largest magnitude."""
        if not self._int8:
            return _Activation(rows)
        axis = self._g.constant("last", [-1], np.int64)
        high = self._op("ReduceMax", rows, axis, keepdims=0)
        low = self._op("Neg", self._op("ReduceMin", rows, axis, keepdims=0))
        peak = self._op("Max", high, low, self._g.constant("tiny", 1e-8, np.float32))
        scale = self._op("Mul", peak, self._g.constant("unit", 1 / 127, np.float32))
        zeros = self._op("Expand", self._zero_point(), self._op("Shape", scale))
        codes = self._op("QuantizeLinear", rows, scale, zeros, axis=0)
        one = self._g.constant("one", 1.0, np.float32)
        return _Activation(codes, one, self._op("Unsqueeze", scale, axis))

    def _zero_point(self) -> str:
        return self._g.constant("zero_point", 128, np.uint8)

    def _linear(self, source: _Activation, *names: str) -> str:
        """x·Wᵀ + b for the layers *names*, side by side in one product: (T, sum of outputs)."""
        rows = np.concatenate([self._source.tensor(f"{name}.weight") for name in names])
        bias = self._bias(names)
        if source.scale is None:
            weight = self._weight(f"{names[0]}.matrix", rows.T)
            result, fused = self._op("MatMul", source.rows, weight), False
        else:
            fused = source.row_scale is None
            result = self._int8_product(source, names[0], rows, bias if fused else "")
        if source.row_scale:
            result = self._op("Mul", result, source.row_scale)
        return result if fused or not bias else self._op("Add", result, bias)

    def _bias(self, names: Sequence[str]) -> str:
        if not self._source.has(f"{names[0]}.bias"):
            return ""
        values = np.concatenate([self._source.tensor(f"{name}.bias") for name in names])
        return self._weight(f"{names[0]}.bias", values)

    def _int8_product(self, source: _Activation, name: str, rows: FloatArray, bias: str) -> str:
        codes, scales = _quantise_rows(rows)
        return self._op(
            "MatMulIntegerToFloat",
            source.rows,
            self._g.weight(f"{name}.matrix", codes.T),
            str(source.scale),
            self._g.weight(f"{name}.scale", scales[:, 0]),
            self._zero_point(),
            "",
            bias,
            domain=CONTRIB,
        )


def _quantise_rows(values: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Symmetric int8 of a (rows, columns) matrix; scales have shape (rows, 1)."""
    peak = np.maximum(np.abs(values).max(axis=1, keepdims=True), np.float32(1e-12))
    scales = (peak / 127).astype(np.float32)
    return np.rint(values / scales).astype(np.int8), scales
