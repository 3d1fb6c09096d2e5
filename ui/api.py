"""The app's endpoints for programs, over HTTP: what the command line does.

They are those of `gradio_client`, and do for the user who calls what the screens do.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.components.api_component import Api as Plain

from orchestration.desk.form import UPLOADS
from orchestration.desk.programs import Programs
from schemas.errors import FieldwiseError
from ui.endpoints import FILES, Endpoint, endpoints
from ui.results import owner_of

__all__ = ["Api"]

AT_ONCE = 8  # calls of one endpoint; as many jobs may wait


class Api:
    """The endpoints, each named as its method. What goes wrong comes back as an error in words."""

    def __init__(self, programs: Programs) -> None:
        self._endpoints = endpoints(programs)

    def connect(self) -> None:
        """To be called while the page is drawn."""
        for endpoint in self._endpoints:
            about = endpoint.takes["properties"]
            gr.on(
                [],
                _handler(endpoint),
                [_input(name, one) for name, one in about.items()],
                [_output(endpoint)],
                show_progress="hidden",
                api_name=endpoint.name,
                api_description=_description(endpoint),
                concurrency_limit=AT_ONCE,
                trigger_mode="multiple",
            )


def _description(endpoint: Endpoint) -> str:
    """What it does; Gradio has no other place for what its own components take."""
    files = endpoint.says_of.get(FILES)
    return f"{endpoint.says} {FILES}: {files}." if files else endpoint.says


def _handler(endpoint: Endpoint) -> Callable[..., Any]:
    """What Gradio calls, with the arguments in the order of the inputs."""
    about = endpoint.takes["properties"]

    def handle(request: gr.Request, *values: Any) -> Any:
        given = dict(zip(about, values, strict=True))
        given = {name: value for name, value in given.items() if value is not None}
        if FILES in given:  # Gradio's strings carry more than the path
            given[FILES] = [str(path) for path in given[FILES]]
        try:
            answer = endpoint.call(owner_of(request), given)
            return str(answer) if endpoint.gives_file else _without_files(answer)
        except FieldwiseError as error:
            raise gr.Error(error.explain(), print_exception=False) from error

    caller = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = [caller.replace(name=name, default=_default(one)) for name, one in about.items()]
    handle.__signature__ = inspect.Signature([caller, *own])  # type: ignore[attr-defined]
    handle.__annotations__ = {"request": gr.Request}
    return handle


def _default(about: Mapping[str, Any]) -> Any:
    """As Gradio tells clients: none for what must be given, `None` for no files."""
    return about.get("default", inspect.Parameter.empty) or None


def _input(name: str, about: Mapping[str, Any]) -> gr.components.Component:
    if name == FILES:  # takes what was uploaded to this app, and nothing else of its disk
        return gr.File(file_count="multiple", file_types=UPLOADS, label=FILES, visible=False)
    said = {**about, "additional_description": about["description"]}
    return Plain(about.get("default"), said, label=name)


def _output(endpoint: Endpoint) -> gr.components.Component:
    if endpoint.gives_file:
        return gr.File(label=endpoint.gives, visible=False)
    return Plain(None, {**endpoint.answer, "description": endpoint.gives}, label="answer")


def _without_files(answer: Any) -> Any:
    """*answer*, where nothing in it is what Gradio takes for a file: it would serve that file.

    Fields can be named so, and a page then names any file below the app's folder.
    """
    if isinstance(answer, list):
        return [_without_files(part) for part in answer]
    if not isinstance(answer, dict):
        return answer
    if "path" in answer and "meta" in answer:
        hint = "name the fields otherwise, or download the job with `export`"
        raise FieldwiseError("Gradio takes fields named path and meta for a file", hint=hint)
    return {name: _without_files(part) for name, part in answer.items()}
