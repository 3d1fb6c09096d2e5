"""The app's endpoints for programs: what the command line does, over HTTP and as MCP tools.

They are those of `gradio_client`, and do for the user who calls what the screens do.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.events import api

from orchestration.desk.desk import Desk
from orchestration.desk.form import OWN, asked_pages, asked_schema
from orchestration.desk.runs import Asked, Run
from orchestration.exports.export import page_line
from schemas import library
from schemas.errors import FieldwiseError
from schemas.json_schema import to_json_schema
from schemas.record import Tier
from ui.results import owner_of

__all__ = ["Api"]

NOW_AND_THEN_S = 0.1


def _explained(method: Callable[..., Any]) -> Callable[..., Any]:
    """*method* with errors that callers are told in words."""

    @functools.wraps(method)
    def told(*arguments: Any) -> Any:
        try:
            return method(*arguments)
        except FieldwiseError as error:
            raise gr.Error(error.explain(), print_exception=False) from error

    return told


class Api:
    """The endpoints, each named as its method. What goes wrong comes back as an error in words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def connect(self) -> None:
        for method in (self.schemas, self.extract, self.jobs, self.results, self.stop, self.delete):
            api(
                _explained(method),
                api_name=method.__name__,
                api_description=(method.__doc__ or "").strip(),
                concurrency_limit=4,
            )

    def schemas(self) -> dict[str, Any]:
        """List the ready schemas: name to JSON Schema."""
        return {name: to_json_schema(library.get(name)) for name in library.names()}

    def extract(
        self,
        request: gr.Request,
        urls: list[str],
        schema: str,
        tier: str = "auto",
        max_tokens: int = 0,
    ) -> dict[str, Any]:
        """Read web pages and pull the fields of a schema out of each, every value with its quote.

        Args:
            urls: web addresses, http or https.
            schema: a ready schema's name, a line such as "title, salary number, posted date", or
                the text of a JSON Schema.
            tier: "auto", "markup", "small" or "large".
            max_tokens: stop before the page after this many tokens; 0: no limit.
        """
        ready = schema in library.names()
        wanted = asked_schema(schema, "") if ready else asked_schema(OWN, schema)
        sources = asked_pages("\n".join(urls), [])
        asked = Asked(
            sources,
            wanted,
            tier=_tier(tier),
            max_tokens=max_tokens or None,
        )
        run = self._desk.start(asked, owner_of(request))
        while not run.is_over:
            time.sleep(NOW_AND_THEN_S)
        return self._outcome(run)

    def jobs(self, request: gr.Request, find: str = "") -> list[dict[str, Any]]:
        """List your jobs, newest first.

        Args:
            find: words that the name, fields or sources of a job hold.
        """
        return [
            {
                "id": line.job.id,
                "name": line.job.name,
                "created": line.job.created.isoformat(),
                "fields": list(line.job.schema.names),
                "pages": {status.value: count for status, count in line.counts.items()},
                "running": line.running,
            }
            for line in self._desk.jobs(owner_of(request), find)
        ]

    def results(self, request: gr.Request, job: int) -> list[dict[str, Any]]:
        """Give a job's results, a page each: values, evidence, status and reason.

        Args:
            job: its id.
        """
        found = self._desk.job(job, owner_of(request))
        return [page_line(page) for page in self._desk.results(found)]

    def stop(self, request: gr.Request) -> bool:
        """Stop your job that runs, keeping what is done; whether there was one."""
        run = self._desk.runs.latest(owner_of(request))
        if run is None or run.is_over:
            return False
        run.stop.set()
        return True

    def delete(self, request: gr.Request, job: int) -> bool:
        """Delete a job and all that was kept of its pages, for good.

        Args:
            job: its id.
        """
        self._desk.delete(self._desk.job(job, owner_of(request)))
        return True

    def _outcome(self, run: Run) -> dict[str, Any]:
        if run.job is None or run.trouble:
            raise FieldwiseError(run.ended or "the job could not be run")
        pages = [page_line(page) for page in self._desk.results(run.job)]
        return {"job": run.job.id, "ended": run.ended, "pages": pages}


def _tier(name: str) -> Tier | None:
    if name == "auto":
        return None
    if name not in ("markup", "small", "large"):
        raise FieldwiseError(f"{name!r} is no tier", hint="auto, markup, small and large are")
    return Tier(name)
