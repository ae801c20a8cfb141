"""What is a move worth? Three numbers: at list prices, after discounts, and as cash within twelve months.

Where the use of a pool is known by the hour, the waterfall says what a smaller machine saves (pools.py). Elsewhere the
hours that a commitment covers save nothing, since they are paid for until it ends (domain.md 2.4).
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
HOURS_A_MONTH = 730


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
    def of(cls, use: Use, current: Shape, *, agreed: float | None = None) -> Paid | None:
        """Work it out; None = nobody knows what an hour of it costs on demand.

        Args:
            agreed: the price of its type, for a machine that a commitment covers in every hour.
        """
        price = use.price(current) or agreed
        if price is None:
            return None
        a_month = float(DAYS_PER_MONTH) / use.days
        on_demand, committed = (hours * a_month for hours in use.hours(current))
        return cls(use.monthly_cost, on_demand, committed, price, use.list_price(current))

    @property
    def least_saving(self) -> Decimal:
        """The saving that a move must be above to be worth somebody's hour."""
        return max(LEAST_SAVING, LEAST_SHARE * self.monthly_cost)

    def highest_price(self, *, covered_count: bool = False) -> float:
        """Give the price above which no move is worth it.

        Args:
            covered_count: hours that a commitment covers may save as well.
        """
        hours = self.on_demand_hours + (self.committed_hours if covered_count else 0.0)
        return self.price - float(self.least_saving) / hours if hours > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Worth:
    """What a move saves: money per month, `cash_12m` within twelve months.

    Args:
        saving: after discounts; what the machine is advised for.
        at_list: None = a list price is missing.
        basis: what the saving was worked out from, in words.
    """

    paid: Paid
    saving: Decimal
    at_list: Decimal | None
    cash_12m: Decimal
    basis: str

    @property
    def is_enough(self) -> bool:
        return self.saving > self.paid.least_saving


def worth_of(paid: Paid, price: Price, *, an_hour: float | None = None) -> Worth:
    """Give what a move to a price is worth: no more than the hours of the machine cost.

    Args:
        an_hour: what an hour of the whole pool costs less, commitments included; None = not known.
    """
    if an_hour is None:
        saved, basis = paid.on_demand_hours * (paid.price - price.agreed), "on-demand hours"
    else:
        saved, basis = an_hour * HOURS_A_MONTH, "commitment waterfall by the hour"
    saving = min(_money(saved), paid.monthly_cost)
    at_list = None
    if paid.listed is not None and price.listed is not None:
        at_list = _money((paid.on_demand_hours + paid.committed_hours) * (paid.listed - price.listed))
    return Worth(paid, saving, at_list, _MONTHS * saving, basis)


def _money(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(SMALLEST)
