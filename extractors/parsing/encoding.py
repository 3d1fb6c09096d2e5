"""What the bytes of a page are: a page at all, and in which character encoding."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

import chardet
import webencodings

from extractors.parsing.decoders import decoded
from schemas.errors import NotAPage

__all__ = ["decode", "sniff"]

# The standard asks for 1024 bytes; browsers start over when a declaration comes later.
PRESCAN_BYTES = 65_536
SNIFF_BYTES = 65_536
MAIL_HEAD_BYTES = 4096
DETECT_BYTES = 200_000
# Fewer bytes than this say nothing about one alphabet rather than another.
FEW_BYTES = 12

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%PDF-", "a PDF document"),
    (b"%!PS-Adobe-", "a PostScript document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"BZh91AY&SY", "bzip2-compressed data"),
    (b"\xfd7zXZ\x00", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"WARC/0.", "a WARC archive"),
    (b"WARC/1.", "a WARC archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"\xff\xfb", "an MP3 recording"),
    (b"fLaC", "a recording"),
)
_SVG = re.compile(
    rb"\xef?\xbb?\xbf?\s*+(?:<\?xml\b[^>]*+>\s*+)?(?:<!--.{0,2000}?-->\s*+)?"
    rb"(?:<!DOCTYPE\s+svg\b[^>]*+>\s*+)?<svg\b",
    re.IGNORECASE | re.DOTALL,
)
_MHTML = re.compile(
    rb"[A-Za-z-]+:.*?^content-type:[ \t\r\n]*multipart/related\b",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# The standard's binary data bytes (https://mimesniff.spec.whatwg.org), which no encoding has.
_CONTROLS = bytes({*range(9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)})
# Every alternative runs on to the end where nothing closes it, so that one scan stays linear.
_DECLARATION = re.compile(
    rb"""
      <!--.*?(?:-->|\Z)  # a comment hides what it holds
    | <(?P<meta>meta(?=[\s/]))?[a-z/!?]*+
      (?P<rest>(?:=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+|[^>=])*+)(?P<closed>>|\Z)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_XML = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]+)["']""")
_XML_TYPE = re.compile(r"\s*(?:application|text)/(?:[^;\s]*\+)?xml\b", re.IGNORECASE)
_LONG_SEQUENCE = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_ATTRIBUTE = re.compile(rb"""([^\s/=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
_CHARSET = re.compile(r"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))""", re.IGNORECASE)
_MARKUP = re.compile(
    rb"<(script|style)\b.*?(?:</\1|\Z)|<!--.*?(?:-->|\Z)|<[^>]*+(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)


# What the detector calls by names that the standard does not know.
_WEB_NAMES = {
    "big5hkscs": "big5",
    "cp874": "windows-874",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "euc-jis-2004": "euc-jp",
    "iso-2022-jp-2": "iso-2022-jp",
    "iso-2022-jp-2004": "iso-2022-jp",
    "iso-2022-jp-ext": "iso-2022-jp",
    "shift-jis-2004": "shift_jis",
    "shift_jis_2004": "shift_jis",
}
# What begins like UTF-32 is UTF-16 to browsers, and the same text but for NULs, which are no text.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_BE: "utf-16be",
    codecs.BOM_UTF16_LE: "utf-16le",
}
_IN_PAIRS = frozenset({"big5", "euc-jp", "euc-kr", "gb18030", "gbk", "shift_jis"})
_DEFAULT = webencodings.Encoding("windows-1252", codecs.lookup("windows-1252"))
_JAPANESE_MAIL = webencodings.Encoding("iso-2022-jp", codecs.lookup("iso-2022-jp"))
_ESCAPED = re.compile(rb"\x1b\$[@B](?:[!-~]{2})+\x1b\(")
_UTF16LE = webencodings.Encoding("utf-16le", codecs.lookup("utf-16-le"))
_UTF16BE = webencodings.Encoding("utf-16be", codecs.lookup("utf-16-be"))


def sniff(body: bytes) -> None:
    """Say no to bytes that are not a web page, whatever their name or header claims.

    Plain text passes; it is read as one block a line.

    Raises:
        NotAPage: *body* is empty, blank, a known binary format, or mostly NULs.
    """
    if not body.strip(b"\x00 \t\r\n\f\v\xef\xbb\xbf\xfe\xff"):
        raise NotAPage("empty: there is nothing in it but white space" if body else "empty")
    if (kind := _binary_kind(body)) is not None:
        raise NotAPage(f"{kind}, not a web page")


