"""Whatever form weights are kept in, the graph built from them computes what they stand for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from gguf import GGMLQuantizationType as Kind
from gguf.quants import quantize

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.runtime import Runtime
from schemas.errors import ModelMissing, WorkerError
from tests.extractors import gguf_blocks, gguf_file, reference, safetensors_file, tiny

TOKENS = [int(i) for i in np.random.default_rng(5).integers(0, 256, 48)]
Tensors = dict[str, npt.NDArray[np.float32]]

# Heads, KV heads, width of a head, MLP: each as in the model, but for the heads' width of 16.
SHAPES = {
    "0.5B": (14, 2, 16, 1216),
    "1.5B": (12, 2, 16, 1120),
    "7B": (28, 4, 16, 2368),
}


def shaped(name: str, architecture: str = "qwen2", **changes: Any) -> dict[str, Any]:
    heads, kv_heads, width, inner = SHAPES[name]
    sizes = {
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "hidden_size": heads * width,
        "intermediate_size": inner,
    }
    return tiny.config(architecture, **sizes | changes)


def wide(architecture: str, **changes: Any) -> dict[str, Any]:
    """A model whose rows are of 256 numbers: the least that K-quants can hold."""
    return tiny.config(architecture, hidden_size=256, intermediate_size=512, **changes)


def computed(
    source: Path, folder: Path, precision: Precision = Precision.FLOAT32
) -> npt.NDArray[np.float32]:
    model = compile_model(open_checkpoint(source), folder / "compiled", precision=precision)
    return Runtime(model, threads=1).context(64).step(TOKENS)


def assert_computes(
    source: Path, tmp_path: Path, shape: dict[str, Any], stood_for: Tensors
) -> None:
    expected = reference.logits(stood_for, shape, TOKENS)
    assert np.abs(computed(source, tmp_path) - expected).max() < 1e-3
    assert expected.std() > 0.1, "logits this small would show nothing"


# Safetensors


def hub_folder(
    folder: Path, shape: dict[str, Any], tensors: Tensors, dtype: str, shards: int = 1
) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(shape))
    if shards == 1:
        safetensors_file.write(folder / "model.safetensors", tensors, dtype)
    else:
        safetensors_file.write_shards(folder, tensors, dtype, count=shards)
    return folder


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("tied", [True, False])
def test_safetensors_of_every_float_format(
    tmp_path: Path, dtype: str, shards: int, architecture: str, tied: bool
) -> None:
    shape = tiny.config(architecture, tie_word_embeddings=tied)
    drawn = tiny.tensors(shape, tied=tied)
    kept = {name: safetensors_file.ROUNDED[dtype](values) for name, values in drawn.items()}
    source = hub_folder(tmp_path / "weights", shape, drawn, dtype, shards)
    assert_computes(source, tmp_path, shape, kept)


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_a_half_width_format_is_not_the_other(dtype: str) -> None:
    """Else the test above would not tell one from the other, nor from float32."""
    drawn = tiny.tensors(tiny.config())["model.embed_tokens.weight"]
    rounded = safetensors_file.ROUNDED[dtype](drawn)
    assert np.abs(rounded - drawn).max() > 1e-4
    assert np.abs(rounded - drawn).max() < 0.1


def test_files_beside_the_shards_are_not_read(tmp_path: Path) -> None:
    """Some repositories keep the same weights a second time, or an adapter, in the same folder."""
    shape = tiny.config(tie_word_embeddings=False)
    drawn = tiny.tensors(shape, tied=False)
    folder = hub_folder(tmp_path / "weights", shape, drawn, "F32", 2)
    other = tiny.tensors(shape, seed=9, tied=False)
    safetensors_file.write(folder / "zz-consolidated.safetensors", other, "F32")
    assert_computes(folder, tmp_path, shape, drawn)


def test_files_beside_the_one_file_are_not_read(tmp_path: Path) -> None:
    shape = tiny.config()
    folder = hub_folder(tmp_path / "weights", shape, tiny.tensors(shape), "F32")
    safetensors_file.write(folder / "zz.safetensors", tiny.tensors(shape, seed=9), "F32")
    assert_computes(folder, tmp_path, shape, tiny.tensors(shape))


def test_a_shard_that_is_not_there_is_named(tmp_path: Path) -> None:
    shape = tiny.config()
    folder = hub_folder(tmp_path, shape, tiny.tensors(shape), "F32", 2)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelMissing, match="model-00002-of-00002"):
        open_checkpoint(folder).tensor("model.norm.weight")


def test_an_output_layer_beside_tied_embeddings_is_not_used(tmp_path: Path) -> None:
    """Some files hold one though config.json says that the embeddings serve for it."""
    shape = tiny.config(tie_word_embeddings=True)
    kept = tiny.tensors(shape)
    unused = {"lm_head.weight": np.ones_like(kept["model.embed_tokens.weight"])}
    source = hub_folder(tmp_path / "weights", shape, kept | unused, "F32")
    assert_computes(source, tmp_path, shape, kept)


def test_an_output_layer_that_is_missing_is_not_made_up(tmp_path: Path) -> None:
    shape = tiny.config(tie_word_embeddings=False)
    source = hub_folder(tmp_path / "weights", shape, tiny.tensors(shape), "F32")
    with pytest.raises(WorkerError, match=r"lacks the tensor lm_head\.weight"):
        computed(source, tmp_path)


def test_weights_quantised_by_another_library_are_refused_by_its_name(tmp_path: Path) -> None:
    shape = tiny.config(quantization_config={"quant_method": "awq", "bits": 4})
    source = hub_folder(tmp_path, shape, tiny.tensors(shape), "F16")
    with pytest.raises(WorkerError, match="awq"):
        open_checkpoint(source)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("tied", [True, False])
def test_the_shapes_of_qwens_models(tmp_path: Path, name: str, tied: bool) -> None:
    shape = shaped(name, tie_word_embeddings=tied)
    drawn = tiny.tensors(shape, tied=tied)
    source = hub_folder(tmp_path / "weights", shape, drawn, "F32")
    assert_computes(source, tmp_path, shape, drawn)
    eight_bit = computed(source, tmp_path, Precision.W8A8)
    expected = reference.logits(drawn, shape, TOKENS)
    assert np.corrcoef(eight_bit.ravel(), expected.ravel())[0, 1] > 0.995


@pytest.mark.parametrize("precision", list(Precision))
def test_biases_wherever_a_llama_may_have_them(tmp_path: Path, precision: Precision) -> None:
    shape = tiny.config("llama", attention_bias=True, mlp_bias=True)
    drawn = tiny.tensors(shape)
    rng = np.random.default_rng(6)
    for name in [n for n in drawn if ".mlp." in n]:
        bias = rng.standard_normal(len(drawn[name])).astype(np.float32)
        drawn[name.replace(".weight", ".bias")] = bias
    source = hub_folder(tmp_path / "weights", shape, drawn, "F32")
    expected = reference.logits(drawn, shape, TOKENS)
    found = computed(source, tmp_path, precision)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.995
    if precision is Precision.FLOAT32:
        assert np.abs(found - expected).max() < 1e-3


# GGUF


def stored(
    shape: dict[str, Any], kinds: list[Kind], *, tied: bool
) -> tuple[dict[str, gguf_file.Stored], Tensors]:
    """A random model whose matrices take turns with *kinds*, and the weights it stands for.

    Norms and biases are float32, as llama.cpp writes them.
    """
    rng = np.random.default_rng(3)
    kept: dict[str, gguf_file.Stored] = {}
    stood_for = tiny.tensors(shape, tied=tied)
    matrices = [name for name, values in stood_for.items() if values.ndim == 2]
    for name, values in stood_for.items():
        kept[name] = values, Kind.F32
    for number, name in enumerate(matrices):
        kind = kinds[number % len(kinds)]
        raw = gguf_blocks.draw(gguf_blocks.FORMATS[kind], rng, *stood_for[name].shape)
        kept[name] = raw, kind
        stood_for[name] = gguf_blocks.FORMATS[kind].values(raw)
    return kept, stood_for


@pytest.mark.parametrize("kind", gguf_blocks.FORMATS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(("architecture", "tied"), [("qwen2", True), ("llama", False)])
def test_gguf_of_every_format(tmp_path: Path, kind: Kind, architecture: str, tied: bool) -> None:
    """Every format in either architecture, and of either kind of head."""
    shape = wide(architecture)
    kept, stood_for = stored(shape, [kind], tied=tied)
    file = gguf_file.write(tmp_path / "model.gguf", shape, kept)
    checkpoint = open_checkpoint(file)
    for name, values in stood_for.items():
        np.testing.assert_allclose(checkpoint.tensor(name), values, rtol=1e-5, atol=1e-8)
    assert checkpoint.has("lm_head.weight") is not tied
    assert_computes(file, tmp_path, shape, stood_for)


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_a_gguf_file_of_mixed_formats(tmp_path: Path, architecture: str) -> None:
    """As in a Q4_K_M, whose rows that K-quants do not fit are Q5_0 or Q8_0."""
    shape = wide(architecture)
    kinds = [Kind.Q6_K, Kind.Q4_K, Kind.Q5_0, Kind.Q8_0, Kind.Q5_K]
    kept, stood_for = stored(shape, kinds, tied=False)
    file = gguf_file.write(tmp_path / "model.gguf", shape, kept)
    assert_computes(file, tmp_path, shape, stood_for)


@pytest.mark.parametrize("name", SHAPES)
def test_gguf_of_the_shapes_of_qwens_models(tmp_path: Path, name: str) -> None:
    shape = shaped(name)
    kept, stood_for = stored(shape, [Kind.Q8_0, Kind.Q4_1], tied=name != "7B")
    file = gguf_file.write(tmp_path / "model.gguf", shape, kept)
    assert_computes(file, tmp_path, shape, stood_for)


def test_the_biases_of_a_llama_are_in_the_order_of_its_rows(tmp_path: Path) -> None:
    shape = wide("llama", attention_bias=True)
    kept, stood_for = stored(shape, [Kind.Q8_0], tied=True)
    file = gguf_file.write(tmp_path / "model.gguf", shape, kept)
    assert_computes(file, tmp_path, shape, stood_for)


@pytest.mark.parametrize("kind", [Kind.Q4_0, Kind.Q4_1, Kind.Q8_0], ids=lambda kind: kind.name)
def test_a_quantised_model_is_still_about_the_same(tmp_path: Path, kind: Kind) -> None:
    """Blocks as llama.cpp's own tool makes them of given weights, in place of random ones."""
    shape = tiny.config("llama")
    drawn = tiny.tensors(shape)
    kept: dict[str, gguf_file.Stored] = {
        name: (values, Kind.F32) if values.ndim == 1 else (quantize(values, kind), kind)
        for name, values in drawn.items()
    }
    file = gguf_file.write(tmp_path / "model.gguf", shape, kept)
    expected = reference.logits(drawn, shape, TOKENS)
    found = computed(file, tmp_path)
    least = 0.999 if kind is Kind.Q8_0 else 0.95
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > least


def test_a_part_of_a_split_gguf_is_refused(tmp_path: Path) -> None:
    shape = tiny.config()
    plain: dict[str, gguf_file.Stored] = {
        name: (values, Kind.F32) for name, values in tiny.tensors(shape).items()
    }
    file = gguf_file.write(tmp_path / "model.gguf", shape, plain, split=2)
    with pytest.raises(WorkerError, match="one of 2 parts"):
        open_checkpoint(file)


def test_a_format_that_nobody_reads_is_named(tmp_path: Path) -> None:
    shape = tiny.config()
    kept: dict[str, gguf_file.Stored] = {
        name: (values, Kind.F32) for name, values in tiny.tensors(shape).items()
    }
    kept["model.embed_tokens.weight"] = np.zeros((tiny.VOCAB, 64), np.int8), Kind.I8
    file = gguf_file.write(tmp_path / "model.gguf", shape, kept)
    with pytest.raises(WorkerError, match="I8"):
        open_checkpoint(file).tensor("model.embed_tokens.weight")
