"""What a JSON-LD script says, also where it is no JSON as it stands.

Sites wrap it in comments for old browsers, leave commas at the end of lists, escape it as if it
were HTML, and put several documents into one script. What still cannot be read is not there.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from lxml.etree import Element

__all__ = ["read_script"]

MAX_DOCUMENTS = 1_000  # in one script
_SPACE = " \t\r\n\f;\ufeff"
_OPENING = re.compile(r"(?:(?://|/\*)\s{0,9})?(?:<!--|<!\[CDATA\[)(?:\s{0,9}\*/)?", re.IGNORECASE)
_CLOSING = re.compile(r"(?:(?://|/\*)\s{0,9})?(?:-->|\]\]>)(?:\s{0,9}\*/)?\Z")
_LONGEST_CLOSING = 30  # characters
_BETWEEN = re.compile(r"[\s,;]*")  # documents
_ESCAPED = re.compile(r"[\[{]\s*(?:&quot;|&#34;|&#x22;)", re.IGNORECASE)


def read_script(text: str) -> list[Any]:
    """The items in a script's *text*: of a list its items, else the objects it has; [] for none.

    >>> read_script('<!-- {"name": "Spade",} -->')
    [{'name': 'Spade'}]
    """
    plain = _unwrapped(text)
    if _ESCAPED.match(plain):
        plain = html.unescape(plain)
    for read in (_strictly, _leniently):
        try:
            return [item for said in read(plain) for item in _each(said)]
        except (ValueError, RecursionError):
            continue
    return []


def _each(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _unwrapped(text: str) -> str:
    plain = text.strip(_SPACE)
    if opening := _OPENING.match(plain):
        plain = plain[opening.end() :]
    if closing := _CLOSING.search(plain, max(0, len(plain) - _LONGEST_CLOSING)):
        plain = plain[: closing.start()]
    return plain.strip(_SPACE)


def _strictly(text: str) -> list[Any]:
    """The documents in *text*; control characters in strings are let pass."""
    decoder, place = json.JSONDecoder(strict=False), 0
    found: list[Any] = []
    while place < len(text) and len(found) < MAX_DOCUMENTS:
        said, place = decoder.raw_decode(text, place)
        found.append(said)
        if between := _BETWEEN.match(text, place):
            place = between.end()
    return found


def _leniently(text: str) -> list[Any]:
    """As extruct does, which takes comments and commas at the end of lists out."""
    from extruct.jsonld import JsonLdExtractor

    script = Element("script", type="application/ld+json")
    script.text = text
    return list(JsonLdExtractor().extract_items(script))
