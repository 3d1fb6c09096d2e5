"""Uploaded files under the names that their owners know: the server keeps them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

__all__ = ["short_names"]


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
