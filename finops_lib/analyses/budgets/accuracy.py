"""How good were last month's forecasts of the 10th? What was expected then, against what was charged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext

import polars as pl

from finops_lib.analyses.budgets.history import Forecaster
from finops_lib.analyses.budgets.review import DIGITS, review_budgets
from finops_lib.periods import BillingPeriod
from finops_lib.plans import Budget

FROZEN_ON = 10


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
