"""Which currency a sign or word on a page means.

The table says how pages write currencies, in their own scripts too. A sign of several currencies is
decided by the country of the page, where that uses one of them (CLDR by way of Babel).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from extractors.values.customs import Customs

__all__ = ["Mention", "currency_code", "decimals_of", "find_currencies", "may_mean"]

# One line a currency: its code, then what is written for it. What stands under several codes is
# ambiguous; "=" says which code it means where the page does not tell. Letter case counts.
_TABLE = """
AED د.إ درهم Dh Dhs DH
AFN ؋ Afs
ALL Lek lek
AMD ֏ դր.
ANG =ƒ NAƒ
AOA Kz kwz
ARS AR$ $
AUD A$ AU$ AU_$ AUD$ $
AWG Afl. ƒ
AZN ₼ manat
BAM KM км
BBD Bds$ $
BDT ৳ Tk Tk.
BGN лв. лв лева
BHD BD .د.ب د.ب
BIF FBu Fbu
BMD BD$ $
BND B$ $
BOB Bs $b Bs.
BRL R$ reais
BSD $
BTC ₿ Ƀ
BTN Nu. Nu
BWP P
BYN Br BYR
BZD BZ$ $
CAD C$ CA$ CAN$ CAD$ CND $
CDF FC
CHF SFr CHf Fr. SFr. Fr franc francs Franken
CLP CL$ CLP$ $
CNY 元 =人民币 yuan =圆 RMB CN¥ ¥ ￥
COP COL$ CO$ $
CRC ₡
CUC CUC$
CUP $
CVE Esc
CZK =Kč =kč Kc =KČ korun
DJF Fdj
DKK kr kr. Kr Kr. KR
DOP RD$ $
DZD دج د.ج
EGP ج.م E£ =جنيه LE L.E.
ERN Nfk ናቕፋ نافكا
ETB ብር Br
EUR € euro euros Euro Euros EURO евро ευρώ eur.
FJD FJ$ $
FKP £
GBP =£ =￡ =₤ stg pound pounds Pounds GB£ UK£
GEL ₾ ლ ლარი lari GEL
GHS GH₵ ₵ GH¢
GIP £
GMD D
GNF FG GFr
GTQ Q q
GYD G$ GY$ $
HKD HK$ $
HNL L
HRK kn
HTG G
HUF Ft HUF forint
IDR Rp Rp. rupiah
ILS ₪ ש"ח ש״ח ש'ח ש׳ח ש''ח nis NIS ש.ח ش.ج
INR =₹ =Rs. =Rs रु र ரூ ₨ Re
IQD د.ع ع.د ID
IRR =﷼ ریال تومان
ISK kr kr. Kr Kr. KR
JMD J$ $
JOD د.أ د.ا دينار_أردني JD
JPY 円 yen Yen JP¥ =¥ =￥ ¥ ￥ 圓
KES KSh KShs Ksh
KGS сом som с
KHR ៛
KMF CF
KPW ₩
KRW 원 =₩ won
KWD KD د.ك دينار_كويتي K.D.
KYD CI$ $
KZT ₸ тг тг. тенге
LAK ₭
LBP ل.ل LL
LKR රු Rs Rs. ₨
LRD L$ LD $
LYD ل.د د.ل LD
MAD د.م د.م. Dh Dhs DH dirhams
MDL L lei
MGA Ar
MKD ден ДЕН ден.
MMK Ks K
MNT ₮
MOP MOP$ P
MRU UM
MUR Rs ₨
MVR Rf
MWK MK
MXN MX$ Mex$ $
MYR RM
MZN MT MTn
NAD N$ $
NGN ₦
NIO C$
NOK kr kr. Kr Kr. KR
NPR रू नेरू Rs ₨
NZD NZ$ $
OMR ر.ع ر.ع.
PAB B/.
PEN S/. S/ soles
PGK K
PHP ₱ Php
PKR Rs Rs. ₨
PLN =zł =Zł =ZŁ zl ZŁ. zł. złotych
PYG ₲ Gs Gs.
QAR ر.ق QR
RON lei Lei LEI RON.
RSD =дин =Дин =din =Dinara din. дин. РСД dinara
RUB ₽ руб. руб р. Р р Rbl рублей рубля рубль Руб. Руб RUR
RWF FRw RF R₣ FRW
SAR ر.س =ريال SR ر.س.
SBD SI$ $
SCR SR Rs
SDG ج.س. ج.س
SEK kr kr. Kr Kr. KR
SGD S$ $
SHP £
SLE Le
SOS S Sh.So.
SRD SR$ $
SSP £
STN Db
SYP ل.س
SZL E
THB ฿ บาท baht Baht
TJS SM
TMT m.
TND DT د.ت دينار_تونسي
TOP T$
TRY TL ₺ TL. lira
TTD TT$ $
TWD NT$ NT 圓 元
TZS TSh TSH
UAH ₴ грн. грн hrn гривень
UGX USh USH
USD US$ US_$ U$S USD$ $ dollars dollar
UYU $U $
UZS so'm soʻm Sʻ S' so‘m сўм
VES Bs.
VND ₫ đ VNĐ đồng Đ
VUV VT Vt
XAF FCFA =CFA F_CFA
XCD EC$ $
XOF CFA F_CFA
XPF F
YER ر.ي
ZAR R
ZMW ZK K
ZWL Z$
"""
# Codes that are words when they are not in capitals.
_NOT_CODES = "all ang bob cop cup gel lak mad mop mur pen ron sos std top try"
_WORDS = frozenset(_NOT_CODES.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A currency named in a text, at characters `[start, end)`. `sign`: as it is written."""

    start: int
    end: int
    sign: str


