"""What counts: each budget's rows of the scopes' days, by its own matrix of categories (domain.md 1.3).

Cash is attributed to the month it is billed in, what is used to the day it is used on. A correction of an earlier
month is paid now, so cash counts it; a budget on effective cost shows it beside the actual and leaves it out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from finops_lib.plans import Budget

# The columns of the figure `scoped/days`.
DAYS_SCHEMA = {
    "scope": pl.String,
    "x_Provider": pl.String,
    "x_SourceId": pl.String,
    "day": pl.Date,
    "billed_day": pl.Date,
    "charge_class": pl.String,
    "frequency": pl.String,
    "is_prior_correction": pl.Boolean,
    "complete_through": pl.Date,
    "is_stale": pl.Boolean,
    "BillingCurrency": pl.String,
    "billed_cost": pl.Decimal(38, 12),
    "effective_cost": pl.Decimal(38, 12),
}
_OWN: dict[str, pl.DataType | type[pl.DataType]] = {
    "budget": pl.Int64,
    "scope": pl.String,
    "is_cash": pl.Boolean,
    "counts": pl.List(pl.String),
}


def counted_days(budgets: Sequence[Budget], days: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that count for each budget, in the currency they are charged in.

    Args:
        days: the figure `scoped/days` of at least the budgets' scopes.
    Returns:
        budget (its place in `budgets`), day (the one it counts on), x_Provider, x_SourceId, charge_class, is_regular
        (usage that goes on, unlike fees and what is charged once), is_prior (a correction that is only shown),
        complete_through, is_stale, BillingCurrency, cost.
    """
    rows = [(place, budget.scope, budget.cost == "billed", list(budget.counts)) for place, budget in enumerate(budgets)]
    plan = pl.DataFrame(rows, schema=_OWN, orient="row")
    is_cash = pl.col("is_cash")
    is_prior = pl.col("is_prior_correction") & ~is_cash
    return (
        plan.lazy()
        .join(days.lazy(), on="scope")
        .filter(pl.col("charge_class").is_in(pl.col("counts")))
        .select(
            "budget",
            pl.when(is_cash | is_prior).then("billed_day").otherwise("day").alias("day"),
            "x_Provider",
            "x_SourceId",
            "charge_class",
            "frequency",
            is_regular=(pl.col("frequency") == "usage")
            & pl.col("charge_class").is_in(["usage", "unused_commitment"])
            & ~pl.col("is_prior_correction"),
            is_prior=is_prior,
            complete_through="complete_through",
            is_stale="is_stale",
            BillingCurrency="BillingCurrency",
            cost=pl.when(is_cash).then("billed_cost").otherwise("effective_cost"),
        )
        .collect()
    )
