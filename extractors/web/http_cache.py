"""Pages that were fetched before, kept on disk as HTTP allows (RFC 9111), apart from results."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
from hishel import CacheOptions, SqliteStorage
from hishel.httpx import CacheTransport

__all__ = ["cached"]

MAX_TOTAL_BYTES = 512 * 1024**2


class _Brief(logging.Filter):
    """Pages are read without the cache too: what is wrong with it is told in a line, and once."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        why = str(record.exc_info[1]) if record.exc_info else record.getMessage()
        new = why not in self._told
        self._told.add(why)
        record.msg, record.args, record.exc_info = "fetched pages are not kept: %s", (why,), None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return new


logging.getLogger(SqliteStorage.__module__).addFilter(_Brief())


def cached(
    transport: httpx.BaseTransport, folder: Path, *, max_bytes: int, allow_private: bool
) -> httpx.BaseTransport:
    """*transport* behind a cache in *folder*; *transport* itself where that cannot be written.

    A private cache, as a browser's: what is fresh is not asked for again, what is stale is asked
    for with its ETag or date. Bodies over *max_bytes*, as they were sent, are not kept; beyond
    512 MiB in all the longest unused go. Answers are written while they are read, and dropped
    when reading stops early, so that the limits of the reader come first.
    """
    # What a run with private addresses allowed has read must not answer one without.
    name = "private.sqlite" if allow_private else "public.sqlite"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / name).touch(mode=0o600)
    except OSError:
        return transport
    storage = SqliteStorage(
        database_path=folder / name, max_stream_size=max_bytes, max_size=MAX_TOTAL_BYTES
    )
    return CacheTransport(transport, storage, rfc=CacheOptions(shared=False))
