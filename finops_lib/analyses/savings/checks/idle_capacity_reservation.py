"""Reserved capacity on which nothing runs (A36)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

IDLE_DAYS = 7


@rule("idle-capacity-reservation", check="A36")
def idle_capacity_reservation(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("unused-capacity"):
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
            change="config",
            facts={"days_charged": unused.days_charged, "window_days": found.window_days},
        )
