"""Sources to pages: bytes read from disk, archives and the web. The one file that speaks HTTP."""

from __future__ import annotations

import importlib.metadata
import ipaddress
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpcore
import httpx

from extractors.archives import Archive
from extractors.encoding import sniff
from extractors.sources import Limits, Source, discover, open_archive, unreadable
from schemas.errors import FetchFailed, FetchRefused, NotAPage

__all__ = ["CheckedTransport", "Limits", "Page", "Reader", "Source", "discover"]

_NOT_PAGES = frozenset({"audio", "font", "image", "model", "multipart", "video"})
_MAYBE_PAGES = frozenset({"octet-stream", "unknown", "xhtml+xml", "xml"})
_RETRYABLE_STATUSES = frozenset({408, 425, 429})
# Reachable from inside a data centre only, though `ipaddress` calls them public.
_INTERNAL = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_STANDARD = Limits()


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of one page, as they came.

    `url`: where they came from after redirects, or what an archive says of it; "" for files.
    `content_type`: the HTTP header as received, or as an archive kept it; `None` for files and
        where the server sent none.
    """

    source: str
    url: str
    body: bytes
    content_type: str | None = None


class Reader:
    """Reads sources. A context manager; one per thread, since it keeps connections open.

    *transport*: what carries HTTP requests, as in httpx. `None`: real connections, made only to
    addresses that were looked up and checked, so that a name cannot change in between.
    """

    def __init__(
        self, *, limits: Limits = _STANDARD, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._limits = limits
        self._open_archive: tuple[Path, Archive] | None = None
        self._client = httpx.Client(
            transport=transport or CheckedTransport(allow_private=limits.allow_private),
            # A proxy would look names up itself, past the address check.
            trust_env=False,
            headers={
                "User-Agent": f"fieldwise/{_version()}",
                "Accept": "text/html,application/xhtml+xml,*/*;q=0.1",
                "Accept-Encoding": "gzip, deflate",
            },
        )

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()
        if self._open_archive is not None:
            self._open_archive[1].close()

    def read(self, source: Source) -> Page:
        """The page of *source*, which `discover` found.

        Raises:
            FetchRefused: its address, size, redirects or archive are not allowed.
            FetchFailed: the network, the server or the disk failed; see its `retryable`.
            NotAPage: the bytes are empty or something else than a web page.
        """
        if source.error is not None:
            raise source.error
        page = self._load(source) if source.url is None else self._fetch(source)
        sniff(page.body)
        return page

    def _load(self, source: Source) -> Page:
        path = source.path
        if path is None:
            raise ValueError(f"a source without url, path and error: {source.name}")
        if source.member is not None:
            found = self._archive_at(path).read(source.member, max_bytes=self._limits.max_bytes)
            url = found.url if found.url.lower().startswith(("http://", "https://")) else ""
            return Page(source.name, url, found.body, found.content_type)
        return Page(source.name, "", self._file(path))

    def _file(self, path: Path) -> bytes:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device may never end
                raise FetchRefused("not a plain file")
            with path.open("rb") as stream:
                body = stream.read(self._limits.max_bytes + 1)
        except (OSError, ValueError) as error:
            raise unreadable(error) from error
        if len(body) > self._limits.max_bytes:
            raise self._too_large()
        return body

    def _archive_at(self, path: Path) -> Archive:
        """The archive at *path*; the last one stays open, since its pages come one by one."""
        if self._open_archive is None or self._open_archive[0] != path:
            archive = open_archive(path, self._limits)
            if self._open_archive is not None:
                self._open_archive[1].close()
            self._open_archive = path, archive
        return self._open_archive[1]

    def _fetch(self, source: Source) -> Page:
        deadline = time.monotonic() + self._limits.timeout_s
        # What one site sets must not reach into the next source's answer.
        self._client.cookies.clear()
        try:
            url = httpx.URL(source.url or "")
            for _ in range(self._limits.max_redirects + 1):
                answer = self._hop(self._allowed(url), source.name, deadline)
                if isinstance(answer, Page):
                    return answer
                url = answer
        except httpx.InvalidURL as error:
            raise FetchRefused(f"not a web address: {error}") from error
        except httpx.TimeoutException as error:
            raise self._timed_out() from error
        except httpx.HTTPError as error:
            raise FetchFailed(f"the connection failed: {error}") from error
        raise FetchRefused(f"more than {self._limits.max_redirects} redirects")

    def _hop(self, url: httpx.URL, name: str, deadline: float) -> httpx.URL | Page:
        """The page at *url*, or where it redirects to."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._timed_out()
        with self._client.stream("GET", url, timeout=left) as response:
            if response.next_request is not None:
                return response.next_request.url
            if not response.is_success:
                raise _bad_status(response)
            _check_headers(response)
            content_type = response.headers.get("content-type")
            return Page(name, str(response.url), self._body(response, deadline), content_type)

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._limits.max_bytes:
            raise self._too_large()
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._limits.max_bytes:
                raise self._too_large()
            if time.monotonic() > deadline:
                raise self._timed_out()
        return bytes(body)

    def _allowed(self, url: httpx.URL) -> httpx.URL:
        """*url* without its fragment, once its form is seen to be harmless.

        Names are looked up and checked where the connection is made.
        """
        if url.scheme not in ("http", "https") or not url.host:
            shown = f"{url.scheme}: addresses are" if url.scheme else "an incomplete address is"
            raise FetchRefused(f"{shown} not fetched", hint="give an http or https URL, or a path")
        if url.port is not None and not 0 < url.port < 65536:
            raise FetchRefused(f"there is no port {url.port}")
        if url.userinfo:
            raise FetchRefused("a URL with a user name in it", hint="leave the part before @ out")
        if not self._limits.allow_private and not _is_public_host(url.host):
            raise _private(url.host)
        return url.copy_with(fragment=None)

    def _too_large(self) -> FetchRefused:
        return FetchRefused(f"larger than {self._limits.max_bytes:,} bytes")

    def _timed_out(self) -> FetchFailed:
        return FetchFailed(f"no full answer within {self._limits.timeout_s:g} seconds")


