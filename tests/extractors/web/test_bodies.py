"""Bodies of answers: their kinds, and what they unpack to, whole or not at all."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Iterator

import pytest

from extractors.web.bodies import PIECE_BYTES, no_page, packing, unpacked

TEXT = random.Random(3).randbytes(100_000) + b"<p>" * 1000
BARE = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "deflate, the bare stream": BARE.compress(TEXT) + BARE.flush(),
}


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 4096, 10**6])
@pytest.mark.parametrize("name", PACKED)
def test_a_body_is_the_same_in_whatever_chunks_it_comes(name: str, size: int) -> None:
    how = packing(name.split(",")[0])
    assert how is not None
    assert b"".join(unpacked(chunks(PACKED[name], size), how)) == TEXT


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_one_chunk_unpacks_to_small_pieces(pack: Callable[[bytes], bytes]) -> None:
    how = "gzip" if pack is gzip.compress else "deflate"
    sizes = [len(piece) for piece in unpacked([pack(bytes(5_000_000))], how)]

    assert max(sizes) <= PIECE_BYTES
    assert sum(sizes) == 5_000_000


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("cut", [1, 3, 9, 50_000])
def test_a_body_that_was_cut_off_is_never_taken_for_a_whole_one(name: str, cut: int) -> None:
    with pytest.raises((EOFError, zlib.error)):
        b"".join(unpacked(chunks(PACKED[name][:-cut], 4096), name.split(",")[0]))


@pytest.mark.parametrize("size", [1, 10**6])
def test_several_gzip_members_are_one_body_and_what_follows_is_none(size: int) -> None:
    packed = gzip.compress(b"<p>one") + gzip.compress(b"<p>two") + b"\0\0trailing"
    assert b"".join(unpacked(chunks(packed, size), "gzip")) == b"<p>one<p>two"


@pytest.mark.parametrize("how", ["gzip", "deflate", ""])
def test_markup_that_is_only_said_to_be_packed_is_taken(how: str) -> None:
    page = b"\n <!doctype html><p>" + b"x" * 5000
    assert b"".join(unpacked(chunks(page, 1000), how)) == page


def test_an_empty_body_is_empty_however_packed() -> None:
    assert b"".join(unpacked([], "gzip")) == b"".join(unpacked([b"", b""], "deflate")) == b""


@pytest.mark.parametrize(
    ("said", "how"),
    [
        *(("", ""), ("identity", ""), (" GZIP ", "gzip"), ("x-gzip", "gzip"), ("utf-8", "")),
        *(("deflate", "deflate"), ("br", None), ("zstd", None), ("gzip, gzip", None)),
    ],
)
def test_a_packing_is_known_by_its_name(said: str, how: str | None) -> None:
    assert packing(said) == how


@pytest.mark.parametrize(
    "kind",
    [
        *("image/png", "audio/mpeg", "video/mp4", "font/woff2", "multipart/x-mixed-replace"),
        *("application/pdf", "application/json", "application/ld+json", "application/zip"),
        *("text/css", "text/javascript", "text/csv", "text/calendar; charset=utf-8"),
    ],
)
def test_kinds_that_are_certainly_no_page_are_named(kind: str) -> None:
    assert no_page(kind.title()) == kind.split(";")[0]


@pytest.mark.parametrize(
    "kind",
    [
        *("", "odd", "text/html", "text/plain", "text/markdown", "application/xhtml+xml"),
        *("application/rss+xml", "application/xml", "application/octet-stream"),
    ],
)
def test_others_may_be_pages(kind: str) -> None:
    assert no_page(kind) is None
