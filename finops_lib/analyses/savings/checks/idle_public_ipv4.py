"""Public IPv4 addresses that are paid for and attached to nothing (A09, G04); the meter itself says so."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-public-ipv4", check="A09", effort="VeryLow")
def idle_public_ipv4(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("idle-address"):
        # An address that was idle for a week, between two machines say, is no waste yet.
        if not found.has_now("idle-address") or found.meters["idle-address"].days_charged < GRACE_DAYS:
            continue
        days = found.meters["idle-address"].days_charged
        yield recommend(
            "idle-public-ipv4",
            found,
            action="release",
            evidence=f"charged as idle on {days} of the last {found.window_days} days",
            monthly_savings=found.monthly_of("idle-address"),
            confidence=0.95,
            change="config",
            facts={"days_charged": days, "window_days": found.window_days, "state": _state(found)},
        )


def _state(address: Resource) -> str:
    return address.described.state if address.described else "not known"
