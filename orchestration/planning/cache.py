"""Plans made before, kept in one SQLite file, so that a layout is planned once.

A plan is found again by what it was made for: the schema, the planner's model, the version of the
prompt, and a page of a layout like its own. What cannot be read any more is not there.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from extractors.layout import ALIKE, likeness
from orchestration.planning.prompt import PROMPT_VERSION
from schemas.errors import FieldwiseError, StoreError
from schemas.output import to_json_schema
from schemas.plan import Plan
from schemas.plan_json import dump_plan, parse_plan
from schemas.schema import Schema

__all__ = ["PlanCache"]

_TABLE = """
    CREATE TABLE IF NOT EXISTS plans (
        purpose TEXT NOT NULL, layout TEXT NOT NULL, plan TEXT NOT NULL,
        PRIMARY KEY (purpose, layout)
    ) WITHOUT ROWID
"""
_WAIT_S = 10.0  # for another process that is writing


class PlanCache:
    """The plans in the file *path*. Threads and processes may share it; a context manager.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # a plan names words of pages that may be private
            self._file = sqlite3.connect(path, timeout=_WAIT_S, check_same_thread=False)
            with self._file:
                self._file.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            hint = "move that file away: plans are made anew, and a new file is"
            raise StoreError(f"kept plans cannot be opened: {path}: {error}", hint=hint) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def find(self, schema: Schema, layout: str, *, model: str) -> Plan | None:
        """The plan of the likest layout that *model* made for *schema*; `None` for none alike.

        Raises StoreError.
        """
        sql = "SELECT layout, plan FROM plans WHERE purpose = ?"
        with self._lock:
            try:
                rows = self._file.execute(sql, (_purpose(schema, model),)).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"kept plans cannot be read: {error}") from error
        alike = [(near, plan) for known, plan in rows if (near := likeness(known, layout)) >= ALIKE]
        return _read(max(alike)[1]) if alike else None

    def keep(self, plan: Plan, schema: Schema, *, model: str) -> None:
        """Keep *plan*, made for *schema*, under its own layout. Raises StoreError."""
        row = (_purpose(schema, model), plan.layout or "", dump_plan(plan))
        with self._lock:
            try:
                with self._file:
                    self._file.execute("INSERT OR REPLACE INTO plans VALUES (?, ?, ?)", row)
            except sqlite3.Error as error:
                raise StoreError(f"the plan could not be kept: {error}") from error


def _purpose(schema: Schema, model: str) -> str:
    required = [field.name for field in schema.walk() if field.required]
    whole = json.dumps([to_json_schema(schema), required, model, PROMPT_VERSION])
    return hashlib.sha256(whole.encode()).hexdigest()


def _read(text: str) -> Plan | None:
    try:
        return parse_plan(json.loads(text))
    except (FieldwiseError, ValueError):
        return None
