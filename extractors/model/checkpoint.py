"""Model weights on disk, read one tensor at a time as numpy: safetensors folders and GGUF files.

Tensors go by their Hugging Face names whatever the file calls them, so that `compile` has one
vocabulary. Nothing here needs torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from extractors.model.rope import UNSTRETCHED, Stretch, read_gguf_stretch, read_stretch
from schemas.errors import ModelMissing, WorkerError

__all__ = [
    "Checkpoint",
    "GGUFCheckpoint",
    "ModelConfig",
    "SafetensorsCheckpoint",
    "open_checkpoint",
]

FloatArray = npt.NDArray[np.float32]

ARCHITECTURES = {"qwen2": "qwen2", "llama": "llama"}

_HEAD = "lm_head.weight"
_SHARDS = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The shape of a decoder-only transformer with rotary, grouped-query attention.

    `head_dim` × `heads` need not be `hidden`. `context` is the longest sequence, in tokens.
    `stretch` may be given as the mapping that `asdict` made of it, as model.json holds it.
    """

    architecture: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    context: int
    rope_theta: float
    rms_eps: float
    stretch: Stretch = UNSTRETCHED

    def __post_init__(self) -> None:
        stored: Any = self.stretch
        if isinstance(stored, Mapping):
            found = Stretch(tuple(stored["divisors"]), stored["magnitude"])
            object.__setattr__(self, "stretch", found)  # frozen


class Checkpoint(Protocol):
    """Weights of one model, by Hugging Face tensor name."""

    config: ModelConfig

    def has(self, name: str) -> bool:
        """Whether the file holds *name*. No `lm_head.weight` means tied embeddings."""

    def tensor(self, name: str) -> FloatArray:
        """The tensor as float32, in PyTorch's (out, in) layout. Raises WorkerError if absent."""


def open_checkpoint(path: Path) -> Checkpoint:
    """Open a `.gguf` file, or a folder that holds config.json and safetensors files.

    Raises:
        ModelMissing: neither is there.
        WorkerError: the architecture is not one we compile.
    """
    if path.is_file() and path.suffix == ".gguf":
        return GGUFCheckpoint(path)
    if (path / "config.json").is_file():
        return SafetensorsCheckpoint(path)
    raise ModelMissing(f"{path} is neither a GGUF file nor a folder with config.json")


def _supported(architecture: str) -> str:
    if architecture in ARCHITECTURES:
        return ARCHITECTURES[architecture]
    raise WorkerError(
        f"models of type {architecture!r} cannot be compiled",
        hint=f"use one of these architectures: {', '.join(sorted(ARCHITECTURES))}; "
        "or export it with `fieldwise models compile NAME --via optimum`",
    )


