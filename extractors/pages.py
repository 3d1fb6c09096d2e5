"""Sources to pages: bytes read from disk, archives and the web, one by one or ahead of need."""

from __future__ import annotations

import stat
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType

import httpx

from extractors.archives.formats import Archive, unwrapped
from extractors.parsing.encoding import sniff
from extractors.sources import Limits, Source, discover, open_archive, unreadable
from extractors.web.captured import day_of
from extractors.web.client import Web
from extractors.web.clock import Clock
from extractors.web.manners import Manners
from schemas.errors import FetchRefused, SourceError

__all__ = ["Limits", "Manners", "Page", "Reader", "Source", "discover"]

_STANDARD = Limits()
_POLITE = Manners()
_POLL_S = 0.1  # how soon a wait for the network sees that it should stop


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of one page, as they came.

    `url`: where they came from after redirects, or what an archive says of it; "" for files.
    `content_type`: the HTTP header as received, or as an archive kept it; `None` for files and
        where the server sent none.
    `captured`: the day it was fetched or archived; `None`: unknown, as for files.
    """

    source: str
    url: str
    body: bytes
    content_type: str | None = None
    captured: date | None = None


class Reader:
    """Reads sources. A context manager of open connections and archives; threads may share one.

    *transport*: what carries HTTP requests, as in httpx. `None`: real connections, made only to
    addresses that were looked up and checked, so that a name cannot change in between.
    *cache*: the folder of pages fetched before, used as HTTP allows; `None`: none is kept.
    """

    def __init__(
        self,
        *,
        limits: Limits = _STANDARD,
        manners: Manners = _POLITE,
        transport: httpx.BaseTransport | None = None,
        cache: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._limits = limits
        self._ahead = manners.ahead
        self._open_archive: tuple[Path, Archive] | None = None
        self._disk = threading.Lock()
        self.web = Web(
            limits=limits, manners=manners, transport=transport, cache=cache, clock=clock
        )
        self._threads = ThreadPoolExecutor(manners.ahead, thread_name_prefix="fetch")

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what is under way, in other threads too, and let go of everything."""
        self.web.interrupt()
        self._threads.shutdown(cancel_futures=True)
        self.web.close()
        if self._open_archive is not None:
            self._open_archive[1].close()

    def read(self, source: Source) -> Page:
        """The page of *source*, which `discover` found.

        Raises:
            FetchRefused: its address, size, redirects, archive or robots.txt do not allow it.
            FetchFailed: the network, the server or the disk failed; see its `retryable`.
            NotAPage: the bytes are empty or something else than a web page.
        """
        if source.error is not None:
            raise source.error
        page = self._load(source) if source.url is None else self._fetch(source.name, source.url)
        sniff(page.body)
        return page

    def read_all(
        self, sources: Iterable[Source], *, stop: Callable[[], bool] = lambda: False
    ) -> Generator[Page | SourceError, None, None]:
        """The page of each of *sources*, or why there is none, in their order.

        Of web pages, those that come next are fetched meanwhile: no more than `Manners.ahead` of
        them are under way or wait in memory. Ends early once *stop* says so; what is then under
        way is left alone, and *sources* are not asked for more.
        """
        waiting: deque[tuple[Source, Future[Page | SourceError] | None]] = deque()
        rest = iter(sources)
        try:
            while True:
                for source in rest:
                    waiting.append((source, self._begun(source)))
                    if len(waiting) >= self._ahead:
                        break
                if not waiting:
                    return
                source, future = waiting.popleft()
                while future is not None and not wait([future], timeout=_POLL_S).done:
                    if stop():
                        return
                yield future.result() if future is not None else self._outcome(source)
        finally:
            for _, future in waiting:
                if future is not None:
                    future.cancel()

    def _begun(self, source: Source) -> Future[Page | SourceError] | None:
        """The page under way; `None` for what is read from disk when its turn comes."""
        return self._threads.submit(self._outcome, source) if source.url is not None else None

    def _outcome(self, source: Source) -> Page | SourceError:
        try:
            return self.read(source)
        except SourceError as error:
            return error

    def _fetch(self, name: str, url: str) -> Page:
        answer = self.web.page(url)
        day = day_of(answer.headers.get("date"))
        return Page(name, answer.url, answer.body, answer.content_type, day)

    def _load(self, source: Source) -> Page:
        path = source.path
        if path is None:
            raise ValueError(f"a source without url, path and error: {source.name}")
        if source.member is not None:
            with self._disk:  # an open archive is not for several threads
                archive = self._archive_at(path)
                limit = self._limits.max_bytes
                found = unwrapped(archive.read(source.member, max_bytes=limit), max_bytes=limit)
            url = found.url if found.url.lower().startswith(("http://", "https://")) else ""
            return Page(source.name, url, found.body, found.content_type, found.captured)
        return Page(source.name, "", self._file(path))

    def _file(self, path: Path) -> bytes:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device may never end
                raise FetchRefused("not a plain file")
            with path.open("rb") as stream:
                body = stream.read(self._limits.max_bytes + 1)
        except (OSError, ValueError) as error:
            raise unreadable(error) from error
        if len(body) > self._limits.max_bytes:
            raise FetchRefused(f"larger than {self._limits.max_bytes:,} bytes")
        return body

    def _archive_at(self, path: Path) -> Archive:
        """The archive at *path*; the last one stays open, since its pages come one by one."""
        if self._open_archive is None or self._open_archive[0] != path:
            archive = open_archive(path, self._limits)
            if self._open_archive is not None:
                self._open_archive[1].close()
            self._open_archive = path, archive
        return self._open_archive[1]
