"""From how a model came by a value to how often such values are right.

A calibration belongs to one model, in one form of its weights: it is fitted on judged answers of
that model (`python -m benchmarks.calibration`) and kept here under its name. It is a logistic model
(Platt 1999) of the `Signals`, whose output an isotonic curve of the field's group then straightens
(Zadrozny & Elkan 2002). Applying it takes a few dozen multiplications.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from schemas.record import Signals
from schemas.schema import Field, Kind

__all__ = ["FEATURES", "GROUPS", "Calibration", "features", "group_of", "known_calibration"]

VERSION = 1
GROUPS = ("text", "text[]", "number", "date", "money", "url", "choice", "absent")
"""Answers that err alike. "text[]": an item of a list; "absent": the answer that there is none."""

FEATURES = (
    "first",
    "worst",
    "mean",
    "sure",
    "margin",
    "runner_up",
    "kept",
    "pushed",
    "places",
    "labelled",
    "fills",
)
_KIND_GROUPS = {
    Kind.NUMBER: "number",
    Kind.INTEGER: "number",
    Kind.DATE: "date",
    Kind.DATETIME: "date",
    Kind.MONEY: "money",
    Kind.URL: "url",
    Kind.CHOICE: "choice",
    Kind.BOOLEAN: "choice",
}
_DEEPEST = -7.0  # nats; below this one improbable token is like another
_WIDEST = 7.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """`model`: the name of the compiled model that it was fitted on, and is true of alone.

    `weights`: per feature, then per group, then the constant, of the logistic model. `curves`: for
    a group, rising points (score, share right); between two points the share is interpolated.
    `samples`: how many judged answers stood behind it.
    """

    model: str
    weights: Sequence[float]
    curves: Mapping[str, Sequence[tuple[float, float]]]
    samples: int = 0

    def confidence(self, field: Field, signals: Signals, *, absent: bool) -> float:
        """The share of answers like this one that are right, in [0, 1]."""
        group = group_of(field, absent=absent)
        score = self.score(features(signals), group)
        curve = self.curves.get(group)
        return _interpolated(curve, score) if curve else score

    def score(self, row: Sequence[float], group: str) -> float:
        """What the logistic model alone makes of *row*, the `features` of an answer."""
        known = [*row, *(float(group == other) for other in GROUPS), 1.0]
        return 1 / (1 + math.exp(-sum(w * x for w, x in zip(self.weights, known, strict=True))))

    def plain(self) -> dict[str, Any]:
        """As JSON data, which `from_plain` reads back."""
        return {
            "version": VERSION,
            "model": self.model,
            "samples": self.samples,
            "features": list(FEATURES),
            "groups": list(GROUPS),
            "weights": [round(weight, 5) for weight in self.weights],
            "curves": {
                group: [[round(x, 5), round(y, 5)] for x, y in curve]
                for group, curve in sorted(self.curves.items())
            },
        }

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> Calibration:
        """Raises ValueError where *plain* is of other features, groups or version than these."""
        expected = (VERSION, list(FEATURES), list(GROUPS))
        if (plain["version"], plain["features"], plain["groups"]) != expected:
            raise ValueError("a calibration of another version; fit it anew")
        curves = {group: [(x, y) for x, y in curve] for group, curve in plain["curves"].items()}
        return Calibration(plain["model"], plain["weights"], curves, plain["samples"])


def features(signals: Signals) -> list[float]:
    """*signals* as numbers of about one size, in the order of `FEATURES`."""
    runner_up = _DEEPEST if signals.runner_up is None else signals.runner_up
    return [
        max(signals.first, _DEEPEST),
        max(signals.worst, _DEEPEST),
        max(signals.mean, _DEEPEST),
        math.exp(signals.worst),
        min(signals.margin, _WIDEST),
        max(runner_up, _DEEPEST),
        max(signals.kept, _DEEPEST),
        math.exp(signals.kept),
        math.log1p(signals.places),
        float(signals.labelled),
        float(signals.fills),
    ]


def group_of(field: Field, *, absent: bool) -> str:
    """The one of `GROUPS` that an answer for *field* belongs to; *absent*: that there is none."""
    if absent:
        return "absent"
    group = _KIND_GROUPS.get(field.kind, "text")
    return f"{group}[]" if field.many and group == "text" else group


def known_calibration(model: str) -> Calibration | None:
    """The calibration that was fitted on the compiled *model*; `None`: never on this one."""
    for file in files("extractors").joinpath("calibrations").iterdir():
        if file.name.endswith(".json"):
            calibration = Calibration.from_plain(json.loads(file.read_text("utf-8")))
            if calibration.model == model:
                return calibration
    return None


def _interpolated(curve: Sequence[tuple[float, float]], score: float) -> float:
    place = bisect_right([x for x, _ in curve], score)
    if place == 0:
        return curve[0][1]
    if place == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[place - 1], curve[place]
    return y0 + (y1 - y0) * (score - x0) / (x1 - x0)
