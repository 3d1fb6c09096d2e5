"""Fits and judges confidences on the evaluation pages.

    FIELDWISE_EVALDATA=... python -m benchmarks.calibration SET=JOB ... --model NAME [--write]

Each JOB is a finished or stopped job of the results file (`fieldwise extract ... --job JOB`) over
pages of the evaluation set SET, run without a calibration of the model, since one leaves out what
is hardly ever right; only values that a worker answered count. Every answer is scored by a
calibration fitted on the pages of other sites (five folds), and what comes of it is printed: the
expected calibration error, the coverage at 95 % precision, the reliability curve. `--write` then
fits on all, and keeps the calibration with the product under the name of the compiled model.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

import extractors
from benchmarks.quality import SETS
from extractors.answers.calibration import GROUPS, Calibration, features, group_of
from orchestration.evaluation.evaluate import read_gold_set
from orchestration.evaluation.reliability import Judged, bins, calibration_error, coverage_at, judge
from orchestration.settings import Settings
from orchestration.storage.store import Store
from schemas.source import resolve

__all__ = ["REWORDED", "fit", "held_out", "main"]

REWORDED = {("recipes", "yields")}
"""Fields whose gold is in words of its own ("4 servings" for `Serves 4`): no quote can be right."""

FOLDS = 5
LEAST = 1000  # answers of a group, below which a curve of its own does worse on sites it never saw
POINTS = 12  # of a curve, at most


def main(arguments: list[str]) -> int:
    """See the module's docstring. 2: there is nothing to work on."""
    options = _options(arguments)
    folder = Path(os.environ.get("FIELDWISE_EVALDATA") or "/nowhere")
    if not folder.is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    answers = [a for pair in options.jobs for a in _answers(folder, *pair.split("=", 1))]
    if not answers:
        print("the jobs hold no answers of a worker", file=sys.stderr)
        return 2
    _report(answers, held_out(answers, options.model))
    if options.write:
        file = Path(extractors.__file__).parent / "calibrations" / f"{options.model}.json"
        file.write_text(json.dumps(fit(answers, options.model).plain(), indent=1) + "\n", "utf-8")
        print(f"\nwrote {file.name}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration")
    parser.add_argument("jobs", nargs="+", metavar="SET=JOB")
    parser.add_argument("--model", required=True, help="the compiled model's name")
    parser.add_argument("--write", action="store_true", help="keep what all answers say")
    return parser.parse_args(arguments)


def _answers(folder: Path, name: str, job: str) -> Iterator[Judged]:
    """What a worker said in *job*, each answer's group made unique to its set and site."""
    schema = resolve(str(folder / "schemas" / f"{SETS[name]}.json"))
    pages = read_gold_set(folder / name)
    with Store(Settings().results_file) as store:
        known = store.job(job)
        results = list(store.results(known.id)) if known else []
    for answer in judge(schema, pages, results):
        if answer.signals is not None and (name, answer.field.name) not in REWORDED:
            yield replace(answer, group=f"{name}/{_site(answer)}", page=f"{name}/{answer.page}")


def _site(answer: Judged) -> str:
    return answer.page if answer.group == "-" else answer.group


def fit(answers: Sequence[Judged], model: str) -> Calibration:
    """A calibration of *model* from all *answers*."""
    rows, right = _rows(answers), np.array([answer.right for answer in answers])
    logistic = LogisticRegression(C=0.3, max_iter=2000).fit(rows, right)
    weights = [float(w) for w in (*logistic.coef_[0], logistic.intercept_[0])]
    plain = Calibration(model, weights, {}, len(answers))
    curves = {}
    for group in GROUPS:
        own = [i for i, answer in enumerate(answers) if _group(answer) == group]
        if len(own) >= LEAST:
            scores = [plain.score(_features(answers[i]), group) for i in own]
            curves[group] = _curve(np.array(scores), right[own])
    return replace(plain, curves=curves)


def _curve(scores: np.ndarray, right: np.ndarray) -> list[tuple[float, float]]:
    """An isotonic fit, thinned to a few points: the mean of each of `POINTS` bins of answers."""
    fitted = IsotonicRegression(y_min=0.01, y_max=0.99, out_of_bounds="clip")
    smooth = fitted.fit_transform(scores, right)
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, POINTS) if len(part)]
    points = [(float(scores[p].mean()), float(smooth[p].mean())) for p in parts]
    return [point for i, point in enumerate(points) if i == 0 or point[0] > points[i - 1][0]]


def held_out(answers: Sequence[Judged], model: str) -> list[Judged]:
    """*answers*, the confidence of each from a fit that saw no page of its site."""
    groups = [answer.group for answer in answers]
    out = list(answers)
    for seen, unseen in GroupKFold(FOLDS).split(answers, groups=groups):
        fitted = fit([answers[i] for i in seen], model)
        for i in unseen:
            out[i] = replace(answers[i], confidence=_confidence(fitted, answers[i]))
    return out


def _confidence(fitted: Calibration, answer: Judged) -> float:
    assert answer.signals is not None
    return fitted.confidence(answer.field, answer.signals, absent=answer.absent)


def _rows(answers: Sequence[Judged]) -> np.ndarray:
    """(answers, features and groups)."""
    kinds = [[float(_group(answer) == group) for group in GROUPS] for answer in answers]
    return np.hstack([np.array([_features(answer) for answer in answers]), np.array(kinds)])


def _features(answer: Judged) -> list[float]:
    assert answer.signals is not None
    return features(answer.signals)


def _group(answer: Judged) -> str:
    return group_of(answer.field, absent=answer.absent)


def _report(raw: Sequence[Judged], fitted: Sequence[Judged]) -> None:
    print("| answers | count | right | ECE raw | ECE | coverage at 95 % raw | coverage at 95 % |")
    print("|---|---|---|---|---|---|---|")
    found = _only(lambda answer: not answer.absent)
    print(_row("all", raw, fitted))
    print(_row("found", found(raw), found(fitted)))
    for group in GROUPS:
        own = _only(partial(_is_of, group))
        if own(raw):
            print(_row(group, own(raw), own(fitted)))
    print("\n| confidence | right | answers |\n|---|---|---|")
    for part in bins(fitted):
        print(f"| {part.confidence:.3f} | {part.right:.3f} | {part.count} |")


def _is_of(group: str, answer: Judged) -> bool:
    return _group(answer) == group


def _only(keep: Callable[[Judged], bool]) -> Callable[[Sequence[Judged]], list[Judged]]:
    return lambda answers: [answer for answer in answers if keep(answer)]


def _row(name: str, raw: Sequence[Judged], fitted: Sequence[Judged]) -> str:
    share = sum(answer.right for answer in raw) / len(raw)
    errors = [f"{calibration_error(some):.3f}" for some in (raw, fitted)]
    covered = [f"{coverage_at(some, 0.95):.3f}" for some in (raw, fitted)]
    return f"| {' | '.join([name, str(len(raw)), f'{share:.3f}', *errors, *covered])} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
