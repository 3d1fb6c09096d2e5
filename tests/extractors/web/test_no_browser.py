"""Where there is no browser, pages are read without one, and somebody is told."""

from __future__ import annotations

import logging

import pytest

from extractors.web.rendering import can_draw, why_not


def test_rendering_that_is_wanted_and_cannot_be_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "")
    with caplog.at_level(logging.WARNING):
        assert not can_draw(wanted=True)
    assert [record.getMessage() for record in caplog.records] == [
        f"pages are not rendered: {why_not()}"
    ]


def test_rendering_that_nobody_wants_is_not_spoken_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "")
    assert not can_draw(wanted=False)
    assert not caplog.records
