"""Where a job's pages come from: kept bytes first, then the disk or the web."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from extractors.pages import Limits, Manners, Page, Reader, Source, discover
from extractors.sources import MEMBER_SEPARATOR
from orchestration.settings import Settings
from orchestration.storage.store import Job, Store
from schemas.errors import FetchFailed, SourceError

__all__ = ["UPLOADS", "Intake", "limits_of", "reader_of", "shown"]

UPLOADS = "uploads"
"""In a job's options: the names of its sources that were uploaded, and are no paths."""

_GONE = FetchFailed("the uploaded file is no longer here", hint="upload it again, for a new job")
_KEPT = Path("kept")  # stands for the store in a `Source`; never opened


class Intake:
    """Finds a job's sources, and reads them. Pages that the store kept are never fetched again.

    `keep_fetched`: the bytes of pages from the web are to be kept with their results.
    """

    def __init__(self, store: Store, reader: Reader, limits: Limits, *, keep_fetched: bool) -> None:
        self._store = store
        self._reader = reader
        self._limits = limits
        self._keep_fetched = keep_fetched

    def found(self, job: Job, given: Sequence[str], names: Mapping[str, str]) -> list[Source]:
        """The single pages of *given*, in order, under their *names*."""
        kept = self._store.kept(job.id)
        uploads = set(job.options.get(UPLOADS, ()))
        return [source for one in given for source in self._opened(one, names, kept, uploads)]

    def _opened(
        self, given: str, names: Mapping[str, str], kept: set[str], uploads: set[str]
    ) -> Iterator[Source]:
        if given in kept:
            yield Source(given, path=_KEPT)
        elif given.partition(MEMBER_SEPARATOR)[0] in uploads and given not in names:
            yield Source(given, error=_GONE)
        else:
            for source in discover([given], limits=self._limits):
                yield replace(source, name=shown(source.name, names))

    def places(self, job: Job, sources: Sequence[Source]) -> list[int]:
        """The position in the job of each of *sources*: the one it was saved at before, else its
        own in the order given or, where that is taken by another page, one after all others."""
        saved = self._store.places(job.id)
        free = max([len(sources) - 1, *(place for _, place in saved)]) + 1
        taken = {place for _, place in saved}
        known: dict[str, deque[int]] = {}
        for name, place in saved:
            known.setdefault(name, deque()).append(place)
        places = []
        for place, source in enumerate(sources):
            if known.get(source.name):
                places.append(known[source.name].popleft())
            elif place in taken:
                places.append(free)
                free += 1
            else:
                places.append(place)
        return places

    def pages(
        self, job: Job, sources: Sequence[Source], *, stop: Callable[[], bool]
    ) -> Generator[Page | SourceError, None, None]:
        """The page of each of *sources*, or why there is none; ends early as `Reader.read_all`."""
        kept = self._store.kept(job.id)
        rest = (source for source in sources if source.name not in kept)
        with closing(self._reader.read_all(rest, stop=stop)) as read:
            for source in sources:
                page: Page | SourceError | None = None
                if source.name in kept:
                    page = self._store.kept_page(job.id, source.name)
                page = page or next(read, None)
                if page is None:
                    return
                yield page

    def page(self, job: Job, source: str) -> Page:
        """The bytes behind one page of *job*, for people to look at.

        Raises:
            SourceError: they were not kept, and cannot be read again from where they came.
        """
        if kept := self._store.kept_page(job.id, source):
            return kept
        for found in self.found(job, [source], {}):
            return self._reader.read(found)
        raise _GONE

    def keeps(self, job: Job, source: Source) -> bool:
        """Whether the bytes of *source* are to be kept with the results: they may be gone, or
        another's, when they are asked for again."""
        if source.url is not None:
            return self._keep_fetched
        return source.name.partition(MEMBER_SEPARATOR)[0] in job.options.get(UPLOADS, ())


def shown(source: str, names: Mapping[str, str]) -> str:
    """The name of *source*, a page in an archive keeping its place there."""
    path, separator, member = source.partition(MEMBER_SEPARATOR)
    return names.get(source) or names.get(path, path) + separator + member


def limits_of(settings: Settings) -> Limits:
    """How large a page may be, how long it may take, and where it may come from."""
    return Limits(
        max_bytes=settings.page_bytes,
        timeout_s=settings.timeout_s,
        allow_private=settings.allow_private,
    )


def reader_of(settings: Settings) -> Reader:
    """A reader of the disk and the web, as *settings* say."""
    manners = Manners(
        attempts=settings.attempts,
        per_host=settings.per_host,
        host_delay_s=settings.host_delay_s,
        ahead=settings.fetch_ahead,
        obey_robots=settings.obey_robots,
    )
    cache = settings.cache_dir / "http" if settings.http_cache else None
    return Reader(limits=limits_of(settings), manners=manners, cache=cache)
