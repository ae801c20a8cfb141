"""io1 and io2 volumes that were bought faster than they are used (A04): gp3 where it is fast enough, else fewer IOPS.

Whether somebody needs the latency or the durability of io2 no metric says, so this is never sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.own_prices import own_prices
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.volume_speed import (
    GP3_METER,
    MOST_IOPS,
    MOST_THROUGHPUT,
    Gp3Prices,
    Speed,
    gp3_prices,
    observed_speed,
    size_gb,
)
from finops_lib.findings import Recommendation

_VOLUME = "aws-ebs-volume"
# Above what 99 % of the points needed.
HEADROOM = Decimal("1.2")


@rule(
    "io-volume-overprovisioned",
    check="A04",
    providers=("aws",),
    needs=(bill(), inventory(_VOLUME), metrics(_VOLUME, "disk_read_ops"), metrics(_VOLUME, "disk_read_bytes")),
    step="rightsize",
    grace_days=14,
)
def io_volume_overprovisioned(estate: Estate) -> Iterator[Recommendation]:
    own = own_prices(estate, "volume", ending=GP3_METER)
    for found in estate.with_meter("volume-io"):
        if found.described is None or not found.has_now("volume-io"):
            continue
        type_, bought = found.described.attributes.get("volume_type", ""), found.described.attributes.get("iops", "")
        seen, size = observed_speed(found), size_gb(found, "volume-io")
        if seen is None or type_ not in ("io1", "io2") or not bought.isdigit() or size <= 0:
            continue
        need = Speed(HEADROOM * seen.iops, HEADROOM * seen.throughput)
        prices = gp3_prices(own, found, type_=type_, gb_price=found.monthly_of("volume-io") / size)
        target, after = _cheapest(found, need, size, prices, type_=type_, bought=Decimal(bought))
        cost = _cost(found)
        if after >= cost:
            continue
        yield recommend(
            "io-volume-overprovisioned",
            found,
            action=f"change to {target}, unless its latency or durability is needed",
            evidence=f"{Decimal(bought):,.0f} IOPS of {type_} bought, 99 % of the time below {seen.iops:,.0f}; "
            f"{target} costs {after:,.2f} a month, not {cost:,.2f}",
            monthly_savings=cost - after,
            confidence=0.7,
            change="config",
            target=target,
            price_grade=prices.grade if target == "gp3" else "A",
            facts={
                "volume_type": type_,
                "size_gb": f"{size:.0f}",
                "provisioned_iops": bought,
                "iops_p99": f"{seen.iops:.0f}",
                "throughput_mbps_p99": f"{seen.throughput:.0f}",
                "monthly_cost_after": f"{after:.2f}",
            },
        )


def _cheapest(
    volume: Resource, need: Speed, size: Decimal, prices: Gp3Prices, *, type_: str, bought: Decimal
) -> tuple[str, Decimal]:
    """Give what the volume can become and what that costs a month; its present cost where it needs what it has."""
    if need.iops <= MOST_IOPS and need.throughput <= MOST_THROUGHPUT:
        return "gp3", prices.monthly(size, need)
    if "volume-iops" not in volume.meters or need.iops >= bought:
        return type_, _cost(volume)
    left = volume.monthly_of("volume-iops") * need.iops / bought
    return f"{type_} with {need.iops:.0f} IOPS", volume.monthly_of("volume-io") + left


def _cost(volume: Resource) -> Decimal:
    parts = (volume.monthly_of(kind) for kind in ("volume-io", "volume-iops") if kind in volume.meters)
    return sum(parts, Decimal(0))
