"""How many of html5lib's encoding tests are decoded as the standard asks, and why others are not.

    FIELDWISE_EVALDATA=... python -m benchmarks.encodings

Prints a table in Markdown, then every miss with its reason, then the pages of a wrong charset. The
exit status is 1 where a miss has no reason. Some seconds.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import webencodings

from extractors.parsing.encoding import decode

__all__ = ["Vector", "judged", "main", "vectors"]

_SERVED = "text/html"  # what a browser is told of the tests' pages: no charset
_UNSEEN = "a script writes the declaration, and decoding comes before any script"


@dataclass(frozen=True, slots=True)
class Vector:
    """A page of *file* and the name of its *encoding*; `found`: what we take it for."""

    file: str
    number: int
    encoding: str
    found: str
    scripted: bool

    @property
    def reason(self) -> str:
        """Why it is missed; "" where nobody knows."""
        return _UNSEEN if self.scripted else ""


def vectors(path: Path) -> Iterator[tuple[bytes, str]]:
    """Of a file in html5lib's format: bytes, and the standard's name of their encoding."""
    for case in re.split(rb"(?:^|\n)#data\n", path.read_bytes())[1:]:
        body, _, rest = case.partition(b"\n#encoding\n")
        label = rest.split(b"\n")[0].decode().strip()
        encoding = webencodings.lookup(label)
        if encoding is None:
            raise ValueError(f"{path.name} asks for {label!r}, which is no encoding")
        yield body, encoding.name


def judged(folder: Path) -> Iterator[Vector]:
    """The tests under *folder*, html5lib-tests' `encoding`, decoded."""
    for path in sorted(folder.rglob("*.dat")):
        name, scripted = str(path.relative_to(folder)), path.parent.name == "scripted"
        for number, (body, encoding) in enumerate(vectors(path), 1):
            yield Vector(name, number, encoding, decode(body, _SERVED)[1], scripted)
    for path in sorted(folder.glob("chardet/test_*.txt")):
        found = decode(path.read_bytes(), _SERVED)[1]
        yield Vector(f"chardet/{path.name}", 1, path.stem.removeprefix("test_"), found, False)


def _table(tests: list[Vector]) -> str:
    lines = ["| file | tests | decoded as the standard asks | share |", "|---|---|---|---|"]
    for name in [*sorted({test.file for test in tests}), "all"]:
        rows = [test for test in tests if name in (test.file, "all")]
        right = sum(test.found == test.encoding for test in rows)
        lines.append(f"| {name} | {len(rows)} | {right} | {right / len(rows):.1%} |")
    missed = [test for test in tests if test.found != test.encoding]
    lines += [
        f"- {test.file} #{test.number}: {test.encoding}, read as {test.found}:"
        f" {test.reason or 'not explained'}"
        for test in missed
    ]
    return "\n".join(lines)


def _wrong_charsets(paths: list[Path]) -> str:
    """How saved pages that declare another encoding than they have come out."""
    bodies = [path.read_bytes() for path in paths]
    saved = [path.name for path, body in zip(paths, bodies, strict=True) if _loses(body)]
    as_utf8 = sum(decode(body)[0] != decode(body, _SERVED)[0] for body in bodies)
    return (
        f"{len(bodies)} saved pages of a wrong charset: {len(saved)} lose a letter that their bytes"
        f" hold as UTF-8{_listed(saved)}; {as_utf8} are read otherwise than their declaration says,"
        " since they are valid UTF-8."
    )


def _listed(names: list[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _loses(body: bytes) -> bool:
    text = decode(body)[0]
    return text.count("\ufffd") > body.decode("utf-8", "replace").count("\ufffd")


def main() -> int:
    """Print the report on the tests of the evaluation folder."""
    given = os.environ.get("FIELDWISE_EVALDATA")
    if not given:
        print("set FIELDWISE_EVALDATA to a folder with html5lib's tests", file=sys.stderr)
        return 2
    folder = Path(given) / "hostile"
    tests = list(judged(folder / "html5lib-tests" / "encoding"))
    print(_table(tests))
    if pages := sorted((folder / "html").glob("enc-*.html")):
        print(f"\n{_wrong_charsets(pages)}")
    return int(not tests or any(test.found != test.encoding and not test.reason for test in tests))


if __name__ == "__main__":
    sys.exit(main())
