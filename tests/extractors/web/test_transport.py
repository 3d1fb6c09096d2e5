"""Connections: only to addresses that were looked up and checked."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpcore
import httpx
import pytest

from extractors.pages import Limits, Manners, Reader, Source
from extractors.web.addresses import is_public
from extractors.web.clock import SkippedClock
from extractors.web.transport import CheckedTransport, Resolve
from schemas.errors import FetchFailed, FetchRefused, SourceError
from tests.extractors.site import PAGE, PageServer, serving

TRUST = ssl.create_default_context()
PUBLIC = "93.184.216.34"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n" + PAGE


class Dialled(httpcore.NetworkBackend):
    """Answers each connection with the same page, and keeps what was dialled."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    def connect_tcp(self, host: str, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        self.hosts.append(host)
        return httpcore.MockStream([ANSWER])


def asked(url: str, *, resolve: Resolve, allow_private: bool = False) -> list[str]:
    """What is dialled for *url* where names have the addresses that *resolve* gives."""
    network = Dialled()
    transport = CheckedTransport(
        allow_private=allow_private, resolve=resolve, network=network, ssl_context=TRUST
    )
    limits, manners = Limits(allow_private=allow_private), Manners(attempts=1)
    with Reader(
        limits=limits, manners=manners, transport=transport, clock=SkippedClock()
    ) as reader:
        reader.read(Source(url, url=url))
    return network.hosts


def names_only(host: str, port: int) -> list[str]:
    """A resolver to which each name is one public address, and an address itself."""
    try:
        return [socket.inet_ntop(socket.AF_INET, socket.inet_aton(host))]
    except OSError:
        return [host] if ":" in host else [PUBLIC]


def test_what_is_dialled_is_the_address_and_not_the_name() -> None:
    assert set(asked("http://ex.org/", resolve=names_only)) == {PUBLIC}


def test_a_name_that_changes_its_address_is_refused_when_it_does() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    with pytest.raises(FetchRefused, match=r"ex\.org is not on the public internet"):
        asked("http://ex.org/", resolve=lambda host, port: next(answers))


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        ["::ffff:169.254.169.254"],
        ["fe80::1%eth0"],
        ["fd00::1"],
    ],
)
def test_one_private_address_refuses_the_name(addresses: list[str]) -> None:
    with pytest.raises(FetchRefused, match="not on the public internet"):
        asked("http://ex.org/", resolve=lambda host, port: addresses)


def test_private_addresses_are_dialled_once_they_are_allowed() -> None:
    dialled = asked("http://ex.org/", resolve=lambda host, port: ["10.0.0.1"], allow_private=True)
    assert set(dialled) == {"10.0.0.1"}


def test_a_name_without_address_fails() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(FetchFailed, match="could not be looked up") as caught:
        asked("http://ex.org/", resolve=unknown)
    assert caught.value.hint == "check the address"


def test_every_form_of_the_evaluation_list_is_refused_or_harmless(evaldata: Path) -> None:
    """Harmless: what is dialled at all is a public address."""
    urls = (evaldata / "hostile" / "ssrf_urls.txt").read_text(encoding="utf-8").splitlines()
    refused = 0
    for url in filter(None, urls):
        try:
            dialled = asked(url, resolve=names_only)
        except SourceError:
            refused += 1
        else:
            assert all(map(is_public, dialled)), url
    assert refused > len(urls) / 2


def test_names_of_the_evaluation_list_that_lead_inside_are_refused(evaldata: Path) -> None:
    urls = (evaldata / "hostile" / "ssrf_urls.txt").read_text(encoding="utf-8").splitlines()
    for url in filter(None, urls):
        with pytest.raises(SourceError):
            asked(url, resolve=lambda host, port: ["169.254.169.254"])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "cert.pem", folder / "key.pem"
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    san = [
        "-addext",
        "subjectAltName=DNS:localhost",
        "-out",
        str(paths[0]),
        "-keyout",
        str(paths[1]),
    ]
    subprocess.run([*command.split(), *san], check=True, capture_output=True)
    return paths


