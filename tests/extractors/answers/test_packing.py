"""Sequences read together give what each gives alone."""

from __future__ import annotations

import random
from functools import partial

import numpy as np
import pytest

from extractors.answers.decode import Answer, GrammarCompiler, decode, decode_together
from extractors.answers.packing import Pack
from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.runtime import Context, Runtime
from schemas.errors import DecodeFailed
from tests.extractors import random_cases, tiny

TRUNK = [int(i) for i in np.random.default_rng(3).integers(0, tiny.VOCAB, 40)]
TAILS = [[7, 8, 9, 10], [11], [12, 13] * 150]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """In float32: 8-bit codes turn the last digit's difference into a visible one."""
    folder = tmp_path_factory.mktemp("model")
    source = open_checkpoint(tiny.save(folder / "weights"))
    compiled = compile_model(source, folder / "compiled", precision=Precision.FLOAT32)
    return Runtime(compiled, threads=1)


@pytest.fixture(scope="module")
def compiler() -> GrammarCompiler:
    return GrammarCompiler(random_cases.TOKENIZER, vocab=tiny.VOCAB)


def alone(runtime: Runtime, tokens: list[int]) -> np.ndarray:
    """Logits after each of *tokens*, which follow the trunk."""
    return runtime.context(512).step([*TRUNK, *tokens])[len(TRUNK) :]


def packed(runtime: Runtime, capacity: int = 512) -> tuple[Context, Pack]:
    context = runtime.context(capacity)
    context.read(TRUNK)
    return context, Pack(context)


def test_sequences_of_any_length_are_read_as_if_alone(runtime: Runtime) -> None:
    _, pack = packed(runtime)
    parts = [(pack.branch(), tail) for tail in TAILS]
    for tail, found in zip(TAILS, pack.read(parts), strict=True):
        np.testing.assert_allclose(found, alone(runtime, tail)[-1], atol=1e-4)


def test_steps_go_on_where_each_sequence_stands(runtime: Runtime) -> None:
    _, pack = packed(runtime)
    first, second = pack.branch(), pack.branch()
    pack.read([(first, [1, 2, 3]), (second, [4])])
    first.forget(2)  # as after a draft that did not hold
    rows = pack.step([(second, [5, 6]), (first, [9])])
    np.testing.assert_allclose(rows[0], alone(runtime, [4, 5, 6])[1:], atol=1e-4)
    np.testing.assert_allclose(rows[1], alone(runtime, [1, 9])[1:], atol=1e-4)


def test_a_full_buffer_is_cleared_of_what_nothing_sees(runtime: Runtime) -> None:
    context, pack = packed(runtime, capacity=len(TRUNK) + 12)
    kept, closed = pack.branch(), pack.branch()
    pack.read([(kept, [1, 2]), (closed, [3, 4, 5, 6])])
    pack.close(closed)
    kept.forget(1)
    pack.step([(kept, [7, 8, 9, 10])])
    rows = pack.step([(kept, [11, 12, 13])])
    assert len(context.tokens) == len(TRUNK) + 8
    np.testing.assert_allclose(rows[0], alone(runtime, [1, 7, 8, 9, 10, 11, 12, 13])[5:], atol=1e-4)


def test_what_cannot_fit_is_refused(runtime: Runtime) -> None:
    _, pack = packed(runtime, capacity=len(TRUNK) + 12)
    branch = pack.branch()
    pack.read([(branch, [1] * 10)])
    with pytest.raises(DecodeFailed, match="do not fit"):
        pack.step([(branch, [1] * 3)])


def test_an_answer_is_the_same_in_company(runtime: Runtime, compiler: GrammarCompiler) -> None:
    """Some hundred random pages, answered alone and in groups of one to five."""
    rng = random.Random(5)
    alone, together = runtime.context(4096), runtime.context(4096)
    for _ in range(40):
        schema, drafts = random_cases.schema(rng), rng.random() < 0.8
        pages = [random_cases.page(rng) for _ in range(rng.randint(1, 5))]
        ask = partial(random_cases.question, compiler, schema, drafts=drafts)
        wanted = [decode(alone, ask(page), max_tokens=48) for page in pages]
        found = decode_together(together, [ask(page) for page in pages], max_tokens=48)
        assert [tokens(answer) for answer in found] == [tokens(answer) for answer in wanted]
        assert [answer.complete for answer in found] == [answer.complete for answer in wanted]


def tokens(answer: Answer) -> list[int]:
    return [chosen.token for chosen in answer.tokens]


def test_a_stop_is_asked_for_before_every_pass(runtime: Runtime, compiler: GrammarCompiler) -> None:
    class Stopped(Exception):
        pass

    calls = 0

    def check_stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Stopped

    rng = random.Random(6)
    schema = random_cases.schema(rng)
    asked = [
        random_cases.question(compiler, schema, page, drafts=True) for page in ("an oak", "an ash")
    ]
    with pytest.raises(Stopped):
        decode_together(runtime.context(1024), asked, max_tokens=48, check_stop=check_stop)
