"""What jobs may be called, and which job is meant where somebody writes a name or a number.

No new job has a name that reads as a number, so that "12" always means the job with that number.
Jobs of older results files may have one: where that leaves two jobs to choose from, neither is
taken, and both are named by "#" and their number, which is always sure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import StoreError

if TYPE_CHECKING:
    from orchestration.storage.store import DamagedJob, Job, Store

__all__ = ["find_damaged", "find_job", "refuse_name"]

_LONGEST = 18  # digits; SQLite's integers end soon after


def refuse_name(name: str) -> None:
    """Raise StoreError where no new job can be called *name*."""
    if not name:
        raise StoreError("a job needs a name", hint="give it one, such as `jobs-may`")
    if digits := _digits(name):
        hint = f"choose another, such as `jobs-{digits[:_LONGEST]}`"
        raise StoreError(f"a job cannot be named {name!r}: that is a job's number", hint=hint)


def find_job(store: Store, said: str) -> Job:
    """The job whose number *said* is, with or without "#", or whose name.

    Raises:
        StoreError: there is none, or one job has the number and another one the name.
    """
    digits = _digits(said)
    numbered = store.job(int(digits)) if digits and len(digits) <= _LONGEST else None
    named = store.job(said)
    if named and numbered and named.id != numbered.id and not said.strip().startswith("#"):
        hint = f"write `#{numbered.id}` for the one, `#{named.id}` for the other"
        message = f"{said!r} is the number of the job {numbered.name!r}, and another one's name"
        raise StoreError(message, hint=hint)
    if found := numbered or named:
        return found
    raise StoreError(f"there is no job {said!r}", hint="`fieldwise jobs` lists them")


def find_damaged(store: Store, said: str) -> DamagedJob | None:
    """The damaged job whose number *said* is, or whose name; `None`: it is that of none."""
    digits, damaged = _digits(said), store.damaged_jobs()
    numbered = [job for job in damaged if digits and job.id == int(digits)]
    return next(iter([*numbered, *(job for job in damaged if job.name == said)]), None)


def _digits(name: str) -> str:
    """The digits of "12" or "#12"; "" where *name* reads as no number."""
    digits = name.strip().removeprefix("#").strip()
    return digits if digits.isdecimal() else ""
