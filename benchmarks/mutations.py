"""Ten thousand damaged pages: none may fail to be read, and what is read must hold its laws.

    python -m benchmarks.mutations [COUNT]        # pages of FIELDWISE_EVALDATA too, where it is set

Prints how many pages were read and refused, and every broken law; the exit status is then 1. The
same seed gives the same pages. Some minutes for 10,000.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import lxml.etree
import lxml.html

from extractors.pages import Page
from extractors.parsing.blocks import CELL_MARK, ParsedPage, parse_page
from extractors.parsing.encoding import decode
from extractors.parsing.paths import MAX_DEPTH
from schemas.document import RAISED, Block
from schemas.errors import NotAPage

__all__ = ["broken_law", "main", "mutated", "naughty_pages", "run", "seeds"]

MAX_SEED_BYTES = 60_000  # larger pages show nothing that smaller ones do not, and take longer
PATHS_A_PAGE = 25
_EDITS = 4
_PIECES = (
    *(
        b"<",
        b">",
        b"</",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"&#x0;",
        b"&#xd800;",
        b"\0",
    ),
    *(
        b"<table><tr>",
        b"</table>",
        b"<select>",
        b"<textarea>",
        b"<title>",
        b"<plaintext>",
        b"<svg>",
    ),
    *(
        b"<frameset>",
        b"</body>",
        b"</html>",
        b"<html>",
        b"<template>",
        b"<a href=x>",
        b"<base href=//[",
    ),
    *(
        b"<o:p>",
        b"<p a='",
        b'"',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe3\x81",
        b"\xe2\x80\x8b",
        b"\xc2\xad",
    ),
    *(
        b"<div hidden>",
        b"<div style=display:none>",
        b"<dialog>",
        b"<noscript>",
        b"<script>",
        b"<math>",
    ),
)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>", re.IGNORECASE)


def mutated(page: bytes, rng: random.Random) -> bytes:
    """*page* with up to `_EDITS` pieces cut, doubled, moved, overwritten or put in."""
    body = bytearray(page)
    for _ in range(rng.randint(1, _EDITS)):
        start = rng.randrange(len(body) + 1)
        end = min(len(body), start + rng.choice((1, 8, 80, 800, 8000)))
        part, place = bytes(body[start:end]), rng.randrange(len(body) + 1)
        match rng.randrange(6):
            case 0:
                del body[start:end]
            case 1:
                body[place:place] = part
            case 2:
                body[start:end] = rng.randbytes(end - start) if end - start < 100 else b""
            case 3:
                body[start:start] = rng.choice(_PIECES) * rng.choice((1, 1, 1, 3, 300))
            case 4:
                body[start:end] = re.sub(rb"</\w+>", b"", part)
            case _:
                del body[max(end, len(body) // 2) :]
    return bytes(body)


def broken_law(body: bytes, content_type: str | None = None) -> str | None:
    """What is wrong with what is read from *body*; `None` when nothing is, or it is no page."""
    try:
        parsed = parse_page(Page("page", "https://ex.org/", body, content_type))
    except NotAPage:
        return None
    except Exception as error:  # any error is what we look for
        return f"{type(error).__name__}: {error}"
    return _broken_quote(parsed) or _broken_path(parsed, decode(body, content_type)[0])


def _broken_quote(parsed: ParsedPage) -> str | None:
    document = parsed.document
    quotes = [document.quote(block.span) for block in document.blocks]
    if "\n".join(quotes) != document.text:
        return "the blocks are not the text"
    for quote in quotes:
        if not quote or quote.replace(RAISED, " ") != " ".join(quote.split()):
            return f"a block of loose white space: {quote[:40]!r}"
    for link in parsed.links:
        words = document.quote(link.span)
        if not words or words != words.strip():
            return f"a link that does not quote words: {words[:40]!r}"
    return None


def _broken_path(parsed: ParsedPage, text: str) -> str | None:
    """Blocks' paths must lead to one element, and that element must hold the block's letters.

    Not asked of pages nested deeper than lxml builds trees: from there on its two parsers differ.
    """
    text = _XML_DECLARATION.sub("", text.replace("\0", ""))
    if "<" not in text or not parsed.document.blocks:
        return None
    try:
        root = lxml.html.document_fromstring(text)
    except (lxml.etree.ParserError, ValueError):  # lxml.html refuses what lxml itself reads
        return None
    blocks = parsed.document.blocks
    if _depth(root) >= MAX_DEPTH:
        return None
    for block in blocks[:: max(1, len(blocks) // PATHS_A_PAGE)]:
        if fault := _misleading(root, block, parsed.document.quote(block.span)):
            return fault
    return None


def _depth(root: lxml.html.HtmlElement) -> int:
    """Of the whole page: what follows `</html>` stands in a second tree beside that of *root*."""
    depth = deepest = 0
    for tree in (root, *root.itersiblings(tag=lxml.etree.Element)):
        for event, _ in lxml.etree.iterwalk(tree, events=("start", "end")):
            depth += 1 if event == "start" else -1
            deepest = max(deepest, depth)
    return deepest


def _misleading(root: lxml.html.HtmlElement, block: Block, quote: str) -> str | None:
    found = root.xpath(block.xpath)
    if not isinstance(found, list) or len(found) != 1:
        return f"{block.xpath} leads to {found!r}"
    inside = [found[0]] if block.is_attribute else found[0].itertext()
    held = Counter("".join(map(str, inside)))
    missing = Counter(quote.replace(CELL_MARK, "").replace(" ", "")) - held
    return f"{block.xpath} lacks {''.join(missing)[:40]!r}" if missing else None


def seeds(folder: Path | None) -> list[bytes]:
    """Pages to damage: this project's own, and those under *folder*."""
    paths = sorted(Path("tests/pages").glob("*/page.html"))
    if folder:
        paths += sorted(folder.glob("*/html/*.html"))
    return [path.read_bytes() for path in paths if path.stat().st_size <= MAX_SEED_BYTES]


