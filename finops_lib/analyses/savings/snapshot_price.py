"""What does it cost to keep what is on a disk? A disk that is deleted is snapshotted first.

How much of a disk is used is on no bill: half of it is assumed. The price per GB is the customer's own where the bill
has snapshots of that provider, otherwise a share of what the disk costs.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import Resource

USED_SHARE = Decimal("0.5")
# Snapshot over disk, per GB and month at list prices of late 2026: Azure 0.05 a GB against 0.05 (HDD), 0.075 (standard
# SSD), 0.15 (premium); Google 0.026 against 0.04 (standard), 0.10 (balanced), 0.17 (SSD). Not checked again since.
_SHARES = {
    "standard_": Decimal(1),
    "standardssd_": Decimal("0.67"),
    "premium": Decimal("0.33"),
    "ultrassd_": Decimal("0.33"),
    "pd-standard": Decimal("0.65"),
    "pd-balanced": Decimal("0.26"),
    "pd-ssd": Decimal("0.15"),
    "pd-extreme": Decimal("0.15"),
    "hyperdisk": Decimal("0.26"),
}
_SHARE_NOT_KNOWN = Decimal(1)
# A price outside of this is one per byte-second or per operation, and not per GB and month.
_LEAST_PRICE = Decimal("0.001")


class SnapshotCost(NamedTuple):
    """What a snapshot instead of the disk costs a month, and the grade of that price (see Recommendation)."""

    monthly: Decimal
    price_grade: str


def snapshot_cost(disk: Resource, own_price: Decimal | None) -> SnapshotCost:
    """Give what is paid for a snapshot of a disk, in place of the disk; 0 where the disk is not on the bill.

    Args:
        own_price: from `own_snapshot_price`, once for all disks of a provider.
    """
    cost = disk.monthly_cost
    attributes = disk.described.attributes if disk.described else {}
    size = Decimal(attributes.get("size_gb") or 0)
    if own_price is not None and size > 0:
        return SnapshotCost(min(cost, USED_SHARE * size * own_price), "A")
    kind = (attributes.get("sku") or attributes.get("disk_type") or "").lower()
    share = next((share for name, share in _SHARES.items() if kind.startswith(name)), _SHARE_NOT_KNOWN)
    return SnapshotCost(USED_SHARE * share * cost, "C")


def own_snapshot_price(estate: Estate, provider: str) -> Decimal | None:
    """Give what the customer pays for a GB of snapshot a month; None = the bill has none that can be read."""
    meters = [one.meters["snapshot"] for one in estate.with_meter("snapshot") if one.provider == provider]
    quantity = sum((meter.quantity for meter in meters), Decimal(0))
    cost = sum((meter.effective_cost for meter in meters), Decimal(0))
    if quantity <= 0 or not _LEAST_PRICE <= cost / quantity <= 1:
        return None
    return cost / quantity
