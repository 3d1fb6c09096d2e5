"""What a visitor filled in on the start screen, as one bundle, and what it asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.desk.form import asked_pages, asked_schema
from orchestration.desk.naming import short_names
from orchestration.desk.runs import Asked
from orchestration.storage.store import Job
from schemas.plan import Plan
from schemas.record import Tier
from schemas.schema import Schema
from ui.editor import edited, signature
from ui.plan import changed, fitted

__all__ = ["READERS", "READ_FIELDS", "Filled"]

READERS: Mapping[str, Tier | None] = {
    "automatic": None,
    "the page's code alone, no model": Tier.MARKUP,
    "the small model": Tier.SMALL,
    "the large model": Tier.LARGE,
}
# The tables' inputs are read in the browser, at the moment of the click, and put into `rows` and
# `plan_rows`.
READ_FIELDS = """(urls, files, choice, own, rows, planned, ...more) =>
  [urls, files, choice, own, JSON.stringify(window.fieldwiseFields?.() ?? null),
   JSON.stringify(window.fieldwisePlan?.() ?? null), ...more]"""


@dataclass(frozen=True, slots=True)
class Filled:
    """The inputs of the start screen, in the order of `Start.inputs`.

    `rows`, `plan_rows`: what stands in the tables of fields and of the plan, as JSON. `again`: the
    id of the job whose pages are to be read once more; `None`: *urls* and *files* are.
    """

    urls: str
    files: Sequence[str] | None
    choice: str
    own: str
    rows: str | None
    plan_rows: str | None
    name: str
    reader: str
    tokens: float | None
    plan: Plan | None
    again: int | None

    def asked(self, kept: Job | None = None) -> Asked:
        """The run that is asked for; *kept*: the job that `again` names, which needs no plan.

        Raises SchemaError or SourceError, which say what is missing.
        """
        schema = self._schema()
        files = self.files or []
        return Asked(
            sources=[] if kept else asked_pages(self.urls or "", files),
            schema=schema,
            job=(self.name or "").strip() or None,
            tier=READERS.get(self.reader),
            max_tokens=int(self.tokens) if self.tokens else None,
            names={} if kept else short_names(files),
            again=kept,
            plan=None if kept else self._plan(schema),
        )

    def _schema(self) -> Schema:
        """As chosen, and as edited where the table of fields shows the one that is chosen."""
        schema = asked_schema(self.choice, self.own or "")
        table = _read(self.rows)
        if table and table["of"] == signature(schema):
            return edited(schema, table["rows"])
        return schema

    def _plan(self, schema: Schema) -> Plan | None:
        if self.plan is None:
            return None
        return fitted(changed(self.plan, _read(self.plan_rows) or []), schema)


def _read(table: str | None) -> Any:
    return json.loads(table) if table else None
