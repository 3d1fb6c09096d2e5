"""Which values of a job a person should look at, the least sure first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from orchestration.storage.corrections import Path
from orchestration.storage.review import Open

__all__ = ["Item", "Queue"]

MOST = 5_000  # values in line; the surest of a larger job can wait


@dataclass(frozen=True, slots=True)
class Item:
    """One value to look at: its page, record and path, as `storage.review` takes them."""

    source: str
    index: int
    path: Path

    @property
    def field(self) -> str:
        return ".".join(str(step + 1) if isinstance(step, int) else step for step in self.path)

    @property
    def steps(self) -> Sequence[str]:
        """The names on the path, which lead to the field of the schema."""
        return [step for step in self.path if isinstance(step, str)]


@dataclass(slots=True)
class Queue:
    """The items in line, and those that somebody has looked at since it was made."""

    items: Sequence[Item]
    done: set[Item] = field(default_factory=set)

    @classmethod
    def of(cls, open_values: Iterable[Open]) -> Queue:
        items = [Item(one.source, one.index, one.path) for one in open_values]
        return cls(items[:MOST])
