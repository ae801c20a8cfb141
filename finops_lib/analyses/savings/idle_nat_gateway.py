"""NAT gateways that are paid by the hour while no byte passes through them (A11, G11)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finops_lib.analyses.savings.resources import READS, idle_hours, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-nat-gateway", reads=READS)
def idle_nat_gateway(meters: pl.DataFrame) -> Iterator[Recommendation]:
    for found in idle_hours(meters, "nat-hours"):
        hours = found.meters["nat-hours"]
        yield recommend(
            "idle-nat-gateway",
            found,
            action="delete with its route",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data processed",
            monthly_savings=found.monthly_cost,
            confidence=0.9,
        )
