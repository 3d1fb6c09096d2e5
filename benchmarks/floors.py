"""What quality must not fall below, and the file that says so.

`floors.json` maps "SET/TIER" to the digest of the pages and gold that were measured and a floor for
each figure. A floor that is `null` was never measured. Floors only rise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.evaluation.evaluate import GoldPage, Report

__all__ = ["FIGURES", "FILE", "Floor", "digest", "figures", "load", "raised", "save", "shortfalls"]

FILE = Path(__file__).parent / "floors.json"
FIGURES = ("micro_f1", "page_success", "record_recall")


@dataclass(frozen=True, slots=True)
class Floor:
    """`sample`: the `digest` of what was measured; "" before the first time."""

    sample: str = ""
    figures: Mapping[str, float | None] = field(default_factory=dict)


def load(file: Path = FILE) -> dict[str, Floor]:
    """The floors by "SET/TIER". Raises ValueError for a figure that does not exist."""
    floors = {}
    for name, entry in json.loads(file.read_text("utf-8")).items():
        sample = entry.pop("sample")
        if unknown := entry.keys() - set(FIGURES):
            raise ValueError(f"{file.name}: {name} has {', '.join(sorted(unknown))}")
        floors[name] = Floor(sample, entry)
    return floors


def save(floors: Mapping[str, Floor], file: Path = FILE) -> None:
    """Write *floors* as `load` reads them."""
    plain = {name: {"sample": f.sample, **f.figures} for name, f in sorted(floors.items())}
    file.write_text(json.dumps(plain, indent=2) + "\n", "utf-8")


def figures(report: Report) -> dict[str, float]:
    """What of *report* is held to floors, in four places; no records recall without lists."""
    score = report.score
    found = zip(FIGURES, (score.micro.f1, score.page_success, score.record_recall), strict=True)
    return {name: round(value, 4) for name, value in found if value is not None}


def digest(pages: Sequence[GoldPage]) -> str:
    """Tells whether the same pages and gold were measured: 16 hex digits."""
    total = hashlib.sha256()
    for page in pages:
        body = page.page.read_bytes() if page.page else b""
        gold = json.dumps(page.gold, sort_keys=True).encode()
        for part in (page.name.encode(), gold, body):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]


def shortfalls(floor: Floor, sample: str, measured: Mapping[str, float]) -> Iterator[str]:
    """Why *measured* does not hold, a sentence each; nothing when it does.

    Other pages than those of the floor are a reason too: figures of theirs say nothing here.
    """
    if floor.sample and floor.sample != sample:
        yield f"measured on other pages or gold ({sample}, the floors are of {floor.sample})"
        return
    for name, least in floor.figures.items():
        if least is None:
            continue
        if name not in measured:
            yield f"{name} was not measured; its floor is {least:.4f}"
        elif measured[name] < least:
            yield f"{name} is {measured[name]:.4f}; its floor is {least:.4f}"


def raised(floor: Floor, sample: str, measured: Mapping[str, float]) -> Floor:
    """*floor* with what *measured* is above it. Raises ValueError where that would lower one."""
    if reasons := list(shortfalls(floor, sample, measured)):
        raise ValueError("; ".join(reasons))
    return Floor(sample, dict(measured))
