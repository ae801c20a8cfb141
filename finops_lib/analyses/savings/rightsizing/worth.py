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
class Worth:
    """Money per month; `cash_12m` within twelve months.

    Args:
        saving: after discounts; what the machine is advised for.
        at_list: None = a list price is missing.
        on_demand_hours, committed_hours: a month.
        price_now: of an on-demand hour.
    """

    saving: Decimal
    at_list: Decimal | None
    cash_12m: Decimal
    on_demand_hours: float
    committed_hours: float
    price_now: float

    def is_enough(self, use: Use) -> bool:
        return self.saving > max(LEAST_SAVING, LEAST_SHARE * use.monthly_cost)


def worth_of(use: Use, current: Shape, price: Price) -> Worth | None:
    """Give what a move to a price is worth; None = the machine has no hour that it could save on.

    No more than the hours of the machine cost.
    """
    price_now = use.price(current)
    if price_now is None:
        return None
    a_month = float(DAYS_PER_MONTH) / use.days
    on_demand, committed = (hours * a_month for hours in use.hours(current))
    saving = min(_money(on_demand * (price_now - price.agreed)), use.monthly_cost)
    list_now = use.list_price(current)
    at_list = None
    if list_now is not None and price.listed is not None:
        at_list = _money((on_demand + committed) * (list_now - price.listed))
    return Worth(saving, at_list, _MONTHS * saving, on_demand, committed, price_now)


def _money(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(SMALLEST)
