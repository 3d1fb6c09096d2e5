"""One WARC record: its headers, the HTTP answer inside, and the body that was sent."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import zstandard
from fastwarc.stream_io import BrotliReader

from extractors.archives.members import Content, damaged, is_asset, printable, too_large
from extractors.archives.unpacking import WINDOW_BYTES, Buffered
from extractors.web.bodies import is_plain, packing, unpacked
from extractors.web.captured import day_of
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError

__all__ = [
    "Head",
    "Http",
    "content_of",
    "ends_well",
    "http_head",
    "is_page",
    "read_head",
    "refusal",
    "sent_body",
]

HEAD_BYTES = 65_536
_LENGTH = re.compile(r"[0-9]{1,18}")
_STATUS = re.compile(r"HTTP/[0-9.]+[ \t]+([0-9]{3})(?:[ \t]|$)")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CODE = ("css", "ecmascript", "javascript", "json", "wasm", "x-javascript", "dns")
_NOT_PAGES = re.compile(
    rf"(?:audio|font|image|model|video)/|[^/]*/(?:[^/;]*\+)?(?:{'|'.join(_CODE)})\b"
)
_PAGES = re.compile(r"text/html|application/xhtml")


@dataclass(frozen=True, slots=True)
class Head:
    """A record's own headers, by lower-case name. `length`: bytes of the block after them."""

    headers: Mapping[str, str]
    length: int

    @property
    def kind(self) -> str:
        return self.headers.get("warc-type", "").lower()

    @property
    def url(self) -> str:
        """Some writers put the address in angle brackets, as the first standard showed it."""
        return self.headers.get("warc-target-uri", "").strip("<>")

    @property
    def is_http(self) -> bool:
        kept = self.headers.get("content-type", "").lower()
        return self.kind in ("response", "revisit") and (
            kept.startswith("application/http") or self.url.startswith(("http:", "https:"))
        )


@dataclass(frozen=True, slots=True)
class Http:
    """The answer of the server. `length`: bytes of its head, from the start of the block."""

    status: int
    headers: Mapping[str, str]
    length: int


def read_head(stream: Buffered) -> Head | None:
    """The headers of the record that begins here; `None` where no record follows.

    Raises:
        NotAPage: no record begins here, or its headers are damaged.
    """
    lines = _lines(stream, limit=HEAD_BYTES, skip_blank=True)
    if not lines:
        return None
    if not lines[0].startswith("WARC/"):
        raise damaged("no WARC record begins where one should")
    headers = _headers(lines[1:])
    length = headers.get("content-length", "")
    if not _LENGTH.fullmatch(length):
        raise damaged("a record does not say how long it is")
    return Head(headers, int(length))


def http_head(stream: Buffered, head: Head) -> Http:
    """What the server said before the body; *stream* stands at the start of the block.

    Raises:
        NotAPage: it is no HTTP answer.
    """
    start = stream.position
    lines = _lines(stream, limit=min(HEAD_BYTES, head.length), skip_blank=False)
    found = _STATUS.match(lines[0]) if lines else None
    if found is None:
        raise damaged("the record holds no HTTP answer")
    return Http(int(found[1]), _headers(lines[1:]), stream.position - start)


def is_page(head: Head, http: Http | None) -> bool:
    """Whether a record may be a page; what pages are made with is passed over, and requests."""
    if head.kind not in ("response", "resource", "revisit", "continuation"):
        return False
    if not head.url.startswith(("http:", "https:", "file:", "ftp:")) and ":" in head.url:
        return False
    kept = http.headers if http else head.headers
    kind = kept.get("content-type", "").lower().strip()
    if _PAGES.match(kind) and (http is None or 200 <= http.status < 300):
        return True
    return not _NOT_PAGES.match(kind) and not is_asset(re.split("[?#]", head.url)[0])


def refusal(head: Head, http: Http | None) -> SourceError | None:
    """Why a record that may be a page is not read; `None`: it is."""
    if head.kind == "revisit":
        where = printable(head.headers.get("warc-refers-to-target-uri", "")) or "an earlier record"
        return NotAPage(f"not kept again here: unchanged since {where}", hint="read that record")
    if head.kind == "continuation" or "warc-segment-number" in head.headers:
        return NotAPage("a record in several segments, which are not joined")
    if cut := head.headers.get("warc-truncated"):
        return NotAPage(f"the crawler kept only a part of it: {printable(cut)}", hint="crawl again")
    if http is not None and not 200 <= http.status < 300:
        failure = FetchFailed(f"the server had answered {http.status}", hint="")
        failure.retryable = False
        return failure
    return None


