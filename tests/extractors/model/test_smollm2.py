"""Real weights, SmolLM2-135M-Instruct in float32: PyTorch, Optimum and both our graphs agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from extractors.model.compile import Precision
from extractors.model.export import load_torch
from extractors.model.models import TOKENIZER_FOLDER, ModelLibrary
from extractors.model.runtime import Runtime
from extractors.model.tokenizer import load_tokenizer
from extractors.model.weights import Weights, WeightStore
from orchestration.settings import Settings
from schemas.errors import ModelMissing
from tests.extractors import parity

pytestmark = [
    pytest.mark.weights,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("default"),  # what the extra's libraries say of themselves
]
NO_EXTRA = "the extra `export` is not installed: see requirements-export.txt"
TEXT = (
    "The ferry to Ambleford leaves at 7:40 and at 16:15, on Sundays at noon only. A ticket costs "
    "12.50 for adults and nothing for children under six; bicycles travel free of charge. "
) * 3


@dataclass(frozen=True)
class Compiled:
    prompt: list[int]
    fused: Runtime
    exported: Runtime
    weights: Weights
    export_folder: Path


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    pytest.importorskip("torch", reason=NO_EXTRA)
    pytest.importorskip("optimum.onnxruntime", reason=NO_EXTRA)
    settings = Settings()
    try:
        store = WeightStore(settings.cache_dir, offline=settings.offline)
        weights = store.resolve("smollm2-135m-instruct")
    except ModelMissing as error:
        pytest.skip(f"no weights can be had here: {error}")
    library = ModelLibrary(tmp_path_factory.mktemp("cache"), store)
    fused = library.compiled(weights, precision=Precision.FLOAT32)
    exported = library.exported(weights)
    tokenizer = load_tokenizer(fused.path / TOKENIZER_FOLDER)
    prompt = tokenizer.backend_tokenizer.encode(TEXT).ids
    return Compiled(prompt, Runtime(fused), Runtime(exported), weights, exported.path)


def logits(runtime: Runtime, prompt: list[int]) -> npt.NDArray[np.float32]:
    return runtime.context(512).step(prompt)


def test_the_logits_are_the_same(smollm2: Compiled) -> None:
    import torch
    from optimum.onnxruntime import ORTModelForCausalLM

    ids = torch.tensor([smollm2.prompt])
    with torch.no_grad():
        expected = load_torch(smollm2.weights.path)(ids).logits[0].numpy()
    optimum = ORTModelForCausalLM.from_pretrained(smollm2.export_folder)
    says = {
        "optimum": optimum(ids, attention_mask=torch.ones_like(ids)).logits[0].numpy(),
        "fused": logits(smollm2.fused, smollm2.prompt),
        "exported": logits(smollm2.exported, smollm2.prompt),
    }
    furthest = {name: float(np.abs(found - expected).max()) for name, found in says.items()}
    assert max(furthest.values()) < parity.TOLERANCE, furthest


def test_the_greedy_text_is_the_same(smollm2: Compiled) -> None:
    import torch

    model = load_torch(smollm2.weights.path)
    ids = torch.tensor([smollm2.prompt])
    said = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=parity.GREEDY,
        min_new_tokens=parity.GREEDY,
        do_sample=False,
        pad_token_id=0,
    )
    expected = said[0, ids.shape[1] :].tolist()
    for runtime in (smollm2.fused, smollm2.exported):
        assert parity.greedy(runtime.context(512), smollm2.prompt) == expected
