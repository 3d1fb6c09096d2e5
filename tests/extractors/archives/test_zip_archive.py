"""Pages inside zip archives, and archives that mean harm."""

from __future__ import annotations

import random
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from extractors.archives.formats import Archive, Bounds, Member, opened
from extractors.pages import Reader, discover
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError

PAGE = b"<h1>Oslo</h1>"


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = 8) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return path


@contextmanager
def archive_at(
    path: Path, *, max_members: int = 100, max_total_bytes: int = 10**8, max_ratio: float = 200
) -> Iterator[Archive]:
    bounds = Bounds(max_members=max_members, max_total_bytes=max_total_bytes, max_ratio=max_ratio)
    with closing(opened(path, bounds)) as archive:
        yield archive


def whole(path: Path, *, max_members: int = 100, max_total_bytes: int = 10**8) -> list[Member]:
    with archive_at(path, max_members=max_members, max_total_bytes=max_total_bytes) as archive:
        return list(archive.members())


def refusal(path: Path) -> SourceError | None:
    """Why the only member of *path* is not read."""
    with archive_at(path) as archive:
        (member,) = archive.members()
        return member.error


def patched(path: Path, offset: int, value: bytes) -> Path:
    """*path* with *value* at *offset* of its only member's entry in the directory."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02") + offset
    data[start : start + len(value)] = value
    path.write_bytes(data)
    return path


def test_pages_come_in_archive_order_and_read_back(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("b/two.html", PAGE), ("one.htm", b"<p>1"))
    with archive_at(path) as archive:
        members = list(archive.members())

        assert [member.name for member in members] == ["b/two.html", "one.htm"]
        assert archive.read(members[0].place, max_bytes=100).body == PAGE


def test_folders_and_the_assets_of_saved_pages_are_passed_over(tmp_path: Path) -> None:
    names = ("x/", "x/a.html", "x/a_files/s.css", "x/LOGO.PNG", "__MACOSX/x/._a.html", ".DS_Store")
    path = zipped(tmp_path / "a.zip", *((name, PAGE) for name in names))
    with archive_at(path) as archive:
        assert [member.name for member in archive.members()] == ["x/a.html"]


def test_a_member_of_unknown_kind_is_not_left_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("index.php", PAGE), ("README", PAGE), ("a.pdf", b"%PDF-"))
    with archive_at(path) as archive:
        assert [member.name for member in archive.members()] == ["index.php", "README", "a.pdf"]


@pytest.mark.parametrize(
    "name",
    [
        "../up.html",
        "a/../../up.html",
        "/etc/x.html",
        "C:/x.html",
        "..\\up.html",
        "\\\\host\\x.html",
    ],
)
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    assert isinstance(refusal(zipped(tmp_path / "a.zip", (name, PAGE))), FetchRefused)


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.html")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "symbolic link" in str(refusal(zipped(tmp_path / "a.zip", (link, b"/etc/passwd"))))


def test_what_is_refused_is_not_read_by_its_place_either(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.html")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "a.zip", (link, b"/etc/passwd"), ("b.html", bytes(5_000_000)))

    with archive_at(path) as archive:
        for place in ((0,), (1,)):
            with pytest.raises(FetchRefused):
                archive.read(place, max_bytes=10**7)


def test_a_zip_inside_a_zip_is_read_and_one_inside_that_is_refused(tmp_path: Path) -> None:
    third = zipped(tmp_path / "3.zip", ("c.html", PAGE)).read_bytes()
    second = zipped(tmp_path / "2.zip", ("b.html", PAGE), ("3.zip", third)).read_bytes()
    path = zipped(tmp_path / "1.zip", ("2.zip", second), ("a.html", b"<p>a"))
    with archive_at(path) as archive:
        inner, refused, page = archive.members()

        assert [inner.name, refused.name, page.name] == ["2.zip::b.html", "2.zip::3.zip", "a.html"]
        assert "inside a zip inside a zip" in str(refused.error)
        assert archive.read(page.place, max_bytes=100).body == b"<p>a"
        assert archive.read(inner.place, max_bytes=100).body == PAGE


def test_zips_inside_a_zip_share_its_limits(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "i.zip", *((f"{n}.html", PAGE) for n in range(6))).read_bytes()
    path = zipped(tmp_path / "a.zip", *((f"{n}.zip", inner) for n in range(3)))

    last = whole(path, max_members=15)[-1]

    assert last.name == "2.zip"
    assert isinstance(last.error, FetchRefused)


def test_a_broken_zip_inside_a_zip_is_one_failed_page(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("in.zip", b"PK\x03\x04"), ("b.html", PAGE))

    broken, page = whole(path)

    assert isinstance(broken.error, NotAPage)
    assert page.error is None


def test_a_directory_made_to_fill_the_memory_is_refused_unread(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", *((f"{n:05}.html", b"") for n in range(2000)))

    with pytest.raises(FetchRefused, match="directory"):
        whole(path, max_members=10)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = patched(zipped(tmp_path / "a.zip", ("a.html", PAGE)), 8, b"\x01")

    assert "encrypted" in str(refusal(path))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_unpacked_in_pieces_are_refused(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "a.zip", ("a.html", PAGE), method=method)

    assert isinstance(refusal(path), FetchRefused)


def test_a_bomb_is_refused_without_unpacking_it(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.html", bytes(50_000_000)))
    started = time.perf_counter()

    assert "zip bombs" in str(refusal(path))
    assert time.perf_counter() - started < 1


def test_a_bomb_that_declares_a_small_size_is_damaged_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.html", bytes(5_000_000)))
    patched(path, 24, struct.pack("<I", 1000))
    with archive_at(path) as archive:
        with pytest.raises(NotAPage, match="damaged"):
            archive.read((0,), max_bytes=10_000)


def test_an_archive_is_refused_for_all_it_would_unpack_to(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", *((f"{n}.html", bytes(1000)) for n in range(11)))

    with pytest.raises(FetchRefused, match="11,000 bytes, more than 10,000"):
        whole(path, max_total_bytes=10_000)
    with pytest.raises(FetchRefused, match="11 files, more than 10"):
        whole(path, max_members=10)


def test_a_member_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.html", PAGE))
    with archive_at(path) as archive:
        with pytest.raises(FetchRefused, match="larger than 5 bytes"):
            archive.read((0,), max_bytes=5)
        assert archive.read((0,), max_bytes=len(PAGE)).body == PAGE


def test_a_wrong_checksum_is_damage(tmp_path: Path) -> None:
    path = patched(zipped(tmp_path / "a.zip", ("a.html", PAGE)), 16, b"\0\0\0\0")
    with archive_at(path) as archive:
        with pytest.raises(NotAPage, match="damaged"):
            archive.read((0,), max_bytes=100)


@pytest.mark.parametrize("cut", [0, 10, 60, -1, -30])
def test_a_cut_off_archive_is_no_archive(tmp_path: Path, cut: int) -> None:
    path = zipped(tmp_path / "a.zip", ("a.html", PAGE))
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(NotAPage, match="not a readable zip archive"):
        whole(path)


def test_a_missing_archive_could_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed):
        whole(tmp_path / "none.zip")


def test_names_are_read_as_utf8_and_stay_printable(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("caf__.html", PAGE), ("tab_.html", PAGE))
    data = path.read_bytes().replace(b"caf__", "café".encode()).replace(b"tab_", b"tab\x1b")
    path.write_bytes(data)
    with archive_at(path) as archive:
        assert [member.name for member in archive.members()] == ["café.html", "tab\ufffd.html"]
        assert archive.read((0,), max_bytes=100).body == PAGE


def test_names_that_windows_wrote_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("folder\\page.html", PAGE))
    with archive_at(path) as archive:
        (member,) = archive.members()
        assert member.error is None
        assert archive.read(member.place, max_bytes=100).body == PAGE


def test_a_page_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    body = b"<tr><td>0</td></tr>\n" * 50_000
    path = zipped(tmp_path / "a.zip", ("a.html", body), ("b.html", b" " * 9000))
    assert path.stat().st_size < len(body) / 200
    with archive_at(path) as archive:
        assert [member.error for member in archive.members()] == [None, None]
        assert archive.read((0,), max_bytes=len(body)).body == body


def test_members_of_one_name_are_different_pages(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path / "a.zip", ("a.html", b"<p>1"), ("a.html", b"<p>2"))
    with Reader() as reader:
        pages = [reader.read(source) for source in discover([str(path)])]

    assert [page.body for page in pages] == [b"<p>1", b"<p>2"]
    assert [page.source.rpartition("::")[2] for page in pages] == ["a.html", "a.html (2)"]


def test_the_larger_form_of_the_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.html", "w", force_zip64=True) as member:
            member.write(PAGE)
        for number in range(65_600):  # more than the directory's end can count
            archive.writestr(f"{number}.css", b"")
    with archive_at(path, max_members=70_000) as found:
        (page,) = found.members()
        assert found.read(page.place, max_bytes=100).body == PAGE


@pytest.mark.parametrize("size", [0, 5, 1_000_000])
def test_a_size_that_lies_harms_no_other_page(tmp_path: Path, size: int) -> None:
    path = zipped(tmp_path / "a.zip", ("a.html", PAGE * 9), ("b.html", b"<p>b"))
    patched(path, 24, struct.pack("<I", size))
    with archive_at(path) as archive:
        first, second = archive.members()
        with suppress(SourceError):
            assert archive.read(first.place, max_bytes=10**6).body == PAGE * 9
        assert archive.read(second.place, max_bytes=100).body == b"<p>b"


def test_a_damaged_member_harms_no_other_page(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", *((f"{n}.html", PAGE * 50) for n in range(5)))
    data = bytearray(path.read_bytes())
    data[data.index(b"2.html") + 10] ^= 0xFF  # in its packed bytes
    path.write_bytes(data)
    found = ""
    with Reader() as reader:
        for number, source in enumerate(discover([str(path)])):
            try:
                found += str(number) if reader.read(source).body == PAGE * 50 else "?"
            except NotAPage:
                found += "!"
    assert found == "01!34"


def test_a_name_in_no_known_encoding_is_shown_as_well_as_can_be(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("ab__.html", PAGE))
    path.write_bytes(path.read_bytes().replace(b"ab__", "日本".encode("shift_jis")))
    with archive_at(path) as archive:
        (member,) = archive.members()
        assert member.name.endswith(".html")
        assert member.name.isprintable()
        assert archive.read(member.place, max_bytes=100).body == PAGE


def test_random_damage_never_raises(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "i.zip", ("b.html", PAGE * 9)).read_bytes()
    whole = zipped(tmp_path / "w.zip", ("a.html", PAGE * 9), ("i.zip", inner)).read_bytes()
    chance = random.Random(20)
    path = tmp_path / "a.zip"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(SourceError), archive_at(path) as archive:
            for member in archive.members():
                with suppress(SourceError):
                    archive.read(member.place, max_bytes=1000)


def test_a_large_archive_is_read_in_constant_memory(tmp_path: Path) -> None:
    """40 MB of pages that hardly pack, in a zip inside a zip."""
    noise = random.Random(1).randbytes(200_000)
    pages = ((f"{n}.html", noise[n:] + b"<p>") for n in range(200))
    inner = zipped(tmp_path / "i.zip", *pages, method=0)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(inner, "i.zip")
    tracemalloc.start()
    with archive_at(path, max_members=1000) as archive, archive_at(path, max_members=1000) as other:
        sizes = [len(other.read(one.place, max_bytes=10**6).body) for one in archive.members()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sizes == [200_003 - n for n in range(200)]
    assert peak < 10_000_000
