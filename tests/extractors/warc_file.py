"""WARC files made by hand, record by record."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


def record(
    url: str,
    body: bytes = b"<h1>Oslo</h1>",
    *,
    http: bytes | None = OK,
    kind: str = "response",
    length: int | None = None,
    more: str = "",
) -> bytes:
    """One record. `http`: the server's head, without its empty line; `None`: only the body."""
    block = body if http is None else http + b"\r\n" + body
    held = "text/html" if http is None else "application/http; msgtype=response"
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: {held}\r\n"
        f"{more}Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def packed(records: Iterable[bytes]) -> list[bytes]:
    """Each record as a gzip member of its own, as crawlers write them."""
    return [gzip.compress(one) for one in records]
