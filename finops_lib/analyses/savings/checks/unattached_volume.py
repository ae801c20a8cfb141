"""Volumes that no machine has had for a month (A01).

AWS does not say since when a volume is free. Known it is where the lake saw it become so, or where CloudWatch has no
point of it, which it only has of attached ones. Without an inventory the bill shows magnetic volumes alone, without a
single I/O request: whatever is attached would make some.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.kept_copy import kept_copy
from finops_lib.analyses.savings.needs import inventory, metrics
from finops_lib.analyses.savings.own_prices import own_prices
from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

UNATTACHED_DAYS = 32
_VOLUME = "aws-ebs-volume"
_DISKS = ("volume", "volume-gp2", "volume-io", "volume-magnetic")
_METRIC = metrics(_VOLUME, "disk_write_ops")


class _Free(NamedTuple):
    """Since when a volume is free, and how that is known."""

    days: int
    source: str
    confidence: float


@rule(
    "unattached-volume",
    check="A01",
    providers=("aws",),
    better_with=(inventory(_VOLUME), _METRIC),
    step="terminate",
    grace_days=GRACE_DAYS,
)
def unattached_volume(estate: Estate) -> Iterator[Recommendation]:
    prices = own_prices(estate, "snapshot")
    for found in estate.with_meter(*_DISKS):
        kind = next((kind for kind in _DISKS if found.has_now(kind)), "")
        free = _free(estate, found) if found.id and kind else None
        if free is None:
            continue
        snapshot = kept_copy(found, kind, prices)
        # A cold volume costs less than its snapshot.
        if snapshot.monthly >= found.monthly_cost:
            continue
        yield recommend(
            "unattached-volume",
            found,
            action="snapshot, then delete",
            evidence=f"no machine has had it for {free.days} days ({free.source}); a snapshot of it costs about "
            f"{snapshot.monthly:,.2f} a month",
            monthly_savings=found.monthly_cost - snapshot.monthly,
            confidence=free.confidence,
            change="delete data",
            price_grade=snapshot.price_grade,
            facts={
                "days_unattached": free.days,
                "known_from": free.source,
                "days_charged": found.meters[kind].days_charged,
                "snapshot_monthly_cost": f"{snapshot.monthly:.2f}",
            },
        )


def _free(estate: Estate, volume: Resource) -> _Free | None:
    if volume.described is None:
        charged = volume.meters.get("volume-magnetic")
        if charged is None or "volume-operations" in volume.meters or charged.days_charged < GRACE_DAYS:
            return None
        return _Free(charged.days_charged, "the bill, not one I/O request", 0.6)
    if volume.described.state != "available" or volume.described.attributes.get("attached_to"):
        return None
    seen = volume.described.days_seen_so(estate.as_of)
    if seen >= UNATTACHED_DAYS:
        return _Free(seen, "the inventory", 0.95)
    if volume.utilisation or not estate.has_looked(_METRIC, volume) or volume.age < UNATTACHED_DAYS:
        return None
    return _Free(UNATTACHED_DAYS, "CloudWatch, not one point", 0.85)
