"""What the user named, expanded into single pages."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from extractors.sources import Limits, Source, discover
from schemas.errors import FetchFailed, FetchRefused, NotAPage


def found(*sources: str | Path, limits: Limits | None = None) -> list[Source]:
    return list(discover(map(str, sources), limits=limits or Limits()))


def names(sources: list[Source], folder: Path) -> list[str]:
    return [source.name.removeprefix(f"{folder}{os.sep}") for source in sources]


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "<p>x")
    return path


def test_urls_and_files_stand_for_themselves_in_order(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("<p>x")

    url, file = found(" https://ex.org/a ", page)

    assert (url.name, url.url) == ("https://ex.org/a", "https://ex.org/a")
    assert (file.name, file.path, file.url) == (str(page), page, None)


def test_a_folder_gives_its_pages_and_archives_sorted(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.html", "b/y.HTM", "a.xhtml", "notes.txt", "style.css"):
        (tmp_path / name).write_text("<p>x")
    zipped(tmp_path / "m.zip", "2.html", "1.html", "s.css")

    sources = found(tmp_path)

    assert names(sources, tmp_path) == [
        "a.xhtml",
        os.path.join("b", "y.HTM"),
        "m.zip::2.html",
        "m.zip::1.html",
        "z.html",
    ]
    assert not any(source.error for source in sources)


def test_one_member_of_an_archive_can_be_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", "x.html", "in/y.html")

    (source,) = found(f"{path}::in/y.html")

    assert (source.path, source.member) == (path, (1,))


@pytest.mark.parametrize(
    "name", ["none.html", "example.org/page", "http:ex.org", "a\0b", "", "x" * 5000]
)
def test_what_is_missing_is_one_error(name: str, tmp_path: Path) -> None:
    sources = found(name if name == "" else tmp_path / name)

    if name:  # "" is the current folder
        assert isinstance(sources[0].error, FetchFailed)
        assert len(sources) == 1


def test_a_missing_member_and_a_missing_archive_are_errors(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", "x.html")

    (member,) = found(f"{path}::y.html")
    (archive,) = found(f"{tmp_path / 'none.zip'}::y.html")

    assert isinstance(member.error, NotAPage)
    assert isinstance(archive.error, FetchFailed)


def test_a_folder_or_an_archive_without_pages_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    zipped(tmp_path / "a.zip", "s.css")

    sources = found(tmp_path / "empty", tmp_path / "a.zip")

    assert all(isinstance(source.error, NotAPage) for source in sources)
    assert len(sources) == 2


def test_a_broken_archive_is_an_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "b.html").write_text("<p>x")

    archive, page = found(tmp_path)

    assert isinstance(archive.error, NotAPage)
    assert page.error is None


def test_a_refused_member_is_an_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    refused, page = found(zipped(tmp_path / "a.zip", "../x.html", "y.html"))

    assert isinstance(refused.error, FetchRefused)
    assert page.error is None


def test_an_archive_over_its_limits_is_one_error(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", "x.html", "y.html")

    (source,) = found(path, limits=Limits(max_members=1))

    assert isinstance(source.error, FetchRefused)


def test_nothing_is_looked_at_before_it_is_asked_for(tmp_path: Path) -> None:
    sources = discover(iter([str(tmp_path / "none"), "https://ex.org/"]))
    (tmp_path / "none").write_text("<p>x")

    assert next(sources).error is None


@pytest.mark.skipif(os.name == "nt", reason="Windows file names are text")
def test_a_file_name_of_odd_bytes_stays_printable(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff.html")).write_text("<p>x")

    (source,) = found(tmp_path)

    assert source.name.endswith("a\ufffd.html")
    assert source.path is not None
    assert source.path.exists()
