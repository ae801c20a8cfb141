"""Snapshots that have been on the bill for long (A06); age is the first appearance, so it is a lower bound."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

OLD_DAYS = 90
VERY_OLD_DAYS = 365


@rule("old-snapshot", check="A06", step="clean-up")
def old_snapshot(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("snapshot"):
        if not found.id or not found.has_now("snapshot"):
            continue
        age = (found.data_through - found.meters["snapshot"].first_day).days
        if age < OLD_DAYS:
            continue
        # Blocks that newer snapshots share stay on the bill, so all of it is the most that can be saved.
        yield recommend(
            "old-snapshot",
            found,
            action="delete with its chain, if no backup plan owns it",
            evidence=f"on the bill for {age} days; blocks that others share stay",
            monthly_savings=found.monthly_of("snapshot"),
            confidence=0.5 if age >= VERY_OLD_DAYS else 0.3,
            change="delete data",
        )
