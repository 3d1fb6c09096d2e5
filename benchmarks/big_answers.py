"""Big pages through the real command with a real model: time, memory of all its processes, and
what it answered against what is known.

Used by `python -m benchmarks.big_pages --model NAME`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.memory import peak_of_tree
from benchmarks.registers import LAYOUTS, PERMITS, POSTING, Case, Gold, posting, register

__all__ = ["BIG", "Answers", "Big", "answers", "judged"]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Big:
    """A page and the JSON Schema that it is read with. `make` takes how many records it has."""

    make: Callable[[int], Case]
    schema: Mapping[str, Any]
    is_list: bool = True


def _bare(tags: int) -> Case:
    return Case("<p>x" * tags, [])


def _worded(tags: int) -> Case:
    """A word each, and the posting's words in the last."""
    end = "<p>Apply by: 17 June 2027. Reference number: KH-88231."
    return Case("<p>w".join(["<h1>Words</h1>", *map(str, range(tags))]) + end, [])


BIG: Mapping[str, Big] = {
    **{f"{layout} of records": Big(partial(register, layout), PERMITS) for layout in LAYOUTS},
    "posting of 5 MB": Big(lambda _: posting(5 * _MIB), POSTING, is_list=False),
    "2 MiB of bare <p>x": Big(lambda _: _bare(2 * _MIB // 4), POSTING, is_list=False),
    "499,990 <p> of a word": Big(lambda _: _worded(499_980), POSTING, is_list=False),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """`found`, `seen`: records answered, and those that the page lists (`None`: no list).
    `right`: values by field, of `asked`. `order`: whether records come in the page's order.
    `peak`: MiB of the command and all it started."""

    size: int
    seconds: float
    peak: float
    status: str
    reason: str | None
    found: int
    seen: int | None
    asked: int
    right: Mapping[str, int]
    invented: int
    order: bool
    tokens: str
    selected: float

    @property
    def is_said(self) -> bool:
        """Whether everything that is missing is said to be."""
        short = self.seen is not None and self.found < self.seen
        return self.status != "ok" or (not short and self.found >= self.asked)


def answers(name: str, *, records: int, model: str) -> Answers:
    """The page called *name* read by `fieldwise extract` with the model called *model*."""
    big = BIG[name]
    case = big.make(records)
    with tempfile.TemporaryDirectory() as folder:
        page, schema, out = (Path(folder, file) for file in ("page.html", "s.json", "out.json"))
        page.write_text(case.html, "utf-8")
        schema.write_text(json.dumps(big.schema))
        command = [sys.executable, "-m", "orchestration", "extract", str(page)]
        command += ["--schema", str(schema), "-o", str(out)]
        own = {"FIELDWISE_LARGE_MODEL": model, "FIELDWISE_DATA_DIR": folder}
        started = time.perf_counter()
        with subprocess.Popen(
            command, env=os.environ | own, stderr=subprocess.PIPE, text=True
        ) as process:
            peak = peak_of_tree(process.pid, lambda: process.poll() is None)
            said = process.stderr.read() if process.stderr else ""
        seconds = time.perf_counter() - started
        if not out.exists():
            raise RuntimeError(f"nothing was written for {name}: {said}")
        (line,) = json.loads(out.read_text("utf-8"))
    return judged(line, case, seconds=seconds, peak=peak, said=said)


def judged(
    line: Mapping[str, Any], case: Case, *, seconds: float = 0.0, peak: float = 0.0, said: str = ""
) -> Answers:
    """What the exported *line* of a page says, beside what is known of it."""
    given = [record["values"] for record in line["records"]]
    pairs = matched(given, case.gold)
    right: Counter[str] = Counter({name: 0 for gold in case.gold[:1] for name in gold})
    for values, gold in pairs:
        right.update(name for name, value in gold.items() if values.get(name) == value)
    tiers = [e["tier"] for r in line["records"] for e in r["evidence"].values() if e.get("tier")]
    return Answers(
        len(case.html.encode()),
        seconds,
        peak,
        line["status"],
        line["reason"],
        len(given),
        line["records_seen"],
        len(case.gold),
        right,
        len(given) - len(pairs) if case.gold else 0,
        in_order(given, case.gold),
        said.strip().rpartition("\n")[2],
        tiers.count("selector") / max(1, len(tiers)),
    )


def in_order(given: Sequence[Gold], gold: Sequence[Gold]) -> bool:
    """Whether records come as in *gold*, as far as what one of these alone says tells."""
    said = Counter((name, value) for one in gold for name, value in one.items() if value)
    at = {pair: place for place, one in enumerate(gold) for pair in one.items() if said[pair] == 1}
    places = [min(found) for one in given if (found := [at[p] for p in one.items() if p in at])]
    return places == sorted(places)


def matched(given: Sequence[Gold], gold: Sequence[Gold]) -> list[tuple[Gold, Gold]]:
    """Each of *given* with the record of *gold* that it says most of; both are gone through once,
    in order, and of neither more is passed over than the other lacks."""
    slack = max(0, len(gold) - len(given))
    pairs, at = [], 0
    for values in given:
        ahead = range(at, min(len(gold), at + slack + 1))
        best = max(ahead, key=lambda place: (_alike(values, gold[place]), -place), default=None)
        if best is not None:
            pairs.append((values, gold[best]))
            slack -= best - at
            at = best + 1
    return pairs


def _alike(values: Gold, gold: Gold) -> int:
    return sum(value is not None and values.get(name) == value for name, value in gold.items())
