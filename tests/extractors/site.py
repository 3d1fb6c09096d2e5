"""Pages for tests: a site in this process, and one behind a real connection on this machine."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from extractors.pages import Limits, Manners, Page, Reader, Source
from extractors.web.clock import Clock, SkippedClock

PAGE = b"<h1>Oslo</h1>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
OWN_NETWORK = Limits(allow_private=True, timeout_s=5)
Answer = Callable[[httpx.Request], httpx.Response]


def site(answer: Answer) -> httpx.MockTransport:
    """*answer* for every page, and no robots.txt."""

    def answered(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if request.url.path == "/robots.txt" else answer(request)

    return httpx.MockTransport(answered)


def fetched(
    answer: Answer,
    url: str = "https://ex.org/",
    *,
    limits: Limits | None = None,
    manners: Manners | None = None,
    clock: Clock | None = None,
) -> Page:
    with Reader(
        limits=limits or Limits(),
        manners=manners or Manners(),
        transport=site(answer),
        clock=clock or SkippedClock(),
    ) as reader:
        return reader.read(Source(url, url=url))


def read(url: str, limits: Limits | None = None) -> Page:
    """The page at *url*, asked for once over a real connection."""
    with Reader(limits=limits or Limits(), manners=Manners(attempts=1)) as reader:
        return reader.read(Source(url, url=url))


class PageServer(BaseHTTPRequestHandler):
    """Answers by path, over a real connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        match self.path.split("?")[0]:
            case "/robots.txt":
                self._answer(404, b"")
            case "/drip":
                self._drip()
            case "/slow-head":
                self._slow_head()
            case "/away":
                self._answer(302, b"", Location="http://192.0.2.1/")
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(PAGE)
                self.close_connection = True
            case "/packed":
                self._answer(200, gzip.compress(PAGE), **{"Content-Encoding": "gzip"})
            case _:
                seen = f"{self.headers['User-Agent']} {self.headers['Host']} {self.path}"
                self._answer(200, PAGE + seen.encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in (HTML | headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"<p>")
                time.sleep(0.05)
        except OSError:  # the reader has had enough, as it should
            pass
        self.close_connection = True

    def _slow_head(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                self.wfile.write(b"X-%d: 1\r\n" % number)
                time.sleep(0.05)
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a running server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


RESET = b"<reset>"  # at the end of a raw answer: the connection is reset, not closed


@contextmanager
def saying(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that gives *answers*, byte for byte, one a connection; and the
    requests that it got so far. The last answer is repeated."""
    asked: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wire, _ = listener.accept()
                with wire, suppress(OSError):
                    wire.settimeout(5)
                    asked.append(wire.recv(65_536))
                    answer = answers[min(len(asked), len(answers)) - 1]
                    wire.sendall(answer.removesuffix(RESET))
                    if answer.endswith(RESET):
                        time.sleep(0.05)  # what was sent is to arrive first
                        no_farewell = struct.pack("ii", 1, 0)
                        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_farewell)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
