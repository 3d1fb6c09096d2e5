"""The bodies of HTTP answers: of which kind they say they are, and what they unpack to."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

__all__ = ["is_plain", "no_page", "packing", "unpacked"]

PIECE_BYTES = 65_536
_NOT_PAGES = frozenset({"audio", "font", "image", "model", "multipart", "video"})
_MAYBE_PAGES = frozenset({"octet-stream", "unknown", "xhtml+xml", "xml"})
_OTHER_TEXTS = frozenset(
    {"calendar", "css", "csv", "ecmascript", "javascript", "json", "tab-separated-values", "vcard"}
)
# Not packed at all; the last ones are what servers write there by mistake.
_AS_IT_IS = frozenset({"", "identity", "none", "binary", "utf-8", "utf8"})
_GZIP = frozenset({"gzip", "x-gzip"})
_TELLING_BYTES = 64  # packed data has a byte beyond ASCII among so many
_GZIP_MARK = b"\x1f"


def no_page(content_type: str) -> str | None:
    """What a body of *content_type* is, where that is certainly no web page.

    >>> no_page("application/pdf"), no_page("text/html; charset=utf-8"), no_page("")
    ('application/pdf', None, None)
    """
    essence = content_type.split(";")[0].split(",")[0].strip().lower()
    kind, _, subtype = essence.partition("/")
    document = kind == "application" and not (subtype in _MAYBE_PAGES or subtype.endswith("+xml"))
    if kind in _NOT_PAGES or document or (kind == "text" and subtype in _OTHER_TEXTS):
        return essence
    return None


def packing(content_encoding: str) -> str | None:
    """How a body is packed: "", "gzip" or "deflate"; `None`: in a way that is not unpacked here.

    Only what was asked for is: what is packed several times over grows without bound.
    """
    said = content_encoding.strip().lower()
    if said in _AS_IT_IS:
        return ""
    if said in _GZIP:
        return "gzip"
    return said if said == "deflate" else None


def is_plain(start: bytes) -> bool:
    """Whether what begins with *start* is markup, whatever it is said to be packed as."""
    return start.lstrip()[:1] == b"<" and start[:_TELLING_BYTES].isascii()


def unpacked(chunks: Iterable[bytes], how: str) -> Iterator[bytes]:
    """What *chunks*, packed as `packing` says, unpack to; 64 KiB at a time at most.

    Where servers say "gzip" and send the page as it is, that is taken. Several gzip members are
    one body; what else follows the end is passed over, as browsers do.

    Raises:
        zlib.error: the packed data is damaged.
        EOFError: it ends too early.
    """
    rest = iter(chunks)
    start = b""
    while len(start) < 2 and (chunk := next(rest, None)) is not None:
        start += chunk
    if not how or not start or is_plain(start):
        yield from chain([start], rest)
        return
    stream = _begun(how, start)
    for data in chain([start], rest):
        while data:
            if stream.eof and (how != "gzip" or not data.startswith(_GZIP_MARK)):
                return
            stream = _begun(how, data) if stream.eof else stream
            yield from _pieces(stream, data)
            data = stream.unused_data
    if not stream.eof:
        raise EOFError("it ends too early")


def _begun(how: str, start: bytes) -> zlib._Decompress:
    if how == "gzip":
        return zlib.decompressobj(31)
    # "deflate" means zlib's format; some servers send the bare stream.
    return zlib.decompressobj(15 if int.from_bytes(start[:2]) % 31 == 0 else -15)


def _pieces(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    piece = b""
    # A full piece may leave more behind inside zlib, with all of the data taken in.
    while data or len(piece) == PIECE_BYTES:
        piece = stream.decompress(data, PIECE_BYTES)
        if piece:
            yield piece
        data = stream.unconsumed_tail