@pytest.fixture
def http2_server(certificate: tuple[Path, Path]) -> Iterator[int]:
    """The port of a server that speaks nothing but HTTP/2, for one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_speak_http2, args=(listener, context), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(5)


def _speak_http2(listener: socket.socket, context: ssl.SSLContext) -> None:
    accepted, _ = listener.accept()
    with suppress(ssl.SSLError, OSError), context.wrap_socket(accepted, server_side=True) as wire:
        wire.settimeout(5)
        config = h2.config.H2Configuration(client_side=False)
        connection = h2.connection.H2Connection(config=config)
        connection.initiate_connection()
        wire.sendall(connection.data_to_send())
        while data := wire.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    connection.send_headers(event.stream_id, [(":status", "200")])
                    connection.send_data(event.stream_id, PAGE, end_stream=True)
            wire.sendall(connection.data_to_send())


def test_http2_is_spoken_where_the_server_does(
    certificate: tuple[Path, Path], http2_server: int
) -> None:
    context = ssl.create_default_context(cafile=certificate[0])
    with CheckedTransport(allow_private=True, ssl_context=context) as transport:
        with httpx.Client(transport=transport) as client:
            answers = [client.get(f"https://localhost:{http2_server}/{n}") for n in range(2)]

    assert [answer.content for answer in answers] == [PAGE, PAGE]
    assert {answer.http_version for answer in answers} == {"HTTP/2"}


def test_an_interrupt_ends_a_wait_in_another_thread() -> None:
    class Silent(PageServer):
        def do_GET(self) -> None:  # noqa: N802
            asked.set()
            over.wait(10)

    asked, over = threading.Event(), threading.Event()
    failures: list[Exception] = []

    def ask(url: str) -> None:
        try:
            transport.handle_request(httpx.Request("GET", url))
        except httpx.TransportError as error:
            failures.append(error)

    with serving(Silent) as address, CheckedTransport(allow_private=True) as transport:
        thread = threading.Thread(target=ask, args=(address,))
        thread.start()
        assert asked.wait(5)
        transport.interrupt()
        thread.join(2)
        ended = not thread.is_alive()
        over.set()
        thread.join()

    assert ended
    assert failures


def test_a_name_that_is_looked_up_for_ever_is_given_up() -> None:
    over = threading.Event()

    def stuck(host: str, port: int) -> list[str]:
        over.wait(10)
        return [PUBLIC]

    transport = CheckedTransport(allow_private=False, resolve=stuck, network=Dialled())
    manners = Manners(attempts=1, obey_robots=False)
    started = time.monotonic()
    with Reader(limits=Limits(timeout_s=1), manners=manners, transport=transport) as reader:
        with pytest.raises(FetchFailed, match="within 1 seconds"):
            reader.read(Source("x", url="http://ex.org/"))
        assert time.monotonic() - started < 4
        over.set()


def test_each_hop_of_a_redirect_is_looked_up_and_checked() -> None:
    class Moving(Dialled):
        def connect_tcp(self, host: str, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
            self.hosts.append(host)
            moved = b"HTTP/1.1 302 Found\r\nLocation: http://inside.ex.org/\r\n\r\n"
            return httpcore.MockStream([moved])

    names = {"ex.org": [PUBLIC], "inside.ex.org": ["10.0.0.7"]}
    network = Moving()
    transport = CheckedTransport(
        allow_private=False, resolve=lambda host, port: names[host], network=network
    )
    manners = Manners(attempts=1, obey_robots=False)
    with Reader(manners=manners, transport=transport, clock=SkippedClock()) as reader:
        with pytest.raises(FetchRefused, match=r"inside\.ex\.org is not on the public internet"):
            reader.read(Source("x", url="http://ex.org/"))
    assert network.hosts == [PUBLIC]


def test_a_server_that_cannot_prove_who_it_is_fails_once_and_for_all(http2_server: int) -> None:
    limits, manners = Limits(allow_private=True), Manners(attempts=3, obey_robots=False)
    with Reader(limits=limits, manners=manners, clock=SkippedClock()) as reader:
        with pytest.raises(FetchFailed, match="certificate") as caught:
            reader.read(Source("x", url=f"https://localhost:{http2_server}/"))
    assert not caught.value.retryable
    assert "who it is" in caught.value.hint
