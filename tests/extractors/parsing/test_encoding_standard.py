"""Decoding against the Encoding and HTML standards: labels, vectors, pages found in the wild."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from benchmarks.encodings import vectors
from extractors.pages import Page
from extractors.parsing.blocks import parse_page
from extractors.parsing.encoding import decode
from schemas.errors import NotAPage

# An encoding of the standard, a label of it that pages use, Python's nearest codec, and a text.
LEGACY = [
    ("ibm866", "cp866", "cp866", "Привет"),
    ("iso-8859-2", "latin2", "iso8859-2", "Łódź"),
    ("iso-8859-3", "iso-8859-3", "iso8859-3", "Ĉu"),
    ("iso-8859-4", "l4", "iso8859-4", "ģī"),
    ("iso-8859-5", "cyrillic", "iso8859-5", "Привет"),
    ("iso-8859-6", "arabic", "iso8859-6", "سلام"),
    ("iso-8859-7", "greek", "iso8859-7", "Γεια"),
    ("iso-8859-8", "hebrew", "iso8859-8", "שלום"),
    ("iso-8859-8-i", "logical", "iso8859-8", "שלום"),
    ("iso-8859-10", "latin6", "iso8859-10", "Īņ"),
    ("iso-8859-13", "iso-8859-13", "iso8859-13", "Ūģ"),
    ("iso-8859-14", "iso-8859-14", "iso8859-14", "Ŵŷ"),
    ("iso-8859-15", "l9", "iso8859-15", "5 €"),
    ("iso-8859-16", "iso-8859-16", "iso8859-16", "Țară"),
    ("koi8-r", "koi8", "koi8-r", "Привет"),
    ("koi8-u", "koi8-u", "koi8-u", "Їжак"),
    ("macintosh", "mac", "mac-roman", "Café"),
    ("windows-874", "tis-620", "cp874", "สวัสดี"),
    ("windows-1250", "x-cp1250", "cp1250", "Žluťoučký"),
    ("windows-1251", "cp1251", "cp1251", "Привет"),
    ("windows-1252", "iso-8859-1", "cp1252", "“5 €”"),
    ("windows-1252", "ascii", "cp1252", "é"),
    ("windows-1253", "cp1253", "cp1253", "Γεια"),
    ("windows-1254", "iso-8859-9", "cp1254", "Şğı"),
    ("windows-1255", "cp1255", "cp1255", "שלום"),
    ("windows-1256", "cp1256", "cp1256", "سلام"),
    ("windows-1257", "cp1257", "cp1257", "Ūģ"),
    ("windows-1258", "cp1258", "cp1258", "đơ"),
    ("x-mac-cyrillic", "x-mac-ukrainian", "mac-cyrillic", "Привет"),
    ("gbk", "gb_2312-80", "gb18030", "北京 镕"),
    ("gb18030", "gb18030", "gb18030", "𠮷 €"),
    ("big5", "cn-big5", "big5hkscs", "香港 咗"),
    ("euc-jp", "x-euc-jp", "euc-jp", "東京"),
    ("iso-2022-jp", "csiso2022jp", "iso-2022-jp", "東京"),
    ("shift_jis", "windows-31j", "cp932", "①髙㈱"),
    ("euc-kr", "ksc5601", "cp949", "똠방각하"),
    ("utf-8", "unicode-1-1-utf-8", "utf-8", "𠮷 €"),
]


@pytest.mark.parametrize(("name", "label", "codec", "text"), LEGACY, ids=lambda value: str(value))
def test_a_legacy_encoding_is_read_by_its_label(
    name: str, label: str, codec: str, text: str
) -> None:
    in_page = f"<!DOCTYPE html><meta charset={label}><p>{text}".encode(codec)

    assert decode(in_page, "text/html") == (in_page.decode(codec), name)
    assert decode(text.encode(codec), f"text/html; charset={label.upper()}") == (text, name)


@pytest.mark.parametrize(
    ("mark", "codec", "name"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16le"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16be"),
    ],
)
def test_a_byte_order_mark_outranks_everything(mark: bytes, codec: str, name: str) -> None:
    page = "<meta charset=windows-1251><p>Łódź 𠮷"

    text, encoding = decode(mark + page.encode(codec), "text/html; charset=shift_jis")

    assert (text, encoding) == (page, name)


def test_what_begins_like_utf32_is_read_all_the_same() -> None:
    page = Page("a", "", "<h1>Łódź</h1>".encode("utf-32"))

    assert decode(page.body)[1] == "utf-16le"
    assert parse_page(page).document.text == "Łódź"


@pytest.mark.parametrize("before", [0, 900, 1100, 20_000])
def test_a_late_declaration_is_still_found(before: int) -> None:
    page = f"<head><!--{'x' * before}--><meta charset=koi8-r><p>Привет"

    assert decode(page.encode("koi8-r"), "text/html") == (page, "koi8-r")


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "utf-16be", "unicode", "ucs-2"])
def test_a_meta_that_says_utf16_means_utf8(label: str) -> None:
    page = f"<meta charset={label}><p>Łódź"

    assert decode(page.encode(), "text/html") == (page, "utf-8")
    assert decode(f"<?xml version='1.0' encoding='{label}'?><p>Łódź".encode(), "text/html")[1] == (
        "utf-8"
    )


def test_the_header_may_say_utf16() -> None:
    assert decode("<p>Łódź".encode("utf-16-le"), "text/html; charset=utf-16")[0] == "<p>Łódź"


def test_user_defined_bytes_are_the_western_ones_in_a_meta() -> None:
    page = b"<meta charset=x-user-defined><p>5 \x80"

    assert decode(page, "text/html") == (page.decode("cp1252"), "windows-1252")


@pytest.mark.parametrize(
    ("head", "content_type", "name"),
    [
        ('<?xml version="1.0" encoding="koi8-r"?>', "text/html", "koi8-r"),
        (
            '<?xml version="1.0" encoding="koi8-r"?><meta charset=cp1251>',
            "text/html",
            "windows-1251",
        ),
        (
            '<?xml version="1.0" encoding="koi8-r"?><meta charset="cp1251"/>',
            "application/xhtml+xml",
            "koi8-r",
        ),
        (' <?xml version="1.0" encoding="koi8-r"?>', "text/html", "windows-1252"),
        ('<p><?xml version="1.0" encoding="koi8-r"?>', "text/html", "windows-1252"),
    ],
)
def test_an_xml_declaration_counts_at_the_start_and_after_a_meta(
    head: str, content_type: str, name: str
) -> None:
    assert decode(head.encode(), content_type)[1] == name


@pytest.mark.parametrize(
    ("label", "codec", "text"), [("gbk", "gbk", "模"), ("euc-kr", "euc-kr", "짤")]
)
def test_two_letters_that_could_be_utf8_are_what_the_page_says(
    label: str, codec: str, text: str
) -> None:
    page = f"<meta charset={label}><p>{text}"
    assert page.encode(codec).decode("utf-8"), "the trap: valid by chance"

    assert decode(page.encode(codec)) == (page, label)


def test_a_saved_page_of_east_asian_utf8_is_read_as_such() -> None:
    page = "<meta charset=gb2312><p>北京"

    assert decode(page.encode()) == (page, "utf-8")


@pytest.mark.parametrize("label", ["iso-2022-kr", "hz-gb-2312", "ISO-2022-CN", "replacement"])
def test_an_encoding_that_browsers_no_longer_read_is_no_page(label: str) -> None:
    body = f"<meta charset={label}><p>~{{<:Ky2;~}}".encode()
    for page in (Page("a", "", body), Page("a", "", b"<p>x", f"text/html; charset={label}")):
        assert decode(page.body, page.content_type) == ("\ufffd", "replacement")
        with pytest.raises(NotAPage, match="no longer read"):
            parse_page(page)


def test_japanese_escapes_are_recognised_without_a_declaration() -> None:
    page = "<p>東京は晴れ</p>"

    assert decode(page.encode("iso-2022-jp")) == (page, "iso-2022-jp")
    assert decode(b"<p>\x1b$B and no more")[1] == "windows-1252"


@pytest.mark.parametrize("name", ["tests1.dat", "tests2.dat", "test-yahoo-jp.dat"])
def test_html5lib_vectors_of_served_pages(evaldata: Path, name: str) -> None:
    """All but the one in `scripted/`, where a script writes the declaration."""
    found = list(vectors(evaldata / "hostile" / "html5lib-tests" / "encoding" / name))

    assert found
    assert [decode(body, "text/html")[1] for body, _ in found] == [name for _, name in found]


def wrong_charset_pages(evaldata: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((evaldata / "hostile/html").glob("enc-*.html"))]


def test_saved_pages_with_a_wrong_declaration_lose_no_letter(evaldata: Path) -> None:
    """The replacement characters of a page are its own, or stand for bytes that are no UTF-8."""
    for body in wrong_charset_pages(evaldata):
        text, _ = decode(body)

        assert text.count("\ufffd") == body.decode("utf-8", "replace").count("\ufffd")


def test_the_same_pages_served_are_read_as_browsers_would(evaldata: Path) -> None:
    pages = wrong_charset_pages(evaldata)

    differ = [decode(body)[0] != decode(body, "text/html")[0] for body in pages]

    assert sum(differ) > len(pages) / 2, "the departure for saved pages is what reads these"
