"""What does the customer pay for a unit of a meter? Observed on the bill, region by region (domain.md 2.4, grade A)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate

# By region.
Prices = dict[str, Decimal]


def own_prices(estate: Estate, kind: str, *, ending: str = "") -> Prices:
    """Give the mean price of a unit of a kind of meter, by region; a region without any has none.

    Args:
        ending: of the meter's name in lower case, e.g. `volumeusage.gp3`.
    """
    cost: dict[str, Decimal] = defaultdict(Decimal)
    quantity: dict[str, Decimal] = defaultdict(Decimal)
    for resource in estate.with_meter(kind):
        meter = resource.meters[kind]
        if resource.provider == "aws" and meter.name.lower().endswith(ending):
            cost[resource.region] += meter.effective_cost - meter.committed_effective_cost
            quantity[resource.region] += meter.quantity - meter.committed_quantity
    return {region: cost[region] / quantity[region] for region in cost if cost[region] > 0 and quantity[region] > 0}
