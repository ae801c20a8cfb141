"""Magnetic volumes without a single I/O request on the bill (A01): whatever is attached would make some."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("unattached-volume", check="A01", providers=("aws",))
def unattached_volume(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("volume-magnetic"):
        if not found.id or not found.has_now("volume-magnetic") or "volume-operations" in found.meters:
            continue
        volume = found.meters["volume-magnetic"]
        if volume.days_charged < GRACE_DAYS:
            continue
        yield recommend(
            "unattached-volume",
            found,
            action="snapshot, then delete",
            evidence=f"charged on {volume.days_charged} of the last {found.window_days} days, not one I/O request",
            monthly_savings=found.monthly_cost,
            confidence=0.6,
            change="delete data",
        )
