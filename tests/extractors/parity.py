"""Small random models, and what PyTorch made of them: the reference for the fused graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tests.extractors import tiny

GOLDEN = Path(__file__).parent / "golden" / "logits.npz"
"""Written by golden/make.py: "<case>.logits" (ASKED, vocab) float32, "<case>.greedy" (GREEDY,)."""

TOKENS = [int(i) for i in np.random.default_rng(2).integers(0, 256, 64)]
ASKED = 4
"""Logits are kept of the last four tokens only: they depend on all before them."""

GREEDY = 24
"""Tokens that are then chosen, each the most likely one."""

TOLERANCE = 1e-3


@dataclass(frozen=True)
class Case:
    architecture: str
    tied: bool = True
    changes: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        return tiny.save(folder, self.architecture, tied=self.tied, **self.changes)


class Golden(NamedTuple):
    logits: npt.NDArray[np.float32]
    greedy: list[int]


def _scaled(**scaling: Any) -> Case:
    """Stretched from so few positions that the first tokens' angles already differ."""
    return Case("llama", tied=False, changes={"rope_scaling": scaling})


_YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512}

CASES = {
    "qwen2": Case("qwen2"),
    "qwen2-untied": Case("qwen2", tied=False),
    "qwen2-one-kv-head": Case("qwen2", changes={"num_key_value_heads": 1}),
    "llama": Case("llama"),
    "llama-untied": Case("llama", tied=False),
    "llama-biases": Case("llama", tied=False, changes={"attention_bias": True}),
    "llama-wide-heads": Case("llama", tied=False, changes={"head_dim": 32}),
    "dynamic": _scaled(rope_type="dynamic", factor=4.0),
    "linear": _scaled(rope_type="linear", factor=4.0),
    "llama3": _scaled(
        rope_type="llama3",
        factor=8.0,
        low_freq_factor=1.0,
        high_freq_factor=4.0,
        original_max_position_embeddings=64,
    ),
    "yarn": _scaled(**_YARN),
    "yarn-attention": _scaled(**_YARN, attention_factor=0.8, beta_fast=16, beta_slow=2),
    "yarn-mscale": _scaled(**_YARN, mscale=1.0, mscale_all_dim=0.5, truncate=False),
    "yarn-qwen2": Case("qwen2", changes={"rope_scaling": {"type": "yarn", "factor": 4.0}}),
}


def golden(name: str) -> Golden:
    """What PyTorch said of the case *name*."""
    with np.load(GOLDEN) as kept:
        return Golden(kept[f"{name}.logits"], kept[f"{name}.greedy"].tolist())


def greedy(context: Any, prompt: Sequence[int]) -> list[int]:
    """GREEDY tokens after *prompt*, by a context of the runtime."""
    said = [int(context.read(prompt).argmax())]
    while len(said) < GREEDY:
        said.append(int(context.step(said[-1:])[0].argmax()))
    return said
