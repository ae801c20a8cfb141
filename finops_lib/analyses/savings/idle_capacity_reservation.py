"""Reserved capacity on which nothing runs (A36)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finops_lib.analyses.savings.resources import READS, recommend, resources
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

IDLE_DAYS = 7


@rule("idle-capacity-reservation", reads=READS)
def idle_capacity_reservation(meters: pl.DataFrame) -> Iterator[Recommendation]:
    for found in resources(meters, "unused-capacity"):
        if not found.has_now("unused-capacity") or found.meters["unused-capacity"].days_charged < IDLE_DAYS:
            continue
        unused = found.meters["unused-capacity"]
        yield recommend(
            "idle-capacity-reservation",
            found,
            action="cancel, or start what it was made for",
            evidence=f"unused capacity charged on {unused.days_charged} of the last {found.window_days} days",
            monthly_savings=found.monthly_of("unused-capacity"),
            confidence=0.9,
        )
