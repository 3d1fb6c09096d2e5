"""Every release of Qwen2, and what it is for here. Frozen data, no I/O.

The small two run on this machine; the large ones plan, behind an endpoint. Base models follow no
instructions: they are what people fine-tune, and their result is named as a model by its path.

Source: the model cards at huggingface.co/Qwen, and arXiv 2407.10671.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Release", "releases"]

_APACHE = "Apache-2.0"
_QIANWEN = "Tongyi-Qianwen"  # asks for a licence above 100 million users a month


@dataclass(frozen=True, slots=True)
class Release:
    """One repository of weights.

    `name`: as `catalogue.Model.name`. `role`: what it is for here: "small", "large", "planner" or
    "to tune". `context`: tokens that it reads; `yarn`: as many with YaRN, `None` where it has no
    more. `licence`: an SPDX identifier, or the licence's own name where there is none.
    """

    title: str
    role: str
    context: int
    licence: str
    yarn: int | None = None

    @property
    def name(self) -> str:
        return self.title.lower()

    @property
    def hub(self) -> str:
        """The repository at the hub."""
        return f"Qwen/{self.title}"


_K = 1024
_SIZES = (
    ("Qwen2-0.5B", "small", None, _APACHE),
    ("Qwen2-1.5B", "large", None, _APACHE),
    ("Qwen2-7B", "planner", 128 * _K, _APACHE),
    ("Qwen2-57B-A14B", "planner", 64 * _K, _APACHE),
    ("Qwen2-72B", "planner", 128 * _K, _QIANWEN),
)


def releases() -> tuple[Release, ...]:
    """Base and instruct of every size, the smallest first."""
    return tuple(
        release
        for title, role, yarn, licence in _SIZES
        for release in (
            Release(title, "to tune", 32 * _K, licence),
            Release(f"{title}-Instruct", role, 32 * _K, licence, yarn),
        )
    )
