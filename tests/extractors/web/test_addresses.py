"""Which URLs are asked at all, and which addresses are ever dialled."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import FetchRefused, SourceError
from tests.extractors.site import PAGE, fetched

PARTS = ["http://", "//", "[", "]", ":", "@", "\\", "%00", "%2e", ".", "127.0.0.1", "ex.org", "#"]
PARTS += ["?", "/", "é", "。", "\n", " ", "::1", "xn--", "٣", "\ud800", "..", "localhost", "\t"]
ADDRESSES = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=8).map("".join)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://api.localhost./",
        "http://127.0.0.1:8080/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://192.0.0.192/",
        "http://168.63.129.16/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://[ff02::1]/",
        "http://017700000001/",
        "http://0x7f.0.0x0.1/",
        "http://127.0.1/",
        "http://127.0.0.1./",
        "http://0:80/",
        "http://127。0。0。1/",
        "http://①②⑦.⓪.⓪.⓪/",
        "http://１２７.０.０.１/",
        "http://0.0.0.0/",
        "http://198.18.0.1/",
        "http://192.88.99.1/",
        "http://255.255.255.255/",
        "http://[0:0:0:0:0:ffff:10.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[64:ff9b:1::a00:1]/",
        "http://[2002:a9fe:a9fe::1]/",
        "http://[2001:0:7f00:1::1]/",
        "http://[2606:4700::5efe:127.0.0.1]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://[fec0::1]/",
        "http://[fe80::1%25eth0]/",
        "http://LOCALHOST./",
        "http://127.0.0.1:80\\@127.0.0.2/",
        "http://ex.org@127.0.0.1/",
        "http:127.0.0.1/",
        "//127.0.0.1/",
        "data:text/html,<h1>x</h1>",
        "javascript:alert(1)",
        "view-source:http://ex.org/",
        "jar:http://ex.org!/",
        "ws://ex.org/",
        "http://ex.org:0/",
        "ftp://ex.org/",
        "file:///etc/passwd",
        "gopher://ex.org/",
        "https://user:word@ex.org/",
        "http://",
        "http:///path",
        "http://[::1",
        "http://ex.org:99999999/",
    ],
)
def test_an_address_that_is_not_on_the_public_web_is_refused(url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked for {request.url}")

    with pytest.raises(FetchRefused):
        fetched(never, url)


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/", "http://[2606:4700::1111]/", "http://[64:ff9b::808:808]/"]
)
def test_public_addresses_are_allowed(url: str) -> None:
    assert fetched(lambda request: httpx.Response(200, content=PAGE), url).body == PAGE


@given(ADDRESSES)
def test_whatever_is_given_as_a_url_is_read_or_an_error_of_ours(url: str) -> None:
    with suppress(SourceError):
        assert fetched(lambda request: httpx.Response(200, content=PAGE), url).body == PAGE


@given(ADDRESSES)
@example(":http://[")
def test_whatever_a_redirect_says_is_followed_or_an_error_of_ours(target: str) -> None:
    location = target.encode("utf-8", "surrogatepass")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/start":
            return httpx.Response(302, headers=[(b"Location", location)])
        return httpx.Response(200, content=PAGE)

    with suppress(SourceError):
        assert fetched(answer, "https://ex.org/start").body == PAGE
