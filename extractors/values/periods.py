# ruff: noqa: E501  -- one line a period
"""Which time an amount of pay or rent is for, said in the web's larger languages."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["period_of"]

# What names the time after "per" or "/"; abbreviations too. Nothing here is a word by itself.
_UNITS = {
    "hour": "hour hours hr hrs h std stunde heure ora hora uur timme timmen time timen tunti tunnissa "
    "godz godzinę godzina hodinu hodina час часа saat óra jam 시간 시 時間 小时 小時 ชั่วโมง giờ घंटा ساعة",
    "day": "day days tag jour día dia giorno dag dagen päivä dzień den день gün nap hari 일 日 天 วัน ngày "
    "दिन يوم",
    "week": "week weeks wk woche semaine semana settimana vecka veckan uge ugen uke viikko tydzień týden "
    "неделю неделя тиждень hafta hét minggu 주 週 周 สัปดาห์ tuần सप्ताह أسبوع",
    "month": "month months mo mon monat mois mes mês mese maand mån månad månaden måned måneden kk kuukausi "
    "m-c mies miesiąc měsíc měs мес месяц місяць ay hó hónap bulan 월 月 เดือน tháng माह महीना شهر",
    "year": "year years yr yrs annum a jahr jr an année ans año ano anno jaar år året v vuosi rok roku "
    "год рік yıl év tahun 년 年 ปี năm वर्ष साल سنة",
}
# What says it by itself.
_ADVERBS = {
    "hour": "hourly stündlich stundenlohn horaire orario uurloon timlön timelønn godzinowa почасовая "
    "saatlik 時給 时薪 시급",
    "day": "daily täglich tageslohn journalier diario dagloon 日給 日薪 일급 pd",
    "week": "weekly wöchentlich hebdomadaire semanal settimanale wekelijks 週給 周薪 주급 pw",
    "month": "monthly monatlich monatlichen mensuel mensuelle mensual mensal mensile maandelijks monatsgehalt "
    "månadslön månedlig miesięcznie měsíčně ежемесячно aylık 月給 月薪 월급 pcm",
    "year": "yearly annually annual p.a. pa jährlich jahresgehalt annuel annuelle anual anualmente annuale annuo "
    "jaarlijks årlig årslön rocznie ročně годовых yıllık 年収 年薪 연봉",
}
_PER = r"(?:/|\bper\b|\bpro\b|\bje\b|\bpar\b|\bpor\b|\bal\b|\ball'|\bl'|\bà l'|\ban?\b|\beach\b|\bevery\b|\bi\b|\bom\b"
_PER += (
    r"|\bim\b|\bau\b|\bna\b|\bza\b|\bв\b|\bна\b|\bза\b|\bb(?:er)?\b|\bmỗi\b|毎|每|ต่อ|प्रति|في|p\.)"
)
_NEAR = 60  # characters from the amount in which its period stands


def period_of(before: str, after: str) -> str:
    """The period of an amount between the texts *before* and *after* it; "" where none is said."""
    tail, lead = after[:_NEAR], before[-_NEAR:]
    if match := _per().match(tail):
        return str(match.lastgroup)
    for place in (tail, lead):
        if match := _adverb().search(place):
            return str(match.lastgroup)
    match = _per_anywhere().search(tail)
    return str(match.lastgroup) if match else ""


@cache
def _per() -> re.Pattern[str]:
    return re.compile(rf"[\s,(*]*{_PER}\s*(?:{_named(_UNITS)})(?!\w)", re.IGNORECASE)


@cache
def _per_anywhere() -> re.Pattern[str]:
    """A "per" some words on: "25 EUR brutto pro Stunde"; short words are no signs of it there."""
    sure = r"(?:/|\bper\b|\bpro\b|\bpar\b|\bpor\b|\bje\b|\bв\b|毎|每)"
    return re.compile(rf"^\D*?{sure}\s*(?:{_named(_UNITS)})(?!\w)", re.IGNORECASE)


@cache
def _adverb() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_named(_ADVERBS)})(?!\w)", re.IGNORECASE)


def _named(words: dict[str, str]) -> str:
    return "|".join(
        f"(?P<{period}>{'|'.join(map(re.escape, sorted(listed.split(), key=len, reverse=True)))})"
        for period, listed in words.items()
    )
