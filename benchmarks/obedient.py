"""A stand-in for a model that says what it is told to, as far as the grammar lets it.

It takes the place of the ONNX Runtime behind the real `Worker`, so everything around a model is
exercised: prompt, grammar, decoding, reading back, evidence and normalising.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast

from extractors.worker import Budget, Worker
from schemas.record import Tier

if TYPE_CHECKING:
    from extractors.model.runtime import Runtime

__all__ = ["ObedientWorker"]

_MARKERS = ["<|end|>", "<|user|>", "<|assistant|>"]
_CHAT = (
    "{% for m in messages %}<|user|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_NEVER = -50.0  # the logit of a byte that the prompt does not hold
_WISH = 0.5  # so small a lead that no other byte of the prompt falls under the dead-end threshold


class ObedientWorker:
    """A `Worker` whose model says what it is told, and babbles from where it cannot.

    *page* and *answer* are its budgets in tokens, which are bytes here; *selectors* as in `Budget`.
    """

    def __init__(
        self, *, page: int = 100_000, answer: int = 20_000, selectors: bool = False
    ) -> None:
        self._speaker = _Speaker(_byte_tokenizer())
        self.worker = Worker(
            cast("Runtime", self._speaker),
            self._speaker.tokenizer,
            tier=Tier.SMALL,
            budget=Budget(page=page, answer=answer, selectors=selectors),
        )

    def told(self, wish: str, *, seed: int = 0) -> Worker:
        """The worker, its model told to say *wish* and stop; `""` for babble alone, by *seed*."""
        return self.told_by(lambda prompt: wish, seed=seed)

    def told_by(self, read: Callable[[str], str], *, seed: int = 0) -> Worker:
        """The worker, its model told to say what *read* makes of each prompt, as `told` does."""
        self._speaker.read_prompt = read
        self._speaker.random = random.Random(seed)
        return self.worker


class _Speaker:
    """Runtime and context in one: `Worker` needs no more of either than stands here."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.read_prompt: Callable[[str], str] = lambda prompt: ""
        self._wish: list[int] = []
        self.random = random.Random(0)
        self.vocab = len(tokenizer)
        self.tokens: list[int] = []
        self.capacity = 1_000_000
        self.packable = False
        self._prompt = 0
        self._plain: npt.NDArray[np.float32] = np.empty(0, np.float32)

    @property
    def config(self) -> _Speaker:
        return self

    def context(self, capacity: int) -> _Speaker:
        self.capacity = capacity
        return self

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def keep_prefix(self, prompt: Sequence[int]) -> int:
        self.tokens = []
        self._prompt = len(prompt)
        wish = self.read_prompt(self.tokenizer.decode(prompt))
        self._wish = self.encode(f"{wish}{_MARKERS[0]}" if wish else "")
        self._plain = np.full(self.vocab, _NEVER, np.float32)
        self._plain[list(set(prompt))] = 0.0
        return 0

    def rollback(self, length: int) -> None:
        del self.tokens[length:]

    def read(
        self, tokens: Sequence[int], *, check_stop: Callable[[], None] = lambda: None
    ) -> npt.NDArray[np.float32]:
        return cast("npt.NDArray[np.float32]", self.step(tokens[-1:], before=tokens[:-1])[0])

    def step(self, tokens: Sequence[int], *, before: Sequence[int] = ()) -> Any:
        self.tokens.extend(before)
        rows = []
        for token in tokens:
            self.tokens.append(token)
            rows.append(self._logits())
        return np.stack(rows)

    def _logits(self) -> npt.NDArray[np.float32]:
        said = self.tokens[self._prompt :]
        logits = self._plain.copy()
        if said == self._wish[: len(said)] and len(said) < len(self._wish):
            logits[self._wish[len(said)]] += _WISH
        else:
            logits[self.random.sample(range(self.vocab), self.vocab // 8)] += _WISH / 2
        return logits


def _byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, and the chat markers."""
    alphabet = sorted(ByteLevel.alphabet())
    backend = Tokenizer(BPE(vocab={sign: i for i, sign in enumerate(alphabet)}, merges=[]))
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = ByteLevelDecoder()
    backend.add_special_tokens(_MARKERS)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token=_MARKERS[0], chat_template=_CHAT
    )
