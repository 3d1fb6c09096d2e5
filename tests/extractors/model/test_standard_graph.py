"""A graph with Optimum's signature, read by the same loop as ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from extractors.answers.decode import GrammarCompiler, Question, decode
from extractors.model.export import ExportedModel, open_exported
from extractors.model.models import ModelLibrary
from extractors.model.runtime import CHUNK, Runtime
from extractors.model.weights import WeightStore
from schemas.errors import DecodeFailed, ModelMissing, WorkerError
from schemas.record import Tier
from tests.extractors import standard, tiny

TOKENS = [int(i) for i in np.random.default_rng(1).integers(0, tiny.VOCAB, 300)]
CLOSE = 1e-4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ExportedModel:
    return open_exported(standard.save(tmp_path_factory.mktemp("standard")))


@pytest.fixture(scope="module")
def runtime(model: ExportedModel) -> Runtime:
    return Runtime(model)


def test_every_token_gets_the_logits_of_a_plain_forward_pass(runtime: Runtime) -> None:
    found = runtime.context(512).step(TOKENS)
    np.testing.assert_allclose(found, standard.logits(TOKENS), atol=CLOSE)


def test_reading_in_chunks_equals_reading_at_once(runtime: Runtime) -> None:
    assert len(TOKENS) > CHUNK
    found = runtime.context(512).read(TOKENS)
    np.testing.assert_allclose(found, standard.logits(TOKENS)[-1], atol=CLOSE)


def test_a_shared_prefix_is_not_read_again(runtime: Runtime) -> None:
    context = runtime.context(512)
    context.read([*TOKENS[:100], 7, 8, 9])
    assert context.keep_prefix(TOKENS) == 100
    np.testing.assert_allclose(context.read(TOKENS[100:]), standard.logits(TOKENS)[-1], atol=CLOSE)


def test_tokens_rolled_back_leave_no_trace(runtime: Runtime) -> None:
    context = runtime.context(512)
    context.read(TOKENS[:20])
    context.step([1, 2, 3])
    context.rollback(21)
    np.testing.assert_allclose(
        context.step([5])[0], standard.logits([*TOKENS[:20], 1, 5])[-1], atol=CLOSE
    )


def test_tokens_that_do_not_fit_are_refused(runtime: Runtime) -> None:
    with pytest.raises(DecodeFailed, match="do not fit"):
        runtime.context(64).read(TOKENS)
    with pytest.raises(WorkerError, match="at most 512 tokens"):
        runtime.context(513)


def test_the_grammar_loop_runs_on_it(runtime: Runtime) -> None:
    tokenizer = tiny.tokenizer()
    compiler = GrammarCompiler(tokenizer, vocab=runtime.config.vocab)
    matcher = compiler.matcher("start: /(yes|no) [a-z]{3}/")
    question = Question(tokenizer("Is it so?")["input_ids"], matcher)
    answer = decode(runtime.context(256), question, max_tokens=20)
    said = tokenizer.decode([chosen.token for chosen in answer.tokens])
    assert answer.complete
    assert said.startswith(("yes ", "no "))


def test_its_folder_works_as_a_model(tmp_path: Path) -> None:
    folder = standard.save(tmp_path / "export", max_position_embeddings=4096)
    library = ModelLibrary(tmp_path / "cache", WeightStore(tmp_path / "cache", offline=True))
    model = library.outlines_model(Tier.SMALL, model=str(folder))
    assert model("Say it", max_tokens=5) is not None
    with pytest.raises(WorkerError, match="nothing to compile"):
        library.compiled(WeightStore(tmp_path, offline=True).resolve(str(folder)))


def test_a_graph_with_other_inputs_is_refused(tmp_path: Path) -> None:
    folder = standard.save(tmp_path, rename=("position_ids", "use_cache_branch"))
    with pytest.raises(WorkerError, match="use_cache_branch"):
        Runtime(open_exported(folder)).context(16)


def test_a_graph_without_a_cache_is_refused(tmp_path: Path) -> None:
    folder = standard.save(tmp_path, rename=("past_key_values", "kept"))
    with pytest.raises(WorkerError, match="not a text-generation-with-past export"):
        Runtime(open_exported(folder)).context(16)


def test_of_several_graphs_one_must_be_called_model(tmp_path: Path) -> None:
    folder = standard.save(tmp_path)
    (folder / "other.onnx").write_bytes(b"")
    assert open_exported(folder).graph.name == "model.onnx"
    (folder / "model.onnx").rename(folder / "decoder.onnx")
    with pytest.raises(ModelMissing, match=r"decoder\.onnx, other\.onnx"):
        open_exported(folder)


def test_a_model_of_no_known_length_is_refused(tmp_path: Path) -> None:
    folder = standard.save(tmp_path, max_position_embeddings=None)
    with pytest.raises(WorkerError, match="how many tokens"):
        open_exported(folder)