def naughty_pages(folder: Path) -> Iterator[bytes]:
    """Pages of the naughty strings and of html5lib's tokenizer and tree tests under *folder*."""
    for path in folder.glob("hostile/blns/blns.json"):
        for text in json.loads(path.read_text("utf-8")):
            page = f"<title>{text}</title><p title='{text}'>{text}<a href='{text}'>{text}</a>"
            yield page.encode()
    for path in sorted(folder.glob("hostile/html5lib-tests/tokenizer/*.test")):
        for test in json.loads(path.read_text("utf-8")).get("tests", []):
            yield f"<p>a</p>{test['input']}".encode("utf-8", "surrogatepass")
    for path in sorted(folder.glob("hostile/html5lib-tests/tree-construction/*.dat")):
        for test in path.read_bytes().split(b"#data\n")[1:]:
            yield test.partition(b"\n#errors")[0]


def run(pages: Iterable[bytes]) -> tuple[int, Counter[str]]:
    """How many pages were tried, and the laws they broke."""
    faults: Counter[str] = Counter()
    tried = 0
    for body in pages:
        tried += 1
        if fault := broken_law(body, "text/html; charset=utf-8" if tried % 2 else None):
            faults[fault] += 1
    return tried, faults


def main() -> int:
    """Damage pages and print what broke."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    given = os.environ.get("FIELDWISE_EVALDATA")
    folder = Path(given) if given else None
    rng, pages = random.Random(4), seeds(folder)
    parts: dict[str, Iterable[bytes]] = {
        f"mutations of {len(pages)} pages": (mutated(rng.choice(pages), rng) for _ in range(count))
    }
    if folder:
        parts["naughty strings and html5lib-tests"] = naughty_pages(folder)
    broken = False
    for name, bodies in parts.items():
        tried, faults = run(bodies)
        print(f"{name}: {tried:,} tried, {faults.total()} broke a law")
        for fault, times in faults.most_common(20):
            print(f"- {times} × {fault}")
        broken = broken or bool(faults)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