class SafetensorsCheckpoint:
    """A Hugging Face folder: config.json and one or more *.safetensors files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        raw = json.loads((path / "config.json").read_text("utf-8"))
        self.config = _config_from_hub(raw)
        self._tied: bool | None = raw.get("tie_word_embeddings")

    @cached_property
    def _files(self) -> Mapping[str, Path]:
        """Tensor name to the file that holds it."""
        from safetensors import safe_open

        found: dict[str, Path] = {}
        for file in self._parts():
            with safe_open(file, framework="numpy") as handle:
                found.update(dict.fromkeys(handle.keys(), file))
        if not found:
            raise ModelMissing(f"{self._path} holds no *.safetensors file")
        return found

    def _parts(self) -> list[Path]:
        """The files that make the model: others beside them may hold it twice, or an adapter."""
        index, whole = self._path / _SHARDS, self._path / "model.safetensors"
        if not index.is_file():
            return [whole] if whole.is_file() else sorted(self._path.glob("*.safetensors"))
        named = json.loads(index.read_text("utf-8"))["weight_map"].values()
        parts = [self._path / name for name in sorted(set(named))]
        for part in parts:
            if not part.is_file():
                raise ModelMissing(f"{self._path} lacks {part.name}")
        return parts

    def has(self, name: str) -> bool:
        if name == _HEAD and self._tied is not None:
            return not self._tied  # whatever the files hold
        return name in self._files

    def tensor(self, name: str) -> FloatArray:
        if name not in self._files:
            raise WorkerError(f"{self._path} lacks the tensor {name}")
        return _read_safetensor(self._files[name], name)


def _read_safetensor(file: Path, name: str) -> FloatArray:
    """One tensor as float32. numpy has no bfloat16, so its bits are widened by hand."""
    with file.open("rb") as handle:
        header_size = int.from_bytes(handle.read(8), "little")
        entry = json.loads(handle.read(header_size))[name]
        begin, end = entry["data_offsets"]
        handle.seek(8 + header_size + begin)
        raw = handle.read(end - begin)
    shape, dtype = entry["shape"], entry["dtype"]
    if dtype == "BF16":
        bits = np.frombuffer(raw, np.uint16).astype(np.uint32) << 16
        return bits.view(np.float32).reshape(shape)
    if dtype in {"F32", "F16"}:
        source = np.float32 if dtype == "F32" else np.float16
        return np.frombuffer(raw, source).astype(np.float32).reshape(shape)
    raise WorkerError(f"{file.name}: {name} is stored as {dtype}, not as float")


def _config_from_hub(raw: Mapping[str, Any]) -> ModelConfig:
    architecture = _supported(raw["model_type"])
    _refuse_what_is_not_built(raw)
    heads = raw["num_attention_heads"]
    head_dim = raw.get("head_dim") or raw["hidden_size"] // heads
    rope = raw.get("rope_scaling") or raw.get("rope_parameters") or {}  # as transformers 5 has it
    theta = float(rope.get("rope_theta") or raw.get("rope_theta") or 10000.0)
    context = raw["max_position_embeddings"]
    return ModelConfig(
        architecture=architecture,
        layers=raw["num_hidden_layers"],
        hidden=raw["hidden_size"],
        intermediate=raw["intermediate_size"],
        heads=heads,
        kv_heads=raw.get("num_key_value_heads") or heads,
        head_dim=head_dim,
        vocab=raw["vocab_size"],
        context=context,
        rope_theta=theta,
        rms_eps=float(raw["rms_norm_eps"]),
        stretch=read_stretch(rope, theta=theta, head_dim=head_dim, context=context),
    )


def _refuse_what_is_not_built(raw: Mapping[str, Any]) -> None:
    if raw.get("use_sliding_window"):
        raise WorkerError("sliding-window attention is not honoured yet")
    if raw.get("hidden_act", "silu") != "silu":
        raise WorkerError(f"the activation {raw['hidden_act']!r} is not honoured yet")
    if raw.get("partial_rotary_factor", 1) != 1:
        raise WorkerError(_PARTIAL_ROTARY)
    if quantised := raw.get("quantization_config"):
        whose = quantised.get("quant_method", "another library")
        raise WorkerError(
            f"weights quantised by {whose} cannot be read",
            hint="use the model as it was before that, or a GGUF file of it",
        )


_PARTIAL_ROTARY = "rotary embeddings of a part of each head are not honoured yet"

_GGUF_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_GGUF_NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    _HEAD: "output.weight",
}


class GGUFCheckpoint:
    """A GGUF file, of any quantisation that `gguf.dequantize` reads.

    https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    """

    def __init__(self, path: Path) -> None:
        from gguf import GGUFReader

        self._path = path
        try:
            self._reader = GGUFReader(path)
        except (ValueError, IndexError, KeyError) as error:
            raise WorkerError(
                f"{path} is not a readable GGUF file: {error}", hint="delete it and fetch it again"
            ) from error
        if (parts := self.metadata("split.count", 1)) > 1:
            raise WorkerError(
                f"{path} is one of {parts} parts of a model",
                hint="join them with `llama-gguf-split --merge`",
            )
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self.config = self._read_config()

    def metadata(self, key: str, default: Any = None) -> Any:
        """The metadata value under *key*, or *default*."""
        field = self._reader.get_field(key)
        return default if field is None else field.contents()

    def _read_config(self) -> ModelConfig:
        architecture = _supported(self.metadata("general.architecture"))

        def number(key: str, default: Any = None) -> Any:
            return self.metadata(f"{architecture}.{key}", default)

        heads, hidden = number("attention.head_count"), number("embedding_length")
        head_dim = number("attention.key_length", hidden // heads)
        if number("rope.dimension_count", head_dim) != head_dim:
            raise WorkerError(_PARTIAL_ROTARY)
        theta, context = float(number("rope.freq_base", 10000.0)), number("context_length")
        return ModelConfig(
            architecture=architecture,
            layers=number("block_count"),
            hidden=hidden,
            intermediate=number("feed_forward_length"),
            heads=heads,
            kv_heads=number("attention.head_count_kv", heads),
            head_dim=head_dim,
            vocab=int(self._tensors["token_embd.weight"].shape[1]),
            context=context,
            rope_theta=theta,
            rms_eps=float(number("attention.layer_norm_rms_epsilon")),
            stretch=read_gguf_stretch(
                self._rope_options(f"{architecture}.rope"),
                theta=theta,
                head_dim=head_dim,
                context=context,
                divisors=self._rope_divisors(),
            ),
        )

    def _rope_options(self, prefix: str) -> dict[str, Any]:
        """The `scaling.*` keys by their last part; `scale_linear` is an older name of one."""
        keys = [key for key in self._reader.fields if key.startswith(f"{prefix}.scaling.")]
        options = {key.removeprefix(f"{prefix}.scaling."): self.metadata(key) for key in keys}
        older = self.metadata(f"{prefix}.scale_linear")
        return options if older is None else {"factor": older} | options

    def _rope_divisors(self) -> tuple[float, ...]:
        stored = self._tensors.get("rope_freqs.weight")
        return () if stored is None else tuple(float(value) for value in stored.data)

    def has(self, name: str) -> bool:
        return _gguf_name(name) in self._tensors

    def tensor(self, name: str) -> FloatArray:
        from gguf import dequantize

        stored = self._tensors.get(_gguf_name(name))
        if stored is None:
            raise WorkerError(f"{self._path} lacks the tensor {name}")
        kind = stored.tensor_type
        try:
            values = np.ascontiguousarray(dequantize(stored.data, kind), np.float32)
        except NotImplementedError as error:
            raise WorkerError(
                f"{self._path}: {name} is in a format not read here, {kind.name}"
            ) from error
        if self.config.architecture == "llama":
            return self._rotate_half(name, values)
        return values

    def _rotate_half(self, name: str, values: FloatArray) -> FloatArray:
        """Undo llama.cpp's row order: Llama's q and k rows are stored for interleaved RoPE."""
        heads = {"q_proj": self.config.heads, "k_proj": self.config.kv_heads}
        count = next((n for part, n in heads.items() if part in name), None)
        if count is None:
            return values
        pairs = values.reshape(count, self.config.head_dim // 2, 2, *values.shape[1:])
        return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(values.shape)


def _gguf_name(name: str) -> str:
    if not name.startswith("model.layers."):
        return _GGUF_NAMES.get(name, name)
    number, _, rest = name.removeprefix("model.layers.").partition(".")
    module, _, kind = rest.rpartition(".")
    return f"blk.{number}.{_GGUF_LAYER_NAMES[module]}.{kind}"
