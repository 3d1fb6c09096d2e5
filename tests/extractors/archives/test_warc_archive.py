"""Pages inside WARC files, whole and damaged."""

from __future__ import annotations

import gzip
import io
import random
import tracemalloc
import zlib
from contextlib import closing
from pathlib import Path

import pytest
import zstandard
from fastwarc.stream_io import BrotliWriter
from fastwarc.warc import ArchiveIterator, WarcRecordType

from extractors.archives.formats import Bounds, Content, Member, opened
from schemas.errors import FetchFailed, FetchRefused, NotAPage, SourceError
from tests.extractors.warc_file import OK, packed, record

BOUNDS = Bounds(max_members=1000, max_total_bytes=10**8, max_ratio=200)
FIVE = [record(f"https://ex.org/{n}", f"<p>{n}</p>".encode() * 50) for n in range(5)]
WARCINFO = record("", b"software: none", http=None, kind="warcinfo")


def listed(tmp_path: Path, data: bytes, bounds: Bounds = BOUNDS) -> list[Member]:
    path = tmp_path / "a.warc"
    path.write_bytes(data)
    with closing(opened(path, bounds)) as archive:
        return list(archive.members())


def read_all(
    tmp_path: Path, data: bytes, *, max_bytes: int = 10_000
) -> dict[str, Content | SourceError]:
    """What each member gives, by name, listed first and then read as a job does."""
    members = listed(tmp_path, data)
    with closing(opened(tmp_path / "a.warc", BOUNDS)) as archive:
        found: dict[str, Content | SourceError] = {}
        for member in members:
            try:
                found[member.name] = member.error or archive.read(member.place, max_bytes=max_bytes)
            except SourceError as error:
                found[member.name] = error
    return found


def only(tmp_path: Path, data: bytes, *, max_bytes: int = 10_000) -> Content | SourceError:
    (found,) = read_all(tmp_path, data, max_bytes=max_bytes).values()
    return found


def readable(found: dict[str, Content | SourceError]) -> str:
    """The last letter of each address that was read, and `!` for each failure."""
    return "".join(
        name[-1] if isinstance(content, Content) else "!" for name, content in found.items()
    )


def changed(data: bytes, at: int) -> bytes:
    """*data* with the byte *at* flipped; *at* counts from the end where it is negative."""
    copy = bytearray(data)
    copy[at] ^= 0xFF
    return bytes(copy)


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


FORMS = {
    "plain": b"".join(FIVE),
    "gzip by record": b"".join(packed(FIVE)),
    "gzip as a whole": gzip.compress(b"".join(FIVE)),
    "zstd by record": b"".join(map(zstd, FIVE)),
    "zstd as a whole": zstd(b"".join(FIVE)),
}


@pytest.mark.parametrize("form", FORMS)
def test_records_are_pages_with_address_and_type(tmp_path: Path, form: str) -> None:
    found = read_all(tmp_path, FORMS[form])

    assert list(found) == [f"https://ex.org/{n}" for n in range(5)]
    assert found["https://ex.org/3"] == Content(
        b"<p>3</p>" * 50, "https://ex.org/3", "text/html; charset=utf-8"
    )


@pytest.mark.parametrize("form", FORMS)
def test_records_can_be_read_in_any_order(tmp_path: Path, form: str) -> None:
    members = listed(tmp_path, FORMS[form])
    random.Random(4).shuffle(members)
    with closing(opened(tmp_path / "a.warc", BOUNDS)) as archive:
        for member in members:
            assert archive.read(member.place, max_bytes=10_000).url == member.name


def test_what_fastwarc_reads_is_what_we_read(tmp_path: Path) -> None:
    records = [WARCINFO, *FIVE, record("https://ex.org/c", b"3\r\nabc\r\n0\r\n\r\n", http=CHUNKED)]
    data = b"".join(packed(records))

    theirs = {
        one.headers["WARC-Target-URI"]: one.reader.read()
        for one in ArchiveIterator(
            io.BytesIO(data), record_types=WarcRecordType.response, auto_decode="all"
        )
    }
    ours = read_all(tmp_path, data)

    assert {name: one.body for name, one in ours.items() if isinstance(one, Content)} == theirs


def test_a_zstd_dictionary_at_the_start_is_used(tmp_path: Path) -> None:
    samples: list[bytes | bytearray | memoryview] = [
        record(f"https://ex.org/{n}", random.Random(n).randbytes(80)) for n in range(300)
    ]
    trained = zstandard.train_dictionary(4000, samples)
    pack = zstandard.ZstdCompressor(dict_data=trained).compress
    for held in (trained.as_bytes(), zstd(trained.as_bytes())):
        start = b"\x5d\x2a\x4d\x18" + len(held).to_bytes(4, "little") + held

        found = read_all(tmp_path, start + b"".join(map(pack, FIVE)))

        assert readable(found) == "01234"


