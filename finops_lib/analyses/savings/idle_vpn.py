"""VPN connections and gateways that are paid by the hour while no byte passes through them (A13, Z07)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finops_lib.analyses.savings.resources import READS, idle_hours, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-vpn", reads=READS)
def idle_vpn(meters: pl.DataFrame) -> Iterator[Recommendation]:
    for found in idle_hours(meters, "vpn-hours"):
        hours = found.meters["vpn-hours"]
        yield recommend(
            "idle-vpn",
            found,
            action="ask if it is a standby line, else delete",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data transferred",
            monthly_savings=found.monthly_cost,
            confidence=0.6,
        )
