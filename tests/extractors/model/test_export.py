"""Optimum's exports, made here and now: PyTorch, Optimum's own runner and both our graphs agree."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from extractors.model.checkpoint import open_checkpoint
from extractors.model.compile import Precision, compile_model
from extractors.model.export import export_model
from extractors.model.models import ModelLibrary
from extractors.model.runtime import Runtime, StandardContext
from extractors.model.weights import WeightStore
from schemas.errors import WorkerError
from schemas.record import Tier
from tests.extractors import gguf_file, parity, tiny
from tests.extractors.golden.make import pytorch

HAS_EXTRA = bool(find_spec("torch") and find_spec("optimum"))
needs_extra = pytest.mark.skipif(
    not HAS_EXTRA, reason="the extra `export` is not installed: see requirements-export.txt"
)
# What the libraries of the extra say of themselves is not ours to mend.
pytestmark = pytest.mark.filterwarnings("default")


def said(runtime: Runtime) -> parity.Golden:
    logits = runtime.context(128).step(parity.TOKENS)[-parity.ASKED :]
    return parity.Golden(logits, parity.greedy(runtime.context(128), parity.TOKENS))


def assert_same(found: parity.Golden, expected: parity.Golden) -> None:
    assert np.abs(found.logits - expected.logits).max() < parity.TOLERANCE
    assert found.greedy == expected.greedy


@pytest.mark.skipif(HAS_EXTRA, reason="the extra `export` is installed")
def test_without_the_extra_the_way_to_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="needs torch and Optimum") as caught:
        export_model(tiny.save(tmp_path / "weights"), tmp_path / "export")
    assert "requirements-export.txt" in caught.value.hint
    assert not (tmp_path / "export").exists()


@needs_extra
@pytest.mark.parametrize("name", ["qwen2-untied", "qwen2-one-kv-head", "llama-biases", "yarn"])
def test_pytorch_optimum_and_both_graphs_say_the_same(tmp_path: Path, name: str) -> None:
    from optimum.onnxruntime import ORTModelForCausalLM

    weights = parity.CASES[name].save(tmp_path / "weights")
    exported = export_model(weights, tmp_path / "export")
    fused = compile_model(open_checkpoint(weights), tmp_path / "fused", precision=Precision.FLOAT32)
    expected = pytorch(weights)
    assert_same(expected, parity.golden(name))
    assert_same(said(Runtime(exported)), expected)
    assert_same(said(Runtime(fused)), expected)
    assert_same(optimum_says(ORTModelForCausalLM.from_pretrained(exported.path)), expected)


def optimum_says(model: Any) -> parity.Golden:
    """Through Optimum's own class, as its users run it."""
    import torch

    prompt = torch.tensor([parity.TOKENS])
    logits = model(prompt, attention_mask=torch.ones_like(prompt)).logits[0].numpy()
    ids = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=parity.GREEDY,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )
    return parity.Golden(logits[-parity.ASKED :], ids[0, len(parity.TOKENS) :].tolist())


OTHERS: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 256},
    "gpt_neox": {
        **{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
        **{"intermediate_size": 96, "max_position_embeddings": 256},
    },
    "mistral": {
        **{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
        **{"num_key_value_heads": 2, "intermediate_size": 96, "sliding_window": 16},
        **{"max_position_embeddings": 256, "head_dim": 16},
    },
    "qwen3": {
        **{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
        **{"num_key_value_heads": 2, "intermediate_size": 96, "head_dim": 16},
        **{"max_position_embeddings": 256},
    },
}


def other_model(folder: Path, kind: str) -> Path:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    shape = {"vocab_size": tiny.VOCAB, "initializer_range": 0.3, **OTHERS[kind]}
    config = AutoConfig.for_model(kind, **shape, bos_token_id=0, eos_token_id=0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tiny.tokenizer().save_pretrained(str(folder))
    return folder


@needs_extra
@pytest.mark.parametrize("kind", OTHERS)
def test_models_we_do_not_compile_run_as_exports(tmp_path: Path, kind: str) -> None:
    weights = other_model(tmp_path / "weights", kind)
    with pytest.raises(WorkerError) as caught:
        open_checkpoint(weights)
    assert "--via optimum" in caught.value.hint
    runtime = Runtime(export_model(weights, tmp_path / "export"))
    expected = pytorch(weights)
    assert_same(said(runtime), expected)
    again = runtime.context(128)
    again.read([*parity.TOKENS[:40], 1, 2, 3])
    assert again.keep_prefix(parity.TOKENS) == 40
    found = again.step(parity.TOKENS[40:])[-parity.ASKED :]
    assert np.abs(found - expected.logits).max() < parity.TOLERANCE


@needs_extra
def test_a_gguf_file_is_dequantised_on_the_way(tmp_path: Path) -> None:
    file = gguf_file.save(tmp_path / "model.gguf", rope={"dimension_count": 16})
    exported = export_model(file, tmp_path / "export")
    assert_same(said(Runtime(exported)), parity.golden("llama-untied"))


@needs_extra
def test_a_stretched_gguf_file_is_refused(tmp_path: Path) -> None:
    rope = {"dimension_count": 16, "scaling.type": "linear", "scaling.factor": 4.0}
    with pytest.raises(WorkerError, match="would be lost"):
        export_model(gguf_file.save(tmp_path / "model.gguf", rope=rope), tmp_path / "export")


@needs_extra
def test_a_missing_tensor_is_not_made_up(tmp_path: Path) -> None:
    file = tiny.save(tmp_path / "weights") / "model.safetensors"
    kept = load_file(file)
    del kept["model.norm.weight"]
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(WorkerError, match=r"lacks the tensor model\.norm\.weight"):
        export_model(file.parent, tmp_path / "export")
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


@needs_extra
def test_what_optimum_does_not_know_is_refused(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "weights")
    shape = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(shape | {"model_type": "nobody_knows"}))
    with pytest.raises(WorkerError, match="transformers cannot read"):
        export_model(folder, tmp_path / "export")


@needs_extra
def test_an_export_is_made_once_and_runs_by_its_folder(tmp_path: Path) -> None:
    store = WeightStore(tmp_path / "cache", offline=True)
    library = ModelLibrary(tmp_path / "cache", store)
    weights = store.resolve(str(tiny.save(tmp_path / "weights")))
    exported = library.exported(weights)
    made = exported.graph.stat().st_mtime_ns
    assert library.exported(weights).graph.stat().st_mtime_ns == made
    assert isinstance(Runtime(exported).context(64), StandardContext)
    model = library.outlines_model(Tier.SMALL, model=str(exported.path))
    assert model("Say it", max_tokens=5) is not None
