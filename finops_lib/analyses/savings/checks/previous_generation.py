"""Machines, databases and caches of a family that has a newer one (A22).

The saving is a price difference. Where the customer pays for the successor somewhere in the same region, that is its
price; else no bill states it, and this is a review without a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.hour_prices import HourPrices, InstanceType, own_price, type_of
from finops_lib.analyses.savings.machines import left_alone
from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

HOURS = ("old-instance-hours", "database-hours", "cache-hours")
# Of the same shape: a size of the one is as large as that size of the other.
SUCCESSORS = {
    "t2": "t3",
    "m3": "m5",
    "m4": "m5",
    "c3": "c5",
    "c4": "c5",
    "r3": "r5",
    "r4": "r5",
    "i2": "i3",
    "d2": "d3",
    "db.t2": "db.t3",
    "db.m3": "db.m5",
    "db.m4": "db.m5",
    "db.r3": "db.r5",
    "db.r4": "db.r5",
    "cache.t2": "cache.t3",
    "cache.m3": "cache.m5",
    "cache.m4": "cache.m5",
    "cache.r3": "cache.r5",
    "cache.r4": "cache.r5",
}


@rule(
    "previous-generation",
    check="A22",
    better_with=(inventory("aws-ec2-instance"),),
    step="rightsize",
    effort="Medium",
)
def previous_generation(estate: Estate) -> Iterator[Recommendation]:
    prices = HourPrices.of(estate, *HOURS, "instance-hours")
    for found in estate.with_meter(*HOURS):
        kind = next((kind for kind in HOURS if found.has_now(kind)), "")
        # Without an id it would be one line for a whole account's past machines.
        if not found.id or not kind:
            continue
        meter = found.meters[kind]
        type_ = type_of(meter)
        family = SUCCESSORS.get(type_.family, "") if type_ else ""
        if kind != "old-instance-hours" and not family:
            continue
        if found.described is not None and left_alone(found):
            continue
        target = InstanceType(family, type_.size) if type_ and family else None
        now, after = own_price(meter), prices.price(found, meter, target) if target else None
        if target is None or after is None:
            yield recommend(
                "previous-generation",
                found,
                action="price the current generation",
                evidence=f"runs on {meter.name}, a family with a newer generation",
                monthly_savings=Decimal(0),
                confidence=0.5,
                change="replace",
                target=target.name if target else "",
                facts={"meter": meter.name},
            )
        elif now is not None and after.price < now:
            saving = found.on_demand_of(kind) * (1 - after.price / now)
            yield recommend(
                "previous-generation",
                found,
                action=f"change to {target.name}",
                evidence=f"an hour of {meter.name} costs {now:.4f}, one of {target.name} costs you {after.price:.4f}",
                monthly_savings=saving,
                confidence=0.75 if after.grade == "A" else 0.7,
                change="replace",
                target=target.name,
                price_grade=after.grade,
                facts={"meter": meter.name, "hour_price": f"{now:.6f}", "target_hour_price": f"{after.price:.6f}"},
            )
