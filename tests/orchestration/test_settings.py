from __future__ import annotations

import re

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


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("localhost:8000/v1", "write http://localhost:8000/v1"),
        ("planner.example", "write http://planner.example"),
        ("ftp://planner.example/v1", "write http:// or https://"),
        ("http://host:8000/v1/chat/completions", "write http://host:8000/v1"),
        ("nonsense with spaces", "write one such as http://localhost:8000/v1"),
        ("http://", "write one such as"),
        ("http:///v1", "write one such as"),
        ("http://host:eighty/v1", "write one such as"),
        ("http://[::1/v1", "write one such as"),
        ("http://host/v1\x00", "write one such as"),
    ],
)
def test_an_address_that_is_none_is_refused_with_what_to_write(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "\x00" not in url:  # which no environment can hold
        monkeypatch.setenv("FIELDWISE_PLANNER_URL", url)
        with pytest.raises(ValidationError, match=re.escape(told)):
            Settings()
    with pytest.raises(ValidationError, match=re.escape(told)):
        Settings(planner_url=url)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "HTTPS://planner.example/api/v1/", "http://[::1]:8000/v1"]
)
def test_an_address_is_kept_as_it_was_written(url: str) -> None:
    assert Settings(planner_url=url).planner_url == url


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_address_is_none(nothing: str) -> None:
    assert Settings(planner_url=nothing).planner_url is None
