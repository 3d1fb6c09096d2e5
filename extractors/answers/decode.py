"""Greedy decoding under a grammar, in as few forward passes as possible.

Three kinds of token enter one pass: the one just chosen, those the grammar then forces (keys,
line ends), and a draft, since values are quotes of the page (`drafts`). A draft is only a guess:
each of its tokens is checked against what the model would have chosen, and the KV buffers are
rolled back to the last one that holds. Drafts change no choice but where rounding breaks a near
tie: passes of another width add numbers up in another order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import llguidance
import numpy as np
import numpy.typing as npt
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from extractors.answers.packing import Pack
from schemas.errors import DecodeFailed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.answers.drafts import Drafter
    from extractors.model.runtime import Context

__all__ = [
    "Answer",
    "Chosen",
    "GrammarCompiler",
    "Matcher",
    "Question",
    "common_prefix",
    "decode",
    "decode_steps",
    "decode_together",
]

DRAFT_TOKENS = 8
"""Tokens of a draft. Each costs a pass a little more; few drafts hold for longer."""

_LEAST_SHARE = 1e-12  # of probability: what float32 can still tell from nothing, about


# Ten times the fuel: a page may repeat itself in ways that are slow to follow (250 nines), and a
# slow step is better than a lost page. Errors in full would hold the grammar, that is, the page.
_LIMITS = llguidance.LLParserLimits(
    initial_lexer_fuel=10_000_000, step_lexer_fuel=2_000_000, verbose_errors=False
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One token, and how the choice stood, in nats before masking.

    `logprob`: its own log-probability, `None` when the grammar forced it. `runner_up`: that of the
    next best allowed token, `None` where there was no other. `kept`: the log of the share of
    probability that the grammar allowed at all.
    """

    token: int
    logprob: float | None
    runner_up: float | None = None
    kept: float = 0.0


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
        self.end: int = tokenizer.eos_token_id  # the token that closes an answer
        self._tokenizer = llguidance.LLTokenizer(
            tokenizer.backend_tokenizer.to_str(), n_vocab=vocab, eos_token=tokenizer.eos_token_id
        )

    def matcher(self, grammar: str) -> Matcher:
        """A fresh matcher for a Lark *grammar*, or for one in llguidance's own JSON form.

        Raises DecodeFailed when it does not compile.
        """
        matcher = llguidance.LLMatcher(self._tokenizer, grammar, limits=_LIMITS)
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


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and the grammar of its answer, which one answer uses up.

    `drafter`: `None` for no drafts, which gives the same answer in more passes.
    """

    prompt: Sequence[int]
    matcher: Matcher
    drafter: Drafter | None = None


def decode(
    context: Context,
    question: Question,
    *,
    max_tokens: int,
    check_stop: Callable[[], None] = lambda: None,
) -> Answer:
    """Answer *question*, at most *max_tokens* long.

    The part of the prompt that *context* already holds is not read again. *check_stop* is called
    before every forward pass and may raise to cancel.

    Raises:
        DecodeFailed: the prompt does not fit the context, the runtime stopped, or the grammar
            left no token to choose.
    """
    steps = decode_steps(context, question, max_tokens=max_tokens, check_stop=check_stop)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


def decode_steps(
    context: Context,
    question: Question,
    *,
    max_tokens: int,
    check_stop: Callable[[], None] = lambda: None,
) -> Generator[list[Chosen], None, Answer]:
    """As `decode`, yielding tokens as they are settled; the generator's value is the answer."""
    shared = context.keep_prefix(question.prompt)
    rows = context.read(question.prompt[shared:], check_stop=check_stop)[np.newaxis]
    saying = _Saying(question, max_tokens)
    while True:
        yield saying.settle(rows)
        if saying.ended:
            return saying.answer(prompt_read=len(question.prompt) - shared)
        context.rollback(len(context.tokens) - saying.stale)
        check_stop()
        rows = context.step(saying.ask(context.capacity - len(context.tokens)))


def decode_together(
    context: Context,
    questions: Sequence[Question],
    *,
    max_tokens: int,
    check_stop: Callable[[], None] = lambda: None,
) -> list[Answer]:
    """Answer all of *questions*, some tokens of each in every forward pass.

    Each answer is the one that `decode` gives, but where rounding breaks a near tie. What the
    prompts begin with alike is read once, and counted in the first answer's `prompt_read`.
    *context* must be `packable`. Raises as `decode` does, and when all do not fit the context.
    """
    trunk = common_prefix([question.prompt for question in questions])
    read = _read_trunk(context, trunk, check_stop)
    tails = [question.prompt[len(trunk) :] for question in questions]
    sayings = _say_together(Pack(context), questions, tails, max_tokens, check_stop)
    context.rollback(len(trunk))
    reads = [len(tail) + (0 if i else read) for i, tail in enumerate(tails)]
    return [s.answer(prompt_read=count) for s, count in zip(sayings, reads, strict=True)]


def common_prefix(prompts: Sequence[Sequence[int]]) -> Sequence[int]:
    """What all *prompts* begin with, short of each one's last token, whose logits are wanted."""
    shared = min(map(len, prompts)) - 1
    for prompt in prompts[1:]:
        shared = min(shared, _agreement(prompts[0], prompt))
    return prompts[0][:shared]


