"""On which day a page was fetched or archived, as the server or the archive says."""

from __future__ import annotations

from datetime import date, datetime
from email.utils import parsedate_to_datetime

__all__ = ["day_of"]


def day_of(stated: str | None) -> date | None:
    """The day of *stated*, an HTTP or mail `Date` or a `WARC-Date`; `None` where it is neither."""
    text = (stated or "").strip()
    for read in (_iso, parsedate_to_datetime):
        try:
            return read(text).date()
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text)
