"""Pages inside tar archives, plain or compressed: read forward, never unpacked to files."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from typing import IO

from extractors.archives.members import (
    Bounds,
    Content,
    Member,
    Place,
    cut_off,
    damaged,
    is_asset,
    leads_outside,
    outside,
    printable,
    too_large,
    too_many,
    too_much,
)
from extractors.archives.unpacking import Codec, Frame, PlainFrame, Unpacked
from schemas.errors import FetchFailed, FetchRefused, SourceError

__all__ = ["TarArchive"]

BLOCK_BYTES = 512
# `tarfile` reads the long headers of names and attributes whole; this is what they may take.
HEADER_BYTES = 1024**2
PADDING_BYTES = 1024**2


class TarArchive:
    """A tar file in any compression or none; see `extractors.archives.members.Archive`.

    A place is the offset of the member's bytes in the unpacked archive, and their number. Reading
    goes on from where the last one ended; a place before that starts over.
    """

    def __init__(self, file: IO[bytes], bounds: Bounds, codec: Codec | None) -> None:
        self._file = file
        self._bounds = bounds
        self._codec = codec
        self._cursor = self._start()

    def close(self) -> None:
        self._file.close()

    def members(self) -> Iterator[Member]:
        stream = _Stream(self._start())
        try:
            with tarfile.open(fileobj=stream, mode="r:") as archive:  # type: ignore[call-overload]
                yield from self._listed(archive.next, archive.members, stream)
        except SourceError as error:
            yield Member("the rest", (), error)
        except (tarfile.TarError, ValueError, ArithmeticError, IndexError) as error:
            yield Member("the rest", (), damaged(error))
        except OSError as error:
            yield Member("the rest", (), FetchFailed(f"the archive could not be read: {error}"))

    def read(self, place: Place, *, max_bytes: int) -> Content:
        offset, size = place
        if size > max_bytes:
            raise too_large(max_bytes)
        if offset < self._cursor.position:
            self._cursor = self._start()
        body = bytearray()
        try:
            self._cursor.skip_to(offset)
            while len(body) < size and (piece := self._cursor.read(size - len(body))):
                body += piece
        except OSError as error:
            raise FetchFailed(f"the archive could not be read: {error}") from error
        if len(body) < size:
            raise cut_off()
        return Content(bytes(body))

    def _start(self) -> Unpacked:
        if self._codec is None:
            return PlainFrame(self._file)
        ratio = self._bounds.max_ratio
        return Frame(self._file, self._codec, start=0, max_ratio=ratio, joined=True)

    def _listed(
        self,
        following: Callable[[], tarfile.TarInfo | None],
        kept: list[tarfile.TarInfo],
        stream: _Stream,
    ) -> Iterator[Member]:
        count = 0
        while (info := following()) is not None:
            kept.clear()  # `tarfile` would remember them all
            count += 1
            if count > self._bounds.max_members:
                raise too_many(self._bounds)
            if info.offset_data + info.size > self._bounds.max_total_bytes:
                raise too_much(self._bounds)
            name = printable(info.name)
            if info.isdir() or is_asset(name):
                continue
            error = _refusal(info)
            # Where the archive breaks inside of it, it is the member that is broken.
            broken = None if error else stream.breaks_before(info.offset_data + info.size)
            yield Member(name, (info.offset_data, info.size), error or broken)
            if broken is not None:
                return
        if not stream.ended:
            raise damaged("no header stands where one should; what follows cannot be found")
        stream.finish()


def _refusal(info: tarfile.TarInfo) -> SourceError | None:
    if leads_outside(info.name):
        return outside()
    if info.issym() or info.islnk():
        return FetchRefused("a link, which is not followed", hint="pack its target")
    if not info.isreg():
        return FetchRefused("not a plain file")
    if info.issparse():
        return FetchRefused("a file with holes in it", hint="pack it without --sparse")
    return None


class _Stream:
    """Unpacked bytes as the file that `tarfile` asks for. It only ever goes forward.

    `ended`: the last block read was the empty one that closes an archive.
    """

    def __init__(self, unpacked: Unpacked) -> None:
        self._unpacked = unpacked
        self.ended = False

    def tell(self) -> int:
        return self._unpacked.position

    def seek(self, position: int, whence: int = 0) -> int:
        if whence or position < self._unpacked.position:
            raise damaged("its headers point backwards")
        self._unpacked.skip_to(position)
        return self._unpacked.position

    def read(self, size: int) -> bytes:
        if size > HEADER_BYTES:
            raise FetchRefused("a header in the archive is larger than headers are")
        data = bytearray()
        while len(data) < size and (piece := self._unpacked.read(size - len(data))):
            data += piece
        self.ended = size == BLOCK_BYTES and not any(data) and len(data) == size
        return bytes(data)

    def breaks_before(self, position: int) -> SourceError | None:
        """Read up to *position*; why that cannot be done, `None`: it can."""
        try:
            self._unpacked.skip_to(position)
        except SourceError as error:
            return error
        return cut_off() if self._unpacked.position < position else None

    def finish(self) -> None:
        """Read what pads the archive at its end: the checksum of all comes after it."""
        self._unpacked.skip_to(self._unpacked.position + PADDING_BYTES)
