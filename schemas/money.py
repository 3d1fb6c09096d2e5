"""An amount of money, or a range of them, as data: one line of text that says all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["PERIODS", "Money"]

PERIODS = ("hour", "day", "week", "month", "year")
_AMOUNT = r"-?\d+(?:\.\d+)?"
_FORM = re.compile(
    rf"(?P<low>{_AMOUNT})(?:\.\.(?P<high>{_AMOUNT}))?(?: (?P<currency>[^\s/]+(?: [^\s/]+)*?))?"
    rf"(?:/(?P<period>{'|'.join(PERIODS)}))?"
)


@dataclass(frozen=True, slots=True)
class Money:
    """What something costs or pays.

    `high`: the upper end of a range, above `low`; `None`: one amount. `currency`: its ISO 4217
    code, or the sign on the page where no code is sure ("$"); "" where none is said.
    `period`: one of `PERIODS`, for pay and rent; "" where none is said.

    >>> str(Money(Decimal(50000), Decimal("60000.5"), "EUR", "year"))
    '50000..60000.5 EUR/year'
    >>> Money.parse("12.50 GBP").low
    Decimal('12.50')
    """

    low: Decimal
    high: Decimal | None = None
    currency: str = ""
    period: str = ""

    @classmethod
    def parse(cls, text: str) -> Money:
        """What `str` wrote. Raises ValueError for anything else."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"not an amount of money: {text!r}")
        high = match["high"]
        return cls(
            Decimal(match["low"]),
            Decimal(high) if high else None,
            match["currency"] or "",
            match["period"] or "",
        )

    def __str__(self) -> str:
        amounts = f"{self.low:f}" if self.high is None else f"{self.low:f}..{self.high:f}"
        currency = f" {self.currency}" if self.currency else ""
        return f"{amounts}{currency}{f'/{self.period}' if self.period else ''}"
