"""Weights on disk: which files make a model, what they must hash to, and the cache's manifest.

No network here; `weights` brings the bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Literal, cast

from schemas.errors import ModelMissing, StoreError

__all__ = [
    "Format",
    "Origin",
    "Report",
    "Stage",
    "WeightFile",
    "Weights",
    "bytes_under",
    "check_sizes",
    "directory_format",
    "disk_errors",
    "drop_manifest",
    "git_blob_id",
    "lacking",
    "local_weights",
    "need_room",
    "publish",
    "read_manifest",
    "remove",
    "sha256_of",
    "sha256_of_next",
]

Format = Literal["gguf", "onnx", "safetensors"]
Origin = Literal["cache", "hub", "local", "pypi"]
Stage = Literal["compile", "download", "verify"]
Report = Callable[[Stage, int, int], None]
"""Gets the bytes done and their total."""

MANIFEST = "manifest.json"
SHARDS = "model.safetensors.index.json"
CHUNK = 1 << 24
DISK_ERRNOS = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights on this machine's disk.

    `path`: a .gguf file, or a directory with config.json, tokenizer.json and *.safetensors
        (format "onnx": *.onnx in their place, as Optimum exports them).
    `licence`: an SPDX identifier; `None` where it is not ours to know (a local path).
    `origin`: where this call got them from.
    """

    name: str
    path: Path
    format: Format
    licence: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a cached model, as its manifest lists it. `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full, read-only or forbidden disk under *folder* into StoreError."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRNOS:
            raise
        raise StoreError(
            f"weights cannot be kept in {folder}: {error.strerror or error}",
            hint="free some space, or set a cache directory that can be written",
        ) from error


def need_room(folder: Path, size: int) -> None:
    """Raise StoreError unless *size* more bytes fit where *folder* is."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StoreError(
            f"{size / 1e9:.2f} GB of weights do not fit in {folder}: {free / 1e9:.2f} GB are free",
            hint="free some space, or set another cache directory",
        )


def remove(path: Path) -> None:
    """Delete a file or a whole folder; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def bytes_under(folder: Path) -> int:
    """The size of all files in *folder*, while others may be writing there."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # renamed since it was listed
            total += path.stat().st_size if path.is_file() else 0
    return total


# What makes a model


def local_weights(path: Path) -> Weights:
    """The weights a user's own *path* holds: a .gguf file, or a directory of a model.

    Raises:
        ModelMissing: it is neither; the message says what it lacks.
    """
    path = path.absolute()
    if path.is_dir():
        form = directory_format(path)
        path = next(path.glob("*.gguf")) if form == "gguf" else path
        return Weights(path.name, path, form, None, "local")
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise ModelMissing(f"{path} is not a GGUF file")
    return Weights(path.stem, path, "gguf", None, "local")


def directory_format(folder: Path) -> Format:
    """The format of the weights in *folder*. Raises ModelMissing when it holds no whole model."""
    names = {path.name for path in folder.iterdir()}
    if not lacking(names):
        _check_shards(folder, names)
        return "safetensors"
    if any(name.endswith(".onnx") for name in names) and not lacking(names, weights=".onnx"):
        return "onnx"
    ggufs = [name for name in names if name.endswith(".gguf")]
    if len(ggufs) == 1:
        return "gguf"
    if ggufs:
        raise ModelMissing(f"{folder} holds {len(ggufs)} GGUF files; name the one to use")
    raise ModelMissing(f"{folder} is not a model: it lacks {', '.join(lacking(names))}")


def lacking(names: Iterator[str] | set[str], *, weights: str = ".safetensors") -> list[str]:
    """What a directory of *names* needs before it is a model; `[]` when nothing."""
    have = set(names)
    missing = [name for name in ("config.json", "tokenizer.json") if name not in have]
    if not any(name.endswith(weights) for name in have):
        missing.append(f"*{weights}")
    return missing


def _check_shards(folder: Path, names: set[str]) -> None:
    if SHARDS not in names:
        return
    try:
        index = json.loads((folder / SHARDS).read_text(encoding="utf-8"))
        missing = sorted(set(index["weight_map"].values()) - names)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelMissing(f"{folder / SHARDS} cannot be read: {error}") from error
    if missing:
        raise ModelMissing(f"{folder} lacks {', '.join(missing)}")


# The cache's manifest


def publish(weights: Weights, *, folder: Path, files: Sequence[WeightFile]) -> Weights:
    """Move *folder*, with the verified *files* alone, to `weights.path`, the model's own folder.

    Other downloads of the same model that were left unfinished are deleted. The weights come back
    with the path that readers use (see `Weights.path`).
    """
    names = {file.name for file in files}
    for path in folder.iterdir():
        if path.name not in names:
            remove(path)
    _write_manifest(folder, weights, files)
    remove(weights.path)
    os.replace(folder, weights.path)
    for leftover in folder.parent.glob(f"{weights.name}.*.partial"):
        remove(leftover)
    return replace(weights, path=_path_of(weights.path, weights.format, files))


def _write_manifest(folder: Path, weights: Weights, files: Sequence[WeightFile]) -> None:
    manifest = {
        "name": weights.name,
        "format": weights.format,
        "licence": weights.licence,
        "source": weights.origin,
        "files": [asdict(file) for file in files],
    }
    text = json.dumps(manifest, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> tuple[Weights, tuple[WeightFile, ...]]:
    """The model that *folder* of the cache says it holds, and its files.

    Raises:
        ModelMissing: there is no manifest, or it cannot be read.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = tuple(WeightFile(**file) for file in manifest["files"])
        form = cast(Format, manifest["format"])
        path = _path_of(folder, form, files)
        weights = Weights(manifest["name"], path, form, manifest["licence"], "cache")
    except (FileNotFoundError, NotADirectoryError):
        raise ModelMissing(f"not in {folder.parent}") from None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelMissing(f"{folder / MANIFEST} cannot be read: {error}") from error
    return weights, files


def drop_manifest(folder: Path) -> None:
    """Make *folder* count as cached no more."""
    remove(folder / MANIFEST)


def _path_of(folder: Path, form: Format, files: Sequence[WeightFile]) -> Path:
    """What `Weights.path` is for *files* in *folder*: the GGUF file, else the folder."""
    return folder / files[0].name if form == "gguf" else folder


def check_sizes(folder: Path, files: Sequence[WeightFile]) -> None:
    """Raise ModelMissing unless all *files* are in *folder*, in full length."""
    for file in files:
        path = folder / file.name
        if not path.is_file() or path.stat().st_size != file.size:
            raise ModelMissing(f"{path} is missing or cut short")


# Digests


def sha256_of(path: Path, *, report: Callable[[int, int], None]) -> str:
    """SHA-256 of the file at *path*; *report* gets the bytes done and their total."""
    total = path.stat().st_size
    with path.open("rb") as stream:
        return sha256_of_next(stream, total, report=report)


def git_blob_id(path: Path) -> str:
    """The id git gives the file at *path* (SHA-1), which hubs publish for small files."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def sha256_of_next(
    stream: IO[bytes], size: int, *, report: Callable[[int, int], None] | None = None
) -> str:
    """SHA-256 of the next *size* bytes of *stream*, of fewer where it ends."""
    digest = hashlib.sha256()
    done = 0
    while chunk := stream.read(min(CHUNK, size - done)):
        digest.update(chunk)
        done += len(chunk)
        if report:
            report(done, size)
    return digest.hexdigest()
