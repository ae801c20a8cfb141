"""Subscriptions of sellers that are paid while no use of them is charged (A37).

A review: many sellers charge a fee and nothing else, and only the seller knows whether somebody works with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import monthly, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

LEAST_DAYS = 30
# A fee comes once a month.
LATEST_FEE_DAYS = 31
_FEE, _USE = "marketplace-fee", "marketplace-use"


@rule("marketplace-without-usage", check="A37", providers=("aws",))
def marketplace_without_usage(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter(_FEE):
        fee = found.meters[_FEE]
        since, last = ((found.data_through - day).days for day in (fee.first_day, fee.last_day))
        if not found.id or _USE in found.meters or since < LEAST_DAYS or last > LATEST_FEE_DAYS:
            continue
        paid = monthly(fee.effective_cost, found.window_days)
        if paid <= 0:
            continue
        yield recommend(
            "marketplace-without-usage",
            found,
            action="ask who works with it before it renews",
            evidence=f"{fee.name}: about {paid:,.2f} a month since {fee.first_day.isoformat()}, and no use is charged",
            monthly_savings=Decimal(0),
            confidence=0.3,
            change="config",
            facts={"monthly_fee": f"{paid:.2f}", "since": fee.first_day, "last_charged": fee.last_day},
        )
