"""How much a request may bring: all of a body is in memory before anybody asks who sent it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.endpoints import TOOLS_PATH

__all__ = ["Bounded"]

MOST = 128 * 2**20  # bytes: 20 million characters of pages as JSON, and more
OF_STRANGERS = 64 * 2**10  # who has not signed in yet brings a name and a password
UPLOADS_PATH = "/gradio_api/upload"  # goes to the disk as it comes; Gradio bounds each file


class Bounded:
    """ASGI middleware of a Gradio app. *strangers*: whether there are people to sign in.

    What announces too much is answered 413; what turns out to be too much is read no further.
    """

    def __init__(self, app: ASGIApp, strangers: bool) -> None:
        self._app = app
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._most(scope)
        if most is None:
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > most:
            text = f"A request takes {most:,} bytes at most.\n"
            await PlainTextResponse(text, 413)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, most), send)

    def _most(self, scope: Scope) -> int | None:
        """The bytes that the request may have; `None`: others see to that."""
        if scope["type"] != "http" or scope["path"].rstrip("/") == TOOLS_PATH:
            return None
        if self._strangers and not _is_signed_in(scope):
            return OF_STRANGERS
        return None if scope["path"] == UPLOADS_PATH else MOST


def _counted(receive: Receive, most: int) -> Receive:
    left = most

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return counted


def _is_signed_in(scope: Scope) -> bool:
    """As Gradio 6.17 knows it."""
    app, cookies = scope["app"], Request(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(cookies.get(name) in app.tokens for name in names)
