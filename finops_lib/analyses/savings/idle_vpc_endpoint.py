"""Private endpoints that are paid by the hour while no byte passes through them (A13)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finops_lib.analyses.savings.resources import READS, idle_hours, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-vpc-endpoint", reads=READS)
def idle_vpc_endpoint(meters: pl.DataFrame) -> Iterator[Recommendation]:
    for found in idle_hours(meters, "endpoint-hours"):
        hours = found.meters["endpoint-hours"]
        yield recommend(
            "idle-vpc-endpoint",
            found,
            action="delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data processed",
            monthly_savings=found.monthly_cost,
            confidence=0.8,
        )
