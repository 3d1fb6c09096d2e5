"""What all archive formats share: members, what is read from them, and the limits they keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Protocol

from schemas.errors import FetchRefused, NotAPage, SourceError

__all__ = [
    "Archive",
    "Bounds",
    "Content",
    "Member",
    "Place",
    "bomb",
    "cut_off",
    "damaged",
    "is_asset",
    "leads_outside",
    "outside",
    "printable",
    "too_large",
    "too_many",
    "too_much",
]

# Where a member stands, in the terms of its format: an index, or a byte offset. `Archive.read`
# alone knows what the numbers mean; they hold for as long as the file stays as it is.
Place = tuple[int, ...]

# What pages are saved with. Anything else is tried, so that nothing is left out unseen.
_IMAGES = ("avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp")
_MEDIA = ("mp3", "mp4", "webm", "eot", "otf", "ttf", "woff", "woff2")
_CODE = ("css", "js", "less", "map", "mjs", "scss", "ts", "wasm", "webmanifest", "xsl")
_NOTES = ("csv", "json", "log", "md", "txt", "yaml", "yml")
_ASSETS = frozenset(_IMAGES + _MEDIA + _CODE + _NOTES)
_ASSET_NAMES = frozenset({".ds_store", "desktop.ini", "thumbs.db"})
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one archive may cost.

    `max_members`: files in it. `max_total_bytes`: all of them unpacked. `max_ratio`: unpacked
    bytes for each packed one.
    """

    max_members: int
    max_total_bytes: int
    max_ratio: float


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive that may be a page.

    `name` is printable, as shown to people; "" where the archive is one page and needs no name.
    `error` says why it will not be read; `None`: `Archive.read` may be tried.
    """

    name: str
    place: Place
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A member as it came.

    `url`: where the archive says it was found; "" where it does not.
    `content_type`: the header it was served with; `None` where the archive keeps none.
    `captured`: the day on which it was; `None`: the archive does not say.
    """

    body: bytes
    url: str = ""
    content_type: str | None = None
    captured: date | None = None


class Archive(Protocol):
    """An open archive, read in constant memory. Not for several threads at once."""

    def members(self) -> Iterator[Member]:
        """Its pages in archive order; folders and the assets of saved pages are passed over.

        Damage and broken limits are members with an `error`, in their place; what follows them
        is listed as far as it can be found. Never raises.
        """

    def read(self, place: Place, *, max_bytes: int) -> Content:
        """One member, unpacked. Members read in order cost one pass over the archive.

        Raises:
            FetchRefused: a kind of member that is not read, larger than *max_bytes*, or a bomb.
            NotAPage: damaged (its checksum or its compressed data is wrong), or cut off.
            FetchFailed: the archive could not be read.
        """

    def close(self) -> None:
        """Let go of the file; a second time is harmless."""


def damaged(what: object) -> NotAPage:
    """What to raise or report where the archive's bytes are wrong."""
    return NotAPage(f"damaged in the archive: {what}", hint="make the archive again")


def cut_off() -> NotAPage:
    """What to raise or report where the archive ends too early."""
    return NotAPage("the archive is cut off here", hint="fetch or make the archive again")


def bomb(max_ratio: float) -> FetchRefused:
    """What to raise or report where data unpacks to far more than it should."""
    return FetchRefused(f"unpacks to more than {max_ratio:g} times its size, as zip bombs do")


def too_many(bounds: Bounds) -> FetchRefused:
    """What to report where an archive is left after its last allowed member."""
    return FetchRefused(
        f"the archive holds more than {bounds.max_members:,} files; the rest was not read",
        hint="split it into smaller archives",
    )


def too_much(bounds: Bounds) -> FetchRefused:
    """What to report where an archive is left after its last allowed byte."""
    return FetchRefused(
        f"the archive unpacks to more than {bounds.max_total_bytes:,} bytes; the rest was not read",
        hint="split it into smaller archives",
    )


def too_large(max_bytes: int) -> FetchRefused:
    """What to raise for a page beyond *max_bytes*."""
    return FetchRefused(f"larger than {max_bytes:,} bytes unpacked")


def printable(name: str) -> str:
    """*name* without what a terminal or UTF-8 cannot take; file names may hold any bytes."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name)


def is_asset(name: str) -> bool:
    """Whether a file of this name is what pages are saved with, and no page itself."""
    path = PurePosixPath(name.replace("\\", "/").lower())
    if "__macosx" in path.parts or path.name.startswith("._") or path.name in _ASSET_NAMES:
        return True
    return path.suffix.removeprefix(".") in _ASSETS


def leads_outside(name: str) -> bool:
    """Whether unpacking a file of this name could write outside the folder chosen for it.

    Some tools for Windows write `folder\\page.html`, which does not.
    """
    name = name.replace("\\", "/")
    return ".." in name.split("/") or name.startswith("/") or bool(_DRIVE.match(name))


def outside() -> FetchRefused:
    """What to report for such a name."""
    return FetchRefused("its name leads outside the archive", hint="pack the folder again")