def test_requests_notes_and_the_parts_of_pages_are_passed_over(tmp_path: Path) -> None:
    css, image = (OK.replace(b"text/html", kind) for kind in (b"text/css", b"image/png"))
    data = [
        WARCINFO,
        record("https://ex.org/", b"GET /", kind="request"),
        record("https://ex.org/", http=None, kind="metadata"),
        record("https://ex.org/a", http=css),
        record("https://ex.org/b", http=image),
        record("https://ex.org/robots.txt", http=OK.replace(b"text/html", b"text/plain")),
        record("dns:ex.org", b"20261121 ex.org. 1.2.3.4", http=None),
        record("https://ex.org/page"),
    ]

    assert list(read_all(tmp_path, b"".join(data))) == ["https://ex.org/page"]


def test_a_resource_record_is_a_page_of_its_own_type(tmp_path: Path) -> None:
    data = record("file:///home/a.html", http=None, kind="resource")

    assert only(tmp_path, data) == Content(b"<h1>Oslo</h1>", "file:///home/a.html", "text/html")


@pytest.mark.parametrize("status", [b"404 Not Found", b"301 Moved", b"500", b"403 Forbidden"])
def test_a_page_that_was_not_there_is_reported(tmp_path: Path, status: bytes) -> None:
    found = only(tmp_path, record("https://ex.org/", http=OK.replace(b"200 OK", status)))

    assert isinstance(found, FetchFailed)
    assert f"answered {status[:3].decode()}" in str(found)
    assert not found.retryable


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        (
            "revisit",
            "WARC-Refers-To-Target-URI: https://ex.org/old\r\n",
            "since https://ex.org/old",
        ),
        ("continuation", "WARC-Segment-Number: 2\r\n", "segments"),
        ("response", "WARC-Truncated: length\r\n", "only a part of it: length"),
    ],
)
def test_records_without_the_whole_page_are_reported(
    tmp_path: Path, kind: str, more: str, reason: str
) -> None:
    found = only(tmp_path, record("https://ex.org/", kind=kind, more=more))

    assert isinstance(found, NotAPage)
    assert reason in str(found)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
BODY = b"<h1>Oslo</h1>" * 20


def brotli(data: bytes) -> bytes:
    sink = io.BytesIO()
    writer = BrotliWriter(sink)
    writer.write(data)
    writer.close()
    return sink.getvalue()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY, wbits=-15)),
        ("br", brotli(BODY)),
        ("zstd", zstd(BODY)),
        ("gzip, br", brotli(gzip.compress(BODY, mtime=0))),
        ("identity", BODY),
        ("gzip", BODY),  # undone by the crawler
    ],
)
def test_a_body_is_decoded(tmp_path: Path, encoding: str, body: bytes) -> None:
    http = OK + f"Content-Encoding: {encoding}\r\n".encode()

    found = only(tmp_path, record("https://ex.org/", body, http=http))

    assert isinstance(found, Content), found
    assert found.body == BODY


@pytest.mark.parametrize(
    "body",
    [
        b"5;note=x\r\n<h1>O\r\n8\r\nslo</h1>\r\n0\r\nTrailer: x\r\n\r\n",
        b"<h1>Oslo</h1>",  # joined by the crawler
    ],
)
def test_chunks_are_joined(tmp_path: Path, body: bytes) -> None:
    found = only(tmp_path, record("https://ex.org/", body, http=CHUNKED))

    assert isinstance(found, Content)
    assert found.body == b"<h1>Oslo</h1>"


@pytest.mark.parametrize(
    ("http", "body"),
    [
        (CHUNKED, b"zz\r\nhello\r\n0\r\n\r\n"),
        (CHUNKED, b"5\r\nhello\r\n"),
        (CHUNKED, b"9\r\nhello\r\n0\r\n\r\n"),
        (OK + b"Content-Encoding: gzip\r\n", gzip.compress(BODY, mtime=0)[:-9]),
        (OK + b"Content-Encoding: gzip\r\n", changed(gzip.compress(BODY, mtime=0), 12)),
        (OK + b"Content-Encoding: br\r\n", brotli(BODY)[:-4]),
        (OK + b"Content-Encoding: zstd\r\n", changed(zstd(BODY), -1)),
    ],
)
def test_a_body_that_cannot_be_decoded_is_one_failed_page(
    tmp_path: Path, http: bytes, body: bytes
) -> None:
    found = read_all(tmp_path, record("https://ex.org/x", body, http=http) + FIVE[0])

    assert isinstance(found["https://ex.org/x"], NotAPage)
    assert readable(found) == "!0"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, brotli, zstd])
