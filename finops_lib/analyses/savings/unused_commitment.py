"""Commitments that are paid for and not used (A35). The waste is certain; how much of it can be saved is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.analyses.savings.resources import monthly, priority_of
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation
from finops_lib.periods import BillingPeriod

# Below this share of a commitment a little slack is the price of a high coverage.
TOLERATED = Decimal("0.05")
CONFIDENCE = 0.3


@rule("unused-commitment", reads="savings_commitments")
def unused_commitment(months: pl.DataFrame) -> Iterator[Recommendation]:
    for rows in (
        months.partition_by(["x_Provider", "CommitmentDiscountId"], maintain_order=True) if months.height else []
    ):
        row, days = _judged(rows.sort("x_BillingMonth").to_dicts())
        paid = row["used_effective_cost"] + row["unused_effective_cost"]
        if paid <= 0 or days <= 0 or row["unused_effective_cost"] <= TOLERATED * paid:
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
        )


def _judged(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], int]:
    """Give the newest month that is over, else the one that runs, with its days on the bill."""
    over = [row for row in rows if BillingPeriod.of(row["x_BillingMonth"]).end <= row["data_through"]]
    row = over[-1] if over else rows[-1]
    month = BillingPeriod.of(row["x_BillingMonth"])
    end: date = min(month.end, row["data_through"])
    return row, month.days if over else (end - month.start).days + 1
