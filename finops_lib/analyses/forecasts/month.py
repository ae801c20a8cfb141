"""Where does the month of one total end? For a page that shows a single figure with its range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

import numpy as np
import polars as pl

from finops_lib.analyses.forecasts.forecast import forecast
from finops_lib.analyses.forecasts.horizons import MONTH_END, days_needed, totals_by_horizon
from finops_lib.analyses.forecasts.rows import panel_of
from finops_lib.periods import BillingPeriod

# A forecast is a float; no column of the lake holds more digits.
_DIGITS = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """The total of a whole calendar month, its known part included; 80 % of the futures end between low and high."""

    expected: Decimal
    low: Decimal
    high: Decimal


def month_end(
    days: pl.DataFrame, *, as_of: date, incomplete_days: int = 0, method: str = "workbench"
) -> MonthEnd | None:
    """Say where the month of `as_of` ends.

    Args:
        days: day, cost (exact), scheduled (exact; the part that follows the calendar), one row a day, one currency.
        as_of: the last included day.
        incomplete_days: how many of the newest days may still grow.
        method: a name from METHODS.
    Returns:
        None where there are fewer than three complete days.
    """
    period = BillingPeriod.of(as_of)
    known = days.filter(pl.col("day").is_between(period.start, as_of)).get_column("cost").to_list()
    with localcontext(prec=50):
        charged = sum(known, Decimal(0))
    if days.is_empty():
        return None
    if (period.end - as_of).days == 1 and not incomplete_days:
        return MonthEnd(charged, charged, charged)
    rows = days.select(
        pl.lit("all").alias("series_id"), "day", pl.col("cost").cast(pl.Float64), pl.col("scheduled").cast(pl.Float64)
    )
    panel = panel_of(rows, last_day=as_of, incomplete_days=incomplete_days)
    outlook = forecast(panel, days=days_needed([MONTH_END], as_of), method=method)
    [total] = totals_by_horizon(panel, outlook, [MONTH_END]).iter_rows(named=True)
    if total["yhat"] is None or not np.isfinite(total["yhat"]):
        return None
    expected, low, high = (Decimal(repr(total[name])).quantize(_DIGITS) for name in ("yhat", "lo80", "hi80"))
    return MonthEnd(expected, low, high)
