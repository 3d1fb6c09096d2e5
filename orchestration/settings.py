"""Every setting there is, and the only place that reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Read from `FIELDWISE_*` environment variables; arguments given in code win.

    Sizes are bytes, times are seconds, budgets are tokens.
    """

    model_config = SettingsConfigDict(env_prefix="FIELDWISE_", frozen=True)

    cache_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("fieldwise")),
        description="where weights and compiled models are kept",
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("fieldwise")),
        description="where jobs and their results are kept",
    )
    large_model: str | None = Field(
        None, description="name or path of the large worker; unset: Qwen2-1.5B or its stand-in"
    )
    small_model: str | None = Field(
        None, description="name or path of the small worker; unset: Qwen2-0.5B or its stand-in"
    )
    small_first: bool = Field(
        False,
        description="the small worker answers first, the large one what that is unsure of",
    )
    least_sure: float = Field(
        0.9, ge=0, le=1, description="confidence from which an answer of the small worker stands"
    )
    hub_endpoint: str | None = Field(None, description="base URL of a model hub or its mirror")
    offline: bool = Field(False, description="never fetch weights, only use those that are here")
    threads: int = Field(0, ge=0, description="CPU threads of a worker; 0: one a core we may use")
    check_memory: bool = Field(
        True, description="refuse to load a model that the memory left has no room for"
    )
    share_weights: bool = Field(
        False, description="keep weights so that processes share them; thrice the disk space"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="where workers run: cpu, cuda; auto: an NVIDIA GPU where one can be used",
    )
    page_tokens: int = Field(600, ge=64, description="how much of a page a worker is shown")
    answer_tokens: int = Field(1024, ge=64, description="how long a page's answer may grow")
    selectors: Literal["off", "lists", "all"] = Field(
        "lists",
        description="where rules learned from the model's answers read fields: off, nowhere; "
        "lists, in long lists; all, also in pages of one layout",
    )
    allow_private: bool = Field(
        False, description="fetch from private, loopback and link-local addresses too"
    )
    page_bytes: int = Field(10 * 2**20, ge=1, description="largest page to read")
    timeout_s: float = Field(20.0, gt=0, description="time limit of one fetch")
    attempts: int = Field(3, ge=1, description="how often a page is asked for in all")
    fetch_ahead: int = Field(8, ge=1, description="how many pages are fetched before their turn")
    per_host: int = Field(2, ge=1, description="requests to one host at a time")
    host_delay_s: float = Field(0.25, ge=0, description="from one request to the next at a host")
    obey_robots: bool = Field(True, description="read what robots.txt allows, and no more")
    render: bool = Field(
        False,
        description="run the scripts of empty pages, in Chromium; needs playwright",
    )
    http_cache: bool = Field(True, description="keep fetched pages as HTTP allows; 512 MiB at most")

    planner: Literal["auto", "endpoint", "worker", "schema"] = Field(
        "auto",
        description="who plans: endpoint, worker (the large one), schema (no model); auto: the "
        "endpoint where its address is set, else the worker where a plan is asked for, else nobody",
    )
    planner_url: str | None = Field(
        None, description="address of an OpenAI-compatible endpoint, such as http://host:8000/v1"
    )
    planner_model: str = Field(
        "Qwen/Qwen2-72B-Instruct", description="name of the endpoint's model"
    )
    planner_api_key: SecretStr | None = Field(
        None, description="key for the endpoint; never logged or stored"
    )
    planner_api: Literal["openai", "vllm", "llama_cpp"] = Field(
        "openai",
        description="how the endpoint is told the form of a reply: openai; vllm, from 0.12 on; "
        "llama_cpp, llama-cpp-python's server",
    )
    planner_attempts: int = Field(3, ge=1, description="how often a planner is asked in all")
    planner_timeout_s: float = Field(120.0, gt=0, description="time limit of one planner's reply")
    planner_tokens: int | None = Field(
        None, ge=1, description="the endpoint is asked no more once it took this many tokens"
    )
    repair_tokens: int | None = Field(
        None,
        ge=1,
        description="tokens the endpoint may take for what no worker is sure of; unset: none",
    )
    planner_fallback: bool = Field(
        True, description="go on with a lesser planner where the endpoint gives no plan"
    )
    planner_samples: int = Field(3, ge=1, le=3, description="pages of a layout shown to a planner")

    @field_validator("planner_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        return _endpoint(url) if url and url.strip() else None

    @property
    def plans_file(self) -> Path:
        """The SQLite file of plans made before."""
        return self.data_dir / "plans.sqlite"

    @property
    def results_file(self) -> Path:
        """The SQLite file of jobs and results."""
        return self.data_dir / "results.sqlite"


def _endpoint(url: str) -> str:
    """*url* as the address of an endpoint. Raises ValueError that says what to write instead."""
    url, example = url.strip(), "http://localhost:8000/v1"
    given = url if "://" in url else f"http://{url}"
    if any(not c.isprintable() or c.isspace() for c in url) or not _has_host(given):
        raise ValueError(f"that is no address; write one such as {example}")
    if given != url:
        raise ValueError(f"the address has no scheme; write {given}, or https:// before it")
    scheme = url.partition("://")[0].lower()
    if scheme not in ("http", "https"):
        raise ValueError(f"the address begins with {scheme}://; write http:// or https://")
    if (path := url.rstrip("/")).endswith("/chat/completions"):
        raise ValueError(f"that is one call's address; write {path[: -len('/chat/completions')]}")
    return url


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname and parts.port != 0)
    except ValueError:  # a port that is none, half an IPv6 address
        return False
