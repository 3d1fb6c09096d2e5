"""Text for a prompt, piece by piece, under a grammar or under somebody's logits processor."""

from __future__ import annotations

import codecs
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from extractors.answers.decode import Answer, Chosen, GrammarCompiler, Question, decode_steps
from extractors.answers.drafts import PromptDrafter
from schemas.errors import DecodeFailed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.model.runtime import Context, Runtime

__all__ = ["LogitsProcessor", "Run", "TextGenerator"]


class LogitsProcessor(Protocol):
    """Chooses what may be said next, as Outlines' own processors do."""

    def reset(self) -> object:
        """Forget the answer before: a new one begins."""

    def __call__(self, ids: npt.NDArray[np.int64], logits: npt.NDArray[np.float32], /) -> Any:
        """Logits to choose by, (1, vocab); *ids* (1, tokens): prompt and answer so far."""


_GROWTH = 1024  # tokens; a context grows in such steps, so that few prompts make it anew


@dataclass(frozen=True, slots=True)
class Run:
    """What one answer took.

    `complete`: false when *max_tokens* ended it. `prompt_read`: prompt tokens that were not
    already in the context. `passes`: forward passes after the prompt. `seconds`: wall time from
    the call to the last piece, the reader's own time between pieces included.
    """

    complete: bool
    prompt_tokens: int
    prompt_read: int
    output_tokens: int
    passes: int
    seconds: float


class TextGenerator:
    """Answers token prompts greedily, one at a time. Not thread-safe: it holds one KV cache.

    What two prompts in a row begin with alike is read once.
    """

    def __init__(self, runtime: Runtime, tokenizer: PreTrainedTokenizerFast) -> None:
        self._runtime = runtime
        self._vocab = min(len(tokenizer), runtime.config.vocab)
        self._end = tokenizer.eos_token_id
        added = tokenizer.added_tokens_decoder
        self._unprinted = {i for i, token in added.items() if token.special}
        self._compiler = GrammarCompiler(tokenizer, vocab=runtime.config.vocab)
        self._context: Context | None = None
        self._turn = 0

    def pieces(
        self, prompt: Sequence[int], steer: str | LogitsProcessor, *, max_tokens: int
    ) -> Generator[str, None, Run]:
        """Yield the answer's text as it is settled; the generator's value is its `Run`.

        *steer*: a grammar, or a processor called before every token. Pieces hold whole
        characters; one that *max_tokens* cut in two is left out.

        Raises:
            DecodeFailed: the prompt is empty or too long, the grammar or the processor left no
                token to choose, or another call began in between.
        """
        started = time.perf_counter()
        self._turn += 1
        turn = self._turn
        text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        steps = _Steps(self._steps(prompt, steer, max_tokens))
        for chosen in steps:
            if piece := text.decode(self._bytes(chosen)):
                yield piece
                self._make_sure_nobody_came_between(turn)
        answer = steps.answer
        if answer.complete and (rest := text.decode(b"", final=True)):
            yield rest
        seconds = time.perf_counter() - started
        sizes = (len(prompt), answer.prompt_read, len(answer.tokens), answer.steps)
        return Run(answer.complete, *sizes, seconds)

    def _steps(
        self, prompt: Sequence[int], steer: str | LogitsProcessor, max_tokens: int
    ) -> Generator[list[Chosen], None, Answer]:
        context = self._room(len(prompt), max_tokens)
        if isinstance(steer, str):
            matcher = self._compiler.matcher(steer)
            question = Question(prompt, matcher, PromptDrafter(prompt))
            return decode_steps(context, question, max_tokens=max_tokens)
        return _process(context, prompt, steer, max_tokens, vocab=self._vocab, end=self._end)

    def _room(self, prompt: int, answer: int) -> Context:
        """The context, made anew when it is too small."""
        limit = self._runtime.config.context
        if not prompt or answer < 1:
            raise DecodeFailed("there is no prompt, or no room for an answer")
        if prompt + answer > limit:
            raise DecodeFailed(
                f"{prompt} tokens of prompt and {answer} of answer are more than the {limit} "
                "that the model reads",
                hint="shorten the prompt or lower max_tokens",
            )
        if self._context is None or self._context.capacity < prompt + answer:
            self._context = None  # the old buffers go before the new ones come
            steps = -(-(prompt + answer) // _GROWTH)
            self._context = self._runtime.context(min(limit, steps * _GROWTH))
        return self._context

    def _bytes(self, chosen: Sequence[Chosen]) -> bytes:
        tokens = [c.token for c in chosen if c.token not in self._unprinted]
        return b"".join(self._compiler.decode_bytes(token) for token in tokens)

    def _make_sure_nobody_came_between(self, turn: int) -> None:
        if turn != self._turn:
            raise DecodeFailed(
                "another call to this model began before the stream was read to its end",
                hint="read a stream to its end first, or open a second model",
            )


class _Steps:
    """A generator of tokens that keeps its value: `answer`, once it is through."""

    answer: Answer

    def __init__(self, steps: Generator[list[Chosen], None, Answer]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[list[Chosen]]:
        self.answer = yield from self._steps


def _process(
    context: Context,
    prompt: Sequence[int],
    processor: LogitsProcessor,
    max_tokens: int,
    *,
    vocab: int,
    end: int | None,
) -> Generator[list[Chosen], None, Answer]:
    """One token a pass, each chosen by *processor*. Rows beyond *vocab* stand for no token."""
    processor.reset()
    shared = context.keep_prefix(prompt)
    logits = context.read(prompt[shared:])
    ids = list(prompt)
    out: list[Chosen] = []
    while True:
        token = _pick(processor(np.array([ids], np.int64), logits[np.newaxis, :vocab].copy()))
        ids.append(token)
        out.append(Chosen(token, None))
        yield out[-1:]
        if token == end or len(out) == max_tokens:
            return Answer(tuple(out), token == end, len(out) - 1, len(prompt) - shared)
        logits = context.step([token])[-1]


def _pick(logits: Any) -> int:
    row = np.asarray(logits)[0]
    token = int(row.argmax())
    if not row[token] > -np.inf:  # NaN is no choice either
        raise DecodeFailed("the logits processor allows no token here")
    return token
