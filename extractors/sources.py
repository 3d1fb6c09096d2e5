"""What the user named, expanded into single pages to read. Reads no page itself."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from extractors.archives import Archive
from schemas.errors import FetchFailed, NotAPage, SourceError

__all__ = ["Limits", "Source", "discover", "open_archive", "unreadable"]

PAGE_SUFFIXES = (".html", ".htm", ".xhtml")
ARCHIVE_SUFFIX = ".zip"
MEMBER_SEPARATOR = "::"

_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading sources may cost.

    `max_bytes`: of one page, unpacked. `timeout_s`: seconds for one page, redirects included.
    `max_members`, `max_total_bytes`, `max_ratio`: of one zip archive: files in it, their bytes
        unpacked, and unpacked bytes for each packed one.
    `allow_private`: also fetch from addresses that are not on the public internet.
    """

    max_bytes: int = 10 * 1024**2
    timeout_s: float = 20.0
    max_redirects: int = 5
    max_members: int = 5000
    max_total_bytes: int = 1024**3
    max_ratio: float = 200.0
    allow_private: bool = False


_STANDARD = Limits()


@dataclass(frozen=True, slots=True)
class Source:
    """One page to read, or the reason why there is none.

    `name`: as shown to people: a URL, a path, or `archive.zip::inner/page.html`.
    Exactly one of `url`, `path` and `error` is set; `member` is the place in the archive at
    `path`, `None` for a plain file.
    """

    name: str
    url: str | None = None
    path: Path | None = None
    member: int | None = None
    error: SourceError | None = None


def discover(sources: Iterable[str], *, limits: Limits = _STANDARD) -> Iterator[Source]:
    """Expand *sources* into single pages, in order, without reading any.

    A URL and a file stand for themselves; a folder for the pages and archives below it, sorted;
    a zip archive for its pages, in archive order; `archive.zip::member` for that one.
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
    elif path.suffix.lower() == ARCHIVE_SUFFIX:
        yield from _in_archive(path, limits)
    else:
        yield Source(_shown(path), path=path)


def _one_member(name: str, limits: Limits) -> Iterator[Source]:
    archive, separator, _ = name.partition(ARCHIVE_SUFFIX + MEMBER_SEPARATOR)
    if not separator:
        hint = "check the path; a web address starts with https://"
        yield Source(_printable(name), error=FetchFailed("no such file or folder", hint=hint))
        return
    members = _in_archive(Path(archive + ARCHIVE_SUFFIX), limits)
    named = [source for source in members if source.name in (name, archive + ARCHIVE_SUFFIX)]
    if named:
        yield from named
    else:
        yield Source(_printable(name), error=NotAPage("the archive holds no page of that name"))


def _in_folder(folder: Path, limits: Limits) -> Iterator[Source]:
    failures: list[OSError] = []
    files = sorted(
        Path(where, name)
        for where, _, names in os.walk(folder, onerror=failures.append)
        for name in names
        if name.lower().endswith((*PAGE_SUFFIXES, ARCHIVE_SUFFIX))
    )
    for error in failures:
        yield Source(_printable(str(error.filename)), error=unreadable(error))
    if not files and not failures:
        hint = f"a page's name ends in {', '.join(PAGE_SUFFIXES)}"
        yield Source(_shown(folder), error=NotAPage("no HTML page in this folder", hint=hint))
    for path in files:
        if path.suffix.lower() == ARCHIVE_SUFFIX:
            yield from _in_archive(path, limits)
        else:
            yield Source(_shown(path), path=path)


def _in_archive(path: Path, limits: Limits) -> Iterator[Source]:
    try:
        with open_archive(path, limits) as archive:
            members = list(archive.members())
    except SourceError as error:
        yield Source(_shown(path), error=error)
        return
    if not members:
        yield Source(_shown(path), error=NotAPage("no HTML page in this archive"))
    for member in members:
        name = f"{_shown(path)}{MEMBER_SEPARATOR}{member.name}"
        if member.error is None:
            yield Source(name, path=path, member=member.index)
        else:
            yield Source(name, error=member.error)


def open_archive(path: Path, limits: Limits) -> Archive:
    """The zip archive at *path*, refused as a whole when it breaks *limits*; see `Archive`."""
    return Archive(
        path,
        max_members=limits.max_members,
        max_total_bytes=limits.max_total_bytes,
        max_ratio=limits.max_ratio,
    )


def _shown(path: Path) -> str:
    return _printable(str(path))


def _printable(name: str) -> str:
    """*name* without what a terminal or UTF-8 cannot take; file names may hold any bytes."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name)


def unreadable(error: OSError | ValueError) -> FetchFailed:
    """What to raise or report when the disk gave *error*."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    failure = FetchFailed(f"could not be read: {reason}", hint="check the file's permissions")
    failure.retryable = False
    return failure
