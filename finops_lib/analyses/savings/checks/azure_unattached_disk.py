"""Managed disks that no machine holds (Z03).

Azure says ActiveSAS of a disk that somebody reads through a link, and Site Recovery keeps disks of its own that look
unattached until the fail-over that needs them.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import days_so, is_settled, sureness
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.snapshot_price import own_snapshot_price, snapshot_cost
from finops_lib.findings import Recommendation


@rule("azure-unattached-disk", check="Z03", providers=("azure",), needs=(bill(), inventory("azure-disk")))
def azure_unattached_disk(estate: Estate) -> Iterator[Recommendation]:
    snapshot_price = own_snapshot_price(estate, "azure")
    for found in estate.of_type("azure-disk"):
        if found.described is None or found.described.state not in ("unattached", "") or is_member(found):
            continue
        attributes = found.described.attributes
        if attributes.get("attached_to") or attributes.get("site_recovery") == "true":
            continue
        if found.monthly_cost <= 0 or not is_settled(found, estate.as_of):
            continue
        since = days_so(found, estate.as_of)
        snapshot = snapshot_cost(found, snapshot_price)
        yield recommend(
            "azure-unattached-disk",
            found,
            action="snapshot, then delete",
            evidence=f"{attributes.get('size_gb') or '?'} GB {attributes.get('sku', '')} without a machine "
            + (f"for {since} days" if since is not None else "at the last look"),
            monthly_savings=found.monthly_cost - snapshot.monthly,
            confidence=sureness(found, estate.as_of, 0.9),
            change="delete data",
            price_grade=snapshot.price_grade,
            facts={
                "days_unattached": "not known" if since is None else since,
                "size_gb": attributes.get("size_gb", ""),
                "sku": attributes.get("sku", ""),
                "snapshot_monthly_cost": snapshot.monthly,
            },
        )
