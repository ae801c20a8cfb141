"""Private endpoints that are paid by the hour while no byte passes through them (A13)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-vpc-endpoint", check="A13")
def idle_vpc_endpoint(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("endpoint-hours"):
        if not is_idle(found, "endpoint-hours"):
            continue
        hours = found.meters["endpoint-hours"]
        yield recommend(
            "idle-vpc-endpoint",
            found,
            action="delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data processed",
            monthly_savings=found.monthly_cost,
            confidence=0.8,
            facts={"days_charged": hours.days_charged, "window_days": found.window_days},
        )
