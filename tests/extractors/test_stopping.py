"""A page that is stopped ends before the next forward pass; one that does not fit never begins."""

from __future__ import annotations

import numpy as np
import pytest

from extractors.answers.decode import Answer, GrammarCompiler, Question, decode
from extractors.answers.drafts import PromptDrafter
from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.runtime import CHUNK, Context, Runtime
from schemas.errors import DecodeFailed
from tests.extractors import tiny

PROMPT = [int(i) for i in np.random.default_rng(7).integers(97, 122, 2 * CHUNK + 9)]
GRAMMAR = "start: /[a-z]{24}/"


class Stopped(Exception):
    """What a caller may raise to leave a page."""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder = tmp_path_factory.mktemp("model")
    checkpoint = open_checkpoint(tiny.save(folder / "weights"))
    return Runtime(compile_model(checkpoint, folder / "c", precision=Precision.FLOAT32), threads=1)


@pytest.fixture(scope="module")
def compiler() -> GrammarCompiler:
    return GrammarCompiler(tiny.tokenizer(), vocab=tiny.VOCAB)


def answer(context: Context, compiler: GrammarCompiler, *, stop_at: int | None = None) -> Answer:
    """24 letters; *stop_at*: the call of `check_stop` that raises, from 0."""
    calls = iter(range(10_000))

    def check_stop() -> None:
        if next(calls) == stop_at:
            raise Stopped

    question = Question(PROMPT, compiler.matcher(GRAMMAR), PromptDrafter(PROMPT))
    return decode(context, question, max_tokens=30, check_stop=check_stop)


def test_it_is_asked_once_before_every_pass(runtime: Runtime, compiler: GrammarCompiler) -> None:
    context = runtime.context(1024)
    seen: list[int] = []
    said = decode(
        context,
        Question(PROMPT, compiler.matcher(GRAMMAR)),
        max_tokens=30,
        check_stop=lambda: seen.append(len(context.tokens)),
    )
    assert seen[:3] == [0, CHUNK, 2 * CHUNK]
    assert len(seen) == 3 + said.steps
    assert said.steps > 20


def test_a_choice_knows_what_it_was_up_against(runtime: Runtime, compiler: GrammarCompiler) -> None:
    """The chosen token leads, and what the grammar left holds it and the next best one."""
    chosen = [t for t in answer(runtime.context(1024), compiler).tokens if t.logprob is not None]
    assert chosen
    for token in chosen:
        assert token.logprob is not None
        assert token.runner_up is not None
        assert token.runner_up <= token.logprob < 0
        assert np.exp(token.logprob) + np.exp(token.runner_up) <= np.exp(token.kept) + 1e-6
        assert token.kept < 0  # 26 letters of a vocabulary that has more


@pytest.mark.parametrize("call", [0, 1, 2, 3, 9])
def test_after_the_stop_nothing_more_is_read(
    runtime: Runtime, compiler: GrammarCompiler, call: int
) -> None:
    context = runtime.context(1024)
    with pytest.raises(Stopped):
        answer(context, compiler, stop_at=call)
    held = len(context.tokens)
    assert held == call * CHUNK if call < 3 else len(PROMPT) <= held < len(PROMPT) + 30


def test_a_stopped_page_leaves_the_context_fit_for_the_next(
    runtime: Runtime, compiler: GrammarCompiler
) -> None:
    expected = answer(runtime.context(1024), compiler)
    context = runtime.context(1024)
    for call in (1, 5):
        with pytest.raises(Stopped):
            answer(context, compiler, stop_at=call)
    tokens = [chosen.token for chosen in answer(context, compiler).tokens]
    assert tokens == [chosen.token for chosen in expected.tokens]


def test_a_prompt_beyond_the_context_is_refused_before_it_is_read(
    runtime: Runtime, compiler: GrammarCompiler
) -> None:
    context = runtime.context(len(PROMPT) - 1)
    with pytest.raises(DecodeFailed, match="do not fit the context"):
        answer(context, compiler, stop_at=0)  # no pass was about to be made
    assert context.tokens == []


def test_an_answer_that_outgrows_the_context_is_refused(
    runtime: Runtime, compiler: GrammarCompiler
) -> None:
    context = runtime.context(len(PROMPT) + 5)
    with pytest.raises(DecodeFailed, match="do not fit the context"):
        answer(context, compiler)
    assert len(context.tokens) <= context.capacity
