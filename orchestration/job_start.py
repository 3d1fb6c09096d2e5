"""A job begins, or the one of its name is taken up where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.intake import UPLOADS
from orchestration.orders import Orders
from orchestration.storage.codec import decode, encode
from orchestration.storage.store import Job, JobState, Store
from schemas.errors import StoreError
from schemas.plan import Plan
from schemas.plan_json import parse_plan, plan_to_json
from schemas.record import Tier
from schemas.schema import Schema

__all__ = ["begun", "owner_of", "plan_of", "tier_of"]

_OWNER, _PLAN, _TIER = "owner", "plan", "tier"  # among a job's options


def begun(
    store: Store, schema: Schema, sources: Sequence[str], orders: Orders, *, plan: Plan | None
) -> Job:
    """The unfinished job that *orders* name, or a new one over *sources*, as people know them.

    Raises:
        StoreError: the name reads as a number, or is that of another job: finished, of another
            schema or plan, or of another owner.
    """
    name = orders.job
    if name is None:
        name = f"{schema.name} {datetime.now():%Y-%m-%d %H:%M:%S.%f}"
    options = _options(orders, plan)
    known = store.job(name)
    if known is None:
        return store.create_job(name, schema, sources=sources, options=options)
    if owner_of(known) != orders.owner:
        raise StoreError(f"there is a job named {name!r} already", hint="choose another name")
    if reason := _why_another(known, schema, options):
        raise StoreError(f"the job {name!r} {reason}", hint="choose another name for this one")
    return known


def owner_of(job: Job) -> str:
    """Whose *job* it is; "" for anybody's."""
    return str(job.options.get(_OWNER, ""))


def plan_of(job: Job) -> Plan | None:
    """The plan that *job* was given; `None`: none was."""
    return parse_plan(job.options[_PLAN]) if job.options.get(_PLAN) else None


def tier_of(job: Job) -> Tier | None:
    """The worker that reads *job*, as in `Orders`."""
    return Tier(job.options[_TIER]) if job.options.get(_TIER) else None


def _options(orders: Orders, plan: Plan | None) -> dict[str, Any]:
    """What is kept of *orders*, as plain JSON."""
    return {
        _TIER: orders.tier.value if orders.tier else None,
        "folder": _folder(),
        UPLOADS: sorted(orders.names.values()),
        **({_OWNER: orders.owner} if orders.owner else {}),
        **({_PLAN: plan_to_json(plan)} if plan else {}),
    }


def _folder() -> str:
    """Where relative paths are named from; "" where that folder was removed."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _why_another(known: Job, schema: Schema, options: dict[str, Any]) -> str | None:
    """Why *known* is not the job that is asked for; `None` where it is."""
    if known.state is JobState.DONE:
        return "is finished"
    if known.schema != schema:
        return "has another schema"
    if _PLAN in options and decode(encode(options[_PLAN])) != known.options.get(_PLAN):
        return "has another plan"
    return None
