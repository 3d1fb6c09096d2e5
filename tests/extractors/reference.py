"""A decoder forward pass in plain numpy, written from the papers, to hold the graph against."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def logits(
    weights: dict[str, npt.NDArray[np.float32]], config: dict[str, Any], tokens: list[int]
) -> Array:
    """Logits after every token, (tokens, vocab), without any cache."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    hidden = w["model.embed_tokens.weight"][tokens]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        normed = _norm(hidden, w[f"{prefix}.input_layernorm.weight"], config["rms_norm_eps"])
        hidden = hidden + _attention(w, f"{prefix}.self_attn", config, normed)
        after = w[f"{prefix}.post_attention_layernorm.weight"]
        hidden = hidden + _mlp(w, f"{prefix}.mlp", _norm(hidden, after, config["rms_norm_eps"]))
    normed = _norm(hidden, w["model.norm.weight"], config["rms_norm_eps"])
    head: Array = w.get("lm_head.weight", w["model.embed_tokens.weight"])
    return normed @ head.T


def _norm(x: Array, weight: Array, epsilon: float) -> Array:
    normed: Array = x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * weight
    return normed


def _linear(w: dict[str, Array], name: str, x: Array) -> Array:
    return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", np.zeros(1))


def _rotate(x: Array, theta: float) -> Array:
    """Rotary embedding of (tokens, heads, head_dim), first half against second half."""
    half = x.shape[-1] // 2
    frequency = theta ** -(np.arange(half) / half)
    angle = np.outer(np.arange(len(x)), frequency)[:, None]
    first, second = x[..., :half], x[..., half:]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)


def _attention(w: dict[str, Array], name: str, config: dict[str, Any], x: Array) -> Array:
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    q, k, v = (
        _linear(w, f"{name}.{part}_proj", x).reshape(len(x), count, -1)
        for part, count in (("q", heads), ("k", kv_heads), ("v", kv_heads))
    )
    q, k = _rotate(q, config["rope_theta"]), _rotate(k, config["rope_theta"])
    k, v = (np.repeat(part, heads // kv_heads, axis=1) for part in (k, v))
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[-1])
    scores += np.triu(np.full((len(x), len(x)), -np.inf), 1)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = np.einsum("hqk,khd->qhd", shares, v).reshape(len(x), -1)
    return _linear(w, f"{name}.o_proj", mixed)


def _mlp(w: dict[str, Array], name: str, x: Array) -> Array:
    gate = _linear(w, f"{name}.gate_proj", x)
    return _linear(
        w, f"{name}.down_proj", gate / (1 + np.exp(-gate)) * _linear(w, f"{name}.up_proj", x)
    )
