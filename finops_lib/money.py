"""An amount with its currency; adding two currencies raises."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

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


# ISO 4217: how many digits an invoice in this currency has behind the point, where they are not two.
_DIGITS = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_unit(currency: str) -> Decimal:
    """Give the smallest amount that can be paid in a currency: 0.01 USD, 1 JPY."""
    return Decimal(1).scaleb(-_DIGITS.get(currency, 2))
