"""Where a page stands on the web, by what was asked for and by what the page says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

__all__ = ["absolute", "is_here", "is_relative", "saved_from"]

_HEAD = 4_096  # characters in which whoever saved a page notes where it was
# Chromium and Internet Explorer write the first ("mark of the web", which tells the length of the
# address before it), the extension SingleFile the second.
_NOTES = (
    re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->"),
    re.compile(r"<!--\s*Page saved with SingleFile\s+url:\s*(\S+)"),
)


def saved_from(text: str, stated: Iterable[str]) -> str:
    """The address of a page that came as a file: the first http or https one of what the note of
    whoever saved it says and of *stated*, the addresses that the page gives as its own; or "".

    A page that names two hosts is a copy of another's, and which is whose nobody knows.
    """
    notes = (found[1] for note in _NOTES if (found := note.search(text, 0, _HEAD)))
    if noted := next((url for said in notes if (url := absolute(said, ""))), ""):
        return noted
    own = [url for said in stated if (url := absolute(said, ""))]
    hosts = {urlsplit(url).netloc.lower().removeprefix("www.") for url in own}
    return own[0] if len(hosts) == 1 else ""


def absolute(href: str, base: str) -> str:
    """*href*, relative to *base*, as an http or https URL, or "" where it is none."""
    try:
        url = urljoin(base, href.strip())
        parts = urlsplit(url)
    except ValueError:  # "http://[": no address at all
        return ""
    web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return url.replace(" ", "%20") if web else ""


def is_here(href: str) -> bool:
    """Whether *href* leads to the page itself."""
    return not href.strip() or href.strip().startswith("#")


def is_relative(href: str) -> bool:
    """Whether *href* leads to another page, and needs an address to say which."""
    try:
        return not is_here(href) and not urlsplit(href.strip()).scheme
    except ValueError:
        return False