def content_of(head: Head, http: Http | None, block: bytes, *, max_bytes: int) -> Content:
    """The page of a record from its *block*, the HTTP head left out. Raises as `sent_body`."""
    day = day_of(head.headers.get("warc-date"))
    if http is None:
        kind = head.headers.get("content-type") if head.kind == "resource" else None
        return Content(block, head.url, kind, day)
    body = sent_body(http.headers, block, max_bytes=max_bytes)
    return Content(body, head.url, http.headers.get("content-type"), day)


def sent_body(headers: Mapping[str, str], body: bytes, *, max_bytes: int) -> bytes:
    """*body* without the chunks and the compression that *headers* name.

    Many crawlers keep the headers and undo the encoding; a body that shows no sign of an encoding
    is taken as it is.

    Raises:
        NotAPage: a chunk or the compressed data is damaged.
        FetchRefused: more than *max_bytes*, or an encoding that is not known.
    """
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _joined_chunks(body)
    encodings = headers.get("content-encoding", "").lower().split(",")
    for encoding in reversed([name.strip() for name in encodings]):
        body = _decompressed(body, encoding, max_bytes)
    return body


def _joined_chunks(body: bytes) -> bytes:
    whole, at = bytearray(), 0
    while (found := _CHUNK.match(body, at)) is not None:
        size = int(found[1], 16)
        if size == 0:
            return bytes(whole)
        whole += body[found.end() : found.end() + size]
        at = found.end() + size
        if body[at : at + 2] != b"\r\n":
            break
        at += 2
    if at == 0 and body.lstrip()[:1] == b"<":
        return body
    raise damaged("a chunk of its body")


def _decompressed(body: bytes, encoding: str, max_bytes: int) -> bytes:
    if packing(encoding) == "" or is_plain(body):
        return body
    try:
        whole = _inflated(body, encoding, max_bytes + 1)
    except (zlib.error, OSError, EOFError, zstandard.ZstdError) as error:
        raise damaged(f"its {encoding} data: {error}") from error
    if len(whole) > max_bytes:
        raise too_large(max_bytes)
    return whole


def _inflated(body: bytes, encoding: str, size: int) -> bytes:
    """The first *size* bytes of what *body* unpacks to."""
    if how := packing(encoding):
        return _first(unpacked([body], how), size)
    if encoding == "br":
        return _read(BrotliReader(io.BytesIO(body)), size)
    if encoding == "zstd":
        unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        return unpacker.stream_reader(body, read_across_frames=True).read(size)
    raise FetchRefused(f"its encoding {printable(encoding)!r} is not known")


def _first(pieces: Iterator[bytes], size: int) -> bytes:
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) >= size:
            break
    return bytes(whole[:size])


def _read(stream: BrotliReader, size: int) -> bytes:
    whole = bytearray()
    while len(whole) < size and (piece := stream.read(min(65_536, size - len(whole)))):
        whole += piece
    return bytes(whole)


def ends_well(stream: Buffered) -> bool:
    """Whether what follows a block is the end of its record: its length was right."""
    following = stream.peek(4)
    return not following or following.startswith((b"\n", b"\r\n", b"WARC"))


def _lines(stream: Buffered, *, limit: int, skip_blank: bool) -> list[str]:
    """Header lines up to the empty one, which is read too, or to *limit*; none at the end."""
    lines: list[str] = []
    used = 0
    while used < limit and (line := stream.readline(limit - used)):
        used += len(line)
        text = line.rstrip(b"\r\n").decode("utf-8", "replace")
        if text:
            lines.append(text)
        elif lines or not skip_blank:
            return lines
    return lines


def _headers(lines: list[str]) -> dict[str, str]:
    """By lower-case name; a line that begins with space goes on with the one before."""
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[0] in " \t" and name:
            headers[name] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.setdefault(name, value.strip())
    return headers
