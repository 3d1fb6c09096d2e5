"""Compressed data read forward, piece by piece: gzip, bzip2, xz and zstd, within a ratio.

A *frame* is what a compressor closes off by itself: a gzip member, an xz stream, a zstd frame.
Files may hold many, one after the other; archives of web pages keep one a record, so that a
damaged one is left behind and the next one found.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

import zstandard

from extractors.archives.members import bomb, cut_off, damaged
from schemas.errors import SourceError

__all__ = [
    "FREE_BYTES",
    "Buffered",
    "Codec",
    "Frame",
    "PlainFrame",
    "Unpacked",
    "codec_of",
    "zstd_with",
]

CHUNK_BYTES = 65_536
# What a small frame may unpack to whatever the ratio says: repetitive pages pack very well.
FREE_BYTES = 2 * 1024**2
# The windows that decompressors keep in memory; xz -9 asks for 65 MiB, zstd --ultra for 128.
WINDOW_BYTES = 160 * 1024**2


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Codec:
    """One kind of compression: how its frames begin, and what unpacks one of them."""

    name: str
    magic: bytes
    start: Callable[[], _Decompressor]


class Unpacked(Protocol):
    """Unpacked bytes, forward only. `position` counts them from the start."""

    @property
    def position(self) -> int: ...

    def read(self, size: int) -> bytes:
        """Up to *size* bytes, b"" at the end.

        Raises:
            NotAPage: the compressed data is damaged, or ends too early.
            FetchRefused: it unpacks to more than it should.
        """

    def skip_to(self, position: int) -> None:
        """Go forward to *position*, or to the end where that comes first. Raises as `read`."""


class Frame:
    """The frame that begins at *start* of *file*; `Unpacked`.

    *joined*: what follows it in the same compression belongs to it, as for `gzip -d`.
    `end`: where the file goes on after it; `None` until its last byte was read.
    """

    def __init__(
        self, file: IO[bytes], codec: Codec, *, start: int, max_ratio: float, joined: bool = False
    ) -> None:
        self._file = file
        self._codec = codec
        self._start = start
        self._max_ratio = max_ratio
        self._joined = joined
        self._next = start  # the file's next byte to be read
        self._decompressor = codec.start()
        self._failure: SourceError | None = None
        self.position = 0
        self.end: int | None = None

    def read(self, size: int) -> bytes:
        while size > 0 and self.end is None:
            if piece := self._piece(min(size, CHUNK_BYTES)):
                self.position += len(piece)
                self._refuse_bomb()
                return piece
            if self._decompressor.eof:
                self._finish()
        return b""

    def skip_to(self, position: int) -> None:
        skip(self, position)

    def _piece(self, size: int) -> bytes:
        data = b""
        if self._failure is not None:
            raise self._failure
        if self._decompressor.eof:
            return b""
        if self._decompressor.needs_input:
            self._file.seek(self._next)
            data = self._file.read(CHUNK_BYTES)
            self._next += len(data)
            if not data:
                raise cut_off()
        try:
            return self._decompressor.decompress(data, size)
        except (zlib.error, OSError, lzma.LZMAError, EOFError, zstandard.ZstdError) as error:
            self._failure = damaged(error)
            raise self._failure from error

    def _finish(self) -> None:
        end = self._next - len(self._decompressor.unused_data)
        self._file.seek(end)
        if self._joined and self._file.read(len(self._codec.magic)) == self._codec.magic:
            self._next, self._decompressor = end, self._codec.start()
        else:
            self.end = end

    def _refuse_bomb(self) -> None:
        if self.position <= FREE_BYTES:
            return
        packed = self._next - self._start - len(self._decompressor.unused_data)
        if self.position > FREE_BYTES + self._max_ratio * packed:
            self._failure = bomb(self._max_ratio)
            raise self._failure


class PlainFrame:
    """*file* as it is, from *start* on; `Unpacked`, and skipping costs nothing."""

    def __init__(self, file: IO[bytes], *, start: int = 0) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._start = start
        self.position = 0
        self.end: int | None = None

    def read(self, size: int) -> bytes:
        self._file.seek(self._start + self.position)
        piece = self._file.read(size)
        self.position += len(piece)
        if size > 0 and not piece:
            self.end = self._size
        return piece

    def skip_to(self, position: int) -> None:
        self.position = max(self.position, min(position, self._size - self._start))


class Buffered:
    """*unpacked* with lines, and a look ahead; `Unpacked` itself."""

    def __init__(self, unpacked: Unpacked) -> None:
        self._unpacked = unpacked
        self._ahead = b""

    @property
    def position(self) -> int:
        return self._unpacked.position - len(self._ahead)

    def peek(self, size: int) -> bytes:
        """The next *size* bytes, fewer at the end, without taking them."""
        while len(self._ahead) < size and (piece := self._unpacked.read(CHUNK_BYTES)):
            self._ahead += piece
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        if not self._ahead:
            return self._unpacked.read(size)
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return piece

    def readline(self, limit: int) -> bytes:
        """Up to and with the next line feed, *limit* bytes at most; b"" at the end."""
        ahead, start = self._ahead, 0
        while (found := ahead.find(b"\n", start)) < 0 and len(ahead) < limit:
            start = len(ahead)
            ahead = self.peek(start + 1) and self._ahead
            if len(ahead) == start:
                break
        return self.read(min(limit, found + 1 if found >= 0 else limit))

    def skip_to(self, position: int) -> None:
        take = min(len(self._ahead), max(0, position - self.position))
        self._ahead = self._ahead[take:]
        if not self._ahead:
            self._unpacked.skip_to(position)


def skip(unpacked: Unpacked, position: int) -> None:
    """Read *unpacked* up to *position* and forget it."""
    while unpacked.position < position:
        if not unpacked.read(position - unpacked.position):
            return


def codec_of(head: bytes) -> Codec | None:
    """How a file that begins with *head* is compressed; `None`: in no way known here."""
    return next((codec for codec in CODECS if head.startswith(codec.magic)), None)


class _Gzip:
    """zlib's decompressor with the manners of bz2's and lzma's."""

    def __init__(self, bits: int = 31) -> None:
        self._zlib = zlib.decompressobj(bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._zlib.decompress(self._zlib.unconsumed_tail + data, max(0, max_length))
        # A full piece may leave more behind, inside zlib, with all of the data taken in.
        self.needs_input = not self._zlib.unconsumed_tail and len(piece) < max_length
        return piece


class _Zstd:
    """zstandard's decompressor with the same manners; it knows no limit of its own.

    It is fed one block at a time, which unpacks to 128 KiB at most
    (https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1).
    """

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        self._zstd = zstandard.ZstdDecompressor(
            dict_data=dictionary or zstandard.ZstdCompressionDict(b""),
            max_window_size=WINDOW_BYTES,
        ).decompressobj()
        self._packed = bytearray()
        self._ready = bytearray()
        self._in_blocks = False
        self._checksum = 0  # bytes of it after the last block

    @property
    def eof(self) -> bool:
        return self._zstd.eof and not self._ready

    @property
    def unused_data(self) -> bytes:
        return bytes(self._packed)

    @property
    def needs_input(self) -> bool:
        return not self._ready and not self._zstd.eof and not self._step()

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        self._packed += data
        while not self._ready and not self._zstd.eof and (size := self._step()):
            if not self._in_blocks:
                self._in_blocks, self._checksum = True, 4 if self._packed[4] & 0b100 else 0
            self._ready += self._zstd.decompress(self._packed[:size])
            del self._packed[:size]
        end = max_length if max_length >= 0 else len(self._ready)
        piece = bytes(self._ready[:end])
        del self._ready[:end]
        return piece

    def _step(self) -> int:
        """How many packed bytes to take next; 0: more of them are needed first."""
        if not self._in_blocks:
            if len(self._packed) < ZSTD_HEADER_BYTES:
                return 0
            return zstandard.frame_header_size(bytes(self._packed[:ZSTD_HEADER_BYTES]))
        header = int.from_bytes(self._packed[:3], "little")
        is_last, kind, size = header & 1, header >> 1 & 3, header >> 3
        whole = 3 + (1 if kind == ZSTD_RLE else size) + (self._checksum if is_last else 0)
        return whole if len(self._packed) >= 3 and whole <= len(self._packed) else 0


ZSTD_HEADER_BYTES = 18  # the longest there is; no frame with a record in it is shorter
ZSTD_RLE = 1
GZIP = Codec("gzip", b"\x1f\x8b\x08", _Gzip)
ZSTD = Codec("zstd", b"\x28\xb5\x2f\xfd", _Zstd)
BZIP2 = Codec("bzip2", b"BZh", bz2.BZ2Decompressor)
XZ = Codec(
    "xz",
    b"\xfd7zXZ\x00",
    lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=WINDOW_BYTES),
)
CODECS = (GZIP, ZSTD, BZIP2, XZ)


def zstd_with(dictionary: bytes) -> Codec:
    """zstd whose frames were packed with *dictionary*."""
    known = zstandard.ZstdCompressionDict(dictionary)
    return Codec("zstd", ZSTD.magic, lambda: _Zstd(known))
