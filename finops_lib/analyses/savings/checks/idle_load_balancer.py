"""Load balancers that are paid by the hour while they balance nothing (A10, G11)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-load-balancer", check="A10")
def idle_load_balancer(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("balancer-hours"):
        if not is_idle(found, "balancer-hours"):
            continue
        hours = found.meters["balancer-hours"]
        yield recommend(
            "idle-load-balancer",
            found,
            action="check that no name points at it, then delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days, balances nothing",
            monthly_savings=found.monthly_cost,
            confidence=0.85,
        )
