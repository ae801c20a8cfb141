"""Where most is paid for traffic between zones (A34). A review: what of it has to be, only its owner knows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# A month, in the currency of the bill: a day of an engineer.
LEAST_MONTHLY = Decimal(200)
_METER = "regional-transfer"


@rule("regional-transfer", check="A34", providers=("aws",), step="rightsize", effort="High")
def regional_transfer(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter(_METER):
        cost = found.monthly_of(_METER)
        if not found.has_now(_METER) or cost < LEAST_MONTHLY:
            continue
        size = found.meters[_METER].quantity
        yield recommend(
            "regional-transfer",
            found,
            action="keep callers and what they call in one zone where that is safe",
            evidence=f"{cost:,.2f} a month for {size:,.0f} GB between zones in {found.days} days"
            + ("" if found.id else "; the bill names no resource"),
            monthly_savings=Decimal(0),
            confidence=0.4,
            change="config",
            facts={"transfer_monthly_cost": f"{cost:.2f}", "gigabytes": f"{size:.0f}", "days": found.days},
        )
