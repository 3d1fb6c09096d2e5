from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path

import httpx
import pytest

from extractors.pages import Limits, Page, Reader, Source, discover
from schemas.errors import FetchFailed, FetchRefused, NotAPage
from tests.extractors import warc_file
from tests.extractors.site import PAGE, fetched


def read(source: str | Path, limits: Limits | None = None) -> Page:
    with Reader(limits=limits or Limits()) as reader:
        return reader.read(next(discover([str(source)])))


def test_a_file_is_a_page_without_url_or_header(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE)

    assert read(path) == Page(str(path), "", PAGE, None)


def test_a_member_of_an_archive_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.html", PAGE)
        archive.writestr("two.html", PAGE + b"2")
    with Reader() as reader:
        pages = [reader.read(source) for source in discover([str(path)])]

    assert [page.body for page in pages] == [PAGE, PAGE + b"2"]
    assert pages[1].source == f"{path}::two.html"


def test_a_page_of_an_archive_has_the_day_and_the_address_it_was_found_at(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    day = "WARC-Date: 2026-03-05T10:00:00Z\r\n"
    path.write_bytes(warc_file.record("https://ex.org/a", PAGE, more=day))

    page = read(path)
    assert (page.url, page.captured) == ("https://ex.org/a", date(2026, 3, 5))


def test_an_address_of_no_web_page_is_none(tmp_path: Path) -> None:
    """Links of the page would be joined to it."""
    path = tmp_path / "a.mhtml"
    head = "MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Location: {}\r\n\r\n"
    for stated, url in (("file:///etc/a.html", ""), ("https://ex.org/a", "https://ex.org/a")):
        path.write_bytes(head.format(stated).encode() + PAGE)
        assert read(path).url == url


def test_a_page_from_the_web_is_of_the_day_that_the_server_says() -> None:
    headers = {"Date": "Thu, 05 Mar 2026 23:00:00 GMT"}
    page = fetched(lambda request: httpx.Response(200, headers=headers, content=PAGE))
    assert page.captured == date(2026, 3, 5)


def test_the_error_of_a_source_is_raised() -> None:
    with pytest.raises(FetchFailed, match="no such file"):
        read("no/such/file.html")


@pytest.mark.parametrize("body", [b"", b"  \n", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"PK\x03\x04.."])
def test_what_is_named_html_may_still_be_no_page(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(body)

    with pytest.raises(NotAPage):
        read(path)


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE)

    with pytest.raises(FetchRefused, match="larger than 12 bytes"):
        read(path, Limits(max_bytes=len(PAGE) - 1))
    assert read(path, Limits(max_bytes=len(PAGE))).body == PAGE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.html")

    with pytest.raises(FetchRefused, match="not a plain file"):
        read(tmp_path / "a.html")


def test_a_file_that_went_away_is_not_worth_a_retry(tmp_path: Path) -> None:
    with Reader() as reader, pytest.raises(FetchFailed) as caught:
        reader.read(Source("a.html", path=tmp_path / "a.html"))

    assert not caught.value.retryable
