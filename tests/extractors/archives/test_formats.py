"""Which archive a file is, and archives of all kinds from source to page."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from extractors.archives.formats import is_archive
from extractors.pages import Page, Reader, discover
from schemas.errors import SourceError
from tests.extractors.warc_file import packed, record

PAGE = b"<h1>Oslo</h1>"


def a_zip(name: str = "a.html") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, PAGE)
    return file.getvalue()


def a_tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.html")
        info.size = len(PAGE)
        archive.addfile(info, io.BytesIO(PAGE))
    return file.getvalue()


MHTML = (
    b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n"
    b"--b\nContent-Type: text/html\nContent-Location: https://ex.org/m\n\n" + PAGE + b"\n--b--\n"
)
WARC = b"".join(packed([record("https://ex.org/1"), record("https://ex.org/2")]))


def pages(*sources: Path) -> list[Page | SourceError]:
    found: list[Page | SourceError] = []
    with Reader() as reader:
        for source in discover(map(str, sources)):
            try:
                found.append(reader.read(source))
            except SourceError as error:
                found.append(error)
    return found


@pytest.mark.parametrize("data", [a_zip(), a_tar(), WARC, MHTML], ids=["zip", "tar", "warc", "mht"])
@pytest.mark.parametrize("name", ["a", "a.zip", "a.warc.gz", "a.html"])
def test_an_archive_is_known_by_what_it_holds(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    for page in pages(path):
        assert isinstance(page, Page), page
        assert page.body.strip() == PAGE


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", a_zip("[Content_Types].xml")),
        ("a.html.gz", gzip.compress(PAGE, mtime=0)),
        ("a.html", b"WARC is a format"),
        ("a.html", b"<p>content-type: multipart/related"),
        ("a.eml", b"Subject: x\nContent-Type: text/html\n\n<p>"),
        ("none.html", None),
    ],
)
def test_other_files_are_not_archives(tmp_path: Path, name: str, data: bytes | None) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)

    assert not is_archive(path)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz", "a.warc", "a.warc.gz", "a.mht"])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"no such thing"])
def test_a_broken_archive_is_one_failed_page(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    (found,) = pages(path)

    assert isinstance(found, SourceError)


def test_a_folder_gives_the_pages_of_all_its_archives(tmp_path: Path) -> None:
    for name, data in (("1.tgz", a_tar()), ("2.warc.gz", WARC), ("3.mhtml", MHTML), ("4.txt", b"")):
        (tmp_path / name).write_bytes(data)

    names = [source.name for source in discover([str(tmp_path)])]
    urls = [page.url for page in pages(tmp_path) if isinstance(page, Page)]

    assert [name.removeprefix(str(tmp_path))[1:] for name in names] == [
        "1.tgz::a.html",
        "2.warc.gz::https://ex.org/1",
        "2.warc.gz::https://ex.org/2",
        "3.mhtml",
    ]
    assert urls == ["", "https://ex.org/1", "https://ex.org/2", "https://ex.org/m"]


def test_an_address_that_was_kept_twice_is_two_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record("https://ex.org/") * 3)

    names = [source.name.removeprefix(f"{path}::") for source in discover([str(path)])]

    assert names == ["https://ex.org/", "https://ex.org/ (2)", "https://ex.org/ (3)"]


def test_one_page_of_an_archive_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(WARC)

    (source,) = discover([f"{path}::https://ex.org/2"])

    with Reader() as reader:
        assert reader.read(source).url == "https://ex.org/2"


def test_a_page_saved_as_mhtml_is_read_inside_other_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("saved.mhtml", MHTML)
        archive.writestr("broken.mhtml", MHTML[:-20])
        archive.writestr("crawl.warc", record("https://ex.org/1"))
        archive.writestr("a.html", PAGE)

    saved, broken, crawl, page = pages(path)

    assert isinstance(saved, Page)
    assert (saved.body.strip(), saved.url) == (PAGE, "https://ex.org/m")
    assert "cut off" in str(broken)
    assert "a WARC archive" in str(crawl)
    assert isinstance(page, Page)
