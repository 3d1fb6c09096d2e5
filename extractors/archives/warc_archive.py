"""Pages inside WARC files, as crawlers keep them: plain, gzip or zstd, by record or as a whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO

from extractors.archives.members import (
    Bounds,
    Content,
    Member,
    Place,
    cut_off,
    damaged,
    printable,
    too_large,
    too_many,
    too_much,
)
from extractors.archives.unpacking import ZSTD, Buffered, Codec, Frame, PlainFrame, zstd_with
from extractors.archives.warc_records import (
    Head,
    content_of,
    ends_well,
    http_head,
    is_page,
    read_head,
    refusal,
)
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError

__all__ = ["WarcArchive"]

CHUNK_BYTES = 65_536
# How often the bytes of a compressor's mark may stand where no frame begins, by chance or malice.
MAX_TRIALS = 10_000
DICTIONARY_BYTES = 16 * 1024**2
ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"  # the skippable frame that begins such a file


class WarcArchive:
    """A WARC file; see `members.Archive`. The standard: ISO 28500, WARC 1.0 and 1.1.

    A place is the offset of a frame in the file, and that of the record in what the frame unpacks
    to. Where each record is a frame of its own, any one is read at once; in a file compressed as
    a whole, reading goes on from where the last record ended.
    """

    def __init__(self, file: IO[bytes], bounds: Bounds, codec: Codec | None) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._bounds = bounds
        self._codec = codec
        self._first = 0
        self._trials = 0
        self._read_dictionary()
        self._cursor: tuple[int, Buffered] | None = None

    def close(self) -> None:
        self._file.close()

    def members(self) -> Iterator[Member]:
        count = total = self._trials = 0
        start: int | None = self._first
        while start is not None and start < self._size:
            frame = self._frame(start)
            for member in _records(start, Buffered(frame)):
                count += 1
                refused = too_many if count > self._bounds.max_members else None
                if total + frame.position > self._bounds.max_total_bytes:
                    refused = too_much
                if refused is not None:
                    yield Member("the rest", (), refused(self._bounds))
                    return
                if member is not None:
                    yield member
            total += frame.position
            start = frame.end if frame.end is not None else self._next_frame(start + 1)
        if self._trials >= MAX_TRIALS:
            yield Member("the rest", (), damaged("too much of it; the rest was not searched"))

    def read(self, place: Place, *, max_bytes: int) -> Content:
        start, offset = place
        try:
            stream = self._at(start, offset)
            head = read_head(stream)
            if head is None:
                raise cut_off()
            http = http_head(stream, head) if head.is_http else None
            if (error := refusal(head, http)) is not None:
                raise error
            block = _whole(stream, head.length - (http.length if http else 0), max_bytes)
        except OSError as error:
            raise FetchFailed(f"the archive could not be read: {error}") from error
        return content_of(head, http, block, max_bytes=max_bytes)

    def _at(self, start: int, offset: int) -> Buffered:
        """The frame at *start*, unpacked up to *offset*; the last one stays open."""
        if self._cursor is None or self._cursor[0] != start or self._cursor[1].position > offset:
            self._cursor = start, Buffered(self._frame(start))
        stream = self._cursor[1]
        stream.skip_to(offset)
        return stream

    def _frame(self, start: int) -> Frame | PlainFrame:
        if self._codec is None:
            return PlainFrame(self._file, start=start)
        return Frame(self._file, self._codec, start=start, max_ratio=self._bounds.max_ratio)

    def _next_frame(self, start: int) -> int | None:
        """Where a frame with a record in it begins at *start* or later; `None`: nowhere."""
        if self._codec is None:
            return None
        while self._trials < MAX_TRIALS:
            found = self._found_magic(start, self._codec.magic)
            if found is None or self._holds_record(found):
                return found
            self._trials += 1
            start = found + 1
        return None

    def _found_magic(self, start: int, magic: bytes) -> int | None:
        while start < self._size:
            self._file.seek(start)
            chunk = self._file.read(CHUNK_BYTES)
            if (at := chunk.find(magic)) >= 0:
                return start + at
            start += max(1, len(chunk) - len(magic) + 1)
        return None

    def _holds_record(self, start: int) -> bool:
        try:
            return Buffered(self._frame(start)).peek(5) == b"WARC/"
        except SourceError:
            return False

    def _read_dictionary(self) -> None:
        """What a .warc.zst may begin with: a dictionary that all its records were packed with.

        https://iipc.github.io/warc-specifications/specifications/warc-zstd/
        """
        self._file.seek(0)
        head = self._file.read(8)
        if not head.startswith(ZSTD_DICTIONARY):
            return
        size = int.from_bytes(head[4:], "little")
        if size > DICTIONARY_BYTES:
            raise FetchRefused("its compression dictionary is larger than dictionaries are")
        self._first = 8 + size
        self._codec = zstd_with(unpacked_dictionary(self._file.read(size)))


def unpacked_dictionary(data: bytes) -> bytes:
    """A dictionary as it is used; it may have been compressed itself. Raises `NotAPage`."""
    if not data.startswith(ZSTD.magic):
        return data
    frame = Frame(io.BytesIO(data), ZSTD, start=0, max_ratio=1000)
    return _whole(Buffered(frame), None, DICTIONARY_BYTES)


def _records(start: int, stream: Buffered) -> Iterator[Member | None]:
    """The records of one frame; `None` for those that are no pages."""
    while True:
        place, head = (start, stream.position), None
        try:
            head = read_head(stream)
            if head is None:
                return
            end = stream.position + head.length
            member = _member(place, head, stream)
            stream.skip_to(end)
            if stream.position < end:
                raise cut_off()
            if not ends_well(stream):
                raise damaged("a record's length is not what it says")
            yield member
        except SourceError as error:
            yield Member(_name(place, head), place, error)
            if not _found_next(stream):
                return


def _member(place: Place, head: Head, stream: Buffered) -> Member | None:
    http, error = None, None
    try:
        http = http_head(stream, head) if head.is_http else None
    except NotAPage as refused:
        error = refused
    if not is_page(head, http):
        return None
    return Member(_name(place, head), place, error or refusal(head, http))


def _name(place: Place, head: Head | None) -> str:
    start, offset = place
    where = f"record at byte {start}" + (f"+{offset}" if offset else "")
    return (printable(head.url) if head else "") or where


def _found_next(stream: Buffered) -> bool:
    """Go forward to the next record of a frame in which one was damaged, if there is one."""
    mark = b"\nWARC/1."
    try:
        if stream.peek(len(mark) - 1) == mark[1:]:
            return True
        while len(ahead := stream.peek(CHUNK_BYTES)) >= len(mark):
            if (at := ahead.find(mark)) >= 0:
                stream.skip_to(stream.position + at + 1)
                return True
            stream.skip_to(stream.position + len(ahead) - len(mark) + 1)
    except SourceError:
        pass
    return False


def _whole(stream: Buffered, length: int | None, max_bytes: int) -> bytes:
    """*length* bytes of *stream*, or all that is left for `None`."""
    if length is not None and length > max_bytes:
        raise too_large(max_bytes)
    wanted = max_bytes + 1 if length is None else length
    body = bytearray()
    while len(body) < wanted and (piece := stream.read(wanted - len(body))):
        body += piece
    if length is not None and len(body) < length:
        raise cut_off()
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    return bytes(body)
