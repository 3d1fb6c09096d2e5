"""Fits the model that says which blocks of a page to show, and judges it on sites it never saw.

    FIELDWISE_EVALDATA=... python -m benchmarks.ranking [--write]

For every set with one record a page, each right value that stands in a page's text makes the
likeliest block that has it an example, and all other blocks examples of the contrary; which block
is likeliest is asked again after a first fit. Pages of one template count as a few. Of five fits,
each on four fifths of the sites, each judges the sites it did not see; and again with kinds of
pages for sites. The tables have, for several bounds of a block's worth, the share of the right
values in what is shown, and the share of tokens that this is: the mean of pages, and of all.
`--write` fits on all pages, keeps the weights with the product, and the bound at which a quarter
of a page is shown, as the mean of pages.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

import extractors
from benchmarks.recall import SETS, folded, gold_pages, schema_of, tokenizer, visible_values
from extractors.model.tokenizer import TokenCounter, token_counter
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.passages import Shown
from extractors.relevance.ranking import BlockModel
from extractors.relevance.signs import SIGNS, PageSigns
from orchestration.evaluation.evaluate import read_gold_set
from schemas.schema import Schema

__all__ = ["Example", "bound_for", "example", "fit", "held_out", "main", "weighed"]

FOLDS, ROUNDS = 5, 2
SHARE = 0.25  # of a page that is shown, on average
MOST = 600  # tokens
OF_ONE_SITE = 15  # pages that those of one site or template count as, at most
PRIOR = 0.1  # inverse strength of the ridge penalty, on signs of one scale
_RUN = 5  # blocks over which one value may run
_BOUNDS = np.arange(-9.0, -5.9, 0.5)


@dataclass(frozen=True, slots=True)
class Example:
    """A page with its right values. `signs`: blocks x `SIGNS`. `texts`: the blocks, folded.
    `values`: the right ones that the page has, each in its spellings. `weight`: of its blocks."""

    name: str
    site: str
    page: ParsedPage
    schema: Schema
    signs: np.ndarray
    texts: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    weight: float = 1.0


def main(arguments: list[str]) -> int:
    """See the module's docstring. 2: there is nothing to work on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking")
    parser.add_argument("--write", action="store_true", help="keep what all pages say")
    options = parser.parse_args(arguments)
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder:
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    examples = weighed([e for name in SETS for e in _examples(Path(folder), name)])
    count = token_counter(tokenizer())
    tallies = held_out(examples, count)
    _report("sites never seen", tallies)
    _report("kinds never seen", held_out(examples, count, by=lambda example: example.name))
    if options.write:
        model = replace(fit(examples), least=bound_for(SHARE, tallies))
        file = Path(extractors.__file__).parent / "relevance" / "ranking.json"
        file.write_text(model.plain() + "\n", "utf-8")
        print(f"\nwrote {file.name}")
    return 0


def _examples(folder: Path, name: str) -> Iterator[Example]:
    schema = schema_of(folder, SETS[name])
    sites = {str(gold.page): gold.group for gold in read_gold_set(folder / name)}
    for path, right in gold_pages(folder / name):
        page = parse_page(Page(str(path), "", path.read_bytes()))
        site = sites.get(str(path), "-")
        site = re.sub(r"-\d+$", "", path.stem) if site == "-" else site
        yield example(page, schema, right, name=name, site=f"{name}/{site}")


def example(
    page: ParsedPage, schema: Schema, right: Mapping[str, Any], *, name: str, site: str
) -> Example:
    """*page* as an example, *right* being what it says, in the form of the evaluation's gold."""
    document = page.document.visible
    return Example(
        name,
        site,
        page,
        schema,
        _matrix(PageSigns(page).of(schema)),
        tuple(folded(document.quote(block.span)).strip() for block in document.blocks),
        tuple(tuple(spellings) for spellings in visible_values(document, dict(right), schema)),
    )


def _matrix(signs: Iterable[Mapping[str, float]]) -> np.ndarray:
    return np.array([[block.get(sign, 0.0) for sign in SIGNS] for block in signs], np.float64)


def weighed(examples: Sequence[Example]) -> list[Example]:
    """*examples* with weights by which a site of many pages counts as one of a few."""
    pages = Counter(example.site for example in examples)
    return [replace(e, weight=min(1.0, OF_ONE_SITE / pages[e.site])) for e in examples]


def fit(examples: Sequence[Example]) -> BlockModel:
    """A model from all *examples*; its `least` is not fitted."""
    signs = np.vstack([example.signs for example in examples])
    weights = np.concatenate([np.full(len(e.texts), e.weight) for e in examples])
    scaler = StandardScaler().fit(signs)
    model: BlockModel | None = None
    for _ in range(ROUNDS):
        right = np.concatenate([_stating(example, model) for example in examples])
        found = LogisticRegression(C=PRIOR, max_iter=500).fit(
            scaler.transform(signs), right, sample_weight=weights
        )
        by_sign = found.coef_[0] / scaler.scale_
        constant = float(found.intercept_[0] - by_sign @ scaler.mean_)
        rounded = {sign: round(float(w), 4) for sign, w in zip(SIGNS, by_sign, strict=True)}
        model = BlockModel(rounded, round(constant, 4), float(_BOUNDS[0]))
    assert model is not None
    return model


