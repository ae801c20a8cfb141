"""Machines of a family that has a newer one (A22). A review: the saving is a price difference that no bill states."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("previous-generation", check="A22", step="rightsize", effort="Medium")
def previous_generation(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("old-instance-hours"):
        # Without an id it would be one line for a whole account's past machines.
        if not found.id or not found.has_now("old-instance-hours"):
            continue
        yield recommend(
            "previous-generation",
            found,
            action="price the current generation",
            evidence=f"runs on {found.meters['old-instance-hours'].name}, a family with a newer generation",
            monthly_savings=Decimal(0),
            confidence=0.5,
            change="replace",
        )