def _binary_kind(body: bytes) -> str | None:
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            return kind
    if body[:4] == b"RIFF" and body[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return "a WebP image" if body[8:12] == b"WEBP" else "a recording"
    if body[4:8] == b"ftyp":
        return "a video or an image"
    if _SVG.match(body):
        return "an SVG image"
    if _MHTML.match(body[:MAIL_HEAD_BYTES]):
        return "an MHTML archive"
    if _is_json(body):
        return "JSON data"
    head = body[:SNIFF_BYTES]
    if not body.startswith(tuple(_MARKS)) and _utf16_without_bom(head) is None:
        # A stray NUL or two stand in real pages; browsers skip them.
        controls = len(head) - len(head.translate(None, _CONTROLS))
        many = head.count(0) > max(2, len(head) // 100) or controls > max(16, len(head) // 50)
        return "binary data" if many else None
    return None


def _is_json(body: bytes) -> bool:
    if body[:SNIFF_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """The text of *body* and the WHATWG name of its encoding. Never raises.

    Order: byte order mark, HTTP *content_type*, declaration in the page, detection, windows-1252
    (https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding).
    As in the standard, an XML declaration at the very start counts where no `<meta>` does; where
    *content_type* says XML it comes first.
    One departure: without a header (`None`: a file) strictly valid UTF-8 beats the page's own
    declaration, since tools that save pages re-encode them and leave the declaration behind.
    Under a declaration of an East Asian encoding that takes a letter of three bytes or more, as
    those scripts have in UTF-8: pairs alone may be either.
    Bytes that the encoding does not know become U+FFFD; all of a page does ("replacement") that
    is in one of the encodings which browsers no longer read, such as ISO-2022-KR.
    """
    for mark, name in _MARKS.items():
        if body.startswith(mark):
            return decoded(body[len(mark) :], name), name
    encoding = _from_header(content_type)
    if encoding is None:
        encoding = _declared(body, content_type) or _detected(body)
        if content_type is None and _was_saved_as_utf8(body, encoding):
            encoding = webencodings.UTF8
    return decoded(body, encoding.name), encoding.name


def _was_saved_as_utf8(body: bytes, declared: webencodings.Encoding) -> bool:
    """Whether *body*, said to be *declared*, is UTF-8 for all that."""
    if body.isascii() or not _is_utf8(body):
        return False
    return declared.name not in _IN_PAIRS or _LONG_SEQUENCE.search(body) is not None


def _from_header(content_type: str | None) -> webencodings.Encoding | None:
    found = _CHARSET.search(content_type or "")
    return webencodings.lookup(next(filter(None, found.groups()), "")) if found else None


def _declared(body: bytes, content_type: str | None) -> webencodings.Encoding | None:
    """The standard's prescan: the first usable `<meta>`, else the XML declaration."""
    head = body[:PRESCAN_BYTES]
    if _XML_TYPE.match(content_type or ""):
        return _xml_declared(head) or _meta_declared(head)
    return _meta_declared(head) or _xml_declared(head)


def _meta_declared(head: bytes) -> webencodings.Encoding | None:
    for found in _DECLARATION.finditer(head):
        if found["meta"] is None or not found["closed"]:
            continue
        for label in _meta_label(found["rest"]):
            if (encoding := webencodings.lookup(label)) is not None:
                return _DEFAULT if encoding.name == "x-user-defined" else _in_ascii(encoding)
    return None


def _xml_declared(head: bytes) -> webencodings.Encoding | None:
    found = _XML.match(head)
    encoding = webencodings.lookup(found[1].decode("latin-1")) if found else None
    return encoding and _in_ascii(encoding)


def _in_ascii(encoding: webencodings.Encoding) -> webencodings.Encoding:
    """What could be read as bytes of ASCII was not UTF-16, whatever it says of itself."""
    return webencodings.UTF8 if encoding.name.startswith("utf-16") else encoding


def _meta_label(source: bytes) -> Iterator[str]:
    attributes: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(source):
        value = next(filter(None, values), b"").decode("latin-1")
        attributes.setdefault(name.decode("latin-1").lower(), value)
    if "charset" in attributes:
        yield attributes["charset"]
    elif attributes.get("http-equiv", "").lower() == "content-type":
        found = _CHARSET.search(attributes.get("content", ""))
        yield from filter(None, found.groups() if found else ())


def _detected(body: bytes) -> webencodings.Encoding:
    """An undeclared page: UTF-8 where it is valid, else what its letters look like."""
    if (utf16 := _utf16_without_bom(body[:SNIFF_BYTES])) is not None:
        return utf16
    if body.isascii():
        return _JAPANESE_MAIL if _ESCAPED.search(body) else _DEFAULT
    if _is_utf8(body):
        return webencodings.UTF8
    letters = _MARKUP.sub(b" ", body[:DETECT_BYTES])
    guess = chardet.detect(letters, encoding_era=chardet.EncodingEra.MODERN_WEB)["encoding"]
    found = webencodings.lookup(_WEB_NAMES.get((guess or "").lower(), guess or "")) or _DEFAULT
    few = len(letters.translate(None, bytes(range(128)))) < FEW_BYTES
    return _DEFAULT if few and _is_single_byte(found) else found


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_single_byte(encoding: webencodings.Encoding) -> bool:
    return len(encoding.codec_info.decode(b"\xd0\xd0", "replace")[0]) == 2


def _utf16_without_bom(head: bytes) -> webencodings.Encoding | None:
    """Which UTF-16 *head* looks like: markup has a NUL beside each letter, on one side alone."""
    half = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > half * 0.1 and even < odd * 0.1:
        return _UTF16LE
    if even > half * 0.1 and odd < even * 0.1:
        return _UTF16BE
    return None
