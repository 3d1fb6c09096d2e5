"""Several answers that go on from one prompt prefix, some tokens of each in every forward pass.

Weights stream through the processor once a pass, so a pass for four answers costs far less than
four passes. ONNX Runtime's attention takes no batch of several tokens each over a cache. So all lie
in a single KV buffer, in the order in which their tokens were read: every token is told its place
in its own sequence, for the rotary turn, and which tokens it may not see. The prefix is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from schemas.errors import DecodeFailed

if TYPE_CHECKING:
    from extractors.model.runtime import Context

__all__ = ["Branch", "Pack"]

Logits = npt.NDArray[np.float32]
Part = tuple["Branch", Sequence[int]]
"""Tokens to append to a branch."""

_UNSEEN = np.float32(-1e9)  # added to the score of what may not be seen, whose weight is then 0
_CHUNK = 256  # tokens a pass, as when one sequence is read


class Branch:
    """One of the sequences. `tokens`: its own; `slots`: where in the buffer they lie."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.slots: list[int] = []

    def forget(self, count: int) -> None:
        """Drop its last *count* tokens. Their slots stay taken until all is read anew."""
        keep = len(self.tokens) - count
        del self.tokens[keep:], self.slots[keep:]


class Pack:
    """Branches that go on from what *context* holds, which must not be empty but be `packable`.

    While a pack is in use nothing else may use *context*; afterwards roll that back.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._trunk = len(context.tokens)
        self._branches: list[Branch] = []

    def branch(self) -> Branch:
        """A new one, without tokens of its own."""
        self._branches.append(Branch())
        return self._branches[-1]

    def close(self, branch: Branch) -> None:
        """Nothing follows on *branch*: its slots may be used again."""
        self._branches.remove(branch)

    def read(
        self, parts: Sequence[Part], *, check_stop: Callable[[], None] = lambda: None
    ) -> list[Logits]:
        """Append tokens, in chunks; returns the logits after the last one of each part, (vocab,).

        *check_stop* is called before every chunk and may raise to cancel.

        Raises:
            DecodeFailed: they do not fit the context, or the runtime stopped.
        """
        self._make_room(sum(len(tokens) for _, tokens in parts), check_stop)
        last: dict[int, Logits] = {}
        for chunk in _chunks(parts):
            check_stop()
            ends = np.cumsum([len(tokens) for _, tokens in chunk]) - 1
            for (branch, _), row in zip(chunk, self._forward(chunk, ends), strict=True):
                last[id(branch)] = row
        return [last[id(branch)] for branch, _ in parts]

    def step(
        self, parts: Sequence[Part], *, check_stop: Callable[[], None] = lambda: None
    ) -> list[Logits]:
        """Append a few tokens to each in one pass; returns the logits after every one of them.

        Arrays of (tokens, vocab), one a part. Raises as `read` does.
        """
        sizes = [len(tokens) for _, tokens in parts]
        self._make_room(sum(sizes), check_stop)
        check_stop()
        rows = self._forward(parts, np.arange(sum(sizes)))
        return np.split(rows, np.cumsum(sizes)[:-1])

    def _forward(self, parts: Sequence[Part], wanted: npt.NDArray[np.int64]) -> Logits:
        tokens = [token for _, part in parts for token in part]
        first, total = len(self._context.tokens), len(self._context.tokens) + len(tokens)
        mask = np.full((len(tokens), total), _UNSEEN, np.float32)
        mask[:, : self._trunk] = 0
        places: list[int] = []
        slot = first
        for branch, part in parts:
            end = slot + len(part)
            place = self._trunk + len(branch.tokens)
            places += range(place, place + len(part))
            branch.slots += range(slot, end)
            branch.tokens += part
            mask[slot - first : end - first, branch.slots] = 0  # within the part, order hides more
            slot = end
        return self._context.append(tokens, places=places, mask=mask, wanted=wanted)

    def _make_room(self, count: int, check_stop: Callable[[], None]) -> None:
        """Where the buffer would overflow, read the open branches anew, without unseen slots."""
        capacity = self._context.capacity
        if len(self._context.tokens) + count <= capacity:
            return
        kept = [(branch, list(branch.tokens)) for branch in self._branches if branch.tokens]
        needed = self._trunk + sum(len(tokens) for _, tokens in kept) + count
        if needed > capacity:
            raise DecodeFailed(
                f"{needed} tokens of {len(kept)} answers do not fit the context of {capacity}",
                hint="lower the page's token budget",
            )
        self._context.rollback(self._trunk)
        for branch, tokens in kept:
            branch.forget(len(tokens))
        self.read(kept, check_stop=check_stop)


def _chunks(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The same tokens in passes of at most `_CHUNK`; a long part goes on in the next one."""
    chunk: list[Part] = []
    room = _CHUNK
    for branch, tokens in parts:
        left = tokens
        while left:
            chunk.append((branch, left[:room]))
            room, left = room - len(chunk[-1][1]), left[room:]
            if not room:
                yield chunk
                chunk, room = [], _CHUNK
    if chunk:
        yield chunk
