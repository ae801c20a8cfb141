"""VPN connections and gateways that are paid by the hour while no byte passes through them (A13, Z07)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-vpn", check="A13")
def idle_vpn(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("vpn-hours"):
        if not is_idle(found, "vpn-hours"):
            continue
        hours = found.meters["vpn-hours"]
        yield recommend(
            "idle-vpn",
            found,
            action="ask if it is a standby line, else delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data transferred",
            monthly_savings=found.monthly_cost,
            confidence=0.6,
            facts={"days_charged": hours.days_charged, "window_days": found.window_days},
        )
