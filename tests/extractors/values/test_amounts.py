from __future__ import annotations

import pytest

from extractors.values.amounts import read_money
from extractors.values.customs import UNKNOWN, Customs


def said(text: str, customs: Customs = UNKNOWN) -> str | None:
    money = read_money(text, customs)
    return None if money is None else str(money)


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("1.234,50 €", "1234.50 EUR"),
        ("€ 1.234", "1234 EUR"),
        ("CHF 1'234.50", "1234.50 CHF"),
        ("₹12,00,000", "1200000 INR"),
        ("1 234,50 zł", "1234.50 PLN"),
        ("3 500,- Kč", "3500 CZK"),
        ("423.923 KD", "423.923 KWD"),  # its dinars have three decimals
        ("3 万円", "30000 JPY"),
        ("2,5 Mio. €", "2500000 EUR"),
        ("$1.5M", "1500000 $"),
        ("٣٬٥٠٠ ر.س", "3500 SAR"),
        ("19. 95 €", "19.95 EUR"),
        ("35€99", "35.99 EUR"),
        ("-$5", "-5 $"),
        ("2 for £3", "3 GBP"),
        ("$1,190.00 AUD", "1190.00 AUD"),
        ("(was 20 % more) 99 EUR", "99 EUR"),
        ("kostenlos", "0"),
    ],
)
def test_an_amount_and_its_currency(text: str, money: str) -> None:
    assert said(text) == money


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("£6.95 - £9.95", "6.95..9.95 GBP"),
        ("$50-60k", "50000..60000 $"),
        ("от 50 000 до 80 000 руб.", "50000..80000 RUB"),
        ("EUR 50.000 bis 60.000", "50000..60000 EUR"),
        ("50 - $2.00", "2.00 $"),  # a quantity and its price
        ("was $120.00, now $60.00", "120.00 $"),
    ],
)
def test_a_range_keeps_both_ends(text: str, money: str) -> None:
    assert said(text) == money


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("25,50 € / Stunde", "hour"),
        ("£12/hr", "hour"),
        ("2.500 € brutto pro Monat", "month"),
        ("£400 pcm", "month"),
        ("12 000 kr/mån", "month"),
        ("R$ 1.500,00 por mês", "month"),
        ("年収 500万円", "year"),
        ("60,000 to 75,000 USD annually", "year"),
        ("Annual salary: $50,000", "year"),
        ("€ 90 par nuit, 500 € la semaine", ""),
        ("$5 for 2 years", ""),
    ],
)
def test_the_time_that_pay_is_for(text: str, period: str) -> None:
    money = read_money(text, UNKNOWN)
    assert money is not None
    assert money.period == period


@pytest.mark.parametrize(
    ("text", "customs", "money"),
    [
        ("$5", Customs(), "5 $"),
        ("$5", Customs("en"), "5 $"),  # English is spoken where other dollars are
        ("$5", Customs("en", "CA"), "5 CAD"),
        ("5 kr", Customs("sv"), "5 SEK"),
        ("5 kr", Customs("da"), "5 DKK"),
        ("¥500", Customs("zh"), "500 CNY"),
        ("¥500", Customs(), "500 JPY"),
    ],
)
def test_the_country_of_the_page_decides_whose_currency_a_sign_is(
    text: str, customs: Customs, money: str
) -> None:
    assert said(text, customs) == money


@pytest.mark.parametrize("text", ["", "on request", "40% OFF", "15.08.2017", "25-09", "€", "A/B"])
def test_what_is_no_amount(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize("day", ["17 September 2024", "Mar 5, 2024", "12/05/2024", "5. listopadu"])
def test_a_day_is_no_amount(day: str) -> None:
    assert said(day) is None
    assert said(f"€25, {day}") == "25 EUR"
