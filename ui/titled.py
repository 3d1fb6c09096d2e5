"""The page's title in its HTML: Gradio sets one by script, and on the sign-in screen none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["Titled"]

_HEAD = b"<head>"

Message = MutableMapping[str, Any]  # these four as the ASGI specification has them
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Titled:
    """ASGI middleware that writes *title* (plain words) into the HTML of "/"."""

    def __init__(self, app: App, title: str) -> None:
        self._app = app
        self._written = _HEAD + f"<title>{title}</title>".encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: list[Message] = []

        async def titled(message: Message) -> None:
            """Holds the head back until it is known how much longer the body gets."""
            if message["type"] == "http.response.start":
                start.append(message)
                return
            if start and message["type"] == "http.response.body":
                body = message.get("body", b"")
                whole = body.replace(_HEAD, self._written, 1)
                await send(_longer(start.pop(), len(whole) - len(body)))
                message = {**message, "body": whole}
            await send(message)

        await self._app(scope, receive, titled)


def _longer(head: Message, more: int) -> Message:
    """*head* of an answer whose body is *more* bytes longer than it says."""
    headers = [
        (name, str(int(value) + more).encode() if name.lower() == b"content-length" else value)
        for name, value in head["headers"]
    ]
    return {**head, "headers": headers}
