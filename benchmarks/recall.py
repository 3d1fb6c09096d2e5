"""How much of what pages say about a schema is still there in the part that a model is shown.

    python -m benchmarks.recall [--budgets 300 600 900] [--shares 10 25]

For every set of FIELDWISE_EVALDATA with one record a page: the share of the right values that stand
anywhere in the page's text and also in the passage chosen, by its budget: so many tokens, or so
many per cent of the page's. Of pages of less than four times as many tokens no budget can be both
a quarter of the page and all that short pages say; the two kinds of rows show what either costs.
Beside it the same for the page's first tokens; and the share of the page's visible tokens that the
passage is, as the mean of pages and of all their tokens together. The row *as read* is what a
worker is shown: no more than its budget, and of that only what is worth its room; the others fill
theirs. The ranking was fitted on these pages; `benchmarks.ranking` judges it on others. *From
attributes*: right values that only attributes have, in the passage and in all. *Median ms*: from a
page's bytes to the passage, time of the processor and not of the clock, so that other work beside
does not count. The rows *all* count every page of every set once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from extractors.model.models import TOKENIZER_FOLDER, ModelLibrary
from extractors.model.tokenizer import TokenCounter, load_tokenizer, token_counter
from extractors.model.weights import WeightStore
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.relevance.passages import Passage, Shown
from extractors.relevance.ranking import known_model
from extractors.worker import Budget
from orchestration.settings import Settings
from schemas.document import Document
from schemas.schema import Schema
from schemas.source import resolve

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["SETS", "folded", "gold_pages", "main", "schema_of", "tokenizer", "visible_values"]

SETS = {
    "jobs": "job_posting",
    "recipes": "recipe",
    "articles": "article",
    "products": "product",
    "real_estate": "real_estate",
}
_AS_READ = "as read"
_TOKENIZER_OF = "qwen2.5-coder-1.5b-instruct"


@dataclass(slots=True)
class Tally:
    """`asked`: right values that the page's text has. `kept`, `first`: of these, in the passage,
    and in as many tokens from the page's start. `shares`: of the page's tokens, a page each;
    `page`, `shown`: tokens of all pages and passages. `unseen`, `told`: right values that only
    attributes have, and of these in the passage. `seconds`: of one processor, from a page's bytes
    to the passage."""

    asked: int = 0
    kept: int = 0
    first: int = 0
    unseen: int = 0
    told: int = 0
    page: int = 0
    shown: int = 0
    shares: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Counts the pages of *other* too."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    parser.add_argument("--budgets", type=int, nargs="+", default=[300, 400, 600, 900, 1400])
    parser.add_argument("--shares", type=int, nargs="*", default=[10, 15, 25, 40], metavar="%")
    options = parser.parse_args()
    budgets = [_AS_READ, *map(str, options.budgets), *(f"{share} %" for share in options.shares)]
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder:
        print("set FIELDWISE_EVALDATA to the evaluation folder", file=sys.stderr)
        return 2
    count = token_counter(tokenizer())
    print(
        "| set | budget | recall | first tokens | share of the page, of all |"
        " from attributes | median ms |"
    )
    print("|---|---|---|---|---|---|---|")
    together: dict[str, Tally] = defaultdict(Tally)
    for name, schema in SETS.items():
        tallies = _measured(Path(folder) / name, schema_of(Path(folder), schema), budgets, count)
        _print(name, tallies)
        for budget, tally in tallies.items():
            together[budget].add(tally)
    _print("all", together)
    return 0


def tokenizer() -> PreTrainedTokenizerFast:
    settings = Settings()
    store = WeightStore(settings.cache_dir)
    model = ModelLibrary(settings.cache_dir, store).compiled(store.resolve(_TOKENIZER_OF))
    return load_tokenizer(model.path / TOKENIZER_FOLDER)


def schema_of(folder: Path, name: str) -> Schema:
    return resolve(str(folder / "schemas" / f"{name}.json"))


def _measured(
    folder: Path, schema: Schema, budgets: Sequence[str], count: TokenCounter
) -> dict[str, Tally]:
    """A tally of the set in *folder* for each of *budgets*."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for path, right in gold_pages(folder):
        started = time.process_time()
        page = parse_page(Page(str(path), "", path.read_bytes()))
        document = page.document
        choices = Shown(page, count_tokens=count)
        read = time.process_time() - started
        sizes = count([document.quote(block.span) for block in document.visible.blocks])
        values = visible_values(document.visible, right, schema)
        for budget in budgets:
            tokens = _tokens(budget, sum(sizes))
            least = known_model().least if budget == _AS_READ else -math.inf
            choices.ranking.model = replace(known_model(), least=least)
            started = time.process_time()
            passage = choices.choose(schema, budget=tokens)
            tallies[budget].seconds.append(read + time.process_time() - started)
            _tally(tallies[budget], document, passage, sizes, count)
            _compare(tallies[budget], document, passage, values, _first(document, sizes, tokens))
            _compare_unseen(tallies[budget], document, passage, right, schema)
    return tallies


