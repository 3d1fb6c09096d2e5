from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestration.settings import Settings


def test_the_environment_sets_and_code_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDWISE_PAGE_TOKENS", "700")
    assert Settings().page_tokens == 700
    assert Settings(page_tokens=800).page_tokens == 800


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(page_tokens=0)


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())
