"""NAT gateways that are paid by the hour while no byte passes through them (A11, G11)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-nat-gateway", check="A11")
def idle_nat_gateway(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("nat-hours"):
        if not is_idle(found, "nat-hours"):
            continue
        hours = found.meters["nat-hours"]
        yield recommend(
            "idle-nat-gateway",
            found,
            action="delete with its route",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data processed",
            monthly_savings=found.monthly_cost,
            confidence=0.9,
            facts={"days_charged": hours.days_charged, "window_days": found.window_days},
        )
