"""Totals that people ask for: a whole month, what is known of it included, and the next 30, 60, 90 days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from finops_lib.analyses.forecasts.outlook import Outlook
from finops_lib.analyses.forecasts.panel import Panel
from finops_lib.errors import ConfigError
from finops_lib.periods import BillingPeriod

MONTH_END = "month_end"
HORIZONS = ("30d", "60d", "90d", MONTH_END)
# Beyond a quarter there are scenarios, no intervals (domain.md 1.13).
LONGEST_DAYS = 90
# What is beyond a millionth is left over from binary arithmetic.
SHOWN_DIGITS = 6
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def days_needed(horizons: Sequence[str], last_day: date) -> int:
    """Say how many days after `last_day` the horizons reach, one at least.

    Raises:
        ConfigError: a horizon that is not month_end or 1d to 90d.
    """
    rest = (BillingPeriod.of(last_day).end - last_day).days - 1
    return max([1, *(rest if horizon == MONTH_END else _days(horizon) for horizon in horizons)])


def totals_by_horizon(panel: Panel, outlook: Outlook, horizons: Sequence[str] = HORIZONS) -> pl.DataFrame:
    """Give one row per series and horizon, from the panel's last day on.

    `30d` and the like are totals of the days after that day; `month_end` is the total of its whole calendar month: what
    is known of it is exact, only the rest has an interval.

    Returns:
        series_id, origin (the panel's last day), horizon, yhat, lo80, hi80, lo95, hi95 (null where the history is too
        short), method.
    """
    parts = [_totals(panel, outlook, horizon) for horizon in horizons]
    if not parts:
        return pl.DataFrame()
    order = pl.concat(parts)
    # Series by series, horizons in the order they were asked for.
    count = len(panel.series)
    place = [row for series in range(count) for row in range(series, count * len(parts), count)]
    return order[place] if place else order


def _totals(panel: Panel, outlook: Outlook, horizon: str) -> pl.DataFrame:
    lag = (panel.last_day - outlook.origin).days
    if horizon == MONTH_END:
        period = BillingPeriod.of(panel.last_day)
        begun = max((period.start - panel.first_day).days, 0)
        # Days of this month up to the origin are charged; those after it are in the outlook.
        charged = np.nan_to_num(panel.costs[:, begun : panel.days - lag]).sum(axis=1)
        skip = max((period.start - outlook.origin).days - 1, 0)
        days = (period.end - outlook.origin).days - 1 - skip
    else:
        charged, skip, days = np.zeros(len(panel.series)), lag, _days(horizon)
    totals = outlook.total(days, LEVELS, skip=skip) + charged[:, None]
    lo95, lo80, yhat, hi80, hi95 = (
        pl.Series(totals[:, level], dtype=pl.Float64).fill_nan(None).round(SHOWN_DIGITS) for level in range(len(LEVELS))
    )
    return pl.DataFrame(
        {
            "series_id": pl.Series(panel.series, dtype=pl.String),
            "origin": pl.Series([panel.last_day] * len(panel.series), dtype=pl.Date),
            "horizon": pl.Series([horizon] * len(panel.series), dtype=pl.String),
            "yhat": yhat,
            "lo80": lo80,
            "hi80": hi80,
            "lo95": lo95,
            "hi95": hi95,
            "method": pl.Series(outlook.method, dtype=pl.String),
        }
    )


def _days(horizon: str) -> int:
    if re.fullmatch(r"[1-9]\d?d", horizon) and int(horizon[:-1]) <= LONGEST_DAYS:
        return int(horizon[:-1])
    raise ConfigError(
        f"{horizon!r} is not a horizon",
        next_step=f"choose {MONTH_END}, or a number of days from 1d to {LONGEST_DAYS}d",
        horizon=horizon,
    )
