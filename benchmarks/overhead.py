"""What the grammar costs beside the model: the share of a page's time that is no forward pass.

    python -m benchmarks.overhead [--pages 12] [--model NAME]

Real weights, the pages of `benchmarks.speed`, one after the other as a job reads them. Everything
that `decode` is given is wrapped in something that keeps time; what is then left of its seconds is
choosing: the masked argmax, the chosen token's log-probability, and the loop itself.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from benchmarks.report import Row, table
from benchmarks.workload import PAGE_TOKENS, SCHEMA, Task, tasks
from extractors.answers.decode import GrammarCompiler, Matcher, Question, decode
from extractors.answers.drafts import Drafter, PageDrafter
from extractors.answers.grammar import GAP, build_grammar
from extractors.answers.prompt import build_prompt
from extractors.model.models import TOKENIZER_FOLDER, ModelLibrary
from extractors.model.runtime import Context, Runtime
from extractors.model.tokenizer import load_tokenizer, token_counter
from extractors.model.weights import WeightStore
from extractors.relevance.passages import Shown
from extractors.worker import Budget
from orchestration.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Clock", "TimedMatcher", "main", "rows"]

_MODEL = "qwen2.5-coder-1.5b-instruct"
_PASSES = ("prompt", "passes")
_CONSTRAINT = ("write grammar", "compile grammar", "masks", "forced tokens")
_BAR = "≤ 2"  # percent


class Clock:
    """Adds up seconds under names. A name inside another one takes its seconds from that.

    *now*: seconds since some fixed moment.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        started = self._now()
        self._inner.append(0.0)
        try:
            yield
        finally:
            whole = self._now() - started
            self.seconds[name] += whole - self._inner.pop()
            self._inner[-1] += whole

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


class TimedMatcher(Matcher):
    """A matcher that says what its masks and its forced tokens take."""

    def __init__(self, whole: Matcher, clock: Clock) -> None:
        super().__init__(whole._matcher, whole._tokenizer)
        self._clock = clock

    def consume(self, tokens: Sequence[int]) -> None:
        with self._clock.time("forced tokens"):
            super().consume(tokens)

    def forced(self) -> list[int]:
        with self._clock.time("forced tokens"):
            return super().forced()

    def allowed(self, vocab: int) -> npt.NDArray[np.bool_]:
        with self._clock.time("masks"):
            return super().allowed(vocab)


class _TimedDrafter:
    def __init__(self, drafter: Drafter, clock: Clock) -> None:
        self._drafter, self._clock = drafter, clock

    def propose(self, said: Sequence[int], matcher: Matcher, *, limit: int) -> list[int]:
        with self._clock.time("drafts"):
            return self._drafter.propose(said, matcher, limit=limit)


class _TimedContext:
    """A context whose passes are timed; in all else the one it was made of."""

    def __init__(self, context: Context, clock: Clock) -> None:
        self._context, self._clock = context, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def read(self, tokens: Sequence[int], *, check_stop: Callable[[], None]) -> Any:
        with self._clock.time("prompt"):
            return self._context.read(tokens, check_stop=check_stop)

    def step(self, tokens: Sequence[int]) -> Any:
        with self._clock.time("passes"):
            return self._context.step(tokens)


def _read(
    task: Task,
    context: Context,
    compiler: GrammarCompiler,
    tokenizer: PreTrainedTokenizerFast,
    clock: Clock,
) -> int:
    """One page, as `Worker` reads it; returns the number of tokens answered."""
    with clock.time("passage, prompt"):
        document = task.page.document
        shown = Shown(task.page, links=task.page.links, count_tokens=token_counter(tokenizer))
        passage = shown.choose(SCHEMA, budget=PAGE_TOKENS)
        prompt = build_prompt(tokenizer, SCHEMA, passage.shown)
    with clock.time("write grammar"):
        text = GAP.join(document.quote(span) for span in passage.spans)
        grammar = build_grammar(SCHEMA, text, links=list(passage.links))
    with clock.time("compile grammar"):
        matcher = TimedMatcher(compiler.matcher(grammar), clock)
    with clock.time("drafts"):
        drafter = PageDrafter(tokenizer, SCHEMA, passage.shown)
    timed = cast(Context, _TimedContext(context, clock))
    question = Question(prompt, matcher, _TimedDrafter(drafter, clock))
    with clock.time("choosing"):
        answer = decode(timed, question, max_tokens=Budget().answer)
    return len(answer.tokens)


def rows(clock: Clock, *, pages: int) -> list[Row]:
    """Each part in percent of all seconds, and what the grammar's parts come to together."""
    percent = {name: 100 * part / clock.total for name, part in clock.seconds.items()}
    between = sum(part for name, part in percent.items() if name not in _PASSES)
    grammar = sum(percent.get(name, 0.0) for name in _CONSTRAINT)
    found = [Row("seconds a page", clock.total / pages)]
    for name, part in sorted(percent.items(), key=lambda item: -item[1]):
        milliseconds = 1000 * clock.seconds[name] / pages
        found.append(Row(f"{name} (% of the time)", part, "", f"{milliseconds:.1f} ms a page"))
    found.append(Row("the grammar: written, compiled, masks, forced tokens (%)", grammar, _BAR))
    return [*found, Row("all that is no forward pass (%)", between)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--model", default=_MODEL)
    options = parser.parse_args()
    settings = Settings()
    store = WeightStore(settings.cache_dir)
    model = ModelLibrary(settings.cache_dir, store).compiled(store.resolve(options.model))
    tokenizer = load_tokenizer(model.path / TOKENIZER_FOLDER)
    threads = len(os.sched_getaffinity(0))
    context = Runtime(model, threads=threads).context(PAGE_TOKENS + 2048)
    compiler = GrammarCompiler(tokenizer, vocab=model.config.vocab)
    given = tasks(tokenizer, pages=options.pages)
    _read(given[-1], context, compiler, tokenizer, Clock())  # a rehearsal that nobody times
    clock, said = Clock(), 0
    for task in given:
        said += _read(task, context, compiler, tokenizer, clock)
    print(f"{len(given)} pages, {said} tokens answered, {threads} threads", file=sys.stderr)
    print(table(rows(clock, pages=len(given))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
