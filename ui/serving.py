"""Serves the page."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from glob import escape
from pathlib import Path
from typing import Any

import gradio as gr

from orchestration.desk.desk import Desk
from orchestration.desk.programs import Programs
from schemas.errors import FieldwiseError
from ui.access import SignIn, sign_in
from ui.api import Api
from ui.bodies import Bounded
from ui.look import asset, theme
from ui.screen import Screen
from ui.titled import Titled

__all__ = ["Door", "Page", "blocks_of", "serve"]

TITLE = "Fieldwise"
UPLOAD_LIMIT = "100mb"
KEEP_UPLOADS = (3600, 24 * 3600)  # look every hour for files older than a day


@dataclass(frozen=True, slots=True)
class Door:
    """Where the app is served, and to whom.

    `port`: `None`: the first free one from 7860. `users`: a file of `name:password` lines; `None`:
    nobody signs in, which is for this machine alone. `mcp`: the endpoints are MCP tools too.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    users: Path | None = None
    mcp: bool = False


class Page(gr.Blocks):
    """The page, and what programs ask of it."""

    programs: Programs


def blocks_of(desk: Desk) -> Page:
    """The page over *desk*, not yet served."""
    blocks = Page(title=TITLE, analytics_enabled=False, delete_cache=KEEP_UPLOADS, fill_width=True)
    blocks.programs = Programs(desk)
    desk.forget_served = partial(_forget_copies, Path(blocks.GRADIO_CACHE))
    with blocks:
        with gr.Column(visible=False):  # before the screens, whose handlers get other names then
            Api(blocks.programs).connect()
        screen = Screen(desk)
        screen.draw()
        screen.connect(blocks)
    blocks.queue(default_concurrency_limit=4, max_size=200, api_open=False)
    return blocks


def _forget_copies(cache: Path, names: Sequence[str]) -> None:
    """Gradio copied the files called *names* into folders of its *cache* when they were fetched."""
    for name in names:
        for copy in cache.glob(f"*/{escape(name)}"):
            copy.unlink(missing_ok=True)


def serve(blocks: Page, door: Door | None = None) -> str:
    """Serve *blocks* from a thread of its own until `blocks.close()`; returns the address.

    Raises:
        AccessRefused: others could use it without signing in.
        FieldwiseError: the port is taken, or none from 7860 on is free; or MCP is not installed.
    """
    door = door or Door()
    check = sign_in(door.host, door.users)
    if door.mcp and importlib.util.find_spec("mcp") is None:
        hint = "install it with: pip install mcp"
        raise FieldwiseError("the MCP server needs the package mcp", hint=hint)
    # Gradio 6.17 calls a newer Starlette by an older name, and would say so at every event.
    warnings.filterwarnings("ignore", "'HTTP_422_UNPROCESSABLE_ENTITY' is deprecated")
    parts = _parts(blocks.programs, check, mcp=door.mcp)
    try:
        return _launched(blocks, door, check, parts)
    except OSError as error:
        why = str(error).partition(". You can")[0]  # what follows is advice to Gradio's users
        raise FieldwiseError(
            f"cannot listen on {door.host}, port {door.port or 'from 7860 on'}: {why}",
            hint="choose another one with --port",
        ) from error


def _launched(blocks: Page, door: Door, check: SignIn | None, parts: dict[str, Any]) -> str:
    """The address. *check*: who may sign in; `None`: nobody need. *parts*: of the server."""
    _, address, _ = blocks.launch(
        server_name=door.host,
        server_port=door.port,
        auth=check,
        auth_message="Sign in to see your jobs." if check else None,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        inbrowser=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,  # ours asks who calls
        app_kwargs=parts,
        enable_monitoring=False,
        max_file_size=UPLOAD_LIMIT,
        footer_links=[],
        theme=theme(),
        css=asset("look.css"),
    )
    return str(address).rstrip("/")


def _parts(programs: Programs, check: SignIn | None, *, mcp: bool) -> dict[str, Any]:
    """What the server has besides Gradio's own."""
    bounded = Bounded, (), {"strangers": check is not None}
    titled = Titled, (), {"title": TITLE}
    tools = _tools(programs, check) if mcp else {}
    return {"middleware": [bounded, titled], **tools}


def _tools(programs: Programs, check: SignIn | None) -> dict[str, Any]:
    """What the server needs besides its own to serve MCP tools."""
    from ui.tools import Tools  # needs the extra `mcp`

    tools = Tools(programs, check)
    return {"routes": tools.routes, "lifespan": tools.lifespan}
