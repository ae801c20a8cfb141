"""What did each budget scope spend in the month that budgets are judged by, and in the month before?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.accounts import ACCOUNTS, EUROPE, ORGANIZATION
from finops_lib.sample.charges import ARRIVED
from finops_lib.sample.lines import Bill
from finops_lib.sample.tags import DIMENSIONS, expected_allocation

LONGEST_TAIL = max(len(tail) for tail in ARRIVED.values())
# What teams answer for: effective cost without what is only booked beside it (domain.md 1.3).
_NOT_COUNTED = ("Tax", "Credit")


@dataclass(frozen=True, slots=True)
class Spend:
    """Effective cost of one scope in trillionths: of days complete everywhere, of all known days, of last month."""

    complete: int
    known: int
    before: int


def judged_month(as_of: date) -> BillingPeriod:
    """Give the month of the newest day that is complete for every provider."""
    return BillingPeriod.of(as_of - timedelta(days=LONGEST_TAIL))


def days_of(charges: pl.DataFrame, provider: str) -> pl.DataFrame:
    """Sum one file's charges to line x account x service x day."""
    keys = [
        "line",
        "SubAccountId",
        "ServiceName",
        "BillingCurrency",
        pl.col("ChargePeriodStart").dt.date().alias("day"),
    ]
    counted = charges.filter(~pl.col("ChargeCategory").is_in(_NOT_COUNTED))
    return counted.group_by(keys).agg(pl.col("EffectiveCost").sum()).with_columns(provider=pl.lit(provider))


def spend_by_scope(days: pl.DataFrame, bills: dict[str, Bill], as_of: date) -> dict[tuple[str, str, str], Spend]:
    """Sum the days of `days_of` to (scope type, scope value, currency)."""
    month = judged_month(as_of)
    complete_until = as_of - timedelta(days=LONGEST_TAIL)
    accounts = {account.id: account for account in ACCOUNTS}
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in days.iter_rows(named=True):
        account = accounts[row["SubAccountId"]]
        line = bills[row["provider"]].lines[row["line"]] if row["line"] >= 0 else None
        values = expected_allocation(account, line.tagging.read if line else {})
        scopes: list[tuple[str, str | None]] = [(name, values[name]) for name in DIMENSIONS]
        scopes.append(("organization", EUROPE if account.key == "eu-commerce" else ORGANIZATION))
        scopes += [("service", row["ServiceName"]), ("account", account.id)]
        inside = BillingPeriod.of(row["day"]) == month
        money = row["EffectiveCost"]
        for kind, value in scopes:
            if value is not None:
                total = sums[kind, value, row["BillingCurrency"]]
                total[0] += money if inside and row["day"] <= complete_until else 0
                total[1] += money if inside else 0
                total[2] += money if BillingPeriod.of(row["day"]) == month.previous else 0
    return {scope: Spend(*total) for scope, total in sums.items()}
