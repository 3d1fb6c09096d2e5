from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import PERIODS, Money

AMOUNTS = st.decimals(0, 10**9, places=2)


@given(
    AMOUNTS,
    st.none() | AMOUNTS,
    st.sampled_from(["", "EUR", "$", "kr.", "AU $", "ש״ח"]),
    st.sampled_from(["", *PERIODS]),
)
def test_an_amount_is_read_back_from_its_text(
    low: Decimal, high: Decimal | None, currency: str, period: str
) -> None:
    money = Money(low, high, currency, period)
    assert Money.parse(str(money)) == money


@pytest.mark.parametrize("text", ["", "EUR", "5EUR", "5 EUR/decade", "5..", "1,000 EUR", "5 EUR\n"])
def test_other_texts_are_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        Money.parse(text)
