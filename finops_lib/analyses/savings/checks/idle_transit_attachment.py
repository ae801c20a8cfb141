"""Attachments to a transit gateway that are paid by the hour while no byte passes through them (A13)."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import GRACE_DAYS, is_idle, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("idle-transit-attachment", check="A13", providers=("aws",), grace_days=GRACE_DAYS)
def idle_transit_attachment(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("attachment-hours"):
        if not is_idle(found, "attachment-hours"):
            continue
        hours = found.meters["attachment-hours"]
        yield recommend(
            "idle-transit-attachment",
            found,
            action="ask if it is a standby way, else detach it",
            evidence=f"charged on {hours.days_charged} of the last {found.window_days} days with no data processed",
            monthly_savings=found.monthly_cost,
            confidence=0.6,
            change="config",
            facts={"days_charged": hours.days_charged, "window_days": found.window_days},
        )
