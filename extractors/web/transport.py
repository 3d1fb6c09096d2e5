"""HTTP over connections to addresses that were looked up and checked; all others are refused."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from extractors.web.addresses import is_public, private
from schemas.errors import FetchFailed

__all__ = ["CheckedTransport", "Resolve", "resolve", "within"]

# Host and port to the addresses they have, as text; raises OSError.
Resolve = Callable[[str, int], list[str]]

_END: ContextVar[float] = ContextVar("end of the exchange, on time.monotonic")


def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says, each address once, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What this thread sends and receives meanwhile ends after *seconds* in all.

    httpx's own timeouts hold for single reads, so that a server which drips out its headers would
    never meet them.
    """
    token = _END.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _END.reset(token)


def _left(timeout: float | None, timed_out: type[Exception]) -> float | None:
    end = _END.get(None)
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise timed_out("no time is left")
    return left if timeout is None else min(left, timeout)


class CheckedTransport(httpx.BaseTransport):
    """What `httpx.HTTPTransport` does, over a network of our own, which it has no argument for.

    HTTP/2 where the server offers it. Threads may share one. `resolve`: what looks names up.
    `network`: what dials the addresses, a name never; both are for tests. `ssl_context`: whom to
    trust; `None`: what httpx trusts.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve,
        network: httpcore.NetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._network = _CheckedNetwork(
            allow_private=allow_private, resolve=resolve, network=network or httpcore.SyncBackend()
        )
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15,
            http2=True,
            network_backend=self._network,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _httpx_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def interrupt(self) -> None:
        """Break every connection, also those that other threads wait on: they fail at once."""
        self._network.interrupt()

    def close(self) -> None:
        self._pool.close()


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to public addresses only: looks a name up once, and dials what it checked."""

    def __init__(
        self, *, allow_private: bool, resolve: Resolve, network: httpcore.NetworkBackend
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = network
        self._open: set[_Wire] = set()
        self._lock = threading.Lock()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port, timeout):
            try:
                left = _left(timeout, httpcore.ConnectTimeout)
                stream = self._network.connect_tcp(address, port, left, *args, **kwargs)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return self.opened(stream)
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        try:
            addresses = _in_time(lambda: self._resolve(host, port), timeout)
        except (OSError, UnicodeError) as error:
            raise _unknown(host, error) from error
        if not self._allow_private and not all(map(is_public, addresses)):
            raise private(host)
        return addresses

    def opened(self, stream: httpcore.NetworkStream) -> _Wire:
        wire = _Wire(stream, self)
        with self._lock:
            self._open.add(wire)
        return wire

    def closed(self, wire: _Wire) -> None:
        with self._lock:
            self._open.discard(wire)

    def interrupt(self) -> None:
        with self._lock:
            wires = list(self._open)
        for wire in wires:
            wire.interrupt()


def _in_time(look_up: Callable[[], list[str]], timeout: float | None) -> list[str]:
    """What *look_up* gives, unless that takes too long: the system's resolver has no limit."""
    future: Future[list[str]] = Future()

    def work() -> None:
        try:
            future.set_result(look_up())
        except Exception as error:  # whatever it is, it is the caller's
            future.set_exception(error)

    left = _left(timeout, httpcore.ConnectTimeout)
    threading.Thread(target=work, name="look up", daemon=True).start()
    try:
        return future.result(left)
    except NotInTime as error:
        raise httpcore.ConnectTimeout("the name could not be looked up in time") from error


def _unknown(host: str, error: Exception) -> FetchFailed:
    failure = FetchFailed(f"{host} could not be looked up: {error}", hint="check the address")
    failure.retryable = getattr(error, "errno", None) == socket.EAI_AGAIN
    return failure


class _Wire(httpcore.NetworkStream):
    """A connection that keeps to the time `within` gives, and can be broken from outside."""

    def __init__(self, stream: httpcore.NetworkStream, network: _CheckedNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._network.closed(self)
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        self._network.closed(self)
        return self._network.opened(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def interrupt(self) -> None:
        with suppress(OSError, AttributeError):  # closed meanwhile, or no real socket
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise httpx.TransportError(str(error)) from error
