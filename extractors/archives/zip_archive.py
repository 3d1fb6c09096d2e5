"""Pages inside zip archives: read in place, never unpacked to files of their names."""

from __future__ import annotations

import io
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import IO

from extractors.archives.members import (
    Bounds,
    Content,
    Member,
    Place,
    bomb,
    damaged,
    is_asset,
    leads_outside,
    outside,
    printable,
    too_large,
)
from extractors.archives.unpacking import FREE_BYTES
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError

__all__ = ["ZipArchive"]

CHUNK_BYTES = 65_536
# A directory entry is 46 bytes and a name; `zipfile` reads the whole directory into memory.
ENTRY_BYTES = 300
# The directory's own end, with the longest comment and the larger form of it before.
TAIL_BYTES = 65_536 + 22 + 76


class ZipArchive:
    """A zip file, and the zips directly inside it; see `extractors.archives.members.Archive`.

    A place is the member's index in the directory; in a zip inside it, that zip's and its own.

    Raises:
        FetchRefused: it breaks a limit as a whole.
        NotAPage: it is no zip archive, or its directory is damaged.
    """

    def __init__(self, file: IO[bytes], bounds: Bounds, *, nested: bool = False) -> None:
        self._bounds = bounds
        self._nested = nested
        self._inner: tuple[int, ZipArchive] | None = None
        with ExitStack() as opening:
            opening.callback(file.close)
            self._zip = opening.enter_context(_opened(file, bounds))
            self._infos = self._zip.infolist()
            self._refuse_bombs()
            self._open = opening.pop_all()

    def close(self) -> None:
        self._close_inner()
        self._open.close()

    def members(self) -> Iterator[Member]:
        left = self._bounds
        for index, info in enumerate(self._infos):
            name = _printable(info)
            if info.is_dir() or is_asset(name):
                continue
            error = self._refusal(info, name)
            if error is None and _is_zip(name):
                try:
                    inner = self._inner_at(index, left)
                except SourceError as refusal:
                    error = refusal
                else:
                    left = inner._left_of(left)
                    yield from _prefixed(name, index, inner.members())
                    continue
            yield Member(name, (index,), error)

    def read(self, place: Place, *, max_bytes: int) -> Content:
        index, *inner = place
        info = self._infos[index]
        refusal = self._refusal(info, _printable(info))
        if refusal is not None:
            raise refusal
        if inner:
            return self._inner_at(index, self._bounds).read(tuple(inner), max_bytes=max_bytes)
        body = bytearray()
        for chunk in self._chunks(info, max_bytes):
            body += chunk
        return Content(bytes(body))

    def _chunks(self, info: zipfile.ZipInfo, max_bytes: int) -> Iterator[bytes]:
        if info.file_size > max_bytes:
            raise too_large(max_bytes)
        size = 0
        with _reported(), self._zip.open(info) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:  # the declared size lied
                    raise too_large(max_bytes)
                yield chunk

    def _inner_at(self, index: int, bounds: Bounds) -> ZipArchive:
        """The zip at *index*, in a nameless file on disk; the last one stays open."""
        if self._inner is not None and self._inner[0] == index:
            return self._inner[1]
        self._close_inner()
        with ExitStack() as opening:
            file = opening.enter_context(tempfile.TemporaryFile())
            with _reported():  # the disk may be full
                for chunk in self._chunks(self._infos[index], bounds.max_total_bytes):
                    file.write(chunk)
            inner = ZipArchive(file, bounds, nested=True)
            opening.pop_all()
        self._inner = index, inner
        return inner

    def _close_inner(self) -> None:
        if self._inner is not None:
            self._inner[1].close()
        self._inner = None

    def _left_of(self, bounds: Bounds) -> Bounds:
        """*bounds* less what this archive takes of them."""
        total = sum(info.file_size for info in self._infos)
        return replace(
            bounds,
            max_members=bounds.max_members - len(self._infos),
            max_total_bytes=bounds.max_total_bytes - total,
        )

    def _refuse_bombs(self) -> None:
        bounds, hint = self._bounds, "split it into smaller archives"
        if len(self._infos) > bounds.max_members:
            count = f"{len(self._infos):,} files, more than {bounds.max_members:,}"
            raise FetchRefused(f"the archive holds {count}", hint=hint)
        total = sum(info.file_size for info in self._infos)
        if total > bounds.max_total_bytes:
            count = f"{total:,} bytes, more than {bounds.max_total_bytes:,}"
            raise FetchRefused(f"the archive unpacks to {count}", hint=hint)

    def _refusal(self, info: zipfile.ZipInfo, name: str) -> SourceError | None:
        """Why *info* is not read, judged by the archive's directory alone; `None`: it may be."""
        if leads_outside(name):
            return outside()
        if stat.S_ISLNK(info.external_attr >> 16):
            return FetchRefused("a symbolic link, which is not followed", hint="zip its target")
        if self._nested and _is_zip(name):
            hint = "unpack the outer one"
            return FetchRefused("a zip inside a zip inside a zip is not opened", hint=hint)
        if info.flag_bits & 0x1:
            return FetchRefused("encrypted", hint="unpack it with its password first")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Only these two can be unpacked piece by piece, so that a bomb is seen in time.
            return FetchRefused("packed by a rare method", hint="zip it again as plain deflate")
        if info.file_size > FREE_BYTES + self._bounds.max_ratio * info.compress_size:
            return bomb(self._bounds.max_ratio)
        return None


def _opened(file: IO[bytes], bounds: Bounds) -> zipfile.ZipFile:
    try:
        _refuse_large_directory(file, bounds)
        return zipfile.ZipFile(file)
    except SourceError:
        raise
    except OSError as error:
        raise FetchFailed(f"the archive could not be read: {error.strerror}") from error
    except Exception as error:  # zipfile lets ValueError, struct.error and others out of bad data
        raise NotAPage(f"not a readable zip archive: {error}", hint="zip it again") from error


def _refuse_large_directory(file: IO[bytes], bounds: Bounds) -> None:
    """Say no before `zipfile` reads a directory that was made to fill the memory."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - TAIL_BYTES))
    tail = file.read()
    end, end64 = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    size = int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0
    if size == 0xFFFFFFFF and end64 >= 0:
        size = int.from_bytes(tail[end64 + 40 : end64 + 48], "little")
    if size > (bounds.max_members + 1) * ENTRY_BYTES:
        raise FetchRefused("the archive's directory is larger than that of a web page archive")


@contextmanager
def _reported() -> Iterator[None]:
    """What goes wrong while a member is unpacked, said in our own errors."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise damaged(error) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise FetchFailed(f"the archive could not be read: {error}") from error


def _prefixed(name: str, index: int, members: Iterator[Member]) -> Iterator[Member]:
    for member in members:
        yield Member(f"{name}::{member.name}", (index, *member.place), member.error)


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


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
    return printable(name)
