"""Any decoder to ONNX by Optimum, and such exports opened again.

The only module that imports torch and Optimum, and only inside functions: they come with the extra
`export`, and nothing else needs them. What Optimum writes for `text-generation-with-past` is
the standard graph that `runtime.StandardContext` runs:

    input_ids, attention_mask, position_ids, past_key_values.N.key/value
    → logits, present.N.key/value

https://huggingface.co/docs/optimum-onnx
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.model.checkpoint import GGUFCheckpoint
from extractors.model.rope import UNSTRETCHED
from schemas.errors import ModelMissing, WorkerError

__all__ = ["ExportedModel", "Limits", "export_model", "load_torch", "open_exported"]

GRAPH_FILE = "model.onnx"
TASK = "text-generation-with-past"

_INSTALL = (
    "install the extra `export` in a virtual environment of its own: "
    "`pip install --require-hashes -r requirements-export.txt`, in this checkout"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """`vocab`: rows of the logits. `context`: the longest sequence, in tokens."""

    vocab: int
    context: int


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """A folder with an ONNX file, config.json and the tokenizer's files."""

    path: Path
    graph: Path
    config: Limits


def open_exported(path: Path) -> ExportedModel:
    """The export in the folder *path*, made by `export_model` or by Optimum's own command.

    Raises:
        ModelMissing: the folder holds no ONNX file, or several and none is called model.onnx.
        WorkerError: config.json does not say how long a sequence the model reads.
    """
    graphs = sorted(path.glob("*.onnx"))
    graph = path / GRAPH_FILE if path / GRAPH_FILE in graphs else next(iter(graphs), None)
    if graph is None or (graph.name != GRAPH_FILE and len(graphs) > 1):
        found = ", ".join(file.name for file in graphs) or "no ONNX file"
        raise ModelMissing(f"{path} holds {found}; a model of one file, {GRAPH_FILE}, is needed")
    return ExportedModel(path, graph, _limits(path))


def _limits(path: Path) -> Limits:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise WorkerError(f"{path / 'config.json'} cannot be read: {error}") from error
    config = config.get_text_config()
    context = _context(config)
    if context is None:
        raise WorkerError(f"{path / 'config.json'} does not say how many tokens the model reads")
    return Limits(int(config.vocab_size), context)


def _context(config: Any) -> int | None:
    """The longest sequence that one traced graph reads right; `None` where config has no limit.

    longrope changes its frequencies beyond the length first trained on; a trace has only one set.
    """
    names = ("max_position_embeddings", "max_seq_len", "seq_length")
    found = (getattr(config, name, None) for name in names)
    context = next((int(value) for value in found if value), None)
    trained = getattr(config, "original_max_position_embeddings", None)
    return min(context, int(trained)) if context and trained else context


def export_model(
    weights: Path,
    target: Path,
    *,
    companions: Callable[[Path], None] = lambda folder: None,
) -> ExportedModel:
    """Export the decoder in *weights* in float32 to the folder *target*, which appears complete or
    not at all.

    *weights*: a folder of safetensors with config.json, or a GGUF file of an architecture that
    `checkpoint` reads. Nothing is fetched, and no code that lies beside weights is run.
    `companions(folder)` may write more files that belong to the model, such as its tokenizer.

    Raises:
        WorkerError: torch or Optimum is not installed, or they cannot read or export this model.
    """
    optimum = _require_optimum()
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        with _quiet():
            model = load_torch(weights)
            try:
                optimum(model, staging, task=TASK, do_validation=False)
            except (ValueError, KeyError, NotImplementedError, RuntimeError) as error:
                raise WorkerError(f"Optimum cannot export {weights}: {error}") from error
        companions(staging)
        made = open_exported(staging)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return ExportedModel(target, target / made.graph.name, made.config)


def _require_optimum() -> Callable[..., None]:
    try:
        import torch  # noqa: F401  # Optimum imports without it, and fails only later
        from optimum.exporters.onnx import onnx_export_from_model
    except ImportError as error:
        raise WorkerError(f"exporting needs torch and Optimum: {error}", hint=_INSTALL) from error
    export: Callable[..., None] = onnx_export_from_model
    return export


def load_torch(weights: Path) -> Any:
    """transformers' own model of *weights*, in float32. Takes and raises as `export_model`."""
    if weights.suffix == ".gguf":
        return _from_gguf(weights)
    import torch
    from transformers import AutoModelForCausalLM

    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            weights, dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, NotImplementedError, RuntimeError) as error:
        raise WorkerError(f"transformers cannot read {weights}: {error}") from error
    if report["missing_keys"]:  # transformers would fill these with random numbers
        raise WorkerError(f"{weights} lacks the tensor {min(report['missing_keys'])}")
    return model


def _from_gguf(file: Path) -> Any:
    """Dequantised here: transformers' own way needs one more package, and passes over RoPE
    scaling without a word."""
    import torch
    from transformers import AutoModelForCausalLM

    checkpoint = GGUFCheckpoint(file)
    if checkpoint.config.stretch != UNSTRETCHED:
        raise WorkerError(
            f"the RoPE scaling of {file.name} would be lost on this way",
            hint="leave out `--via optimum`, or give a folder of safetensors",
        )
    model = AutoModelForCausalLM.from_config(_hub_config(checkpoint), dtype=torch.float32)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(checkpoint.tensor(name)))
    return model


def _hub_config(checkpoint: GGUFCheckpoint) -> Any:
    from transformers import AutoConfig

    shape = checkpoint.config
    return AutoConfig.for_model(
        shape.architecture,
        num_hidden_layers=shape.layers,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        vocab_size=shape.vocab,
        max_position_embeddings=shape.context,
        rope_theta=shape.rope_theta,
        rms_norm_eps=shape.rms_eps,
        tie_word_embeddings=not checkpoint.has("lm_head.weight"),
        attention_bias=checkpoint.has("model.layers.0.self_attn.q_proj.bias"),  # Llama's
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the tracer's warnings and the libraries' notes off the terminal."""
    loggers = [logging.getLogger(name) for name in ("optimum", "transformers", "torch.onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
