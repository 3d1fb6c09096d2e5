from __future__ import annotations

import time

import pytest

from schemas.limits import admits
from schemas.patterns import found

ENDLESS = "^(a|aa)+$"


def test_a_pattern_that_would_take_for_ever_is_given_up_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began = time.monotonic()
    assert not found(ENDLESS, "a" * 60 + "b")
    assert not admits({"type": "string", "pattern": ENDLESS}, "a" * 60 + "b")
    assert time.monotonic() - began < 60
    assert "took too long on a value" in caplog.text


def test_what_matches_at_once_matches() -> None:
    assert found("^[A-Z]{2}-\\d+$", "AB-12")
    assert not found("^[A-Z]{2}-\\d+$", "AB-")
    assert found("^\\d+$", "١٢")
    assert not found("^\\d+$", "١٢", ascii_only=True)


def test_a_pattern_is_for_texts_alone() -> None:
    assert admits({"pattern": "^a"}, 5)
