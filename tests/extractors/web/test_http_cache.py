"""Pages that were fetched before, over a real connection."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from extractors.pages import Limits, Manners, Page, Reader, Source
from extractors.web.clock import SkippedClock
from schemas.errors import FetchFailed, FetchRefused
from tests.extractors.site import PAGE, serving

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
# What a 304 says anew, of a page that was kept.
RENEWED = {"Cache-Control": "max-age=600"}


class Cacheable(BaseHTTPRequestHandler):
    """Says of each path how it may be kept; notes what was asked."""

    asked: list[tuple[str, str | None]]
    kept = {  # noqa: RUF012
        "/fresh": {"Cache-Control": "max-age=600"},
        "/private": {"Cache-Control": "private, max-age=600"},
        "/tagged": {"Cache-Control": "no-cache", "ETag": '"1"'},
        "/dated": {"Last-Modified": DATE, "Cache-Control": "max-age=0"},
        "/renewed": {"Cache-Control": "max-age=0", "ETag": '"1"'},
        "/both": {"Cache-Control": "max-age=0", "ETag": '"1"', "Last-Modified": DATE},
        "/secret": {"Cache-Control": "no-store"},
        "/large": {"Cache-Control": "max-age=600"},
        "/gone": {"Cache-Control": "max-age=600"},
    }

    def do_GET(self) -> None:
        known = self.headers["If-None-Match"] or self.headers["If-Modified-Since"]
        type(self).asked.append((self.path, known))
        path = self.path.partition("?")[0]
        status = 304 if known else 404 if path == "/gone" else 200
        body = b"" if known else PAGE * (1000 if path == "/large" else 1)
        body += self.path.encode() if "?" in self.path else b""
        self.send_response(status)
        said = self.kept[path] | {"Content-Length": str(len(body))}
        if known and path == "/renewed":
            said |= RENEWED
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Cacheable.asked = []
    with serving(Cacheable) as address:
        yield address


def read(url: str, cache: Path | None, *, max_bytes: int = 10_000) -> Page:
    """The page at *url*, with a reader of its own: as in another run."""
    limits = Limits(allow_private=True, max_bytes=max_bytes)
    manners = Manners(obey_robots=False, attempts=1)
    with Reader(limits=limits, manners=manners, cache=cache, clock=SkippedClock()) as reader:
        return reader.read(Source(url, url=url))


@pytest.mark.parametrize("path", ["/fresh", "/private"])
def test_a_fresh_page_is_not_asked_for_again(server: str, tmp_path: Path, path: str) -> None:
    first = read(server + path, tmp_path)

    assert read(server + path, tmp_path) == first
    assert Cacheable.asked == [(path, None)]


@pytest.mark.parametrize(
    ("path", "known"), [("/tagged", '"1"'), ("/dated", "Thu, 01 Jan 2026 00:00:00 GMT")]
)
def test_a_stale_page_is_asked_for_by_what_is_known(
    server: str, tmp_path: Path, path: str, known: str
) -> None:
    first = read(server + path, tmp_path)

    assert read(server + path, tmp_path) == first
    assert Cacheable.asked == [(path, None), (path, known)]


def test_what_must_not_be_kept_is_not(server: str, tmp_path: Path) -> None:
    for _ in range(2):
        read(f"{server}/secret", tmp_path)
    assert len(Cacheable.asked) == 2


def test_without_a_cache_each_page_is_fetched(server: str) -> None:
    for _ in range(2):
        read(f"{server}/fresh", None)
    assert len(Cacheable.asked) == 2


def test_an_error_is_not_kept(server: str, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(FetchFailed):
            read(f"{server}/gone", tmp_path)
    assert len(Cacheable.asked) == 2


def test_a_page_over_the_limit_leaves_nothing_behind(server: str, tmp_path: Path) -> None:
    with pytest.raises(FetchRefused, match="larger than"):
        read(f"{server}/large", tmp_path)

    with sqlite3.connect(tmp_path / "private.sqlite") as file:
        assert file.execute("SELECT COUNT(*) FROM streams").fetchone() == (0,)
    file.close()


def test_a_page_from_the_cache_still_meets_the_limits(server: str, tmp_path: Path) -> None:
    read(f"{server}/large", tmp_path, max_bytes=100_000)

    with pytest.raises(FetchRefused, match="larger than"):
        read(f"{server}/large", tmp_path)
    assert len(Cacheable.asked) == 1


def test_what_was_read_from_the_own_network_answers_nobody_else(
    server: str, tmp_path: Path
) -> None:
    """A name that is known to lead inside, and its page in the cache."""
    url = server.replace("127.0.0.1", "localhost") + "/fresh"
    read(url, tmp_path)
    assert [path.name for path in tmp_path.glob("p*.sqlite")] == ["private.sqlite"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_means_no_cache(server: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert read(f"{server}/fresh", tmp_path / "in").body == PAGE


def test_a_file_in_the_place_of_the_folder_means_no_cache(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read(f"{server}/fresh", tmp_path / "file").body == PAGE


def test_a_broken_cache_file_costs_no_page(server: str, tmp_path: Path) -> None:
    (tmp_path / "private.sqlite").write_bytes(b"not a database" * 1000)
    assert read(f"{server}/fresh", tmp_path).body == PAGE


def test_what_a_304_says_anew_counts_from_then_on(server: str, tmp_path: Path) -> None:
    pages = [read(f"{server}/renewed", tmp_path) for _ in range(3)]

    assert [page.body for page in pages] == [PAGE] * 3
    assert Cacheable.asked == [("/renewed", None), ("/renewed", '"1"')], "fresh again"


def test_the_tag_goes_before_the_date(server: str, tmp_path: Path) -> None:
    for _ in range(2):
        read(f"{server}/both", tmp_path)
    assert Cacheable.asked[-1] == ("/both", '"1"')


def test_addresses_that_differ_at_all_are_different_pages(server: str, tmp_path: Path) -> None:
    paths = ["/fresh?a=1", "/fresh?a=2", "/fresh?A=1", "/fresh?a=1&", "/fresh"]
    bodies = [read(server + path, tmp_path).body for path in [*paths, *paths]]

    assert bodies[: len(paths)] == bodies[len(paths) :]
    assert len(set(bodies)) == len(paths)
    assert len(Cacheable.asked) == len(paths)
    with serving(Cacheable) as other:
        read(f"{other}/fresh", tmp_path)
    assert len(Cacheable.asked) == len(paths) + 1, "another port is another host"


def test_an_address_names_no_file(server: str, tmp_path: Path) -> None:
    read(f"{server}/fresh?../../../../etc/passwd%00", tmp_path / "cache")
    assert {path.name.partition("-")[0] for path in (tmp_path / "cache").iterdir()} <= {
        "private.sqlite",
        ".gitignore",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_cache_that_does_not_work_is_told_in_a_line_and_once(
    server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "private.sqlite").mkdir()
    for _ in range(2):
        assert read(f"{server}/fresh", tmp_path).body.startswith(PAGE)
    (told,) = [record for record in caplog.records if "not kept" in record.getMessage()]
    assert told.getMessage() == "fetched pages are not kept: unable to open database file"
    assert "Traceback" not in caplog.text
