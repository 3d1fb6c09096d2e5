"""The page's title in its HTML: Gradio sets one by script, and on the sign-in screen none."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Titled"]

_HEAD = b"<head>"


class Titled:
    """ASGI middleware that writes *title* (plain words) into the HTML of "/"."""

    def __init__(self, app: ASGIApp, title: str) -> None:
        self._app = app
        self._written = _HEAD + f"<title>{title}</title>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
                longer = len(whole) - len(body)
                message = {**message, "body": whole}
                head = start.pop()
                headers = MutableHeaders(raw=head["headers"])
                if "content-length" in headers:
                    headers["content-length"] = str(int(headers["content-length"]) + longer)
                await send(head)
            await send(message)

        await self._app(scope, receive, titled)
