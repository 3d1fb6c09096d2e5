"""Uploaded files under the names that their owners know: the server keeps them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath

from schemas.record import PageResult

__all__ = ["named", "short_names", "shown_name", "upload_names"]

MEMBER = "::"  # parts an archive's name from a page's inside it


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Each of *paths* to the file's own name; a number tells files of the same name apart.

    >>> short_names(["/a/job.html", "/b/job.html"])
    {'/a/job.html': 'job.html', '/b/job.html': 'job (2).html'}
    """
    names: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        pure = PurePath(path)
        name, count = pure.name, 1
        while name in names.values():
            count += 1
            name = f"{pure.stem} ({count}){pure.suffix}"
        names[path] = name
    return names


def upload_names(sources: Iterable[str]) -> dict[str, str]:
    """The uploaded files among a job's *sources*, each to the name that its owner knows."""
    return short_names(source for source in sources if "://" not in source)


def shown_name(source: str, names: Mapping[str, str]) -> str:
    """*source* under the *names* that paths go by; a page in an archive keeps its place."""
    path, separator, member = source.partition(MEMBER)
    return names.get(source) or names.get(path, path) + separator + member


def named(results: Iterable[PageResult], names: Mapping[str, str]) -> Iterator[PageResult]:
    """*results* under the *names* that their sources go by."""
    for result in results:
        yield replace(result, source=shown_name(result.source, names))
