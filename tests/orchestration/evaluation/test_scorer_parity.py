"""Our figures and those of the evaluation folder's own scorer, on gold with made-up mistakes.

One kind of mistake at a time, so that a difference names the rule that differs.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.evaluation.evaluate import GoldPage, answers_in, evaluate, read_gold_set
from schemas.schema import Schema
from schemas.source import resolve

Mistake = Callable[[random.Random, Any], Any]
Records = list[dict[str, Any]]

SETS = {
    "jobs": "job_posting",
    "recipes": "recipe",
    "articles": "article",
    "products": "product",
    "real_estate": "real_estate",
    "lists_courts": "court_list",
    "events_meetings": "event",
}


def none(rng: random.Random, value: Any) -> Any:
    return value


def absent(rng: random.Random, value: Any) -> Any:
    return None if rng.random() < 0.4 else value


def wrong(rng: random.Random, value: Any) -> Any:
    single = value[0] if isinstance(value, list) and value else [value]
    # "17", not 17: the other scorer stops at a bare number where it expects a list
    other = ["some words", "17", 0, False, ["a", "b"], [], "", {"a": 1}, single]
    return rng.choice(other) if rng.random() < 0.4 else value


def half(rng: random.Random, value: Any) -> Any:
    words = value.split() if isinstance(value, str) else []
    return " ".join(words[: (len(words) + 1) // 2]) if words else value


def items(rng: random.Random, value: Any) -> Any:
    """Lists in another order, with items lost and said twice."""
    if not isinstance(value, list):
        return value
    kept = [item for item in value if rng.random() < 0.9]
    kept += [item for item in kept if rng.random() < 0.1]
    return rng.sample(kept, len(kept))


def numbers(rng: random.Random, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return rng.choice([str(value), f"{value:,.2f}", value * (1 + 5e-7), value * (1 + 2e-6), -value])


def money(rng: random.Random, value: Any) -> Any:
    if not isinstance(value, str) or not re.search(r"\d", value):
        return value
    thousands = re.compile(r"(\d),(\d{3})")
    forms = [thousands.sub(rf"\1{mark}\2", value) for mark in ("", " ", ".", "'")]
    forms += [re.sub(r"(\d+),000", r"\1K", value), f"from {value} a year", value + " and" * 12]
    return rng.choice(forms)


def dates(rng: random.Random, value: Any) -> Any:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return value
    return rng.choice([value[:10] + "T23:59:00Z", value[:7], value.replace("-", "/"), value[:10]])


def looks(rng: random.Random, value: Any) -> Any:
    """Other letter case, white space and marks."""
    if isinstance(value, list):
        return [looks(rng, item) for item in value]
    if not isinstance(value, str):
        return value
    spaced = value.replace(" ", "\u00a0 ")
    return rng.choice([value.upper(), f"  {spaced}\n", f"“{value}”.", value.replace(" ", "_")])


def links(rng: random.Random, value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("http"):
        return value
    return rng.choice([value + "/", value + "#top", value + "?page=2", value.upper()])


def odd(rng: random.Random, value: Any) -> Any:
    """What no page says, but programs do."""
    if isinstance(value, list):
        return rng.choice([[None, "", {"a": 1}], [0], value * 2, value])
    if value is None:  # the other scorer stops at numbers where it expects a list
        return rng.choice([False, 0.0, "NaN", "1e5", None])
    return rng.choice([True, 0.0, -1, 1e300, "NaN", "inf", "1e5", "ﬁne", "İ\u00ad", value])


KINDS: list[Mistake] = [absent, wrong, half, items, numbers, money, dates, looks, links, odd]


def any_of_them(rng: random.Random, value: Any) -> Any:
    return rng.choice(KINDS)(rng, value)


def told(rng: random.Random, page: GoldPage, schema: Schema, mistake: Mistake) -> dict[str, Any]:
    """A result line that says the gold of *page*, but for *mistake*."""
    said: Records = [
        {name: mistake(rng, item.get(name)) for name in schema.names if rng.random() < 0.97}
        for item in page.gold.get("items", [page.gold])
    ]
    if mistake is not none:
        said = [values for values in said if rng.random() < 0.9]
        said += [dict(values) for values in said if rng.random() < 0.1]
        rng.shuffle(said)
    records = [{"values": values, "evidence": cited(rng, values)} for values in said]
    source = rng.choice([f"pages/{page.name}.html", f"set.zip::pages/{page.name}.htm"])
    if mistake is not none and rng.random() < 0.05:
        return {"source": source, "status": "bad", "records": rng.choice([[], None])}
    return {"source": source, "status": "ok", "records": records}


def cited(rng: random.Random, values: dict[str, Any]) -> dict[str, Any]:
    cites = [{"quote": "words"}, {"quote": None}, {"spans": [{"quote": "words"}]}, None]
    return {name: rng.choice(cites) for name in values if rng.random() < 0.95}


@pytest.mark.parametrize("mistake", [none, *KINDS, any_of_them], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(("name", "shape"), SETS.items())
def test_every_figure_equals_the_folders_own_scorer(
    tmp_path: Path, evaldata: Path, name: str, shape: str, mistake: Mistake
) -> None:
    rng = random.Random(f"{name} {mistake.__name__}")
    schema_file = evaldata / "schemas" / f"{shape}.json"
    schema, pages = resolve(str(schema_file)), read_gold_set(evaldata / name)
    lines = [told(rng, page, schema, mistake) for page in pages if rng.random() < 0.95]
    lines.append(told(rng, replace(pages[0], name="a stranger"), schema, mistake))
    results = tmp_path / "results.jsonl"
    results.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    arguments = [evaldata / "score.py", results, evaldata / name, schema_file]
    command = [sys.executable, *map(str, arguments), "--json", "--by-template"]
    theirs = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    ours = evaluate(schema, pages, answers_in(results)).plain()
    ours["templates"] = {
        group: f"{counts['perfect']}/{counts['pages']}" for group, counts in ours["groups"].items()
    }
    assert {key: ours[key] for key in theirs} == theirs
