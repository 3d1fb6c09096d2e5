"""Pages under the names that their owners know: the server keeps them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

__all__ = ["apart", "short_names"]


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Each of *paths* to the file's own name; a number tells files of the same name apart.

    >>> short_names(["/a/job.html", "/b/job.html"])
    {'/a/job.html': 'job.html', '/b/job.html': 'job (2).html'}
    """
    return apart({path: PurePath(path).name for path in paths})


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """*names* with a number in each that stands there before: what is kept of a page, and found
    again, goes by its name."""
    told: dict[str, str] = {}
    taken: dict[str, int] = {}  # to how often it was wanted, so that thousands take no time
    for key, name in names.items():
        free = name
        while free in taken:
            taken[name] += 1
            pure = PurePath(name)
            free = f"{pure.stem} ({taken[name]}){pure.suffix}"
        taken[free] = 1
        told[key] = free
    return told
