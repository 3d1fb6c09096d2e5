"""What bytes are a page, and in which encoding."""

from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.parsing.encoding import decode, sniff
from schemas.errors import NotAPage

HTML = "text/html"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("iso-8859-1", "windows-1252"),
        ("us-ascii", "windows-1252"),
        ("LATIN1", "windows-1252"),
        ("gb2312", "gbk"),
        ("shift-jis", "shift_jis"),
        ("ks_c_5601-1987", "euc-kr"),
        ("big5-hkscs", "big5"),
        ("utf-16", "utf-8"),
        ("x-user-defined", "windows-1252"),
    ],
)
def test_a_label_means_what_it_means_to_browsers(label: str, name: str) -> None:
    assert decode(f'<meta charset="{label}"><p>x'.encode(), HTML)[1] == name


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("shift_jis", "cp932", "①髙㈱"),
        ("euc-kr", "cp949", "똠방각하"),
        ("gb2312", "gb18030", "北京 镕"),
        ("big5", "big5hkscs", "香港 咗"),
        ("windows-1251", "cp1251", "Привет"),
        ("iso-8859-1", "cp1252", "“5 €”"),
    ],
)
def test_letters_that_only_the_browser_codec_knows_are_read(
    label: str, codec: str, text: str
) -> None:
    body = f'<meta charset="{label}"><p>{text}'.encode(codec)

    assert text in decode(body)[0]


def test_a_byte_order_mark_outranks_the_header_and_is_no_text() -> None:
    body = codecs.BOM_UTF8 + "é".encode()

    assert decode(body, "text/html; charset=windows-1252") == ("é", "utf-8")


def test_the_header_outranks_the_page() -> None:
    body = '<meta charset="utf-8">é'.encode("cp1252")

    assert decode(body, 'text/html; charset="ISO-8859-1"')[0].endswith("é")


def test_an_unknown_header_label_is_passed_over() -> None:
    assert decode("<meta charset=utf-8>é".encode(), "text/html; charset=none")[1] == "utf-8"


@pytest.mark.parametrize(
    "head",
    [
        "<meta charset=koi8-r>",
        "<META http-equiv=Content-Type content='text/html; charset = koi8-r'>",
        '<meta content="text/html; charset=koi8-r" http-equiv="content-type" />',
        '<?xml version="1.0" encoding="koi8-r"?><html>',
        "<!-- <meta charset=utf-8> --><meta name=x charset='koi8-r'>",
        '<meta charset="no-such-thing"><meta charset="koi8-r">',
        f"<!--{'x' * 5000}--><meta charset=koi8-r>",
    ],
)
def test_a_declaration_in_the_page_is_found(head: str) -> None:
    assert decode(f"{head}<p>Цена".encode("koi8-r"), HTML) == (f"{head}<p>Цена", "koi8-r")


@pytest.mark.parametrize(
    "head",
    [
        "<!-- <meta charset=koi8-r> -->",
        '<meta name=description content="charset=koi8-r">',
        '<p title="<meta charset=koi8-r>">',
        "<metacharset=koi8-r>",
    ],
)
def test_words_that_only_look_like_a_declaration_are_none(head: str) -> None:
    assert decode(head.encode(), HTML)[1] == "windows-1252"


def test_a_saved_page_of_valid_utf8_is_not_garbled_by_its_stale_declaration() -> None:
    body = "<meta charset=iso-8859-1><p>Zürich, 5 €".encode()

    assert decode(body, None)[0].endswith("Zürich, 5 €")
    assert decode(body, "text/html")[1] == "windows-1252", "a live page: as browsers do"


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", "Zürich"),
        ("cp1252", "Zürich"),
        ("cp1251", "Погода в городе Осло сегодня тёплая и ясная, ветра нет"),
        ("cp932", "東京の天気は晴れです。気温は二十度です。"),
        ("euc-kr", "오늘 서울의 날씨는 맑고 기온은 이십 도입니다"),
        ("gb18030", "今天北京的天气晴朗，气温二十度"),
        ("utf-16-le", "<p>Plain words, no mark</p>"),
        ("utf-16-be", "<p>Plain words, no mark</p>"),
    ],
)
def test_an_undeclared_encoding_is_recognised(codec: str, text: str) -> None:
    assert decode(f"<p>{text}</p>".encode(codec))[0] == f"<p>{text}</p>"


@given(st.binary(max_size=400), st.none() | st.text(max_size=40))
def test_decoding_never_fails(body: bytes, content_type: str | None) -> None:
    text, _ = decode(body, content_type)

    text.encode()  # no lone surrogates either


@given(
    st.sampled_from(["utf-8", "hex", "rot13", "utf-7", "idna", "hz-gb-2312", "iso-2022-jp", "\0"]),
    st.binary(max_size=200),
)
def test_no_label_makes_decoding_fail(label: str, body: bytes) -> None:
    decode(b"<meta charset='" + label.encode() + b"'>" + body, f"text/html; charset={label}")
    decode(b"<meta charset='" + label.encode() + b"'>" + body, HTML)


@pytest.mark.parametrize(
    "piece", [b"<a ", b'<a b="', b"<!--", b"<meta ", b"<?xml ", b"<script", b"="]
)
def test_unclosed_markup_does_not_slow_decoding_down(piece: bytes) -> None:
    started = time.perf_counter()
    decode(piece * (600_000 // len(piece)) + b"\xe9", HTML)

    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b" \r\n\t\0", "empty"),
        (codecs.BOM_UTF8 + b"\n", "empty"),
        (b"\x89PNG\r\n\x1a\n....", "a PNG image"),
        (b"\xff\xd8\xff\xe0....", "a JPEG image"),
        (b"GIF89a....", "a GIF image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a WebP image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"%!PS-Adobe-3.0\n", "a PostScript document"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n", "a WARC archive"),
        (b"From: x\r\nContent-Type: multipart/related;\r\n boundary=b\r\n", "an MHTML archive"),
        (b'\xef\xbb\xbf{"title": "Oslo"}', "JSON data"),
        (b' [{"title": "Oslo"}]\n', "JSON data"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'><text>a</text></svg>", "an SVG image"),
        (b"<!DOCTYPE svg PUBLIC 'a' 'b'><svg>", "an SVG image"),
        (b"\xff\xfb\x90\x64" + bytes(range(1, 200)), "an MP3 recording"),
        (bytes(range(1, 250)) * 4, "binary data"),
        (b"\x1f\x8b\x08....", "gzip-compressed data"),
        (b"MZ" + bytes(200) + b"text", "binary data"),
        (bytes(range(256)) * 8 + bytes(64), "binary data"),
    ],
)
def test_bytes_that_are_no_page_are_named(body: bytes, kind: str) -> None:
    with pytest.raises(NotAPage, match=kind):
        sniff(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<p>x",
        b"just words",
        b"WARC is a format; Content-Type: multipart/related is another",
        b"[1] a note, and {words} in braces",
        b"<html><svg></svg>",
        b"[" * 100_000,
        "<p>北京的天气晴朗，气温二十度左右</p>".encode("utf-16-le"),
        "<p>東京</p>".encode("iso-2022-jp"),
        b"<p>one stray \0 byte",
        "<p>words".encode("utf-16"),
        "<p>words".encode("utf-16-be"),
        "<p>words".encode("utf-32"),
        "<p>天気".encode("utf-8-sig"),
    ],
)
def test_text_in_any_encoding_is_a_page(body: bytes) -> None:
    sniff(body)