def test_a_body_that_is_a_bomb_is_refused(tmp_path: Path, pack: object) -> None:
    names = {gzip.compress: "gzip", zlib.compress: "deflate", brotli: "br", zstd: "zstd"}
    body = pack(bytes(20_000_000))  # type: ignore[operator]
    http = OK + f"Content-Encoding: {names[pack]}\r\n".encode()  # type: ignore[index]
    data = record("https://ex.org/", body, http=http)
    tracemalloc.start()
    found = only(tmp_path, data, max_bytes=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert isinstance(found, FetchRefused)
    assert peak < 5_000_000


def test_a_page_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    assert isinstance(only(tmp_path, FIVE[0], max_bytes=100), FetchRefused)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("at", [60, -2])
def test_a_damaged_member_is_one_failed_page(tmp_path: Path, pack: object, at: int) -> None:
    members = [pack(one) for one in FIVE]  # type: ignore[operator]
    members[2] = changed(members[2], at)

    assert readable(read_all(tmp_path, b"".join(members))) == "01!34"


@pytest.mark.parametrize("cut", [1, 8, 30, 100])
def test_a_member_that_lost_its_end_is_one_failed_page(tmp_path: Path, cut: int) -> None:
    members = packed(FIVE)
    members[2] = members[2][:-cut]

    assert readable(read_all(tmp_path, b"".join(members))) == "01!34"


@pytest.mark.parametrize("length", [10, 700])
def test_a_record_of_a_wrong_length_is_one_failed_page(tmp_path: Path, length: int) -> None:
    records = list(FIVE)
    records[2] = record("https://ex.org/2", b"<p>2</p>" * 50, length=length)

    assert readable(read_all(tmp_path, b"".join(packed(records)))) == "01!34"
    assert readable(read_all(tmp_path, b"".join(records))).startswith("01!")
    assert readable(read_all(tmp_path, b"".join(records))).endswith("4")


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_that_is_cut_off_gives_what_it_has_and_says_so(
    tmp_path: Path, form: str
) -> None:
    found = read_all(tmp_path, FORMS[form][:-20])

    assert readable(found).endswith("!")
    assert readable(found).count("!") == 1
    assert "cut off" in str(list(found.values())[-1])
    if form in ("plain", "gzip by record", "zstd by record"):
        assert readable(found) == "0123!"


def test_a_member_that_is_a_bomb_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    bomb = record("https://ex.org/x", bytes(30_000_000))
    for pack in (gzip.compress, zstd):
        data = pack(FIVE[0]) + pack(bomb) + pack(FIVE[1])

        found = read_all(tmp_path, data)

        assert readable(found) == "0!1"
        assert "bombs" in str(found["https://ex.org/x"])


def test_limits_of_the_whole_archive_end_it_with_a_word(tmp_path: Path) -> None:
    few = Bounds(max_members=3, max_total_bytes=10**6, max_ratio=200)
    small = Bounds(max_members=30, max_total_bytes=1500, max_ratio=200)

    for bounds, count in ((few, 3), (small, 2)):
        *pages, last = listed(tmp_path, FORMS["gzip by record"], bounds)

        assert len(pages) == count
        assert isinstance(last.error, FetchRefused)


@pytest.mark.parametrize(
    "data",
    [
        b"WARC/",
        b"WARC/1.0\r\n",
        b"WARC/1.0\r\n\r\n",
        b"WARC/1.0\r\nContent-Length: -5\r\n\r\n",
        b"WARC/1.0\r\nContent-Length: 99999999999999999\r\n\r\n",
        b"WARC/1.0\r\n" + b"a" * 200_000,
    ],
)
def test_bytes_that_only_begin_like_a_record_are_one_failed_page(
    tmp_path: Path, data: bytes
) -> None:
    assert isinstance(only(tmp_path, data), NotAPage)


def test_marks_of_a_compressor_where_no_frame_begins_are_not_searched_for_ever(
    tmp_path: Path,
) -> None:
    first = changed(packed(FIVE)[0], 60)

    near = listed(tmp_path, first + b"\x1f\x8b\x08" * 500 + packed(FIVE)[1])
    far = listed(tmp_path, first + b"\x1f\x8b\x08" * 20_000 + packed(FIVE)[1])

    assert [member.error is None for member in near] == [False, True]
    assert "the rest was not searched" in str(far[-1].error)


def test_random_damage_never_raises(tmp_path: Path) -> None:
    chance = random.Random(20)
    for form in FORMS.values():
        for _ in range(60):
            data = bytearray(form)
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            (tmp_path / "a.warc").write_bytes(data)
            read_all(tmp_path, bytes(data[: chance.randint(5, len(data))]))


def test_a_large_archive_is_read_in_constant_memory(tmp_path: Path) -> None:
    """50 MB of pages that hardly compress, and a file compressed as a whole, in 10 MB."""
    noise = random.Random(1).randbytes(250_000)
    pages = [record(f"https://ex.org/{n}", noise[n:] + b"<p>") for n in range(200)]
    path = tmp_path / "a.warc.gz"
    with gzip.open(path, "wb", 1) as file:
        file.writelines(pages)
    del pages
    tracemalloc.start()
    with closing(opened(path, BOUNDS)) as listing, closing(opened(path, BOUNDS)) as archive:
        sizes = [len(archive.read(m.place, max_bytes=10**6).body) for m in listing.members()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sizes == [250_003 - n for n in range(200)]
    assert peak < 10_000_000
