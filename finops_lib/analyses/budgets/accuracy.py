"""How good were the forecasts? Those that were kept, and what last month's would have been on its 10th."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext

import polars as pl

from finops_lib.analyses.budgets.history import Forecaster
from finops_lib.analyses.budgets.past import PastPeriod
from finops_lib.analyses.budgets.review import DIGITS, review_budgets
from finops_lib.analyses.forecasts import accuracy
from finops_lib.findings import BudgetStatus
from finops_lib.periods import BillingPeriod
from finops_lib.plans import Budget

FROZEN_ON = 10
_MONEY = pl.Decimal(38, 12)


def backtest(
    budgets: Sequence[Budget],
    days: pl.DataFrame,
    *,
    as_of: date,
    currency: str,
    forecaster: Forecaster | None = None,
    rates: pl.DataFrame | None = None,
) -> tuple[Decimal, Decimal] | None:
    """Measure last month's forecasts of the 10th: (sum of absolute errors, sum of what was charged).

    Gives None where last month or its first ten days are not all known. Only monthly budgets in `currency` count, for
    two currencies do not add up. Nothing is known of what was restated since: that is part of the error.
    """
    month = BillingPeriod.of(as_of).previous
    then = month.start + timedelta(days=FROZEN_ON - 1)
    last = month.end - timedelta(days=1)
    mine = [budget for budget in budgets if budget.currency == currency and budget.period == "monthly"]
    known_then = days.filter(pl.col("day") <= then).with_columns(
        complete_through=pl.lit(then, pl.Date), is_stale=pl.lit(value=False)
    )
    forecasts = review_budgets(mine, known_then, as_of=then, forecaster=forecaster, rates=rates)
    charged = {
        found.budget.name: found
        for found in review_budgets(mine, days, as_of=last, forecaster=forecaster, rates=rates)
        if found.ledger.days_left == 0 and found.ledger.missing_rate is None
    }
    missed = total = Decimal(0)
    with localcontext(prec=DIGITS):
        for found in forecasts:
            ended = charged.get(found.budget.name)
            if ended is None or found.status.forecast_p50 is None:
                continue
            missed += abs(found.status.forecast_p50 - ended.ledger.actual)
            total += ended.ledger.actual
    return (missed, total) if total > 0 else None


def kept_accuracy(kept: Sequence[tuple[int, BudgetStatus]], past: Sequence[PastPeriod]) -> pl.DataFrame:
    """Hold the forecasts that were kept against the periods that have ended since.

    Args:
        kept: the day of the period whose data they were made from (1, 10), and the status.
    Returns:
        as `analyses.forecasts.accuracy`.
    """
    frozen = [
        {
            "series_id": status.budget,
            "month": status.period_start,
            "currency": status.currency,
            "frozen_on": status.period_start.replace(day=day),
            "yhat": status.forecast_p50,
            "lo80": status.forecast_p10,
            "hi80": status.forecast_p90,
        }
        for day, status in kept
    ]
    ended = [
        {"series_id": one.budget, "month": one.period.start, "currency": one.currency, "cost": one.actual}
        for one in past
        if one.state != "open"
    ]
    keys = {"series_id": pl.String, "month": pl.Date, "currency": pl.String}
    expected = keys | {"frozen_on": pl.Date} | dict.fromkeys(("yhat", "lo80", "hi80"), _MONEY)
    return accuracy(pl.DataFrame(frozen, schema=expected), pl.DataFrame(ended, schema=keys | {"cost": _MONEY}))
