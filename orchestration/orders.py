"""What may be said of a run besides its pages and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas.record import Tier

__all__ = ["AS_USUAL", "Orders"]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How a job is run.

    job: its name; an unfinished job of that name is taken up. `None`: a name is made up.
    tier: the worker that reads the pages, or MARKUP for none; `None`: their markup answers what it
        can, the large worker the rest.
    max_tokens: the job ends before the page after this many tokens were spent; `None`: no limit.
    stop: asked before every forward pass; when true, the page at hand is left unfinished.
    names: of uploaded files, path to the name that people know; the job and its results say that
        name alone, and the pages' bytes are kept.
    owner: whose job it is, where people sign in; "" for anybody's. Kept in its options.
    """

    job: str | None = None
    tier: Tier | None = None
    max_tokens: int | None = None
    stop: Callable[[], bool] = _never
    names: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""


AS_USUAL = Orders()
