"""Greedy decoding under a grammar, in as few forward passes as possible.

Three kinds of token enter one pass: the one just chosen, those the grammar then forces (keys,
line ends), and a draft, since values are quotes of the page (`drafts`). A draft is only a guess:
each of its tokens is checked against what the model would have chosen, and the KV buffers are
rolled back to the last one that holds. Drafts change no choice but where rounding breaks a near
tie: passes of another width add numbers up in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import llguidance
import numpy as np
import numpy.typing as npt
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from schemas.errors import DecodeFailed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.drafts import Drafter
    from extractors.runtime import Context

__all__ = ["Answer", "Chosen", "GrammarCompiler", "Matcher", "decode", "decode_steps"]

DRAFT_TOKENS = 8
"""Tokens of a draft. Each costs a pass a little more; few drafts hold for longer."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One token. `logprob`: nats, before masking; `None` when the grammar forced it."""

    token: int
    logprob: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said. `complete` is false when the token budget ended it.

    `steps`: forward passes after the prompt. `prompt_read`: prompt tokens that were not already
    in the context.
    """

    tokens: tuple[Chosen, ...]
    complete: bool
    steps: int
    prompt_read: int


class GrammarCompiler:
    """Compiles grammars for one tokenizer of at most *vocab* tokens. Takes a second to build."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, vocab: int) -> None:
        self._tokenizer = llguidance.LLTokenizer(
            tokenizer.backend_tokenizer.to_str(), n_vocab=vocab, eos_token=tokenizer.eos_token_id
        )

    def matcher(self, grammar: str) -> Matcher:
        """A fresh matcher for a Lark *grammar*, or for one in llguidance's own JSON form.

        Raises DecodeFailed when it does not compile.
        """
        matcher = llguidance.LLMatcher(self._tokenizer, grammar)
        return Matcher(matcher, self._tokenizer)

    def decode_bytes(self, token: int) -> bytes:
        """The bytes that *token* stands for."""
        return self._tokenizer.decode_bytes([token])


class Matcher:
    """llguidance's matcher, with its error flag turned into an exception: it never raises."""

    def __init__(self, matcher: llguidance.LLMatcher, tokenizer: llguidance.LLTokenizer) -> None:
        self._matcher = matcher
        self._tokenizer = tokenizer
        self._bits = allocate_token_bitmask(1, tokenizer.vocab_size)
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            raise DecodeFailed(f"the grammar failed: {self._matcher.get_error()}")

    @property
    def stopped(self) -> bool:
        """Whether the answer is closed: nothing can follow."""
        return self._matcher.is_stopped()

    def consume(self, tokens: Sequence[int]) -> None:
        """Move on by *tokens*, each of which must be allowed. Raises DecodeFailed."""
        self._matcher.consume_tokens(list(tokens))
        self._check()

    def copy(self) -> Matcher:
        """Another matcher at the same place, to look ahead with."""
        return Matcher(self._matcher.deep_copy(), self._tokenizer)

    def count_allowed(self, tokens: Sequence[int]) -> int:
        """How many of *tokens* could be consumed, in order; nothing is."""
        return int(self._matcher.validate_tokens(list(tokens)))

    def decode_bytes(self, tokens: Sequence[int]) -> bytes:
        """The bytes that *tokens* stand for."""
        return bytes(self._tokenizer.decode_bytes(list(tokens)))

    def forced(self) -> list[int]:
        """Tokens that must come next, consumed already; `[]` when there is a choice."""
        tokens = self._matcher.compute_ff_tokens()
        if tokens:
            self.consume(tokens)
        return tokens

    def allowed(self, vocab: int) -> npt.NDArray[np.bool_]:
        """Which of the first *vocab* tokens may come next, as (vocab,) booleans."""
        fill_next_token_bitmask(self._matcher, self._bits, 0)
        self._check()
        bits = np.unpackbits(self._bits.view(np.uint8)[0], bitorder="little").view(np.bool_)
        if len(bits) < vocab:  # rows that pad the embedding stand for no token
            bits = np.pad(bits, (0, vocab - len(bits)))
        return bits[:vocab]


def decode(
    context: Context,
    matcher: Matcher,
    prompt: Sequence[int],
    *,
    max_tokens: int,
    drafter: Drafter | None = None,
    check_stop: Callable[[], None] = lambda: None,
) -> Answer:
    """Answer *prompt* under *matcher*, at most *max_tokens* long.

    The part of the prompt that *context* already holds is not read again. *drafter*: `None` for no
    drafts, which gives the same answer in more passes. *check_stop* is called before every
    forward pass and may raise to cancel.

    Raises:
        DecodeFailed: the prompt does not fit the context, the runtime stopped, or the grammar
            left no token to choose.
    """
    steps = decode_steps(
        context, matcher, prompt, max_tokens=max_tokens, drafter=drafter, check_stop=check_stop
    )
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


def decode_steps(
    context: Context,
    matcher: Matcher,
    prompt: Sequence[int],
    *,
    max_tokens: int,
    drafter: Drafter | None = None,
    check_stop: Callable[[], None] = lambda: None,
) -> Generator[list[Chosen], None, Answer]:
    """As `decode`, yielding tokens as they are settled; the generator's value is the answer."""
    shared = context.keep_prefix(prompt)
    rows = context.read(prompt[shared:], check_stop=check_stop)[np.newaxis]
    out: list[Chosen] = []
    batch: list[int] = [prompt[-1]]  # what `rows` follows, token by token
    row = steps = 0
    while True:
        new = _choose(matcher, rows[row])
        out.extend(new)
        yield new
        if matcher.stopped or len(out) >= max_tokens:
            break
        tokens = [chosen.token for chosen in new]
        held = _agreement(batch[row + 1 :], tokens)
        row += held
        if held == len(tokens):
            continue
        context.rollback(len(context.tokens) - (len(batch) - row - 1))
        room = min(context.capacity - len(context.tokens), max_tokens - len(out))
        batch = tokens[held:]
        limit = min(DRAFT_TOKENS, room - len(tokens))
        if drafter is not None and limit > 0:
            said = [chosen.token for chosen in out]
            batch += drafter.propose(said, matcher, limit=limit)
        check_stop()
        rows = context.step(batch)
        row = len(tokens) - held - 1
        steps += 1
    return Answer(tuple(out), matcher.stopped, steps, len(prompt) - shared)


def _choose(matcher: Matcher, logits: npt.NDArray[np.float32]) -> list[Chosen]:
    """The tokens forced now; else the most likely allowed one and those it forces."""
    forced = [Chosen(token, None) for token in matcher.forced()]
    if forced:
        return forced
    allowed = matcher.allowed(len(logits))
    if not allowed.any():
        raise DecodeFailed("the grammar allows no token here")
    token = int(np.where(allowed, logits, -np.inf).argmax())
    matcher.consume([token])
    first = Chosen(token, _logprob(logits, token))
    return [first] if matcher.stopped else [first, *(Chosen(t, None) for t in matcher.forced())]


def _logprob(logits: npt.NDArray[np.float32], token: int) -> float:
    peak = float(logits.max())
    return float(logits[token]) - peak - float(np.log(np.exp(logits - peak).sum()))


def _agreement(batch: Sequence[int], tokens: Sequence[int]) -> int:
    """How many of *tokens* the pass has already read, in order."""
    limit = min(len(batch), len(tokens))
    return next((i for i in range(limit) if batch[i] != tokens[i]), limit)
