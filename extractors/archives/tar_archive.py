"""Pages inside tar archives, plain or compressed: read forward, never unpacked to files."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from enum import Enum
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
_MARK = slice(257, 262)
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
                yield from self._listed(archive, stream)
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

    def _listed(self, archive: tarfile.TarFile, stream: _Stream) -> Iterator[Member]:
        count = 0
        while True:
            for info in _until_damage(archive, stream):
                count += 1
                if count > self._bounds.max_members:
                    raise too_many(self._bounds)
                if info.offset_data + info.size > self._bounds.max_total_bytes:
                    raise too_much(self._bounds)
                if (member := _member(info, stream)) is not None:
                    yield member
            if stream.state is not _State.READING:
                break
            count += 1  # so that an archive of nothing but damaged headers ends too
            yield Member(f"file at byte {stream.tell() - BLOCK_BYTES}", (), damaged("its header"))
            if not stream.find_header():
                return
            archive.offset = stream.tell()
        if stream.state is _State.CUT:
            raise cut_off()
        stream.finish()


def _until_damage(archive: tarfile.TarFile, stream: _Stream) -> Iterator[tarfile.TarInfo]:
    while stream.state is not _State.BROKEN and (info := archive.next()) is not None:
        # `tarfile` would remember them all; its types leave the list out.
        archive.members.clear()  # type: ignore[attr-defined]
        yield info


def _member(info: tarfile.TarInfo, stream: _Stream) -> Member | None:
    name = printable(info.name)
    if info.isdir() or is_asset(name):
        return None
    if (error := _refusal(info)) is not None:
        return Member(name, (), error)
    # Where the archive breaks inside of it, it is the member that is broken.
    error = stream.breaks_before(info.offset_data + info.size)
    return Member(name, (info.offset_data, info.size), error)


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


class _State(Enum):
    READING = 1
    ENDED = 2  # the last block read was the empty one that closes an archive
    CUT = 3  # there was no whole block left
    BROKEN = 4  # inside of a member, which says so


class _Stream:
    """Unpacked bytes as the file that `tarfile` asks for. It only ever goes forward."""

    def __init__(self, unpacked: Unpacked) -> None:
        self._unpacked = unpacked
        self._again = b""  # a block that was looked at, and is still to be read
        self.state = _State.READING

    def tell(self) -> int:
        return self._unpacked.position - len(self._again)

    def seek(self, position: int, whence: int = 0) -> int:
        if whence or position < self.tell():
            raise damaged("its headers point backwards")
        self._again = self._again[position - self.tell() :]
        self._unpacked.skip_to(position)
        return self.tell()

    def read(self, size: int) -> bytes:
        if size > HEADER_BYTES:
            raise FetchRefused("a header in the archive is larger than headers are")
        data = bytearray(self._again[:size])
        self._again = self._again[size:]
        while len(data) < size and (piece := self._unpacked.read(size - len(data))):
            data += piece
        if len(data) < size:
            self.state = _State.CUT
        elif size == BLOCK_BYTES:
            self.state = _State.READING if any(data) else _State.ENDED
        return bytes(data)

    def find_header(self) -> bool:
        """Go forward to the next block that is a header, if there is one."""
        while len(block := self.read(BLOCK_BYTES)) == BLOCK_BYTES:
            if _is_header(block):
                self._again = block
                return True
        return False

    def breaks_before(self, position: int) -> SourceError | None:
        """Read up to *position*; why that cannot be done, `None`: it can."""
        try:
            self._unpacked.skip_to(position)
        except SourceError as error:
            failure: SourceError | None = error
        else:
            failure = cut_off() if self._unpacked.position < position else None
        if failure is not None:
            self.state = _State.BROKEN
        return failure

    def finish(self) -> None:
        """Read what pads the archive at its end: the checksum of all comes after it."""
        if self.state is _State.ENDED:
            self._unpacked.skip_to(self._unpacked.position + PADDING_BYTES)


def _is_header(block: bytes) -> bool:
    if block[_MARK] != b"ustar":
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
