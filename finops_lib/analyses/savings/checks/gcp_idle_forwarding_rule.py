"""Forwarding rules that are paid by the hour while no byte passes through them (G11).

The bill says that nothing passes; the inventory says that it is a rule of the outside world, and what it leads to.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import age_days
from finops_lib.analyses.savings.resources import GRACE_DAYS, is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule(
    "gcp-idle-forwarding-rule",
    check="G11",
    providers=("gcp",),
    needs=(bill(), inventory("gcp-forwarding-rule")),
)
def gcp_idle_forwarding_rule(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type("gcp-forwarding-rule"):
        if is_member(found) or age_days(found, estate.as_of) < GRACE_DAYS or not is_idle(found, "balancer-hours"):
            continue
        attributes = found.described.attributes if found.described else {}
        leads_to = attributes.get("target") or attributes.get("backend_service") or ""
        hours = found.meters["balancer-hours"]
        yield recommend(
            "gcp-idle-forwarding-rule",
            found,
            action="check that no name points at it, then delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days without a byte"
            + (f", leads to {leads_to.rpartition('/')[2]}" if leads_to else ", leads nowhere"),
            monthly_savings=found.monthly_cost,
            confidence=0.85 if leads_to else 0.95,
            facts={"scheme": attributes.get("scheme", ""), "leads_to": leads_to},
        )
