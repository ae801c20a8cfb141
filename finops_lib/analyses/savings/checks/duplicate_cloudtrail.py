"""Trails that record management events once more (A29): the first record of each is free, and only others are paid."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("duplicate-cloudtrail", check="A29", providers=("aws",), step="clean-up")
def duplicate_cloudtrail(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("paid-trail"):
        trail = found.meters["paid-trail"]
        if not found.has_now("paid-trail") or trail.days_charged < GRACE_DAYS:
            continue
        yield recommend(
            "duplicate-cloudtrail",
            found,
            action="keep one trail of management events per account, if no rule asks for the others",
            evidence=f"paid copies of management events on {trail.days_charged} of the last {found.window_days} days "
            f"({trail.quantity:,.0f} events)",
            monthly_savings=found.monthly_of("paid-trail"),
            confidence=0.7,
            change="config",
            facts={"meter": trail.name, "days_charged": trail.days_charged, "events": f"{trail.quantity:.0f}"},
        )
