"""gp2 volumes that would be cheaper as gp3 (A03).

What the volume needs is what was observed of it. Where nothing was, it is all that gp2 can do at its size: gp3 then
costs more, so nobody is promised a saving that a measurement would take back.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.own_prices import own_prices
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.volume_speed import (
    GP2_FAST_THROUGHPUT,
    GP3_METER,
    Speed,
    gp2_speed,
    gp3_prices,
    observed_speed,
    size_gb,
)
from finops_lib.findings import Recommendation

_VOLUME = "aws-ebs-volume"


@rule(
    "gp2-volume",
    check="A03",
    providers=("aws",),
    needs=(bill(),),
    better_with=(inventory(_VOLUME), metrics(_VOLUME, "disk_read_ops"), metrics(_VOLUME, "disk_read_bytes")),
    step="rightsize",
)
def gp2_volume(estate: Estate) -> Iterator[Recommendation]:
    own = own_prices(estate, "volume", ending=GP3_METER)
    for found in estate.with_meter("volume-gp2"):
        if not found.id or not found.has_now("volume-gp2"):
            continue
        size, cost = size_gb(found, "volume-gp2"), found.monthly_of("volume-gp2")
        if size <= 0 or cost <= 0:
            continue
        most, seen = gp2_speed(size), observed_speed(found)
        # The upper edge of a histogram bin may lie above what the volume can do at all.
        need = most if seen is None else Speed(min(seen.iops, most.iops), min(seen.throughput, most.throughput))
        prices = gp3_prices(own, found, type_="gp2", gb_price=cost / size)
        after = prices.monthly(size, need)
        if after >= cost:
            continue
        how = "observed at 99 %" if seen else "all that gp2 can do at its size"
        yield recommend(
            "gp2-volume",
            found,
            action="change the type to gp3",
            evidence=f"{size:,.0f} GB of gp2; gp3 with {need.iops:,.0f} IOPS and {need.throughput:,.0f} MB/s ({how}) "
            f"costs {after:,.2f} a month, not {cost:,.2f}",
            monthly_savings=cost - after,
            confidence=0.9 if seen else 0.75,
            change="config",
            target="gp3",
            price_grade=prices.grade,
            facts={
                "size_gb": f"{size:.0f}",
                "iops": f"{need.iops:.0f}",
                "throughput_mbps": f"{need.throughput:.0f}",
                "speed_from": "metrics" if seen else f"size, at most {GP2_FAST_THROUGHPUT} MB/s",
                "gp3_monthly_cost": f"{after:.2f}",
            },
        )