def _stating(example: Example, model: BlockModel | None) -> np.ndarray:
    """1 for each block that states a right value: of several, the one that *model* rates highest,
    or without one the first."""
    odds = _odds(example, model) if model else -np.arange(len(example.texts), dtype=float)
    stating = np.zeros(len(example.texts))
    for spellings in example.values:
        by_length = (_runs(example.texts, spellings, count) for count in range(1, _RUN + 1))
        if runs := next(filter(None, by_length), None):
            best = max(runs, key=lambda run: float(odds[run.start : run.stop].sum()))
            stating[best.start : best.stop] = 1
    return stating


def _runs(texts: Sequence[str], spellings: Sequence[str], length: int) -> list[range]:
    """The runs of *length* blocks that hold a value whole."""
    found = []
    for start in range(len(texts) - length + 1):
        said = f" {' '.join(filter(None, texts[start : start + length]))} "
        if any(spelling in said for spelling in spellings):
            found.append(range(start, start + length))
    return found


def _odds(example: Example, model: BlockModel) -> np.ndarray:
    weights = np.array([model.weights[sign] for sign in SIGNS])
    return np.asarray(example.signs @ weights + model.constant)


@dataclass(slots=True)
class Tally:
    """Of what is shown at one bound: right values that the pages have, and those shown; tokens of
    the pages, and those shown; `shares`: of each page's tokens."""

    asked: int = 0
    kept: int = 0
    page: int = 0
    shown: int = 0
    shares: list[float] = field(default_factory=list)


Tallies = dict[tuple[str, float], Tally]


def held_out(
    examples: Sequence[Example],
    count: TokenCounter,
    *,
    by: Callable[[Example], str] = lambda example: example.site,
) -> Tallies:
    """By set and bound: what models show of the pages of a group, a site's if not said otherwise,
    of which they saw none. *count*: the tokens of texts."""
    tallies: Tallies = defaultdict(Tally)
    groups = [by(example) for example in examples]
    for seen, unseen in GroupKFold(FOLDS).split(examples, groups=groups):
        model = fit([examples[i] for i in seen])
        for i in unseen:
            _judge(examples[i], model, count, tallies)
    return tallies


def _judge(example: Example, model: BlockModel, count: TokenCounter, tallies: Tallies) -> None:
    document = example.page.document.visible
    shown = Shown(example.page, count_tokens=count, model=model)
    sizes = count([document.quote(block.span) for block in document.blocks])
    for bound in _BOUNDS:
        shown.ranking.model = replace(model, least=float(bound))
        passage = shown.choose(example.schema, budget=MOST)
        kept = [place for place in passage.blocks if place < len(sizes)]
        said = f" {' '.join(filter(None, (example.texts[place] for place in kept)))} "
        found = sum(any(s in said for s in spellings) for spellings in example.values)
        tally = tallies[example.name, float(bound)]
        tally.asked += len(example.values)
        tally.kept += found
        tally.page += sum(sizes)
        tally.shown += sum(sizes[place] for place in kept)
        tally.shares.append(sum(sizes[place] for place in kept) / max(1, sum(sizes)))


def _report(title: str, tallies: Tallies) -> None:
    bounds = [f"{bound:.1f}" for bound in _BOUNDS]
    print(f"\n| {title} | {' | '.join(bounds)} |\n|{'---|' * (len(bounds) + 1)}")
    for name in SETS:
        cells = [_cell([tallies[name, float(bound)]]) for bound in _BOUNDS]
        print(f"| {name} | {' | '.join(cells)} |")
    cells = [_cell([tallies[name, float(bound)] for name in SETS]) for bound in _BOUNDS]
    print(f"| all | {' | '.join(cells)} |")


def _cell(tallies: Sequence[Tally]) -> str:
    recall = sum(t.kept for t in tallies) / max(1, sum(t.asked for t in tallies))
    of_all = sum(t.shown for t in tallies) / max(1, sum(t.page for t in tallies))
    return f"{recall:.3f} at {_share(tallies):.2f}, {of_all:.2f}"


def _share(tallies: Sequence[Tally]) -> float:
    return mean(share for tally in tallies for share in tally.shares)


def bound_for(share: float, tallies: Tallies) -> float:
    """The bound at which *share* of a page is shown, between the two that lie around it."""
    names = {name for name, _ in tallies}
    shares = [_share([tallies[name, float(bound)] for name in names]) for bound in _BOUNDS]
    return round(float(np.interp(-share, [-one for one in shares], _BOUNDS)), 2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
