"""Bytes to letters as in the Encoding standard, most of all where Python's codecs differ."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING

import pytest

from extractors.parsing.decoders import decoded
from extractors.web.rendering import BROWSERS, why_not

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOST = "\ufffd"


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("windows-1252", b"\x80\x81\x9d", "€\x81\x9d"),
        ("windows-874", b"\xa1\x81\xdb", f"ก\x81{LOST}"),
        ("windows-1255", b"\xca\xd9", f"\u05ba{LOST}"),
        ("koi8-u", b"\xae\xbe\xa4", "ўЎє"),
        ("euc-jp", b"\xad\xa1 \xad\xb5 \xad\xea", "① Ⅰ ㈱"),
        ("euc-jp", b"\xa1\xc1 \xa1\xdd \x8e\xb1", "～ － ｱ"),
        ("euc-jp", b"\x8f\xa2\xb7 \x8f\xb0\xa1", "～ 丂"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B 1 \x1b(J\\~\x1b(I1\x1b(B\\", "① 1 ¥‾ｱ\\"),
        ("shift_jis", b"\x87\x40\xfb\xfc\x80\xb1\xf0\x40", "①髙\x80ｱ\ue000"),
        ("big5", b"\x87\x7a \xa1\x45 \xa3\xe1 \x88\x62", "㡵 ‧ € Ê̄"),
        ("big5", b"\xa1\xfe\xa2\x41", "／∕"),
        ("gb18030", b"\xa6\xd9\xa8\xbc\x80\x81\x35\xf4\x37", "︐ḿ€\ue7c7"),
        ("gbk", b"\x95\x32\x82\x36 \xfe\x59", "𠀀 龴"),
        ("euc-kr", b"\x81\x41\xb0\xa1", "갂가"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
    ],
)
def test_letters_that_pythons_codecs_lack_or_read_otherwise(
    name: str, body: bytes, text: str
) -> None:
    assert decoded(body, name) == text


@pytest.mark.parametrize("name", ["big5", "euc-jp", "euc-kr", "gbk", "gb18030", "shift_jis"])
def test_a_broken_pair_never_swallows_the_tag_after_it(name: str) -> None:
    for lead in range(0x80, 0x100):
        text = decoded(bytes([lead]) + b"<p>", name)
        assert text.endswith("<p>"), hex(lead)
        assert len(text) == 4


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("shift_jis", b"\x81\xff\xa0\xfd\x81", LOST * 4),
        ("euc-jp", b"\x8f\xa1<\x8f\xa1", f"{LOST}<{LOST}"),
        ("gb18030", b"\x81\x30\x81<", f"{LOST}0{LOST}<"),
        ("gb18030", b"\x84\x31\xa9\x30\x81\x30", LOST * 2),
        ("iso-2022-jp", b"\x1b(B\x1b(B<\x0e\x1b$<", f"{LOST}<{LOST}{LOST}$<"),
        ("iso-2022-jp", b"\x1b$B0\x1b(B<", f"{LOST}<"),
        ("utf-8", b"\xe3\x81<\xf0\x90", f"{LOST}<{LOST}"),
        ("replacement", b"<p>any", LOST),
        ("replacement", b"", ""),
    ],
)
def test_broken_bytes_are_counted_as_browsers_count_them(name: str, body: bytes, text: str) -> None:
    assert decoded(body, name) == text


@pytest.mark.parametrize("name", ["shift_jis", "gb18030", "iso-2022-jp"])
def test_megabytes_of_broken_bytes_take_seconds_at_most(name: str) -> None:
    started = time.perf_counter()
    decoded(b"\x81\xff\x1b" * 350_000, name)
    assert time.perf_counter() - started < 10


SINGLES = [
    *(f"iso-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, "8-i", 10, 13, 14, 15, 16)),
    *(f"windows-{number}" for number in (874, *range(1250, 1259))),
    *("ibm866", "koi8-r", "koi8-u", "macintosh", "x-mac-cyrillic", "x-user-defined"),
]
PAIRS = ["gbk", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr"]
# Letters with an accent of its own, which Chromium 156 garbles.
GARBLED = {b"\x88\x62", b"\x88\x64", b"\x88\xa3", b"\x88\xa5"}
AS_CHROMIUM = """([bodies, name]) => bodies.map(body => {
  const bytes = Uint8Array.from(atob(body), sign => sign.charCodeAt(0));
  return new TextDecoder(name, {ignoreBOM: true}).decode(bytes);
})"""


@pytest.mark.browser
@pytest.mark.skipif(why_not() is not None, reason=f"no browser to ask: {why_not()}")
def test_every_byte_and_every_pair_is_what_chromium_makes_of_it() -> None:
    # In a thread of its own: another browser may be driven from this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_ask_chromium).result()


def _ask_chromium() -> None:
    import shutil

    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page()
        for name in [*SINGLES, *PAIRS]:
            _compare(tab, name)
        browser.close()


def _compare(tab: Page, name: str) -> None:
    alone = [bytes([byte]) for byte in range(256)]
    pairs = [bytes(pair) for pair in product(range(0x80, 0x100), range(256))]
    bodies = alone if name in SINGLES else [*alone, *pairs]
    coded = [base64.b64encode(body).decode() for body in bodies]
    theirs = tab.evaluate(AS_CHROMIUM, [coded, name])
    for body, text in zip(bodies, theirs, strict=True):
        if name != "big5" or body not in GARBLED:
            assert decoded(body, name) == text, (name, body)
