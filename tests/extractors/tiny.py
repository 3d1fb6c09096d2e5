"""A whole model small enough to make on the spot: random weights, one token a byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast

CHAT = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
VOCAB = 256 + len(SPECIAL)


def config(architecture: str = "qwen2", **changes: Any) -> dict[str, Any]:
    """A Hugging Face config.json of a two-layer model."""
    return {
        "model_type": architecture,
        "num_hidden_layers": 2,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": VOCAB,
        "max_position_embeddings": 32768,
        "rope_theta": 10000.0,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": True,
    } | changes


def tensors(
    shape: dict[str, Any], *, seed: int = 0, tied: bool = True
) -> dict[str, npt.NDArray[np.float32]]:
    """Random weights under their Hugging Face names. Qwen2's projections of q, k, v have biases;
    Llama's, and that of the output, where *shape* sets `attention_bias`."""
    rng = np.random.default_rng(seed)

    def draw(*size: int) -> npt.NDArray[np.float32]:
        drawn = rng.standard_normal(size) / np.sqrt(size[-1])
        return np.asarray(drawn, np.float32)

    hidden, inner = shape["hidden_size"], shape["intermediate_size"]
    head_dim = shape.get("head_dim") or hidden // shape["num_attention_heads"]
    width, kv_width = (head_dim * shape[f"num_{kind}_heads"] for kind in ("attention", "key_value"))
    biased = {"qwen2": "qkv"}.get(shape["model_type"], "qkvo" * shape.get("attention_bias", False))
    sizes = {
        "self_attn.q_proj": (width, hidden),
        "self_attn.k_proj": (kv_width, hidden),
        "self_attn.v_proj": (kv_width, hidden),
        "self_attn.o_proj": (hidden, width),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    made = {"model.embed_tokens.weight": draw(shape["vocab_size"], hidden) * 4}
    for layer in range(shape["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        for name, size in sizes.items():
            made[f"{prefix}.{name}.weight"] = draw(*size)
            if name in {f"self_attn.{part}_proj" for part in biased}:
                made[f"{prefix}.{name}.bias"] = draw(size[0])
        for name in ("input_layernorm", "post_attention_layernorm"):
            made[f"{prefix}.{name}.weight"] = 1 + draw(hidden)
    made["model.norm.weight"] = 1 + draw(hidden)
    if not tied:
        made["lm_head.weight"] = draw(shape["vocab_size"], hidden) * 4
    return made


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, and the chat markers."""
    alphabet = sorted(ByteLevel.alphabet())
    model = BPE(vocab={char: i for i, char in enumerate(alphabet)}, merges=[])
    backend = Tokenizer(model)
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = ByteLevelDecoder()
    backend.add_special_tokens(SPECIAL)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|end|>", chat_template=CHAT
    )


def save(
    folder: Path, architecture: str = "qwen2", *, seed: int = 0, tied: bool = True, **changes: Any
) -> Path:
    """A model folder as the hub would serve it; *changes* go into its config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = config(architecture, tie_word_embeddings=tied, **changes)
    (folder / "config.json").write_text(json.dumps(shape))
    kept = tensors(shape, seed=seed, tied=tied)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer().save_pretrained(str(folder))
    return folder
