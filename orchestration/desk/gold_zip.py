"""A gold set as one ZIP file, as browsers send and get it."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from schemas.errors import GoldError

__all__ = ["MOST_BYTES", "pack", "unpack"]

MOST_FILES = 20_000
MOST_BYTES = 2**30  # unpacked

_NAME = re.compile(r"[\w][\w .,()+-]*")


def pack(folder: Path, file: Path) -> None:
    """The set in *folder* as the ZIP *file*."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder).as_posix())


def unpack(file: Path, folder: Path) -> None:
    """Write the set in *file*, or in a folder inside it, to *folder*; other files are left out.

    Raises:
        GoldError: it is no ZIP file, or too large, or damaged.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            members = [one for one in packed.infolist() if _place(one.filename)]
            if not any(one.filename.endswith(".json") for one in members):
                raise GoldError("the ZIP file holds no gold/*.json", hint=_HINT)
            if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
                raise GoldError("the gold set is too large for the app", hint=_COMMAND)
            for member in members:
                path = folder / (_place(member.filename) or "")
                path.parent.mkdir(parents=True, exist_ok=True)
                # one byte more than it says it has: a member may lie
                with packed.open(member) as source:
                    path.write_bytes(source.read(member.file_size + 1))
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
        raise GoldError(
            f"the gold set is no ZIP file that can be read: {error}", hint=_HINT
        ) from error


_HINT = "pack the folders html and gold, and manifest.jsonl where there is one"
_COMMAND = "score it with `fieldwise evaluate`"


def _place(name: str) -> str | None:
    """Where a member belongs in a set, "gold/NAME.json"; `None`: nowhere. Never out of it."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.name == "manifest.jsonl":
        return path.name
    if not _NAME.fullmatch(path.name):
        return None
    kind = (path.parent.name, path.suffix)
    return f"{kind[0]}/{path.name}" if kind in (("html", ".html"), ("gold", ".json")) else None
