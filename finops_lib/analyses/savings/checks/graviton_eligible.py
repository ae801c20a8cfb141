"""x86 machines, databases and caches that could run on Graviton (A23).

Of a machine only its owner knows if what runs on it does so on Arm: the tag `finops:portable=arm64` says so, and
without it we stay silent. A managed database or cache of an open engine is AWS's own to move. Where the customer has
no Graviton of that family in the region, no bill states its price, and this is a review without a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.hour_prices import HourPrices, InstanceType, own_price, type_of
from finops_lib.analyses.savings.machines import left_alone
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

HOURS = ("instance-hours", "database-hours", "cache-hours")
PORTABLE = "finops:portable"
_OPEN_ENGINES = ("postgres", "mysql", "mariadb", "aurora")
# A review of less than this a month is not worth the hour; what has a number is judged by that.
LEAST_REVIEWED = Decimal(100)
_ARM = {
    "m5": "m6g",
    "m5a": "m6g",
    "m6i": "m7g",
    "m6a": "m7g",
    "c5": "c6g",
    "c5a": "c6g",
    "c6i": "c7g",
    "c6a": "c7g",
    "r5": "r6g",
    "r5a": "r6g",
    "r6i": "r7g",
    "r6a": "r7g",
    "t3": "t4g",
    "t3a": "t4g",
}


@rule(
    "graviton-eligible",
    check="A23",
    providers=("aws",),
    needs=(bill(), inventory("aws-ec2-instance"), inventory("aws-rds-instance")),
    step="rightsize",
    effort="High",
)
def graviton_eligible(estate: Estate) -> Iterator[Recommendation]:
    prices = HourPrices.of(estate, *HOURS)
    for found in estate.with_meter(*HOURS):
        kind = next((kind for kind in HOURS if found.has_now(kind)), "")
        type_ = type_of(found.meters[kind]) if kind and found.id else None
        target = _on_arm(type_) if type_ else None
        if target is None or not _is_portable(found, kind):
            continue
        meter = found.meters[kind]
        now, after = own_price(meter), prices.price(found, meter, target)
        if now is not None and after is not None and after.price < now:
            yield recommend(
                "graviton-eligible",
                found,
                action=f"change to {target.name}",
                evidence=f"an hour of {meter.name} costs {now:.4f}, one of {target.name} costs you {after.price:.4f}",
                monthly_savings=found.on_demand_of(kind) * (1 - after.price / now),
                confidence=0.7 if after.grade == "A" else 0.65,
                change="replace",
                target=target.name,
                price_grade=after.grade,
                facts={"meter": meter.name, "hour_price": f"{now:.6f}", "target_hour_price": f"{after.price:.6f}"},
            )
        elif after is None and found.on_demand_of(kind) >= LEAST_REVIEWED:
            yield recommend(
                "graviton-eligible",
                found,
                action=f"price {target.name}",
                evidence=f"runs on {meter.name}; what runs on it also runs on Arm",
                monthly_savings=Decimal(0),
                confidence=0.5,
                change="replace",
                target=target.name,
                facts={"meter": meter.name},
            )


def _on_arm(type_: InstanceType) -> InstanceType | None:
    prefix, _, family = type_.family.rpartition(".")
    arm = _ARM.get(family)
    return InstanceType(f"{prefix}.{arm}" if prefix else arm, type_.size) if arm else None


def _is_portable(resource: Resource, kind: str) -> bool:
    if kind == "cache-hours":
        return True
    known = resource.described
    if known is None:
        return False
    if kind == "database-hours":
        return known.attributes.get("engine", "").startswith(_OPEN_ENGINES)
    tags = {key.lower(): value.lower() for key, value in known.tags.items()}
    is_linux = known.attributes.get("platform", "linux") == "linux"
    return is_linux and "arm64" in tags.get(PORTABLE, "") and not left_alone(resource)
