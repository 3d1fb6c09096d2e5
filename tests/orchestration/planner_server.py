"""An OpenAI-compatible server that says what a test tells it to, over real HTTP on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One response. `cut`: bytes after which the connection ends early. `waits_s`: before it."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    waits_s: float = 0.0


@dataclass(frozen=True)
class Asked:
    """One request, as it came; names of `headers` in lower case."""

    path: str
    headers: dict[str, str]
    body: Any


def says(
    reply: object, *, finish: str = "stop", refusal: str | None = None, tokens: int = 120
) -> Answer:
    """A chat completion. *reply*: its text, or what is made JSON."""
    text = reply if isinstance(reply, str) or reply is None else json.dumps(reply)
    message = {"role": "assistant", "content": text, "refusal": refusal}
    body = {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": tokens - 20, "completion_tokens": 20, "total_tokens": tokens},
    }
    return Answer(json.dumps(body))


def fails(status: int, message: str = "no", **headers: str) -> Answer:
    """An error as OpenAI words it. A header's `_` reads `-`."""
    body = json.dumps({"error": {"message": message, "type": "error"}})
    return Answer(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class PlannerServer:
    """`url`: where it answers. `asked`: the requests so far. Runs out of answers with HTTP 500."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[Asked] = []
        self.answers = list(answers)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # so that closing it waits for every answer's thread
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                server.take(self, Asked(self.path, _lowered(self.headers), json.loads(body)))

            def do_GET(self) -> None:
                server.take(self, Asked(self.path, _lowered(self.headers), None))

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: tests read `asked`."""

        return Handler

    def take(self, handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        with self._lock:
            self.asked.append(asked)
            answer = self.answers.pop(0) if self.answers else fails(500, "the script is over")
        self._over.wait(answer.waits_s)
        body = answer.body.encode()
        try:
            handler.send_response(answer.status)
            headers = {"content-type": "application/json", **answer.headers}
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body if answer.cut is None else body[: answer.cut])
        except OSError:
            return  # who asked has left
        handler.close_connection = True

    @contextmanager
    def running(self) -> Iterator[PlannerServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()