def _bad_status(response: httpx.Response) -> FetchFailed:
    status = response.status_code
    retryable = status >= 500 or status in _RETRYABLE_STATUSES
    hint = None if retryable else "check the address"
    failure = FetchFailed(f"HTTP {status} {response.reason_phrase}".strip(), hint=hint)
    failure.retryable = retryable
    return failure


def _check_headers(response: httpx.Response) -> None:
    essence = response.headers.get("content-type", "").split(";")[0].split(",")[0].strip().lower()
    kind, _, subtype = essence.partition("/")
    document = kind == "application" and not (subtype in _MAYBE_PAGES or subtype.endswith("+xml"))
    if kind in _NOT_PAGES or document:
        raise NotAPage(f"the server says it is {essence}, not a web page")
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        # Others, or several on top of each other, grow without bound before we can count.
        raise FetchRefused(f"packed as {packing}, which was not asked for")


def _private(host: str) -> FetchRefused:
    hint = "allow private addresses if this is your own network"
    return FetchRefused(f"{host} is not on the public internet", hint=hint)


def _is_public_host(host: str) -> bool:
    """Whether *host* is a public address, or a name that may have one."""
    if host.rstrip(".").lower().rsplit(".", 1)[-1] == "localhost":
        return False
    try:
        return _is_public(host)
    except ValueError:
        pass
    try:  # "127.1", "0x7f000001": addresses to the system's resolver
        return _is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return True


def _is_public(address: str) -> bool:
    """Whether *address*, as text, is on the public internet. Raises ValueError if it is none."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return _is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.sixtofour is not None or ip.teredo is not None or ip.is_site_local:
            return False
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified
    return ip.is_global and not special and not any(ip in network for network in _INTERNAL)


class _CheckedNetwork(httpcore.SyncBackend):
    """Connects to public addresses only: looks a name up once, and dials what it checked."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return super().connect_tcp(address, port, timeout, *args, **kwargs)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} could not be looked up: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._allow_private and not all(map(_is_public, addresses)):
            raise _private(host)
        return addresses


class CheckedTransport(httpx.BaseTransport):
    """HTTP over connections to addresses that were looked up and checked; refuses all others.

    What `httpx.HTTPTransport` does, over a network of our own, which it has no argument for.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            network_backend=_CheckedNetwork(allow_private=allow_private),
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
            stream=_Stream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
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


def _version() -> str:
    try:
        return importlib.metadata.version("fieldwise")
    except importlib.metadata.PackageNotFoundError:  # a bare checkout, not set up
        return "0"
