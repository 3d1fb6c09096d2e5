"""How many good pages are called bad, and how many bad ones are found.

    FIELDWISE_EVALDATA=... python -m benchmarks.bad_pages [--good FOLDER ...]

Prints a table in Markdown, then every page that went against its label. The exit status is 1 when
more than 1 % of the good pages are called bad. Takes a minute.

The phrases were chosen while the labelled pages were read, so that their figure flatters. Counted
apart are pages that nobody read for it: the same pages without their markup, which takes away one
of the signs of a good page; the texts of other job postings, each laid out as a bare page; and
every HTML file under the folders given, which must all be good.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.bad_pages import why_bad
from extractors.pages import Page
from extractors.parsing.blocks import parse_page

__all__ = ["Judged", "judge", "judge_unread", "labelled", "main", "report"]

MAX_FALSE_ALARMS = 0.01
_MARKED = re.compile(r"bot ?wall|script shell|js[- ]?(?:rendered )?shell|expired")
_TEXTS = ("text", "body_markdown", "JobText")  # of a posting, in the lines of finetune/
_UNREAD = " (not read for this)"
_FORM_PAGE = re.compile(r"/(?:log-?in|sign-?in|belepes|inloggen)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judged:
    """One page. `label`: what it is by its manifest, "good" or a kind of bad; `found`: ours."""

    set_name: str
    name: str
    label: str
    found: str | None
    note: str = ""

    @property
    def right(self) -> bool:
        return (self.found is None) == (self.label == "good")


def labelled(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Set name, page and label of every page under *folder*, by the manifests there.

    Among hostile pages only those marked as walls, shells or expired, and those whose address is
    of a login page, are bad by label; the rest are whole pages with odd bytes.
    """
    for manifest in sorted(
        [*folder.glob("*/manifest.jsonl"), *folder.glob("*/html_manifest.jsonl")]
    ):
        for line in manifest.read_text("utf-8").splitlines():
            entry = json.loads(line)
            path = manifest.parent / "html" / f"{entry['id']}.html"
            if path.exists():
                yield manifest.parent.name, path, _label(entry)


def _label(entry: dict[str, object]) -> str:
    words = " ".join(str(entry.get(key, "")) for key in ("id", "reason", "template")).lower()
    marked = _MARKED.search(words.replace("-", " ").replace("js shell", "script shell"))
    if marked:
        return marked[0]
    is_form = str(entry["id"]).startswith(("enc-", "broken-"))
    return "login page" if is_form and _FORM_PAGE.search(str(entry.get("url", ""))) else "good"


def judge(folder: Path) -> Iterator[Judged]:
    """Every labelled page under *folder*, judged."""
    for set_name, path, label in labelled(folder):
        page = Page(path.name, "", path.read_bytes())
        verdict = why_bad(page, parse_page(page))
        yield Judged(set_name, path.stem, label, verdict.kind if verdict else None)


def judge_unread(folder: Path, others: Sequence[Path] = ()) -> Iterator[Judged]:
    """Good pages that no phrase was chosen on: those under *folder* that are no labelled page, and
    every HTML file under *others*."""
    labels = {(name, path.stem): label for name, path, label in labelled(folder)}
    for path in sorted(folder.glob("*/html_nomarkup/*.html")):
        name = path.parent.parent.name
        if labels.get((name, path.stem)) == "good":
            yield _unread(f"{name}, no markup", path.stem, path.read_bytes())
    for path in sorted(folder.glob("finetune/*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").split("\n")):
            if text := _posting(line):
                yield _unread(path.stem, str(number), _bare_page(text))
    for other in others:
        files = (path for path in other.rglob("*.htm*") if path.suffix in (".htm", ".html"))
        for path in sorted(path for path in files if path.is_file()):
            yield _unread(other.name, str(path.relative_to(other)), path.read_bytes())


def _unread(set_name: str, name: str, body: bytes) -> Judged:
    page = Page(name, "", body)
    verdict = why_bad(page, parse_page(page))
    return Judged(set_name + _UNREAD, name, "good", verdict.kind if verdict else None)


def _posting(line: str) -> str:
    entry = json.loads(line) if line.strip() else {}
    return next((str(entry[key]) for key in _TEXTS if entry.get(key)), "")


def _bare_page(text: str) -> bytes:
    """*text* as a page: its first line for a heading, a paragraph a line."""
    first, *rest = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in rest)
    title = html.escape(first)
    return f"<title>{title}</title><h1>{title}</h1>{lines}".encode("utf-8", "replace")


def report(pages: list[Judged]) -> str:
    """A table of sets and labels, and what was judged against its label."""
    lines = ["| set | pages are | pages | called bad | share |", "|---|---|---|---|---|"]
    for set_name, label in sorted({(page.set_name, page.label) for page in pages}):
        rows = [page for page in pages if (page.set_name, page.label) == (set_name, label)]
        bad = sum(page.found is not None for page in rows)
        lines.append(f"| {set_name} | {label} | {len(rows)} | {bad} | {bad / len(rows):.1%} |")
    lines.append("")
    lines += [
        f"- {page.set_name}/{page.name}: {page.label}, called {page.found or 'good'}"
        for page in pages
        if not page.right
    ]
    return "\n".join(lines)


def main() -> int:
    """Print the report on the evaluation folder's pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bad_pages", description=__doc__)
    parser.add_argument("--good", type=Path, nargs="+", default=[], metavar="FOLDER")
    others = parser.parse_args().good
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder:
        print("set FIELDWISE_EVALDATA to a folder of labelled pages", file=sys.stderr)
        return 2
    pages = list(judge(Path(folder)))
    unread = list(judge_unread(Path(folder), others))
    print(report([*pages, *unread]))
    print(f"\nfalse alarms on pages that were read for it: {_alarms(pages)}")
    print(f"false alarms on pages that were not: {_alarms(unread)}")
    good = [page for page in (*pages, *unread) if page.label == "good"]
    return int(sum(not page.right for page in good) > MAX_FALSE_ALARMS * len(good))


def _alarms(pages: Sequence[Judged]) -> str:
    good = [page for page in pages if page.label == "good"]
    alarms = sum(not page.right for page in good)
    return f"{alarms} of {len(good)} good pages ({alarms / max(1, len(good)):.2%})"


if __name__ == "__main__":
    sys.exit(main())
