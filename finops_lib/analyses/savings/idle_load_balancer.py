"""Load balancers that are paid by the hour while they balance nothing (A10, G11)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finops_lib.analyses.savings.resources import READS, idle_hours, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-load-balancer", reads=READS)
def idle_load_balancer(meters: pl.DataFrame) -> Iterator[Recommendation]:
    for found in idle_hours(meters, "balancer-hours"):
        hours = found.meters["balancer-hours"]
        yield recommend(
            "idle-load-balancer",
            found,
            action="check that no name points at it, then delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days, balances nothing",
            monthly_savings=found.monthly_cost,
            confidence=0.85,
        )