def _read_trunk(context: Context, trunk: Sequence[int], check_stop: Callable[[], None]) -> int:
    """Make *context* hold *trunk* and nothing else; returns how many tokens it had to read."""
    if not trunk:
        raise DecodeFailed("prompts that begin differently cannot be answered together")
    held = _agreement(context.tokens, trunk)
    context.rollback(held)
    if held < len(trunk):
        context.read(trunk[held:], check_stop=check_stop)
    return len(trunk) - held


def _say_together(
    pack: Pack,
    questions: Sequence[Question],
    tails: Sequence[Sequence[int]],
    max_tokens: int,
    check_stop: Callable[[], None],
) -> list[_Saying]:
    sayings = [_Saying(question, max_tokens) for question in questions]
    going = [(saying, pack.branch()) for saying in sayings]
    parts = [(branch, tail) for (_, branch), tail in zip(going, tails, strict=True)]
    rows = [row[np.newaxis] for row in pack.read(parts, check_stop=check_stop)]
    while going:
        for (saying, branch), its_rows in zip(going, rows, strict=True):
            saying.settle(its_rows)
            branch.forget(saying.stale)
            if saying.ended:
                pack.close(branch)
        going = [(saying, branch) for saying, branch in going if not saying.ended]
        parts = [(branch, saying.ask(max_tokens)) for saying, branch in going]
        rows = pack.step(parts, check_stop=check_stop) if parts else []
    return sayings


class _Saying:
    """One answer in the making: takes the logits of a pass, and says what the next has to read.

    `stale`: how many of the last tokens read turned out not to be the answer's. `ended`: the
    grammar or the budget has closed it.
    """

    def __init__(self, question: Question, max_tokens: int) -> None:
        self.stale = 0
        self.ended = False
        self._question = question
        self._max_tokens = max_tokens
        self._out: list[Chosen] = []
        self._asked = [question.prompt[-1]]  # what the next logits follow, token by token
        self._row = 0  # of these, the one whose logits choose next
        self._unread: list[int] = []  # settled, and in no pass yet
        self._steps = 0

    def settle(self, rows: npt.NDArray[np.float32]) -> list[Chosen]:
        """Choose as far as *rows*, (tokens asked for, vocab), reach; returns what was chosen."""
        matcher, row, start = self._question.matcher, self._row, len(self._out)
        while True:
            new = _choose(matcher, rows[row])
            self._out += new
            if matcher.stopped or len(self._out) >= self._max_tokens:
                self.ended = True
                break
            tokens = [chosen.token for chosen in new]
            held = _agreement(self._asked[row + 1 :], tokens)
            row += held
            if held < len(tokens):
                self._unread = tokens[held:]
                break
        self.stale = len(self._asked) - row - 1
        return self._out[start:]

    def ask(self, room: int) -> list[int]:
        """Tokens for the next pass: those settled, and a draft where *room* tokens leave any."""
        self._asked = self._unread
        self._row = len(self._asked) - 1
        self._steps += 1
        room = min(room, self._max_tokens - len(self._out))
        limit = min(DRAFT_TOKENS, room - len(self._asked))
        question = self._question
        if question.drafter is not None and limit > 0:
            said = [chosen.token for chosen in self._out]
            draft = question.drafter.propose(said, question.matcher, limit=limit)
            self._asked = [*self._asked, *draft]
        return self._asked

    def answer(self, *, prompt_read: int) -> Answer:
        """What was said."""
        complete = self._question.matcher.stopped
        return Answer(tuple(self._out), complete, self._steps, prompt_read)


def _choose(matcher: Matcher, logits: npt.NDArray[np.float32]) -> list[Chosen]:
    """The tokens forced now; else the most likely allowed one and those it forces."""
    forced = [Chosen(token, None) for token in matcher.forced()]
    if forced:
        return forced
    allowed = matcher.allowed(len(logits))
    if not allowed.any():
        raise DecodeFailed("the grammar allows no token here")
    first = _likeliest(logits, allowed)
    matcher.consume([first.token])
    return [first] if matcher.stopped else [first, *(Chosen(t, None) for t in matcher.forced())]


def _likeliest(logits: npt.NDArray[np.float32], allowed: npt.NDArray[np.bool_]) -> Chosen:
    """The best of the *allowed* tokens; both arrays are (vocab,)."""
    peak = float(logits.max())
    weights = np.exp(logits - peak)
    total = float(weights.sum())
    weights *= allowed
    kept = float(weights.sum())
    masked = np.where(allowed, logits, -np.inf)
    token = int(masked.argmax())
    masked[token] = -np.inf
    second = float(masked.max())
    scale = peak + math.log(total)
    return Chosen(
        token,
        float(logits[token]) - scale,
        second - scale if second > -np.inf else None,
        math.log(max(kept / total, _LEAST_SHARE)),
    )


def _agreement(batch: Sequence[int], tokens: Sequence[int]) -> int:
    """How many of *tokens* the pass has already read, in order."""
    limit = min(len(batch), len(tokens))
    return next((i for i in range(limit) if batch[i] != tokens[i]), limit)