def _print(name: str, tallies: Mapping[str, Tally]) -> None:
    for budget, tally in tallies.items():
        print(
            f"| {name}, {len(tally.shares)} | {budget} | {tally.kept / tally.asked:.3f} |"
            f" {tally.first / tally.asked:.3f} |"
            f" {mean(tally.shares):.2f}, {tally.shown / max(1, tally.page):.2f} |"
            f" {tally.told} of {tally.unseen} | {median(tally.seconds) * 1e3:.0f} |",
            flush=True,
        )


def _tokens(budget: str, page: int) -> int:
    """*budget* in tokens: as it stands, or as a share of the *page*'s."""
    if budget == _AS_READ:
        return Budget().page
    number, _, share = budget.partition(" ")
    return max(1, int(number) * page // 100) if share else int(number)


def _tally(
    tally: Tally,
    document: Document,
    passage: Passage,
    sizes: Sequence[int],
    count: TokenCounter,
) -> None:
    """How much of the page the passage is."""
    shown = sum(count(_shown(document, passage)))
    tally.page += sum(sizes)
    tally.shown += shown
    tally.shares.append(shown / max(1, sum(sizes)))


def _shown(document: Document, passage: Passage) -> list[str]:
    """The visible text of *passage*."""
    end = len(document.visible.text)
    return [document.quote(span) for span in passage.spans if span.end <= end]


def gold_pages(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every page of one record, with its gold."""
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines():
        name = json.loads(line)["id"]
        page, gold = folder / "html" / f"{name}.html", folder / "gold" / f"{name}.json"
        if page.exists() and gold.exists():
            right = json.loads(gold.read_text("utf-8"))
            if "items" not in right:
                yield page, right


def visible_values(document: Document, right: dict[str, Any], schema: Schema) -> list[list[str]]:
    """The right values that the page's text has, each in its spellings."""
    text = folded(document.text)
    spellings = [[s for s in values if s in text] for values in gold_values(right, schema)]
    return [values for values in spellings if values]


def gold_values(gold: dict[str, Any], schema: Schema) -> Iterator[list[str]]:
    """The right values, each in all its accepted spellings, folded."""
    for asked in schema:
        value = gold.get(asked.name)
        if value in (None, "", []) or asked.name in gold.get("_ignore", []):
            continue
        values = value if isinstance(value, list) else [value]
        if asked.many:
            yield from ([folded(item)] for item in values)
        else:
            yield [folded(item) for item in [*values, *gold.get(f"{asked.name}_accept", [])]]


def folded(value: object) -> str:
    """As the scorer folds values, between spaces, so that only whole words are found."""
    text = unicodedata.normalize("NFKC", str(value)).lower()
    words = re.sub(r"[\W_]+", " ", text).strip()
    return f" {words} "


def _first(document: Document, sizes: Sequence[int], budget: int) -> list[str]:
    texts, room = [], budget
    for block, size in zip(document.visible.blocks, sizes, strict=True):
        room -= size + 1
        if room < 0:
            break
        texts.append(document.quote(block.span))
    return texts


def _compare(
    tally: Tally,
    document: Document,
    passage: Passage,
    values: list[list[str]],
    first: Sequence[str],
) -> None:
    shown, start = folded(" ".join(_shown(document, passage))), folded(" ".join(first))
    for spellings in values:
        tally.asked += 1
        tally.kept += any(s in shown for s in spellings)
        tally.first += any(s in start for s in spellings)


def _compare_unseen(
    tally: Tally, document: Document, passage: Passage, right: dict[str, Any], schema: Schema
) -> None:
    seen, everything = folded(document.visible.text), folded(document.without_hidden.text)
    shown = folded(" ".join(document.quote(span) for span in passage.spans))
    for spellings in gold_values(right, schema):
        if not any(s in seen for s in spellings) and any(s in everything for s in spellings):
            tally.unseen += 1
            tally.told += any(s in shown for s in spellings)


if __name__ == "__main__":
    sys.exit(main())
