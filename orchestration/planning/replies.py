"""What a planning model said, whoever asked it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """`text`: the reply. `tokens`: what it took, read and written."""

    text: str
    tokens: int
