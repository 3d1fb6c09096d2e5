"""The flags of `fieldwise extract` that say how pages are fetched."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.extractors.site import serving
from tests.orchestration.test_cli import run


class Closed(BaseHTTPRequestHandler):
    """A site that asks not to be read, and has one picture."""

    def do_GET(self) -> None:
        robots = self.path == "/robots.txt"
        body = b"User-agent: *\nDisallow: /" if robots else b"\x89PNG\r\n\x1a\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if robots else "image/png")
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with serving(Closed) as address:
        yield f"{address}/picture"


def reason(tmp_path: Path, url: str, *flags: str) -> str:
    done = run(tmp_path, "extract", url, "--schema", "title,", "--allow-private", *flags)
    assert done.exit_code == 1
    return done.stdout


def test_robots_txt_is_obeyed_unless_told_otherwise(tmp_path: Path, url: str) -> None:
    assert "robots.txt asks not to" in reason(tmp_path, url)
    assert "image/png" in reason(tmp_path, url, "--ignore-robots")


def test_fetched_pages_are_kept_apart_from_results_unless_told_otherwise(
    tmp_path: Path, url: str
) -> None:
    reason(tmp_path, url, "--no-cache")
    assert not (tmp_path / "cache" / "http").exists()
    reason(tmp_path, url)
    assert (tmp_path / "cache" / "http").is_dir()
    assert not list((tmp_path / "data").rglob("p*.sqlite"))


def test_without_the_flag_this_machine_is_not_asked(tmp_path: Path, url: str) -> None:
    done = run(tmp_path, "extract", url, "--schema", "title,")
    assert "not on the public internet" in done.stdout
