"""Disks that no machine has held for 15 days (G03): a snapshot keeps what is on them for less."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.detached import detached_disks
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.snapshot_price import own_snapshot_price, snapshot_cost
from finops_lib.findings import Recommendation


@rule("gcp-detached-disk", check="G03", providers=("gcp",), needs=(bill(), inventory("gcp-disk")))
def gcp_detached_disk(estate: Estate) -> Iterator[Recommendation]:
    snapshot_price = own_snapshot_price(estate, "gcp")
    for disk, days, is_blank in detached_disks(estate):
        if is_blank or disk.described is None or disk.monthly_cost <= 0:
            continue
        attributes = disk.described.attributes
        snapshot = snapshot_cost(disk, snapshot_price)
        yield recommend(
            "gcp-detached-disk",
            disk,
            action="snapshot, then delete",
            evidence=f"{attributes.get('size_gb', '?')} GB {attributes.get('disk_type', '')} without a machine "
            f"for {days} days",
            monthly_savings=disk.monthly_cost - snapshot.monthly,
            confidence=0.9,
            change="delete data",
            price_grade=snapshot.price_grade,
            facts={
                "days_detached": days,
                "size_gb": attributes.get("size_gb", ""),
                "disk_type": attributes.get("disk_type", ""),
                "snapshot_monthly_cost": snapshot.monthly,
            },
        )
