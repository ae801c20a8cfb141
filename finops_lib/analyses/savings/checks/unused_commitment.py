"""Commitments that are paid for and not used (A35). The waste is certain; how much of it can be saved is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from finops_lib.analyses.savings.estate import COMMITMENTS, Estate
from finops_lib.analyses.savings.resources import monthly, priority_of
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation
from finops_lib.periods import BillingPeriod

# Below this share of a commitment a little slack is the price of a high coverage.
TOLERATED = Decimal("0.05")
CONFIDENCE = 0.3
_DAY = timedelta(days=1)


@rule("unused-commitment", check="A35", step="commit", effort="Medium")
def unused_commitment(estate: Estate) -> Iterator[Recommendation]:
    months = estate.frames.get(COMMITMENTS)
    if months is None or not months.height:
        return
    for rows in months.partition_by(["x_Provider", "CommitmentDiscountId"], maintain_order=True):
        row = _last_month_over(rows.sort("x_BillingMonth").to_dicts())
        if row is None:
            continue
        days = BillingPeriod.of(row["x_BillingMonth"]).days
        paid = row["used_effective_cost"] + row["unused_effective_cost"]
        if paid <= 0 or row["unused_effective_cost"] <= TOLERATED * paid:
            continue
        unused = monthly(row["unused_effective_cost"], days)
        share = row["unused_effective_cost"] / paid
        yield Recommendation(
            type="unused-commitment",
            provider=row["x_Provider"],
            account="",
            resource_id=row["CommitmentDiscountId"],
            action="move use onto it, exchange it, or let it end",
            evidence=f"{100 * share:.0f} % unused in {BillingPeriod.of(row['x_BillingMonth'])}; "
            f"{row['CommitmentDiscountType'] or 'commitment'} {row['CommitmentDiscountName'] or ''}".strip(),
            monthly_savings=unused,
            current_monthly_cost=monthly(paid, days),
            currency=row["BillingCurrency"],
            confidence=CONFIDENCE,
            priority=priority_of(unused, CONFIDENCE),
            owner="",
            facts={"month": str(BillingPeriod.of(row["x_BillingMonth"])), "unused_share": f"{share:.4f}"},
        )


def _last_month_over(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Give the newest month whose last day is known; a month that still runs may yet be used."""
    over = [row for row in rows if row["data_through"] >= BillingPeriod.of(row["x_BillingMonth"]).end - _DAY]
    return over[-1] if over else None
