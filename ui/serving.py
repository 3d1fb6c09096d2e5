"""Serves the page."""

from __future__ import annotations

import warnings

import gradio as gr

from orchestration.desk import Desk
from schemas.errors import FieldwiseError
from ui.look import asset, theme
from ui.screen import Screen

__all__ = ["blocks_of", "serve"]

UPLOAD_LIMIT = "100mb"
KEEP_UPLOADS = (3600, 24 * 3600)  # look every hour for files older than a day


def blocks_of(desk: Desk) -> gr.Blocks:
    """The page over *desk*, not yet served."""
    blocks: gr.Blocks = gr.Blocks(
        title="Fieldwise", analytics_enabled=False, delete_cache=KEEP_UPLOADS, fill_width=True
    )
    with blocks:
        screen = Screen(desk)
        screen.draw()
        screen.connect(blocks)
    blocks.queue(default_concurrency_limit=4, max_size=200, api_open=False)
    return blocks


def serve(blocks: gr.Blocks, *, host: str = "127.0.0.1", port: int | None = None) -> str:
    """Serve *blocks* from a thread of its own until `blocks.close()`; returns the address.

    Raises:
        FieldwiseError: *port* is taken, or none from 7860 on is free.
    """
    # Gradio 6.17 calls a newer Starlette by an older name, and would say so at every event.
    warnings.filterwarnings("ignore", "'HTTP_422_UNPROCESSABLE_ENTITY' is deprecated")
    try:
        _, address, _ = blocks.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            inbrowser=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            max_file_size=UPLOAD_LIMIT,
            footer_links=[],
            theme=theme(),
            css=asset("look.css"),
        )
    except OSError as error:
        raise FieldwiseError(
            f"cannot listen on {host}, port {port or 'from 7860 on'}: {error}",
            hint="choose another one with --port",
        ) from error
    return str(address).rstrip("/")
