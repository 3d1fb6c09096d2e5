"""The page inside an MHTML file."""

from __future__ import annotations

import base64
import quopri
import random
from contextlib import closing, suppress
from pathlib import Path

import pytest

from extractors.archives.formats import Bounds, Content, opened
from extractors.pages import Reader, discover
from extractors.parsing.blocks import parse_page
from schemas.errors import FetchRefused, NotAPage, SourceError

BOUNDS = Bounds(max_members=10, max_total_bytes=10**7, max_ratio=200)
HTML = "<h1>Ørsted – Årsrapport = 2026</h1>".encode()


def part(
    body: bytes, kind: str = "text/html", coding: str = "quoted-printable", **more: str
) -> bytes:
    coded = {
        "quoted-printable": quopri.encodestring(body),
        "base64": base64.encodebytes(body),
        "8bit": body,
    }[coding]
    fields = {"Content-Type": kind, "Content-Transfer-Encoding": coding}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n" + coded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mhtml(*parts: bytes, more: str = "", start: str = "") -> bytes:
    head = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://ex.org/saved\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";{start}'
        f'\r\n\tboundary="----Part=_1"\r\n{more}\r\n\r\n'
    )
    between = b"\r\n------Part=_1\r\n"
    return head.encode() + between + between.join(parts) + b"\r\n------Part=_1--\r\n"


def read(tmp_path: Path, data: bytes, *, max_bytes: int = 10_000) -> Content:
    path = tmp_path / "a.mhtml"
    path.write_bytes(data)
    with closing(opened(path, BOUNDS)) as archive:
        (member,) = archive.members()
        assert (member.name, member.error) == ("", None)
        return archive.read(member.place, max_bytes=max_bytes)


@pytest.mark.parametrize("coding", ["quoted-printable", "base64", "8bit"])
def test_the_page_is_decoded_and_keeps_its_address(tmp_path: Path, coding: str) -> None:
    page = part(HTML, coding=coding, Content_Location="https://ex.org/a")

    content = read(tmp_path, mhtml(page, part(b"\x89PNG", "image/png", "base64")))

    assert content.body.strip() == HTML
    assert content.url == "https://ex.org/a"
    assert content.content_type is None, "nothing was served with it, so the page's own word holds"


def test_a_charset_that_the_part_names_is_kept(tmp_path: Path) -> None:
    content = read(tmp_path, mhtml(part(HTML, 'text/html; charset="utf-8"')))

    assert content.content_type == 'text/html; charset="utf-8"'
    assert content.url == "https://ex.org/saved"


def test_the_part_that_is_named_as_the_start_is_the_page(tmp_path: Path) -> None:
    parts = [part(b"<p>frame", Content_ID="<f@x>"), part(HTML, Content_ID="<root@x>")]

    assert read(tmp_path, mhtml(*parts, start=' start="<root@x>";')).body.strip() == HTML
    assert read(tmp_path, mhtml(*parts, start=' start="<none@x>";')).body.strip() == b"<p>frame"
    assert read(tmp_path, mhtml(*parts)).body.strip() == b"<p>frame"


def test_a_page_inside_alternatives_is_found(tmp_path: Path) -> None:
    inner = (
        b'Content-Type: multipart/alternative; boundary="in"\r\n\r\n--in\r\n'
        + part(b"words", "text/plain")
        + b"\r\n--in\r\n"
        + part(HTML)
        + b"\r\n--in--\r\n"
    )

    assert read(tmp_path, mhtml(inner)).body.strip() == HTML


def test_a_file_without_parts_is_the_page(tmp_path: Path) -> None:
    assert read(tmp_path, b"MIME-Version: 1.0\r\n" + part(HTML)).body.strip() == HTML


def test_a_large_image_before_the_page_costs_nothing(tmp_path: Path) -> None:
    image = part(bytes(1_000_000), "image/png", "base64")

    assert read(tmp_path, mhtml(image, part(HTML)), max_bytes=100).body.strip() == HTML


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (mhtml(part(HTML))[:-30], "cut off"),
        (mhtml(part(b"x", "image/png")), "no HTML page"),
        (mhtml(part(HTML * 9, coding="base64").replace(b"PGgx", b"P")), "base64"),
        (b"", "no HTML page"),
        (b"<p>no mail at all", "no HTML page"),
    ],
)
def test_what_holds_no_whole_page_says_so(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(NotAPage, match=reason):
        read(tmp_path, data)


def test_a_page_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    for size in (50, 500, 50_000):
        with pytest.raises(FetchRefused):
            read(tmp_path, mhtml(part(b"x" * size)), max_bytes=49)


@pytest.mark.parametrize("coding", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize(
    ("charset", "text"), [("windows-1251", "Привет"), ("shift_jis", "①東京"), ("utf-8", "Łódź €")]
)
def test_a_page_is_read_in_the_charset_that_its_part_names(
    tmp_path: Path, coding: str, charset: str, text: str
) -> None:
    codec = "cp932" if charset == "shift_jis" else charset
    frame = part("<p>кадр".encode("koi8-r"), 'text/html; charset="koi8-r"', coding)
    page = part(f"<h1>{text}</h1>".encode(codec), f'text/html; charset="{charset}"', coding)
    path = tmp_path / "a.mhtml"
    path.write_bytes(mhtml(page, frame))
    with Reader() as reader:
        (found,) = [reader.read(source) for source in discover([str(path)])]

    assert parse_page(found).document.text == text


def test_random_damage_never_raises(tmp_path: Path) -> None:
    chance, path = random.Random(20), tmp_path / "a.mhtml"
    whole = mhtml(part(HTML, 'text/html; charset="utf-8"'), part(HTML, coding="base64"))
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        path.write_bytes(data)
        with suppress(SourceError), closing(opened(path, BOUNDS)) as archive:
            for member in archive.members():
                archive.read(member.place, max_bytes=1000)
