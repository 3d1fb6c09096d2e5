"""Rotary position embeddings stretched beyond the length that a model was first trained on.

Every kind comes down to two things: what each frequency is divided by, and what sine and cosine
are multiplied with. What is not listed here is refused, never guessed.

* linear: all frequencies by one factor. Chen et al. 2023, https://arxiv.org/abs/2306.15595
* yarn: slow ones by the factor, fast ones not at all, a ramp between, and sharper attention.
  Peng et al. 2023, https://arxiv.org/abs/2309.00071
* llama3: the same with another ramp, as in Llama 3.1.
* dynamic: unstretched up to the length that config.json states, and we read no further.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.errors import WorkerError

__all__ = ["UNSTRETCHED", "Stretch", "frequencies", "read_gguf_stretch", "read_stretch"]

_TRAINED = "original_max_position_embeddings"
_OPTIONS: dict[str, set[str]] = {
    "default": set(),
    "dynamic": {"factor"},
    "linear": {"factor"},
    "llama3": {"factor", "low_freq_factor", "high_freq_factor", _TRAINED},
    "yarn": {
        *("factor", _TRAINED, "attention_factor", "beta_fast", "beta_slow"),
        *("mscale", "mscale_all_dim", "truncate"),
    },
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """`divisors`: one for each frequency, from the fastest on; `()` where nothing is stretched.

    `magnitude`: factor of sine and cosine, and so, squared, of the attention scores.
    """

    divisors: tuple[float, ...] = ()
    magnitude: float = 1.0


UNSTRETCHED = Stretch()


def frequencies(theta: float, head_dim: int) -> npt.NDArray[np.float64]:
    """Radians a position, (head_dim / 2,), the fastest first. Su et al. 2021."""
    return np.asarray(theta ** -(np.arange(0, head_dim, 2) / head_dim), np.float64)


def read_stretch(
    scaling: Mapping[str, Any] | None, *, theta: float, head_dim: int, context: int
) -> Stretch:
    """What the `rope_scaling` of a config.json asks for; `None` asks for nothing.

    `context`: the config's `max_position_embeddings`, in tokens, which stands in where *scaling*
    does not say how long the model's first training texts were.

    Raises:
        WorkerError: a kind that is not honoured, or one that lacks a number.
    """
    if not scaling:
        return UNSTRETCHED
    kind = _kind(scaling)
    plain = frequencies(theta, head_dim)
    try:
        if kind == "linear":
            return Stretch((float(scaling["factor"]),) * len(plain))
        if kind == "llama3":
            return _llama3(plain, scaling)
        return _yarn(scaling, theta, head_dim, context) if kind == "yarn" else UNSTRETCHED
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise WorkerError(f"RoPE scaling of type {kind!r} lacks a number: {error}") from error


def read_gguf_stretch(
    scaling: Mapping[str, Any],
    *,
    theta: float,
    head_dim: int,
    context: int,
    divisors: tuple[float, ...] = (),
) -> Stretch:
    """What a GGUF file asks for: *scaling* holds its `<architecture>.rope.scaling.*` keys by their
    last part, *divisors* its tensor `rope_freqs.weight`, which is how llama3's stretch is kept.

    https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#scaling. Raises as `read_stretch`.
    """
    kind = scaling.get("type", "linear")  # what a factor alone means in older files
    if kind == "none" or not scaling:
        return Stretch(divisors)
    if divisors:
        raise WorkerError("RoPE is scaled twice in this file, which is not honoured")
    options = {_FROM_GGUF.get(key, key): value for key, value in scaling.items()}
    options.pop("finetuned", None)  # says what it was trained on; the arithmetic is the same
    if kind == "linear":
        options.pop(_TRAINED, None)  # it has no say there
    options = {"factor": 1.0, "type": kind} | options
    return read_stretch(options, theta=theta, head_dim=head_dim, context=context)


_FROM_GGUF = {
    "original_context_length": _TRAINED,
    "yarn_beta_fast": "beta_fast",
    "yarn_beta_slow": "beta_slow",
}


def _kind(scaling: Mapping[str, Any]) -> str:
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    if kind not in _OPTIONS:
        raise WorkerError(
            f"RoPE scaling of type {kind!r} is not honoured",
            hint=f"use a model with none, or with one of {', '.join(sorted(_OPTIONS))}",
        )
    unknown = set(scaling) - _OPTIONS[kind] - {"rope_theta", "rope_type", "type"}
    if unknown:
        raise WorkerError(f"RoPE scaling of type {kind!r} with {min(unknown)} is not honoured")
    return str(kind)


def _llama3(plain: npt.NDArray[np.float64], scaling: Mapping[str, Any]) -> Stretch:
    """Slow frequencies divided by the factor, fast ones kept, a ramp between. Llama 3.1."""
    low, high = float(scaling["low_freq_factor"]), float(scaling["high_freq_factor"])
    turns = float(scaling[_TRAINED]) * plain / (2 * math.pi)
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return _blend(kept, float(scaling["factor"]))


def _yarn(scaling: Mapping[str, Any], theta: float, head_dim: int, context: int) -> Stretch:
    """As Llama 3's, with a ramp over the frequencies' numbers. Peng et al. 2023."""
    factor = float(scaling["factor"])
    trained = float(scaling.get(_TRAINED) or context)

    def number(turns: float) -> float:
        """Of the frequency that turns that often within the length first trained on."""
        return head_dim * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(theta))

    first = number(scaling.get("beta_fast") or 32)
    last = number(scaling.get("beta_slow") or 1)
    if scaling.get("truncate", True):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, head_dim - 1)
    width = last - first or 0.001
    kept = 1 - np.clip((np.arange(head_dim // 2) - first) / width, 0, 1)
    return _blend(kept, factor, _yarn_magnitude(scaling, factor))


def _yarn_magnitude(scaling: Mapping[str, Any], factor: float) -> float:
    def magnitude(scale: float) -> float:
        return 0.1 * scale * math.log(factor) + 1 if factor > 1 else 1.0

    said = scaling.get("attention_factor")
    if said is not None:
        return float(said)
    above, below = scaling.get("mscale"), scaling.get("mscale_all_dim")
    return magnitude(above) / magnitude(below) if above and below else magnitude(1)


def _blend(kept: npt.NDArray[np.float64], factor: float, magnitude: float = 1.0) -> Stretch:
    """*kept*: the share of each frequency that stays as it is; the rest is divided."""
    divisors = 1 / (kept + (1 - kept) / factor)
    return Stretch(tuple(divisors.tolist()), magnitude)
