"""What reading large pages takes: CPU seconds, peak memory, and whether anything was dropped.

    python -m benchmarks.big_pages [--model NAME [PAGE ...] [--records N]]

An article of 5 MB, a table of 1,000 records, one of 20,000, and the densest markup that is read,
each in a process of its own: bytes to blocks, records and one passage, without a model. The exit
status is 1 where words are missing or the peak is over 3 GB.

With `--model`: big pages whose answers are known (those of `big_answers.BIG` that are named, or
all), read by `fieldwise extract` and that model. The exit status is 1 where the command and all its
processes held more than 3 GB at once, records come in another order than the page's, or something
is missing and nothing says so.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from benchmarks.big_answers import BIG, Answers, answers
from extractors.lists.records import find_records
from extractors.pages import Page
from extractors.parsing.blocks import MAX_TAGS, parse_page
from extractors.relevance.passages import Shown
from schemas.dsl import parse_dsl

__all__ = ["Reading", "main", "read"]

MOST_MEMORY_MIB = 3_000
_MIB = 1 << 20
_LIST = replace(parse_dsl("title, day date, room"), many=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """`said`, `kept`: words numbered in the page's source, and those of its text. `records`: found
    by structure. `peak`: of the process, in MiB, the interpreter and its libraries counted."""

    size: int
    said: int
    kept: int
    records: int
    seconds: float
    peak: int


def article(size: int = 5 * _MIB) -> str:
    """Paragraphs of some hundred words, each word numbered, with inline markup."""
    words = "the tide comes in at w{0} and <b>goes</b> out by <a href='/t{0}'>night</a> again"
    line = f"<p class='text'>{' '.join([words] * 6)}</p>\n"
    count = size // len(line)
    return "<h1>Tides</h1>" + "".join(line.format(n) for n in range(count))


def table(rows: int) -> str:
    """A record a row."""
    row = "<tr><td><a href='/t{0}'>Talk w{0}</a><td>{1}.4.2026<td>Hall A</tr>"
    return f"<h1>Talks</h1><table>{''.join(row.format(n, n % 28 + 1) for n in range(rows))}</table>"


def dense() -> str:
    """As many elements as are read at all, a word each."""
    return "<p>w".join(["<h1>Words</h1>", *map(str, range(MAX_TAGS - 10))])


PAGES: dict[str, Callable[[], str]] = {
    "an article of 5 MB": article,
    "a table of 1,000 records": lambda: table(1_000),
    "a table of 20,000 records": lambda: table(20_000),
    "500,000 bare paragraphs": dense,
}


def read(name: str) -> Reading:
    """Make and read the page called *name* in this process."""
    body = PAGES[name]().encode()
    started = time.process_time()
    page = parse_page(Page("page", "https://ex.org/", body, "text/html; charset=utf-8"))
    entries = find_records(page, _LIST) if "table" in name else ()
    Shown(page, count_tokens=_words).choose(_LIST, budget=800)
    seconds = time.process_time() - started
    said, kept = (_numbered(text) for text in (body.decode(), page.document.text))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Reading(len(body), len(said), len(said & kept), len(entries), seconds, peak)


def _words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def _numbered(text: str) -> set[str]:
    plain = text.replace("<", " ").replace(">", " ")
    return {word for word in plain.split() if word[0] == "w" and word[1:].isdigit()}


def main(arguments: Sequence[str] = ()) -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big_pages")
    parser.add_argument("--model", help="name of a model: answer pages too")
    parser.add_argument("--records", type=int, default=1_000, help="of a list; default 1,000")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=", ".join(BIG))
    options = parser.parse_args(arguments)
    if not options.model:
        return _read_all()
    return _answer_all(options.pages or list(BIG), options.model, options.records)


def _read_all() -> int:
    """Read every page in a fresh process and print what it took."""
    print("| page | bytes | words kept | records | CPU seconds | peak MiB |")
    print("|---|---|---|---|---|---|")
    good = True
    for name in PAGES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            got = process.submit(read, name).result()
        print(
            f"| {name} | {got.size:,} | {got.kept:,} of {got.said:,} | {got.records:,} |"
            f" {got.seconds:.1f} | {got.peak:,} |",
            flush=True,
        )
        good = good and got.kept == got.said and got.peak <= MOST_MEMORY_MIB
    return 0 if good else 1


def _answer_all(names: Sequence[str], model: str, records: int) -> int:
    print(
        "| page | bytes | s | peak MiB | records | listed | status | right | by selector | cost |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    good = True
    for name in names:
        got = answers(name, records=records, model=model)
        print(_row(name, got), flush=True)
        good = good and got.peak <= MOST_MEMORY_MIB and got.order and got.is_said
    return 0 if good else 1


def _row(name: str, got: Answers) -> str:
    right = ", ".join(f"{field} {count:,}" for field, count in got.right.items())
    status = f"{got.status}: {got.reason}" if got.reason else got.status
    listed = "-" if got.seen is None else f"{got.seen:,}"
    return (
        f"| {name} | {got.size:,} | {got.seconds:.0f} | {got.peak:,.0f} | {got.found:,} of"
        f" {got.asked:,}{'' if got.order else ', out of order'} | {listed} | {status} | {right} |"
        f" {got.selected:.2f} | {got.tokens} |"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
