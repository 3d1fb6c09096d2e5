"""What a visitor of the app filled in, checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from extractors.archives.formats import SUFFIXES
from extractors.sources import PAGE_SUFFIXES
from schemas import library
from schemas.errors import SchemaError, SourceError
from schemas.schema import Schema
from schemas.source import spelt_out

__all__ = ["OWN", "UPLOADS", "asked_pages", "asked_schema"]

LONGEST_SHOWN = 80  # characters of a line that is no address

OWN = "my own…"
"""The choice, beside the ready schemas, of fields that the visitor writes."""

UPLOADS = sorted({PurePath(f"page{suffix}").suffix for suffix in (*PAGE_SUFFIXES, *SUFFIXES)})
"""Endings of the files that can be uploaded: the last part only, which is all a browser asks."""


def asked_schema(choice: str, own: str) -> Schema:
    """The ready schema called *choice*, or for `OWN` the one that *own* spells out.

    *own* is the one-line form, JSON Schema text or an example as JSON, never the name of a file:
    whoever can open the app could read it then.

    Raises:
        SchemaError: there is none of that name, or *own* cannot be honoured.
    """
    if choice != OWN:
        return library.get(choice)
    text = own.strip()
    if not text:
        raise SchemaError("the fields are not named yet", hint="write `title, posted date`")
    return spelt_out(text)


def asked_pages(addresses: str, files: Sequence[str]) -> list[str]:
    """The lines of *addresses*, then *files*, as sources for `Engine.run`.

    Raises:
        SourceError: a line is no web address (it would name a file of this machine), or there is
            nothing at all.
    """
    lines = [line.strip() for line in addresses.splitlines() if line.strip()]
    if others := [line for line in lines if not re.match(r"https?://", line, re.IGNORECASE)]:
        raise _no_address(others, len(lines))
    if not lines and not files:
        raise SourceError("there is no page to read", hint="paste an address or upload a file")
    return [*lines, *files]


def _no_address(others: Sequence[str], lines: int) -> SourceError:
    """*others*: the lines that are none."""
    first = others[0] if len(others[0]) <= LONGEST_SHOWN else f"{others[0][:LONGEST_SHOWN]}…"
    if len(others) > 1:
        text = f"{len(others):,} of {lines:,} lines are no web addresses, such as {first!r}"
        return SourceError(text, hint="one address a line, each beginning with https://")
    likely = re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", first)
    hint = (
        f"write https://{first}" if likely else "one address a line, such as https://example.org/"
    )
    return SourceError(f"{first!r} is no web address", hint=hint)
