"""The days of each budget's period for a chart, and the statuses of the past for another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from finops_lib.analyses.budgets.review import Reviewed
from finops_lib.findings import BudgetStatus
from finops_lib.periods import days_in

_MONEY = pl.Decimal(38, 12)
COURSE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "budget": pl.String,
    "day": pl.Date,
    "cost": _MONEY,
    "expected_total": pl.Float64,
    "low_total": pl.Float64,
    "high_total": pl.Float64,
}
_HISTORY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "budget": pl.String,
    "period_start": pl.Date,
    "data_through": pl.Date,
    "colour": pl.String,
    "standing": pl.String,
    **dict.fromkeys(("amount", "actual", "actual_known", "forecast_p10", "forecast_p50", "forecast_p90"), _MONEY),
    "p_exceed": pl.Float64,
    "burn_multiple": pl.Float64,
}


def courses(reviewed: Sequence[Reviewed]) -> pl.DataFrame:
    """Give the days of each budget's period.

    Returns:
        budget, day, cost (exact; what is known of that day, null where nothing is), and from the last complete day on
        the running totals expected_total, low_total, high_total (float; 50, 10 and 90 % of the futures).
    """
    return pl.DataFrame([row for found in reviewed for row in _course(found)], schema=COURSE_SCHEMA, orient="row")


def history(statuses: Sequence[BudgetStatus]) -> pl.DataFrame:
    """Lay the statuses of one or many budgets out in time, as they were written.

    Returns:
        budget, period_start, data_through, colour, standing, amount, and what was known and expected then.
    """
    rows = [{key: getattr(status, key) for key in _HISTORY_SCHEMA} for status in statuses]
    frame = pl.DataFrame(rows, schema=_HISTORY_SCHEMA)
    return frame.sort("budget", "period_start", "data_through", maintain_order=True)


def _course(found: Reviewed) -> Iterator[dict[str, Any]]:
    ledger, projection = found.ledger, found.projection
    known = ledger.by_day
    if not ledger.period.label or ledger.missing_rate:
        return
    for day in days_in(ledger.period.start, ledger.period.end):
        row: dict[str, Any] = {"budget": found.budget.name, "day": day}
        row["cost"] = known.get(day, 0 if day <= ledger.through else None)
        place = (day - ledger.through).days - 1
        if projection and place == -1:
            row |= dict.fromkeys(("expected_total", "low_total", "high_total"), float(ledger.actual))
        elif projection and place >= 0:
            low, middle, high = projection.fan[:, place]
            row |= {"low_total": float(low), "expected_total": float(middle), "high_total": float(high)}
        yield row
