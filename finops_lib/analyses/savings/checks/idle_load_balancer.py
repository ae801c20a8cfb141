"""Load balancers that are paid by the hour while they balance nothing (A10, G11).

The bill shows hours without use. The inventory shows those behind which nothing stands, or nothing that is well, and
metrics those of which a few monitors are the only callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import inventory, metrics
from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

FEW_REQUESTS_A_DAY = 100
_BALANCER = "aws-load-balancer"
_TYPES = (_BALANCER, "aws-classic-load-balancer")


@rule(
    "idle-load-balancer",
    check="A10",
    better_with=(inventory(_BALANCER), metrics(_BALANCER, "requests")),
    grace_days=GRACE_DAYS,
)
def idle_load_balancer(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("balancer-hours"):
        if not found.id or not found.has_now("balancer-hours"):
            continue
        reason, confidence = _idle_by(found, estate.as_of)
        if not reason:
            continue
        hours = found.meters["balancer-hours"]
        attributes = found.described.attributes if found.described else {}
        yield recommend(
            "idle-load-balancer",
            found,
            action="check that no name points at it, then delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days, {reason}",
            monthly_savings=found.monthly_cost,
            confidence=confidence,
            facts={
                "days_charged": hours.days_charged,
                "reason": reason,
                "targets": attributes.get("targets", "not known"),
                "healthy_targets": attributes.get("healthy_targets", "not known"),
            },
        )


def _idle_by(balancer: Resource, day: date) -> tuple[str, float]:
    """Say why a balancer is idle and how sure that is; "" = it is not."""
    known = balancer.described if balancer.described and balancer.described.type in _TYPES else None
    targets = known.attributes.get("targets") if known else None
    if targets == "0":
        return "nothing stands behind it", 0.95
    by_bill = is_idle(balancer, "balancer-hours")
    well = known is None or known.attributes.get("healthy_targets") != "0"
    if not well and known is not None and known.attributes.get("targets_of_unknown_health", "0") == "0" and by_bill:
        return "nothing behind it is well", 0.9
    if by_bill:
        return "balances nothing", 0.85
    seen = balancer.utilisation.get("requests")
    # CloudWatch has no point of five minutes without a request, so few points are few requests.
    days = (day - seen.first_hour.date()).days + 1 if seen else 0
    if seen is not None and days >= GRACE_DAYS and seen.mean * seen.points / days < FEW_REQUESTS_A_DAY:
        return f"{seen.mean * seen.points / days:.0f} requests a day", 0.7
    return "", 0.0
