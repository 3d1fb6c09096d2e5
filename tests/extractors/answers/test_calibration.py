"""Confidences that say how often such answers are right."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.answers.calibration import (
    FEATURES,
    GROUPS,
    Calibration,
    features,
    group_of,
    known_calibration,
)
from schemas.record import Signals
from schemas.schema import Field, Kind

TITLE = Field("title")
SURE = Signals(first=-0.01, runner_up=-6.0, worst=-0.02, mean=-0.01, margin=5.0, kept=0.0)
TORN = Signals(first=-0.9, runner_up=-1.0, worst=-2.5, mean=-1.2, margin=0.1, kept=-1.5)

# The mean alone decides; a text is right less often than it looks, nothing else is straightened.
WEIGHTS = [float(name == "mean") for name in FEATURES] + [0.0] * len(GROUPS) + [2.0]
CALIBRATION = Calibration("a-model", WEIGHTS, {"text": [(0.5, 0.2), (0.9, 0.8)]}, 300)

nats = st.floats(-50, 0)
anything = st.builds(
    Signals,
    first=nats,
    runner_up=st.none() | nats,
    worst=nats,
    mean=nats,
    margin=st.floats(-1, 50),
    kept=nats,
    places=st.integers(0, 10**6),
    labelled=st.booleans(),
    fills=st.booleans(),
)


@given(signals=anything, kind=st.sampled_from(Kind), many=st.booleans(), absent=st.booleans())
def test_a_confidence_is_a_share(signals: Signals, kind: Kind, many: bool, absent: bool) -> None:
    field = Field("f", kind, many=many)
    assert 0.0 <= CALIBRATION.confidence(field, signals, absent=absent) <= 1.0


@given(signals=anything)
def test_there_is_a_number_for_every_feature(signals: Signals) -> None:
    assert len(features(signals)) == len(FEATURES)


def test_the_numbers_stand_in_the_order_of_the_features() -> None:
    stood = Signals(-0.5, -3.0, -2.0, -1.0, 1.5, -0.25, places=1, labelled=True, fills=False)
    known = dict(zip(FEATURES, features(stood), strict=True))
    assert known == {
        "first": -0.5,
        "worst": -2.0,
        "mean": -1.0,
        "sure": pytest.approx(math.exp(-2.0)),
        "margin": 1.5,
        "runner_up": -3.0,
        "kept": -0.25,
        "pushed": pytest.approx(math.exp(-0.25)),
        "places": pytest.approx(math.log(2)),
        "labelled": 1.0,
        "fills": 0.0,
    }


def test_what_the_model_was_torn_about_is_less_sure() -> None:
    sure = CALIBRATION.confidence(TITLE, SURE, absent=False)
    torn = CALIBRATION.confidence(TITLE, TORN, absent=False)
    assert torn < sure


def test_the_curve_of_its_group_straightens_a_score_and_ends_flat() -> None:
    assert CALIBRATION.score(features(SURE), "text") == pytest.approx(0.8797, abs=1e-4)
    # three quarters and a bit of the way from (0.5, 0.2) to (0.9, 0.8)
    expected = 0.2 + 0.6 * (0.8797 - 0.5) / 0.4
    assert CALIBRATION.confidence(TITLE, SURE, absent=False) == pytest.approx(expected, abs=1e-3)
    doubtless = Signals(0.0, None, 0.0, 0.0, 20.0, 0.0)
    steep = Calibration("a-model", [*WEIGHTS[:-1], 9.0], CALIBRATION.curves)
    assert steep.confidence(TITLE, doubtless, absent=False) == 0.8


def test_a_group_without_a_curve_keeps_the_score() -> None:
    date = Field("posted", Kind.DATE)
    expected = CALIBRATION.score(features(SURE), "date")
    assert CALIBRATION.confidence(date, SURE, absent=False) == expected


@pytest.mark.parametrize(
    ("field", "absent", "group"),
    [
        (Field("a"), False, "text"),
        (Field("a", many=True), False, "text[]"),
        (Field("a", Kind.INTEGER, many=True), False, "number"),
        (Field("a", Kind.DATETIME), False, "date"),
        (Field("a", Kind.BOOLEAN), False, "choice"),
        (Field("a", Kind.MONEY), True, "absent"),
    ],
)
def test_answers_that_err_alike_are_one_group(field: Field, absent: bool, group: str) -> None:
    assert group_of(field, absent=absent) == group
    assert group in GROUPS


def test_a_calibration_survives_json() -> None:
    plain = json.loads(json.dumps(CALIBRATION.plain()))
    read = Calibration.from_plain(plain)
    assert read.plain() == CALIBRATION.plain()
    assert read.confidence(TITLE, TORN, absent=False) == pytest.approx(
        CALIBRATION.confidence(TITLE, TORN, absent=False)
    )


def test_one_of_other_features_is_refused() -> None:
    plain = CALIBRATION.plain() | {"features": ["luck"]}
    with pytest.raises(ValueError, match="fit it anew"):
        Calibration.from_plain(plain)


def test_a_model_it_was_not_fitted_on_has_none() -> None:
    assert known_calibration("another-model-w8a8-000000000000") is None
