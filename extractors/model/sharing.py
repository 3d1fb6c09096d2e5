"""Weights kept on disk as this processor computes with them, so that processes share them.

ONNX Runtime lays matrices out anew when it loads a model, in memory of the process's own: two
processes hold them twice. Saved once in that layout, the file is mapped, and the kernel keeps one
copy of it for all. The layout belongs to a kind of processor and a version of ONNX Runtime, and
read by another it would give other numbers; so the folder is named by both.
https://github.com/microsoft/onnxruntime/pull/23069
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import onnxruntime as ort
from filelock import FileLock

from extractors.model.compile import DATA_FILE, CompiledModel
from extractors.model.machine import processor
from extractors.model.weight_files import disk_errors, need_room
from schemas.errors import WorkerError

__all__ = ["shareable"]

_WRITTEN_SMALLEST = "1024"  # bytes of a tensor that goes to the data file, not into the graph


def shareable(model: CompiledModel, *, kind: str | None = None) -> CompiledModel:
    """*model* in the layout of this machine: found in its folder, else written there now.

    It takes twice the disk space of *model*, beside it. *kind*: what tells processors of another
    layout apart, by default this one's.

    Raises:
        StoreError: there is no room on the disk.
        WorkerError: ONNX Runtime could not load or save the graph.
    """
    ours = f"shared-{kind or processor()}"
    folder = model.path / f"{ours}-{ort.__version__}"
    with disk_errors(model.path), FileLock(f"{model.path}-{ours}.lock"):
        if not folder.is_dir():
            need_room(model.path, 2 * (model.path / DATA_FILE).stat().st_size)
            for older in model.path.glob(f"{ours}-*"):  # of another version of ONNX Runtime
                shutil.rmtree(older)
            _write(model, folder)
    return replace(model, path=folder)


def _write(model: CompiledModel, folder: Path) -> None:
    """The folder appears complete or not at all."""
    staging = Path(tempfile.mkdtemp(prefix="sharing.", dir=model.path))
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(staging / model.graph.name)
    for key, value in {
        "session.optimized_model_external_initializers_file_name": DATA_FILE,
        "session.optimized_model_external_initializers_min_size_in_bytes": _WRITTEN_SMALLEST,
        "session.save_external_prepacked_constant_initializers": "1",
    }.items():
        options.add_session_config_entry(key, value)
    try:
        ort.InferenceSession(str(model.graph), options, providers=["CPUExecutionProvider"])
        staging.rename(folder)
    except OSError:
        raise
    except Exception as error:  # ONNX Runtime raises its own untyped exceptions
        raise WorkerError(
            f"ONNX Runtime could not save {model.graph} for sharing: {error}"
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
