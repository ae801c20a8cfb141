"""Disks that were made empty and never attached (G02): there is nothing on them that a snapshot would keep."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.detached import detached_disks
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("gcp-blank-disk", check="G02", providers=("gcp",), needs=(bill(), inventory("gcp-disk")), effort="VeryLow")
def gcp_blank_disk(estate: Estate) -> Iterator[Recommendation]:
    for disk, days, is_blank in detached_disks(estate):
        if not is_blank or disk.monthly_cost <= 0:
            continue
        size = disk.described.attributes.get("size_gb", "?") if disk.described else "?"
        yield recommend(
            "gcp-blank-disk",
            disk,
            action="delete",
            evidence=f"{size} GB made empty {days} days ago and never attached",
            monthly_savings=disk.monthly_cost,
            confidence=0.95,
            facts={"days_detached": days, "size_gb": size},
        )
