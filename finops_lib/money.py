"""An amount with its currency; adding two currencies raises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from finops_lib.errors import QualityError


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise QualityError(
                f"{self.currency} and {other.currency} cannot be added",
                next_step="group by BillingCurrency, or convert with a stated rate and day",
                currencies=(self.currency, other.currency),
            )


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in another on a day.

    Args:
        kind: book = fixed for a period, for budgets; spot = the market's of that day; invoice = the one a bill was
            paid at.
        source: who says so.
    """

    from_currency: str
    to_currency: str
    day: date
    kind: Literal["book", "spot", "invoice"]
    rate: Decimal
    source: str = ""

    @property
    def key(self) -> tuple[str, str, date, str]:
        """What no two rates share, whoever says them: a conversion must not have a choice."""
        return self.from_currency, self.to_currency, self.day, self.kind

    @property
    def digits(self) -> str:
        """The rate as people write it, without zeros at its end."""
        return f"{self.rate:f}".rstrip("0").rstrip(".") if "." in f"{self.rate:f}" else f"{self.rate:f}"


# ISO 4217: how many digits an invoice in this currency has behind the point, where they are not two.
_DIGITS = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_unit(currency: str) -> Decimal:
    """Give the smallest amount that can be paid in a currency: 0.01 USD, 1 JPY."""
    return Decimal(1).scaleb(-_DIGITS.get(currency, 2))