def find_currencies(text: str) -> Iterator[Mention]:
    """The currencies that *text* names, in order. Letters count only where no others touch them."""
    for match in _signs().finditer(text):
        if match[0].islower() and match[0] in _WORDS:
            continue
        yield Mention(match.start(), match.end(), match[0])


def currency_code(sign: str, customs: Customs) -> str:
    """The ISO 4217 code of *sign*; the sign itself where it means several and nothing decides."""
    means = may_mean(sign)
    if len(means) == 1:
        return means[0]
    used = _used_in(customs.country) if customs.country else ()
    here = [code for code in means if code in used]
    return here[0] if here else _certain().get(sign, sign)


def may_mean(sign: str) -> tuple[str, ...]:
    """The ISO 4217 codes that *sign* is written for."""
    if sign.upper() in _codes():
        return (sign.upper(),)
    return _meanings().get(re.sub(r"\s", "_", sign), ())


def decimals_of(code: str) -> int:
    """How many decimals amounts of *code* have: 2, 0 for yen, 3 for dinars of Kuwait."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(code) if code in _codes() else 2


def _lines() -> Iterator[tuple[str, list[str]]]:
    for line in _TABLE.strip().splitlines():
        code, *signs = line.split()
        yield code, signs


@cache
def _meanings() -> dict[str, tuple[str, ...]]:
    """Each sign, a "_" for its space, to the codes that it may mean."""
    found: dict[str, tuple[str, ...]] = {}
    for code, signs in _lines():
        for sign in dict.fromkeys(sign.removeprefix("=") for sign in signs):
            found[sign] = (*found.get(sign, ()), code)
    return found


@cache
def _certain() -> dict[str, str]:
    return {sign[1:]: code for code, signs in _lines() for sign in signs if sign[0] == "="}


@cache
def _codes() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies()) | {"BTC"}


@cache
def _used_in(territory: str) -> tuple[str, ...]:
    from babel.numbers import get_territory_currencies

    return tuple(get_territory_currencies(territory))


@cache
def _signs() -> re.Pattern[str]:
    """Codes in capitals or small letters, then signs, the longest first."""
    letter = r"[^\W\d_]"
    forms = sorted(_meanings(), key=len, reverse=True)
    codes = "|".join(code for code in sorted(_codes()))
    signs = "|".join(_whole(form, letter) for form in forms)
    others = "[\u00a2\u20a0-\u20cf]"  # signs that the table lacks
    return re.compile(rf"(?<!{letter})(?:{codes}|{codes.lower()})(?!{letter})|{signs}|{others}")


def _whole(form: str, letter: str) -> str:
    """The pattern of *form*, not inside a word where it is one."""
    pattern = re.escape(form).replace("_", r"\s")
    before = rf"(?<!{letter})" if form[0].isalpha() and not _unspaced(form[0]) else ""
    after = rf"(?!{letter})" if form[-1].isalpha() and not _unspaced(form[-1]) else ""
    return f"{before}{pattern}{after}"


def _unspaced(sign: str) -> bool:
    """Whether *sign* is of a script without spaces between words."""
    return "\u0e00" <= sign <= "\u0eff" or "\u3040" <= sign <= "\u9fff" or sign >= "\uac00"
