"""Panels of readable series for the tests of the forecaster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from finops_lib.analyses.forecasts import HORIZONS, Panel, forecast, totals_by_horizon

Daily = Callable[[date], float]


def panel(*series: Daily, first: date, last: date, incomplete: int = 0) -> Panel:
    """Give a panel whose series cost what each function says of a day; they are called s0, s1, ..."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    costs = np.array([[cost(day) for day in days] for cost in series], dtype=float)
    return Panel(tuple(f"s{number}" for number in range(len(series))), first, costs, incomplete)


def totals(of: Panel, method: str = "workbench") -> dict[tuple[str, str], dict[str, float]]:
    """Give the row of each series and horizon."""
    frame = totals_by_horizon(of, forecast(of, days=95, method=method), HORIZONS)
    return {(row["series_id"], row["horizon"]): row for row in frame.iter_rows(named=True)}


def noisy(level: float, seed: int, *, part: float = 0.05) -> Daily:
    """A cost that varies by `part` of its level from day to day, the same for the same seed."""
    draws = np.random.default_rng(seed).standard_normal(2_000)
    return lambda day: level * (1 + part * float(draws[day.toordinal() % 2_000]))
