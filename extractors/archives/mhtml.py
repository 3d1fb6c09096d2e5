"""The page inside an MHTML file, as browsers save it: one HTML part, with its own address."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterator
from email.errors import InvalidBase64CharactersDefect, InvalidBase64LengthDefect
from email.message import Message
from typing import IO

from extractors.archives.members import Content, Member, Place, cut_off, damaged, too_large
from extractors.web.captured import day_of
from schemas.errors import FetchFailed, NotAPage

__all__ = ["MhtmlArchive"]

HEAD_BYTES = 65_536
LINE_BYTES = 65_536
# Quoted-printable writes three characters for a byte, and a line end now and then.
CODED_RATIO = 4
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_BAD_BASE64 = (InvalidBase64CharactersDefect, InvalidBase64LengthDefect)


class MhtmlArchive:
    """An MHTML file (RFC 2557); see `members.Archive`. It has one member, the page.

    The page is the part that the head names as `start`, else the first HTML part; what it was
    saved with, frames too, is passed over line by line.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def close(self) -> None:
        self._file.close()

    def members(self) -> Iterator[Member]:
        yield Member("", ())

    def read(self, place: Place, *, max_bytes: int) -> Content:
        try:
            top, page = self._page(max_bytes)
        except OSError as error:
            raise FetchFailed(f"the archive could not be read: {error}") from error
        body = page.get_payload(decode=True)
        if not isinstance(body, bytes) or any(isinstance(x, _BAD_BASE64) for x in page.defects):
            raise damaged("the page's base64 data")
        if len(body) > max_bytes:
            raise too_large(max_bytes)
        url = page.get("Content-Location") or top.get("Snapshot-Content-Location") or ""
        # A type without a charset is no word on the encoding: nothing was served with it.
        kind = str(page["Content-Type"]) if page.get_content_charset() else None
        return Content(body, "".join(str(url).split()), kind, day_of(top["Date"]))

    def _page(self, max_bytes: int) -> tuple[Message, Message]:
        """The head of the file, and the part that is the page."""
        limit = max_bytes * CODED_RATIO
        top = self._head()
        boundary = top.get_boundary()
        raw = self._all(limit) if boundary is None else self._root(top, boundary, limit)
        for part in email.message_from_bytes(raw).walk():
            if part.get_content_type() in _PAGE_TYPES:
                return top, part
        raise NotAPage("no HTML page in this archive")

    def _all(self, limit: int) -> bytes:
        self._file.seek(0)
        raw = self._file.read(limit + 1)
        if len(raw) > limit:
            raise too_large(limit)
        return raw

    def _root(self, top: Message, boundary: str, limit: int) -> bytes:
        start = top.get_param("start")
        named = start and self._part(boundary, lambda part: part["Content-ID"] == start, limit)
        return named or self._part(boundary, _may_be_page, limit) or b""

    def _head(self) -> Message:
        self._file.seek(0)
        head = bytearray()
        while (line := self._file.readline(LINE_BYTES)).strip() or not head.strip():
            head += line
            if not line or len(head) > HEAD_BYTES:
                break
        return email.message_from_bytes(bytes(head))

    def _part(self, boundary: str, wanted: Callable[[Message], bool], limit: int) -> bytes | None:
        """The first part that is *wanted*, judged by its head; `None`: there is none.

        Raises:
            NotAPage: the file ends inside of it.
            FetchRefused: it is larger than *limit* bytes.
        """
        line_between = b"--" + boundary.encode("latin-1", "replace")
        head: bytearray | None = None  # of the part at hand, while it is read
        part: bytearray | None = None  # the wanted one
        self._file.seek(0)
        while line := self._file.readline(LINE_BYTES):
            if line.rstrip() in (line_between, line_between + b"--"):
                if part is not None:
                    return bytes(part)
                head = bytearray()
            elif part is not None:
                part += line
                if len(part) > limit:
                    raise too_large(limit)
            elif head is not None:
                head += line
                if not line.strip():
                    part = head if wanted(email.message_from_bytes(bytes(head))) else None
                    head = None
                elif len(head) > HEAD_BYTES:
                    raise damaged("the head of a part is too long")
        if part is not None:
            raise cut_off()
        return None


def _may_be_page(part: Message) -> bool:
    return part.get_content_type() in _PAGE_TYPES or part.get_content_maintype() == "multipart"
