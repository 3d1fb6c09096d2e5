"""Bytes to letters as browsers read them (https://encoding.spec.whatwg.org).

Python's codecs lack letters that pages use (NEC's ① in EUC-JP, a column of Big5), read some
otherwise, and of a broken pair of bytes they may swallow the `<`. They are used where both agree,
and for the tables, with the differences written down below.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import product

import webencodings

__all__ = ["decoded"]

_LOST = "\ufffd"
_PLAIN = frozenset({"utf-8", "utf-16le", "utf-16be", "x-user-defined"})

# Python's codec for an encoding, and letters that hold all those which it may have misread.
_QUICK = {
    "big5": ("big5hkscs", "•､‾∼♁☉／＼¥¢£"),
    "euc-jp": ("euc-jp", "〜‖−¢£¬~"),
    "euc-kr": ("cp949", ""),
    "gb18030": ("gb18030", "\ue5e5\ue78d-\ue7c7\ue81e-\ue864ḿ"),
    "shift_jis": ("cp932", "\uf8f0-\uf8f3"),
}
# What may be one letter; whatever follows the first byte of a pair belongs to it.
_GROUP = {
    "big5": rb"[\x81-\xfe][\s\S]",
    "euc-jp": rb"\x8f[\xa1-\xfe][\s\S]?|[\x8e\x8f\xa1-\xfe][\s\S]",
    "euc-kr": rb"[\x81-\xfe][\s\S]",
    "gb18030": rb"[\x81-\xfe][0-9](?:[\x81-\xfe][0-9]|[\x81-\xfe]?\Z)"
    rb"|[\x81-\xfe](?=[0-9])|[\x81-\xfe][\s\S]",
    "shift_jis": rb"[\x81-\x9f\xe0-\xfc][\s\S]",
}
_MISREAD = {"koi8-u": {0xAE: "ў", 0xBE: "Ў"}, "windows-1255": {0xCA: "\u05ba"}}
# Runs of letters, each after the pointer of its first: (lead - 0x81) * 157 + trail - (0x40 or 0x62)
_BIG5 = """
1000㡵𡵓𣚞𦀡㻬𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆
1034㓦珄𥶹瓆鿇垳䤯呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋
2082箸 2088簆 2103糎 2114緒 2123縝 2148者 2151耨 2221菁 2239蒨 2244萏 2303覦覩 2354起
2400都 2413銹 2477靜 2498響 2605鼖 2673蔃 2746兙兛兝兞 2771鍮 2780瑹 2990浧 3087禛 3259邗
3301靝 3436瀞 3451嬨 4136爁 4138矗 4141纇 4182駖 4206釔 4220惞 4230澶 4241輶 4258侻 4273營
4279鄄 4282鷰 4294菏 4329尐秣 4349婧 4419輋 4422筑 4494拐 4624恢 4694痹 4708汊 4742鬮
4748鼗 4815僭 4828弌 4902蠏 4922拎 4982瑨 4992煢 4997牐 5029‧ 5038﹑ 5120¯ 5153～
5168⊕⊙ 5182∕﹨ 5185￥ 5187￠￡
5432␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟␡€ 10942廴 10946无
10948癶 10950隶 10957〃仝 19028倩 19035偽 19088包 19096卄 19112卿 19162嘅 19240婷 19299幵
19305廐 19326彘 19355悤 19398撐 19439晴 19454杞 19553沜渝 19557港 19611煮 19643猪 19672瑜
19697瓩 19748砉
"""
_GB = {
    **{0xA6D9 + place: letter for place, letter in enumerate("︐︒︑︓︔︕︖")},
    **{0xA3A0: "\u3000", 0xA6EC: "︗", 0xA6ED: "︘", 0xA6F3: "︙", 0xA8BC: "ḿ"},
    **{0xFE59: "龴", 0xFE61: "龵", 0xFE66: "龶", 0xFE67: "龷"},
    **{0xFE6D: "龸", 0xFE7E: "龹", 0xFE90: "龺", 0xFEA0: "龻"},
}
_GB_MOVED = {b"\x81\x35\xf4\x37": "\ue7c7"}
# ISO-2022-JP: what an escape turns to, and the bytes that are letters then.
_ESCAPES = {
    **{b"\x1b(B": "ascii", b"\x1b(J": "roman", b"\x1b(I": "katakana"},
    **{b"\x1b$@": "pairs", b"\x1b$B": "pairs"},
}
_RUNS = {
    "ascii": re.compile(rb"[\x00-\x0d\x10-\x1a\x1c-\x7f]+"),
    "roman": re.compile(rb"[\x00-\x0d\x10-\x1a\x1c-\x7f]+"),
    "katakana": re.compile(rb"[\x21-\x5f]+"),
    "pairs": re.compile(rb"(?:[\x21-\x7e]{2})+"),
}
_BROKEN_PAIR = re.compile(rb"[\x21-\x7e](?:\Z|(?=\x1b)|[\s\S])")


def decoded(body: bytes, name: str) -> str:
    """The text of *body* in the encoding that the standard calls *name*; U+FFFD for broken bytes.

    "replacement" stands for encodings that no browser reads any more: all of it is one U+FFFD.

    >>> decoded(b"\\xad\\xa1", "euc-jp"), decoded(b"\\x81<p>", "shift_jis") == "\\ufffd<p>"
    ('①', True)
    """
    if name == "replacement":
        return _LOST if body else ""
    if name in _PLAIN:
        return _known(name).decode(body, "replace")[0]
    if name == "iso-2022-jp":
        return _by_escapes(body)
    name = "gb18030" if name == "gbk" else name
    if name in _QUICK:
        return _in_groups(body, name)
    return codecs.charmap_decode(body, "replace", _letters(name))[0]


def _known(name: str) -> codecs.CodecInfo:
    encoding = webencodings.lookup(name)
    if encoding is None:
        raise ValueError(f"the standard has no encoding {name!r}")
    return encoding.codec_info


@cache
def _letters(name: str) -> str:
    """The 256 letters of an encoding of single bytes; controls where it has none of its own."""
    codec = _known(name)
    letters = [codec.decode(bytes([byte]), "replace")[0] for byte in range(256)]
    for byte in range(0x80, 0xA0):
        letters[byte] = chr(byte) if letters[byte] == _LOST else letters[byte]
    for byte, letter in _MISREAD.get(name, {}).items():
        letters[byte] = letter
    return "".join(letters)


def _in_groups(body: bytes, name: str) -> str:
    codec, doubtful = _QUICK[name]
    with suppress(UnicodeDecodeError):
        text = body.decode(codec)
        if not (doubtful and re.search(f"[{doubtful}]", text)):
            return text
    table, group = _table(name), re.compile(rb"[\x00-\x7f]+|" + _GROUP[name] + rb"|[\s\S]")
    return "".join(table.get(found) or _off_table(found, name) for found in group.findall(body))


def _off_table(found: bytes, name: str) -> str:
    """ASCII, four bytes of GB 18030, or what is broken: its last byte stays where it is ASCII."""
    if found[0] < 0x80:
        return found.decode("ascii")
    if name == "gb18030" and found[1:2].isdigit():
        return _four_bytes(found)
    return _LOST + (chr(found[-1]) if found[-1] < 0x80 else "")


def _four_bytes(found: bytes) -> str:
    try:
        return _GB_MOVED.get(found) or found.decode("gb18030")
    except UnicodeDecodeError:
        return _LOST


@cache
def _table(name: str) -> dict[bytes, str]:
    """The letters of all groups of one or two bytes, and of three in EUC-JP."""
    codec = _QUICK[name][0]
    leads = b"\x8f" if name == "euc-jp" else b""
    groups = [*product(range(0x80, 0xFF), range(0x40, 0xFF)), *product(range(0x80, 0xFF))]
    groups += list(product(leads, range(0xA1, 0xFF), range(0xA1, 0xFF)))
    table = dict(_decodable(map(bytes, groups), codec))
    match name:
        case "big5":
            table |= dict(_big5_runs())
        case "euc-jp":
            table |= dict(_nec_and_ibm()) | {b"\x8f\xa2\xb7": "～"}
        case "gb18030":
            table |= {pair.to_bytes(2): letter for pair, letter in _GB.items()} | {b"\x80": "€"}
    return table


def _decodable(groups: Iterable[bytes], codec: str) -> Iterator[tuple[bytes, str]]:
    for group in groups:
        with suppress(UnicodeDecodeError):
            letter = group.decode(codec)
            if not "\uf8f0" <= letter <= "\uf8f3":  # what cp932 has for bytes that are none
                yield group, letter


def _big5_runs() -> Iterator[tuple[bytes, str]]:
    for pointer, run in re.findall(r"(\d+)(\S+)", _BIG5):
        for place, letter in enumerate(run, int(pointer)):
            lead, trail = divmod(place, 157)
            yield bytes([lead + 0x81, trail + (0x40 if trail < 63 else 0x62)]), letter


def _nec_and_ibm() -> Iterator[tuple[bytes, str]]:
    """The rows of JIS X 0208 with what the makers put in its gaps, which cp932 knows."""
    pairs = {}
    for row, cell in product(range(94), range(94)):
        lead, trail = divmod(row * 94 + cell, 188)
        shifted = lead + (0x81 if lead < 31 else 0xC1), trail + (0x40 if trail < 63 else 0x41)
        pairs[bytes(shifted)] = bytes([row + 0xA1, cell + 0xA1])
    return ((pairs[shifted], letter) for shifted, letter in _decodable(pairs, "cp932"))


def _by_escapes(body: bytes) -> str:
    """ISO-2022-JP, whose escapes change what bytes mean; one right after another is broken."""
    text: list[str] = []
    state, escaped, at = "ascii", False, 0
    while at < len(body):
        if run := _RUNS[state].match(body, at):
            text.append(_turned(run[0], state))
            escaped, at = False, run.end()
        elif turn := _ESCAPES.get(body[at : at + 3]):
            text.append(_LOST if escaped else "")
            state, escaped, at = turn, True, at + 3
        else:
            pair = _BROKEN_PAIR.match(body, at) if state == "pairs" else None
            text.append(_LOST)
            escaped, at = False, pair.end() if pair else at + 1
    return "".join(text)


def _turned(run: bytes, state: str) -> str:
    if state == "pairs":
        table, raised = _table("euc-jp"), bytes(byte | 0x80 for byte in run)
        pairs = (raised[at : at + 2] for at in range(0, len(run), 2))
        return "".join(table.get(pair, _LOST) for pair in pairs)
    if state == "katakana":
        return "".join(chr(0xFF40 + byte) for byte in run)
    text = run.decode("ascii")
    return text.translate({0x5C: "¥", 0x7E: "‾"}) if state == "roman" else text
