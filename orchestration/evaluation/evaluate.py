"""Running a schema over pages whose right answers are known, and what came of it.

A gold set is a folder: `html/NAME.html`, and for each page `gold/NAME.json` with the right values
(see `scoring.score_page`). `manifest.jsonl` may say more of a page, a line each: `id` (its name)
and `template` or `site`, by which the results are also grouped.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from orchestration.evaluation.scoring import (
    Answered,
    FieldScore,
    PageScore,
    Score,
    score_page,
    total,
)
from orchestration.exports.export import page_line
from schemas.errors import GoldError
from schemas.record import PageResult
from schemas.schema import Schema

__all__ = [
    "GoldPage",
    "Report",
    "answers_in",
    "evaluate",
    "page_name",
    "pages_of",
    "pages_without_gold",
    "read_gold_set",
    "report_on",
    "sampled",
]

_NOTHING: tuple[Any, ...] = (None, "", [])
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class GoldPage:
    """`page`: the HTML file; `None` where the set has only the gold. `group`: template or site.
    `source`: where the page was read from when the set was made; `None`: the set does not say."""

    name: str
    gold: Mapping[str, Any]
    page: Path | None = None
    group: str = "-"
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`groups`: the score of each template or site. `interval`: of the micro-F1, 95 % of the ways
    to draw as many pages from these at random. `unanswered`: pages that no result speaks of;
    `unscored`: fields of the schema that the gold of no page has a say on. `notes`: where schema
    and gold do not ask for the same, in words for the user."""

    score: Score
    groups: Mapping[str, Score]
    interval: tuple[float, float]
    unanswered: Sequence[str] = ()
    unscored: Sequence[str] = ()
    notes: Sequence[str] = ()
    seconds: float | None = None
    tokens: float | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON data, fractions rounded to four places."""
        score = self.score
        out: dict[str, Any] = {
            "pages": score.pages,
            "page_success": round(score.page_success, 4),
            "micro": _plain(score.micro),
            "micro_f1_interval": [round(edge, 4) for edge in self.interval],
            "macro_f1": round(score.macro_f1, 4),
            "fields": {name: _plain(c) for name, c in score.fields.items() if c.asked},
            "values": score.values,
            "without_evidence": score.ungrounded,
            "unanswered": len(self.unanswered),
            "unscored": list(self.unscored),
            "notes": list(self.notes),
            "seconds_a_page": self.seconds,
            "tokens_a_page": self.tokens,
        }
        if score.record_recall is not None:
            out["records"] = {
                "gold": score.gold_records,
                "returned": score.given_records,
                "recall": round(score.record_recall, 4),
            }
        out["groups"] = {
            name: {
                "pages": group.pages,
                "perfect": group.perfect,
                "micro_f1": round(group.micro.f1, 4),
            }
            for name, group in sorted(self.groups.items())
        }
        return out


def _plain(counts: FieldScore) -> dict[str, float]:
    return {
        "n": counts.asked,
        "soft": round(counts.overlap / max(1, counts.asked), 4),
        "p": round(counts.precision, 4),
        "r": round(counts.recall, 4),
        "f1": round(counts.f1, 4),
    }


def read_gold_set(folder: Path) -> list[GoldPage]:
    """The pages of the set in *folder*, by name.

    Raises:
        GoldError: there is no gold, or a file of the set is not what it should be.
    """
    files = sorted((folder / "gold").glob("*.json"), key=lambda file: file.stem)
    if not files:
        raise GoldError(
            f"{folder} holds no gold/*.json",
            hint="a set is a folder with html/NAME.html and gold/NAME.json for each page",
        )
    listed = dict(_listed(folder / "manifest.jsonl"))
    pages = []
    for file in files:
        page = folder / "html" / f"{file.stem}.html"
        found = page if page.is_file() else None
        group, source = listed.get(file.stem, ("-", None))
        pages.append(GoldPage(file.stem, _object(file), found, group, source))
    return pages


def pages_without_gold(folder: Path) -> list[str]:
    """Names of the set's pages that have no gold: they are neither run nor scored."""
    known = {file.stem for file in (folder / "gold").glob("*.json")}
    return sorted(page.stem for page in (folder / "html").glob("*.html") if page.stem not in known)


