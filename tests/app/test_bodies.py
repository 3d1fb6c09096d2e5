"""What a request may bring, before anybody asks who sent it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from ui.bodies import MOST, OF_STRANGERS, UPLOADS_PATH, Bounded
from ui.endpoints import TOOLS_PATH

KNOWN = ("cookie", "access-token-7=anna-s-token")
FORGED = ("cookie", "access-token-7=made-up; access-token-8=anna-s-token")
CHUNK = 2**14


def sent(
    path: str, size: int, *head: tuple[str, str], strangers: bool = True, announced: bool = False
) -> tuple[int, int | None]:
    """How many bytes of a body of *size* reach the app, and the status that is answered before."""
    reached, statuses = [0], []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            reached[0] += len(message["body"])
            if not message["more_body"]:
                break

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    def coming() -> Iterator[Message]:
        for left in range(size, 0, -CHUNK):
            body = b" " * min(CHUNK, left)
            yield {"type": "http.request", "body": body, "more_body": left > CHUNK}

    chunks = coming()

    async def receive() -> Message:
        return next(chunks)

    headers = [*head, *([("content-length", str(size))] if announced else [])]
    scope: dict[str, Any] = {
        "type": "http",
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "app": SimpleNamespace(cookie_id="7", tokens={"anna-s-token": "anna"}),
    }
    bounded = Bounded(app, strangers)(scope, receive, send)
    with ThreadPoolExecutor(1) as thread:  # the browser of other tests has a loop in this one
        thread.submit(asyncio.run, bounded).result()
    return reached[0], statuses[0] if statuses else None


@pytest.mark.parametrize("head", [(), (FORGED,)])
@pytest.mark.parametrize("path", ["/login", "/gradio_api/queue/join", UPLOADS_PATH])
def test_a_stranger_is_not_read_beyond_some_kilobytes(
    path: str, head: tuple[tuple[str, str], ...]
) -> None:
    assert sent(path, OF_STRANGERS, *head) == (OF_STRANGERS, None)
    assert sent(path, OF_STRANGERS + 1, *head) == (OF_STRANGERS, None)
    assert sent(path, OF_STRANGERS + 1, *head, announced=True) == (0, 413)


@pytest.mark.parametrize(("head", "strangers"), [((KNOWN,), True), ((), False)])
def test_who_may_use_the_app_brings_pages(
    head: tuple[tuple[str, str], ...], strangers: bool
) -> None:
    path = "/gradio_api/queue/join"
    assert sent(path, 2**20, *head, strangers=strangers) == (2**20, None)
    assert sent(path, MOST + CHUNK, *head, strangers=strangers) == (MOST, None)
    assert sent(path, MOST + 1, *head, strangers=strangers, announced=True) == (0, 413)


@pytest.mark.parametrize("path", [TOOLS_PATH, f"{TOOLS_PATH}/"])
def test_tools_see_to_it_themselves(path: str) -> None:
    assert sent(path, 2**20) == (2**20, None)


def test_uploads_go_to_the_disk_and_gradio_bounds_them() -> None:
    assert sent(UPLOADS_PATH, MOST + CHUNK, KNOWN) == (MOST + CHUNK, None)
