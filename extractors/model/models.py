"""From a model's name to a worker that answers: fetch, compile once, load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from extractors.answers.calibration import known_calibration
from extractors.model.checkpoint import ModelConfig, open_checkpoint
from extractors.model.compile import CompiledModel, Precision, compile_model, open_compiled
from extractors.model.export import ExportedModel, export_model, open_exported
from extractors.model.machine import make_sure_of_memory, read_machine
from extractors.model.tokenizer import load_tokenizer
from extractors.model.weight_files import disk_errors, need_room, read_manifest, sha256_of
from extractors.model.weights import Progress, Weights, WeightStore, ignore
from extractors.worker import Budget, Worker
from schemas.errors import WorkerError
from schemas.record import Tier

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.model.devices import Device
    from extractors.model.runtime import Runtime
    from extractors.outlines_model import OutlinesModel

__all__ = ["ModelLibrary", "compiling_bytes", "loaded_bytes"]

TOKENIZER_FOLDER = "tokenizer"

_PRECISIONS = {"cpu": Precision.W8A8, "cuda": Precision.FLOAT16}  # what each device is quick at


class ModelLibrary:
    """Compiled models in *cache_dir*, made from the weights that *weights* finds.

    `progress`: called while weights are fetched (bytes) and compiled (layers). `memory_left`:
    bytes that a model may take, asked before one is compiled or loaded; `None` for no limit.
    `share`: keep weights on disk once more, so that processes share them (see `sharing`).
    """

    def __init__(
        self,
        cache_dir: Path,
        weights: WeightStore,
        *,
        progress: Callable[[Progress], None] = ignore,
        memory_left: Callable[[], int | None] = lambda: None,
        share: bool = False,
    ) -> None:
        self._folder = cache_dir / "compiled"
        self._weights = weights
        self._progress = progress
        self._memory_left = memory_left
        self._share = share

    def worker(
        self,
        tier: Tier,
        *,
        model: str | None = None,
        budget: Budget | None = None,
        threads: int = 0,
        device: str = "auto",
    ) -> Worker:
        """A worker for *tier*, from its preferred model or from *model* (a name or a path).

        *device*: "auto", "cpu" or "cuda"; see `choose_device`. *threads*: in one forward pass on
        the CPU; 0: as many as this machine or container lets compute at once.

        Raises:
            ModelMissing: no weights; the message lists what was tried.
            NoMemory: there is not enough memory left.
            WorkerError: the weights cannot be compiled or loaded.
        """
        budget = budget or Budget()
        chosen = _chosen(device)
        ready = self._ready(tier, model, chosen)
        loaded = self._load(ready, threads, chosen, budget.room)
        known = known_calibration(ready.path.name)
        return Worker(*loaded, tier=tier, budget=budget, calibration=known)

    def outlines_model(
        self,
        tier: Tier,
        *,
        model: str | None = None,
        max_tokens: int = 1024,
        threads: int = 0,
        device: str = "auto",
    ) -> OutlinesModel:
        """The same model for `outlines.Generator`, with answers of up to *max_tokens*.

        Raises as `worker` does.
        """
        chosen = _chosen(device)
        loaded = self._load(self._ready(tier, model, chosen), threads, chosen, max_tokens)
        from extractors.outlines_model import OutlinesModel  # brings all of Outlines with it

        return OutlinesModel(*loaded, max_tokens=max_tokens)

    def _load(
        self, ready: CompiledModel | ExportedModel, threads: int, device: Device, room: int
    ) -> tuple[Runtime, PreTrainedTokenizerFast]:
        from extractors.model.runtime import Runtime

        if device == "cpu":  # a GPU has memory of its own
            self._make_sure_of_memory(loaded_bytes(ready, room=room), f"loading {ready.path.name}")
        threads = threads or read_machine().threads
        shared = self._shareable(ready) if device == "cpu" else ready
        runtime = Runtime(shared, threads=threads, device=device)  # loads beside the tokenizer
        beside = isinstance(ready, ExportedModel)
        return runtime, load_tokenizer(ready.path if beside else ready.path / TOKENIZER_FOLDER)

    def _shareable(self, ready: CompiledModel | ExportedModel) -> CompiledModel | ExportedModel:
        if not self._share or isinstance(ready, ExportedModel):
            return ready
        from extractors.model.sharing import shareable

        return shareable(ready)

    def _make_sure_of_memory(self, needed: int, what: str) -> None:
        make_sure_of_memory(needed, self._memory_left(), what=what)

    def _ready(self, tier: Tier, model: str | None, device: str) -> CompiledModel | ExportedModel:
        """What can be run at once; a *model* may be the folder that `models compile` printed."""
        folder = Path(model).expanduser() if model else None
        if folder and folder.is_dir() and (compiled := open_compiled(folder)):
            return compiled
        found = self._weights.resolve(model) if model else self._weights.resolve_tier(tier)
        if found.format == "onnx":
            return open_exported(found.path)
        return self.compiled(found, precision=_PRECISIONS[device])

    def compiled(self, weights: Weights, *, precision: Precision = Precision.W8A8) -> CompiledModel:
        """The compiled form of *weights*: from the cache by their content, else built now."""
        folder = self._folder_of(weights, precision)
        ready = open_compiled(folder)
        if ready:
            return ready
        with self._alone(folder):
            return open_compiled(folder) or self._compile(weights, folder, precision)

    def exported(self, weights: Weights) -> ExportedModel:
        """*weights* as Optimum's standard graph in float32: from the cache, else exported now.

        Raises:
            WorkerError: the extra `export` is not installed, or Optimum cannot export this model.
        """
        folder = self._folder_of(weights, "optimum")
        with self._alone(folder):
            if folder.is_dir():
                return open_exported(folder)
            tokenizer = load_tokenizer(weights.path)

            def save(target: Path) -> None:
                tokenizer.save_pretrained(str(target))

            with disk_errors(self._folder):
                need_room(self._folder, _exported_size(weights))
                return export_model(weights.path, folder, companions=save)

    def _folder_of(self, weights: Weights, form: str) -> Path:
        if weights.format == "onnx":
            raise WorkerError(
                f"{weights.path} holds an ONNX export: there is nothing to compile",
                hint="name the folder as the model; it runs as it is",
            )
        return self._folder / f"{weights.name}-{form}-{self._digest(weights)[:12]}"

    def _alone(self, folder: Path) -> FileLock:
        """Two processes that start together build *folder* once."""
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        return FileLock(f"{folder}.lock")

    def _compile(self, weights: Weights, folder: Path, precision: Precision) -> CompiledModel:
        def report(done: int, total: int) -> None:
            self._progress(Progress(weights.name, "compile", done, total))

        tokenizer = load_tokenizer(weights.path)
        checkpoint = open_checkpoint(weights.path)
        self._make_sure_of_memory(compiling_bytes(checkpoint.config), f"compiling {weights.name}")
        with disk_errors(self._folder):
            need_room(self._folder, _size_of(weights) * 2)
            return compile_model(
                checkpoint,
                folder,
                precision=precision,
                progress=report,
                companions=lambda target: _save_tokenizer(tokenizer, target),
            )

    def _digest(self, weights: Weights) -> str:
        """SHA-256 over the weights' files: the manifest's if cached, else read and remembered."""
        digest = hashlib.sha256()
        for name, value in sorted(self._file_digests(weights).items()):
            digest.update(f"{name} {value}\n".encode())
        return digest.hexdigest()

    def _file_digests(self, weights: Weights) -> dict[str, str]:
        folder = weights.path if weights.path.is_dir() else weights.path.parent
        if weights.origin != "local":
            return {file.name: file.sha256 for file in read_manifest(folder)[1]}
        return {path.name: self._remembered(weights, path) for path in _files(weights)}

    def _remembered(self, weights: Weights, path: Path) -> str:
        """The digest of a local file, read again only when its size or date has changed."""
        stat = path.stat()
        key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
        memory = self._folder / "digests.json"
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            known = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
            if key not in known:
                known[key] = sha256_of(
                    path,
                    report=lambda done, total: self._progress(
                        Progress(weights.name, "verify", done, total)
                    ),
                )
                memory.write_text(json.dumps(known, indent=1), "utf-8")
        return str(known[key])


def _chosen(device: str) -> Device:
    from extractors.model.devices import choose_device

    return choose_device(device)


_BESIDE = 256 * 2**20  # Python, its libraries, the tokenizer, and what one forward pass works in


def loaded_bytes(model: CompiledModel | ExportedModel, *, room: int) -> int:
    """Memory that *model* takes with a context of *room* tokens: weights, keys and values, rest.

    Of a standard graph only the weights are known beforehand.
    """
    graph = model.graph
    weights = sum(file.stat().st_size for file in graph.parent.glob(f"{graph.stem}.*"))
    if isinstance(model, ExportedModel):
        return weights + _BESIDE
    shape, number = model.config, np.dtype(model.precision.float_type).itemsize
    keys = shape.layers * shape.kv_heads * shape.head_dim * room * number
    return weights + 2 * keys + _BESIDE


def compiling_bytes(shape: ModelConfig) -> int:
    """Memory that compiling takes: a few float32 copies of the largest matrix, the embedding."""
    return _COPIES * 4 * shape.vocab * shape.hidden + _BESIDE


_COPIES = 5  # measured, 1.5B: 5.0 GiB resident at the peak, 1.0 of them the mapped source file


def _files(weights: Weights) -> list[Path]:
    if weights.path.is_file():
        return [weights.path]
    return sorted(p for p in weights.path.iterdir() if p.suffix in {".json", ".safetensors"})


def _exported_size(weights: Weights) -> int:
    """Bytes of a float32 export, at most: GGUF files hold 4 bits a weight, and tied embeddings are
    written twice."""
    return _size_of(weights) * (10 if weights.format == "gguf" else 4)


def _size_of(weights: Weights) -> int:
    return sum(path.stat().st_size for path in _files(weights))


def _save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    tokenizer.save_pretrained(str(folder / TOKENIZER_FOLDER))