def _object(file: Path) -> dict[str, Any]:
    try:
        gold = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise GoldError(f"{file} cannot be read: {error}") from error
    if not isinstance(gold, dict):
        raise GoldError(f"{file} is not a JSON object of fields and their right values")
    return gold


def _listed(manifest: Path) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Each page's name, with its group and where it was read from."""
    if not manifest.is_file():
        return
    # not splitlines: other line ends than this one may stand inside JSON text
    for number, line in enumerate(manifest.read_text("utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            group = str(entry.get("template") or entry.get("site") or "-")
            source = entry.get("source")
            yield str(entry["id"]), (group, source if isinstance(source, str) else None)
        except (ValueError, KeyError, AttributeError) as error:
            hint = 'each line is an object such as {"id": "page-1", "template": "shop"}'
            raise GoldError(f"{manifest}, line {number}: {error}", hint=hint) from error


def evaluate(schema: Schema, pages: Sequence[GoldPage], answers: Mapping[str, Answered]) -> Report:
    """Score *answers*, by page name, against *pages*. A page without an answer says nothing.

    Raises:
        GoldError: the gold has a say on no field of *schema*, so that nothing could be wrong.
    """
    empty = Answered()
    scores = [score_page(schema, page.gold, answers.get(page.name, empty)) for page in pages]
    groups: dict[str, list[PageScore]] = defaultdict(list)
    for page, score in zip(pages, scores, strict=True):
        groups[page.group].append(score)
    together = total(schema, scores)
    unscored = [name for name, counts in together.fields.items() if not counts.asked]
    if len(unscored) == len(together.fields):
        raise _nothing_to_score(schema, pages)
    return Report(
        together,
        {name: total(schema, members) for name, members in groups.items()},
        _interval(scores),
        [page.name for page in pages if page.name not in answers],
        unscored,
        tuple(_notes(schema, pages, unscored)),
    )


def _notes(schema: Schema, pages: Sequence[GoldPage], unscored: Sequence[str]) -> Iterator[str]:
    if unscored:
        own = [name for name in _named(pages) if name not in schema.names]
        yield f"not scored, the gold never names them: {', '.join(unscored)}" + (
            f" (it names {', '.join(own)}; name the same ones in the schema)" if own else ""
        )
    lists = [page for page in pages if "items" in page.gold]
    if schema.many and len(lists) < len(pages):
        count = len(pages) - len(lists)
        yield f"the gold of {count:,} pages is one record: of a list only its first is compared"
    if not schema.many and any(len(page.gold["items"]) > 1 for page in lists):
        count = sum(len(page.gold["items"]) for page in lists)
        yield (
            f"the gold lists {count:,} records on {len(lists):,} pages, the schema asks for one a "
            'page: ask for a list ("type": "array") to find more'
        )


def _named(pages: Sequence[GoldPage]) -> list[str]:
    """The fields that the gold has, but for notes and other right answers."""
    records = [record for page in pages for record in page.gold.get("items", [page.gold])]
    names = {name for record in records for name in record if not name.startswith("_")}
    return sorted(names - {f"{name}_accept" for name in names})


def _nothing_to_score(schema: Schema, pages: Sequence[GoldPage]) -> GoldError:
    known = _named(pages)
    return GoldError(
        f"the gold says nothing of {', '.join(schema.names)}",
        hint=f"its fields are {', '.join(known) or 'none'}; name the same ones in the schema",
    )


def report_on(schema: Schema, pages: Sequence[GoldPage], results: Iterable[PageResult]) -> Report:
    """As `evaluate`, of a job's *results*, with what a page took on average.

    Raises:
        GoldError: as `evaluate`, or several results are of one page.
    """
    found = list(results)
    known = pages_of([result.source for result in found], pages)
    kept = [result for result in found if result.source in known]
    report = evaluate(schema, pages, _answers(map(page_line, kept), pages))
    seconds = sum(sum(result.seconds.values()) for result in kept)
    tokens = sum(result.tokens.prompt + result.tokens.output for result in kept)
    count = max(1, len(kept))
    return replace(report, seconds=seconds / count, tokens=tokens / count)


def sampled(pages: Sequence[GoldPage], *, each: int) -> list[GoldPage]:
    """At most *each* pages of every template or site, spread evenly over its names."""
    groups: dict[str, list[GoldPage]] = defaultdict(list)
    for page in pages:
        groups[page.group].append(page)
    chosen = []
    for members in groups.values():
        step = max(1.0, len(members) / each)
        chosen += [members[int(i * step)] for i in range(min(each, len(members)))]
    return sorted(chosen, key=lambda page: page.name)


def _interval(pages: Sequence[PageScore]) -> tuple[float, float]:
    """Percentile bootstrap by page (Efron 1979), always the same draws."""
    if not pages:
        return 0.0, 0.0
    counts = np.array(
        [
            [sum(getattr(c, kind) for c in page.fields.values()) for kind in _KINDS]
            for page in pages
        ],
        float,
    )
    draws = np.random.default_rng(0).integers(0, len(pages), (_RESAMPLES, len(pages)))
    right, wrong, missed = counts[draws].sum(axis=1).T
    both = 2 * right + wrong + missed
    # where nothing was there and nothing was said, F1 is 1, as it is for a field
    f1 = np.divide(2 * right, both, out=np.ones(_RESAMPLES), where=both > 0)
    low, high = np.percentile(f1, [2.5, 97.5])
    return float(low), float(high)


_KINDS = ("right", "wrong", "missed")


def answers_in(file: Path, pages: Sequence[GoldPage] = ()) -> dict[str, Answered]:
    """What an export as JSON or JSON Lines says, by page name.

    A result is of the page among *pages* that it was read from, else of the one of its file's name.

    Raises:
        GoldError: it is no such export, or several results would be of one page.
    """
    try:
        text = file.read_text("utf-8")
        lines = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
        return _answers(lines, pages)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GoldError(
            f"{file} is not an export of results: {error}",
            hint="give a file that `fieldwise extract --format jsonl` wrote",
        ) from error


def _lines(text: str) -> Iterator[Any]:
    # not splitlines: U+2028 and its like may stand inside JSON text
    return (json.loads(line) for line in text.split("\n") if line.strip())


def _answers(lines: Iterable[Mapping[str, Any]], pages: Sequence[GoldPage]) -> dict[str, Answered]:
    """What *lines* of results say, by page name."""
    kept = [(str(line["source"]), line) for line in lines]
    sources = [source for source, _ in kept]
    found = pages_of(sources, pages or [GoldPage(page_name(source), {}) for source in sources])
    return {found[source].name: _answered(line) for source, line in kept if source in found}


def pages_of(sources: Sequence[str], pages: Sequence[GoldPage]) -> dict[str, GoldPage]:
    """Which of *pages* each result is of, by the result's source: the one it was read from; else,
    where no result is of that very page, the one of its file's name. Others are left out.

    Raises:
        GoldError: several results are of one page.
    """
    places = {str(page.page): page for page in pages if page.page}
    places |= {page.source: page for page in pages if page.source}
    named = {page.name: page for page in pages}
    read = {places[source].name for source in sources if source in places}
    found: dict[str, GoldPage] = {}
    claims: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        namesake = named.get(page_name(source))
        page = places.get(source) or (namesake if namesake and namesake.name not in read else None)
        if page is not None:
            found[source] = page
            claims[page.name].append(source)
    _refuse_doubles(claims)
    return found


def _refuse_doubles(claims: Mapping[str, Sequence[str]]) -> None:
    for name, sources in claims.items():
        if len(sources) > 1:
            raise GoldError(
                f"{len(sources)} results are of a page {name!r}: {sources[0]}, {sources[1]}",
                hint="leave all but one of them out, or give their gold other names",
            )


def _answered(line: Mapping[str, Any]) -> Answered:
    records = line.get("records") or []
    given = [
        (record.get("evidence") or {}).get(field)
        for record in records
        for field, value in record["values"].items()
        if value not in _NOTHING and field in (record.get("evidence") or {})
    ]
    ungrounded = sum(not _cites(evidence) for evidence in given)
    return Answered([record["values"] for record in records], len(given), ungrounded)


def _cites(evidence: Any) -> bool:
    """Whether *evidence* points at a place, for a list or an object at any."""
    if isinstance(evidence, Mapping):
        return bool(evidence.get("quote")) or any(
            _cites(part) for part in evidence.values() if isinstance(part, Mapping | list)
        )
    return isinstance(evidence, list) and any(map(_cites, evidence))


def page_name(source: str) -> str:
    """The page's name in the set: its file's, without the ending, also inside an archive."""
    return Path(source.split("::")[-1]).stem
