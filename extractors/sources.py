"""What the user named, expanded into single pages to read. Reads no page itself."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from extractors.archives.formats import SUFFIXES, Archive, Bounds, Place, is_archive, opened
from extractors.archives.members import printable
from schemas.errors import FetchFailed, NotAPage, SourceError

__all__ = [
    "PAGE_SUFFIXES",
    "Limits",
    "Source",
    "Sources",
    "discover",
    "open_archive",
    "sources_of",
    "unreadable",
]

Sources = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""What a user may give as sources: one, or several."""

PAGE_SUFFIXES = (".html", ".htm", ".xhtml")
MEMBER_SEPARATOR = "::"

_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading sources may cost.

    `max_bytes`: of one page, unpacked. `timeout_s`: seconds for one page, redirects included.
    `max_members`, `max_total_bytes`, `max_ratio`: of one archive: files in it, their bytes
        unpacked, and unpacked bytes for each packed one. A crawl's WARC of 1 GB has some 40,000
        pages and 5 GB of them.
    `allow_private`: also fetch from addresses that are not on the public internet.
    """

    max_bytes: int = 10 * 1024**2
    timeout_s: float = 20.0
    max_redirects: int = 5
    max_members: int = 100_000
    max_total_bytes: int = 16 * 1024**3
    max_ratio: float = 200.0
    allow_private: bool = False


_STANDARD = Limits()


@dataclass(frozen=True, slots=True)
class Source:
    """One page to read, or the reason why there is none.

    `name`: as shown to people: a URL, a path, or `archive.zip::inner/page.html`.
    Exactly one of `url`, `path` and `error` is set; `member` is the place in the archive at
    `path`, as its `read` takes it; `None` for a plain file.
    """

    name: str
    url: str | None = None
    path: Path | None = None
    member: Place | None = None
    error: SourceError | None = None


def sources_of(given: Sources) -> tuple[str, ...]:
    """*given* as `discover` takes it. A text alone is one source, never its characters.

    >>> sources_of("page.html"), sources_of([Path("a"), "b"])
    (('page.html',), ('a', 'b'))
    """
    several = (given,) if isinstance(given, str | os.PathLike) else given
    return tuple(os.fspath(one) for one in several)


def discover(sources: Iterable[str], *, limits: Limits = _STANDARD) -> Iterator[Source]:
    """Expand *sources* into single pages, in order, without reading any.

    A URL and a file stand for themselves; a folder for the pages and archives below it, sorted;
    an archive for its pages, in archive order; `archive.zip::member` for that one. Archives are
    known by their content, in folders by their suffix. Names in one archive that repeat are
    numbered: `a.warc::https://ex.org/ (2)`.
    What cannot be read (missing, no page in it, a refused member) is a `Source` with an `error`.
    """
    for source in sources:
        if _WITH_SCHEME.match(source.strip()):
            yield Source(source.strip(), url=source.strip())
        else:
            yield from _found(source, limits)


def _found(name: str, limits: Limits) -> Iterator[Source]:
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        yield from _one_member(name, limits)
        return
    if stat.S_ISDIR(mode):
        yield from _in_folder(path, limits)
    elif stat.S_ISREG(mode) and is_archive(path):
        yield from _in_archive(path, limits)
    else:
        yield Source(_shown(path), path=path)


def _one_member(name: str, limits: Limits) -> Iterator[Source]:
    archive = _archive_of(name)
    if archive is None:
        hint = "check the path; a web address starts with https://"
        yield Source(printable(name), error=FetchFailed("no such file or folder", hint=hint))
        return
    members = _in_archive(Path(archive), limits)
    named = [source for source in members if source.name in (name, archive)]
    if named:
        yield from named
    else:
        hint = "name the archive alone: its pages' names are in the results"
        missing = NotAPage("the archive holds no page of that name", hint=hint)
        yield Source(printable(name), error=missing)


def _archive_of(name: str) -> str | None:
    """The archive's part of `archive.zip::member`; `None`: *name* names no member."""
    at = name.find(MEMBER_SEPARATOR)
    while at >= 0:
        archive = name[:at]
        if archive.lower().endswith(SUFFIXES) or ("\0" not in name and Path(archive).is_file()):
            return archive
        at = name.find(MEMBER_SEPARATOR, at + 1)
    return None


def _in_folder(folder: Path, limits: Limits) -> Iterator[Source]:
    failures: list[OSError] = []
    files = sorted(
        Path(where, name)
        for where, _, names in os.walk(folder, onerror=failures.append)
        for name in names
        if name.lower().endswith((*PAGE_SUFFIXES, *SUFFIXES))
    )
    for error in failures:
        yield Source(printable(str(error.filename)), error=unreadable(error))
    if not files and not failures:
        hint = f"a page's name ends in {', '.join(PAGE_SUFFIXES)}"
        yield Source(_shown(folder), error=NotAPage("no HTML page in this folder", hint=hint))
    for path in files:
        if path.name.lower().endswith(SUFFIXES):
            yield from _in_archive(path, limits)
        else:
            yield Source(_shown(path), path=path)


def _in_archive(path: Path, limits: Limits) -> Iterator[Source]:
    found = False
    names: Counter[str] = Counter()
    try:
        with closing(open_archive(path, limits)) as archive:
            for member in archive.members():
                found = True
                name = f"{_shown(path)}{MEMBER_SEPARATOR if member.name else ''}{member.name}"
                names[name] += 1
                name += f" ({names[name]})" if names[name] > 1 else ""
                place = member.place if member.error is None else None
                yield Source(
                    name, path=path if place is not None else None, member=place, error=member.error
                )
    except (SourceError, OSError) as error:
        found = True
        yield Source(
            _shown(path), error=error if isinstance(error, SourceError) else unreadable(error)
        )
    if not found:
        yield Source(_shown(path), error=NotAPage("no HTML page in this archive"))


def open_archive(path: Path, limits: Limits) -> Archive:
    """The archive at *path*, within *limits*. Raises as `extractors.archives.formats.opened`."""
    bounds = Bounds(
        max_members=limits.max_members,
        max_total_bytes=limits.max_total_bytes,
        max_ratio=limits.max_ratio,
    )
    return opened(path, bounds)


def _shown(path: Path) -> str:
    return printable(str(path))


def unreadable(error: OSError | ValueError) -> FetchFailed:
    """What to raise or report when the disk gave *error*."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    failure = FetchFailed(f"could not be read: {reason}", hint="check the file's permissions")
    failure.retryable = False
    return failure
