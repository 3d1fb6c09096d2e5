"""Pages inside zip archives: read in memory, never unpacked, within limits that bombs break."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType

from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError

__all__ = ["Archive", "Member"]

CHUNK_BYTES = 65_536

# What pages are saved with. Anything else is tried, so that nothing is left out unseen.
_IMAGES = ("avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp")
_MEDIA = ("mp3", "mp4", "webm", "eot", "otf", "ttf", "woff", "woff2")
_CODE = ("css", "js", "less", "map", "mjs", "scss", "ts", "wasm", "webmanifest", "xsl")
_NOTES = ("csv", "json", "log", "md", "txt", "yaml", "yml")
_ASSETS = frozenset(_IMAGES + _MEDIA + _CODE + _NOTES)
_ASSET_NAMES = frozenset({".ds_store", "desktop.ini", "thumbs.db"})
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive that may be a page.

    `name` is printable, as shown to people; `index` is its place in the archive's directory.
    `error` says why it will not be read; `None`: `Archive.read` may be tried.
    """

    name: str
    index: int
    error: SourceError | None = None


class Archive:
    """An open zip file. Use as a context manager. Not for several threads at once.

    *max_members* counts files and folders; *max_total_bytes* is their declared size unpacked;
    *max_ratio* is unpacked bytes for each packed one.

    Raises:
        FetchRefused: it breaks a limit as a whole.
        NotAPage: it is no zip archive, or its directory is damaged.
        FetchFailed: it cannot be opened.
    """

    def __init__(
        self, path: Path, *, max_members: int, max_total_bytes: int, max_ratio: float
    ) -> None:
        self._max_ratio = max_ratio
        self._zip = _opened(path)
        try:
            self._refuse_bombs(max_members, max_total_bytes)
        except FetchRefused:
            self.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._zip.close()

    def members(self) -> Iterator[Member]:
        """Its pages in archive order; folders and the assets of saved pages are passed over."""
        for index, info in enumerate(self._zip.infolist()):
            name = _printable(info)
            if not info.is_dir() and not _is_asset(name):
                yield Member(name, index, self._refusal(info, name))

    def read(self, index: int, *, max_bytes: int) -> bytes:
        """The unpacked bytes of one member.

        Raises:
            FetchRefused: encrypted, a link, a bad name, larger than *max_bytes*, or a bomb.
            NotAPage: damaged (its checksum or its compressed data is wrong).
            FetchFailed: the archive could not be read.
        """
        info = self._zip.infolist()[index]
        refusal = self._refusal(info, _printable(info))
        if refusal is not None:
            raise refusal
        try:
            return self._unpack(info, max_bytes)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise NotAPage(f"damaged in the archive: {error}", hint="zip it again") from error
        except (OSError, ValueError, RuntimeError) as error:
            raise FetchFailed(f"the archive could not be read: {error}") from error

    def _unpack(self, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
        too_large = FetchRefused(f"larger than {max_bytes:,} bytes unpacked")
        if info.file_size > max_bytes:
            raise too_large
        body = bytearray()
        with self._zip.open(info) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                body += chunk
                if len(body) > max_bytes:  # the declared size lied
                    raise too_large
        return bytes(body)

    def _refuse_bombs(self, max_members: int, max_total_bytes: int) -> None:
        infos = self._zip.infolist()
        if len(infos) > max_members:
            raise FetchRefused(
                f"the archive holds {len(infos):,} files, more than {max_members:,}",
                hint="split it into smaller archives",
            )
        total = sum(info.file_size for info in infos)
        if total > max_total_bytes:
            raise FetchRefused(
                f"the archive unpacks to {total:,} bytes, more than {max_total_bytes:,}",
                hint="split it into smaller archives",
            )

    def _refusal(self, info: zipfile.ZipInfo, name: str) -> SourceError | None:
        """Why *info* is not read, judged by the archive's directory alone; `None`: it may be."""
        if _leads_outside(name):
            return FetchRefused("its name leads outside the archive", hint="zip the folder again")
        if stat.S_ISLNK(info.external_attr >> 16):
            return FetchRefused("a symbolic link, which is not followed", hint="zip its target")
        if name.lower().endswith(".zip"):
            return FetchRefused("a zip inside a zip is not opened", hint="unpack the outer one")
        if info.flag_bits & 0x1:
            return FetchRefused("encrypted", hint="unpack it with its password first")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Only these two can be unpacked piece by piece, so that a bomb is seen in time.
            return FetchRefused("packed by a rare method", hint="zip it again as plain deflate")
        if info.file_size > self._max_ratio * max(1, info.compress_size):
            return FetchRefused(
                f"unpacks to more than {self._max_ratio:g} times its size, as zip bombs do"
            )
        return None


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise FetchFailed(f"the archive could not be opened: {error.strerror}") from error
    except Exception as error:  # zipfile lets ValueError, struct.error and others out of bad data
        raise NotAPage(f"not a readable zip archive: {error}", hint="zip it again") from error


def _printable(info: zipfile.ZipInfo) -> str:
    """The member's name for people: UTF-8 where the bytes are, no control characters.

    Many tools write UTF-8 names without the flag that says so; `zipfile` reads those as cp437.
    """
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.orig_filename
    return "".join(char if char.isprintable() else "\ufffd" for char in name)


def _is_asset(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/").lower())
    if "__macosx" in path.parts or path.name.startswith("._") or path.name in _ASSET_NAMES:
        return True
    return path.suffix.removeprefix(".") in _ASSETS


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith("/") or "\\" in name or bool(_DRIVE.match(name))
