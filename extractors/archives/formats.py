"""Archives of pages, by what they hold: zip, tar in four compressions, WARC and MHTML."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from extractors.archives.members import Archive, Bounds, Content, Member, Place
from extractors.archives.mhtml import MhtmlArchive
from extractors.archives.tar_archive import TarArchive
from extractors.archives.unpacking import Codec, Frame, codec_of
from extractors.archives.warc_archive import WarcArchive
from extractors.archives.zip_archive import ZipArchive
from schemas.errors import FetchFailed, NotAPage, SourceError

__all__ = [
    "SUFFIXES",
    "Archive",
    "Bounds",
    "Content",
    "Member",
    "Place",
    "is_archive",
    "opened",
    "unwrapped",
]

_SUFFIXES = {
    "zip": (".zip",),
    "tar": (
        *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst"),
    ),
    "warc": (".warc", ".warc.gz", ".warc.zst"),
    "mhtml": (".mhtml", ".mht"),
}
SUFFIXES: tuple[str, ...] = tuple(suffix for many in _SUFFIXES.values() for suffix in many)

HEAD_BYTES = 4096
_TAR_MARK = slice(257, 262)
_MHTML = re.compile(rb"^content-type:[ \t\r\n]*multipart/related\b", re.IGNORECASE | re.MULTILINE)
_HEADER = re.compile(rb"[A-Za-z-]+:")
# Zip files too, but of one office document and not of pages.
_OFFICE = re.compile(
    rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|mimetypeapplication/vnd\.)", re.DOTALL
)


def is_archive(path: Path) -> bool:
    """Whether *path* is opened as an archive: by its content, else by its suffix."""
    try:
        with path.open("rb") as file:
            return _kind(file, path) is not None
    except (OSError, ValueError):
        return _kind_by_suffix(path) is not None


def opened(path: Path, bounds: Bounds) -> Archive:
    """The archive at *path*; close it after use.

    Raises:
        FetchRefused: it breaks a limit as a whole.
        NotAPage: it is no archive, or too damaged to be opened.
        FetchFailed: it cannot be opened.
    """
    with ExitStack() as opening:
        try:
            file = opening.enter_context(path.open("rb"))
            archive = _archive(file, path, bounds)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise FetchFailed(f"the archive could not be opened: {reason}") from error
        opening.pop_all()
    return archive


def unwrapped(content: Content, *, max_bytes: int) -> Content:
    """*content* of an archive, or the page inside where it is a page saved as MHTML.

    Raises as `Archive.read`.
    """
    if not _is_mhtml(content.body[:HEAD_BYTES]):
        return content
    return MhtmlArchive(io.BytesIO(content.body)).read((), max_bytes=max_bytes)


def _archive(file: IO[bytes], path: Path, bounds: Bounds) -> Archive:
    kind, codec = _kind(file, path), codec_of(_start(file, 8))
    match kind:
        case "zip":
            return ZipArchive(file, bounds)
        case "tar":
            return TarArchive(file, bounds, codec)
        case "warc":
            return WarcArchive(file, bounds, codec)
        case "mhtml":
            return MhtmlArchive(file)
    raise NotAPage("not an archive that can be read", hint=f"these can: {', '.join(SUFFIXES)}")


def _kind(file: IO[bytes], path: Path) -> str | None:
    """Which archive *file* is: its content first, since names lie; `None`: none."""
    head = _start(file, HEAD_BYTES)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None if _OFFICE.match(head) else "zip"
    if (codec := codec_of(head)) is not None:
        head = _unpacked_start(file, codec)
    if head.startswith(b"WARC/"):
        return "warc"
    if head[_TAR_MARK] == b"ustar":
        return "tar"
    return "mhtml" if _is_mhtml(head) else _kind_by_suffix(path)


def _is_mhtml(head: bytes) -> bool:
    return _HEADER.match(head) is not None and _MHTML.search(head) is not None


def _kind_by_suffix(path: Path) -> str | None:
    name = path.name.lower()
    return next((kind for kind, many in _SUFFIXES.items() if name.endswith(many)), None)


def _start(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)


def _unpacked_start(file: IO[bytes], codec: Codec) -> bytes:
    head = b""
    try:
        frame = Frame(file, codec, start=0, max_ratio=1000)
        while len(head) < HEAD_BYTES and (piece := frame.read(HEAD_BYTES)):
            head += piece
    except SourceError:
        pass  # what came before the damage may say enough
    return head
