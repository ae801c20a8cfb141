"""What is a move worth? Three numbers: at list prices, after discounts, and as cash within twelve months.

Hours that a commitment covers are paid for anyway, until it ends: they save nothing, and so the saving is that of the
on-demand hours alone (domain.md 2.4). Who knows the hourly use of a whole pool can do better: a smaller machine frees a
part of the commitment for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from finops_lib.analyses.savings.resources import SMALLEST
from finops_lib.analyses.savings.rightsizing.prices import Price
from finops_lib.analyses.savings.rightsizing.shapes import Shape
from finops_lib.analyses.savings.rightsizing.use import Use
from finops_lib.periods import DAYS_PER_MONTH

# A month, in the currency of the bill; and share of what the machine costs.
LEAST_SAVING, LEAST_SHARE = Decimal(5), Decimal("0.05")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Paid:
    """What a machine costs now.

    Args:
        monthly_cost: of its hours; no move saves more.
        on_demand_hours, committed_hours: a month.
        price: of an on-demand hour; `listed` at list, None = not known.
    """

    monthly_cost: Decimal
    on_demand_hours: float
    committed_hours: float
    price: float
    listed: float | None

    @classmethod
    def of(cls, use: Use, current: Shape) -> Paid | None:
        """Work it out; None = the machine has no hour that it could save on."""
        price = use.price(current)
        if price is None:
            return None
        a_month = float(DAYS_PER_MONTH) / use.days
        on_demand, committed = (hours * a_month for hours in use.hours(current))
        return cls(use.monthly_cost, on_demand, committed, price, use.list_price(current))

    @property
    def least_saving(self) -> Decimal:
        """The saving that a move must be above to be worth somebody's hour."""
        return max(LEAST_SAVING, LEAST_SHARE * self.monthly_cost)

    def highest_price(self) -> float:
        """Give the price above which no move is worth it."""
        return self.price - float(self.least_saving) / self.on_demand_hours


@dataclass(frozen=True, slots=True)
class Worth:
    """What a move saves: money per month, `cash_12m` within twelve months.

    Args:
        saving: after discounts; what the machine is advised for.
        at_list: None = a list price is missing.
    """

    paid: Paid
    saving: Decimal
    at_list: Decimal | None
    cash_12m: Decimal

    @property
    def is_enough(self) -> bool:
        return self.saving > self.paid.least_saving


def worth_of(paid: Paid, price: Price) -> Worth:
    """Give what a move to a price is worth: no more than the hours of the machine cost."""
    saving = min(_money(paid.on_demand_hours * (paid.price - price.agreed)), paid.monthly_cost)
    at_list = None
    if paid.listed is not None and price.listed is not None:
        at_list = _money((paid.on_demand_hours + paid.committed_hours) * (paid.listed - price.listed))
    return Worth(paid, saving, at_list, _MONTHS * saving)


def _money(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(SMALLEST)
