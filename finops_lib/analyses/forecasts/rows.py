"""How do rows of daily cost become a panel?"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.panel import Matrix, Panel


def panel_of(
    days: pl.DataFrame, *, last_day: date, incomplete_days: int | NDArray[np.int64] = 0, longest_history: int = 1100
) -> Panel:
    """Arrange rows as a panel that ends on `last_day`; days without a row cost nothing.

    Args:
        days: series_id, day, cost (float), and scheduled (float) if it is known what follows the calendar; one row per
            series and day, later days than `last_day` are left out.
        incomplete_days: as in Panel, for the series in the order of their names.
        longest_history: days before these are not looked at.
    """
    rows = days.filter(pl.col("day") <= last_day).sort("series_id", "day")
    oldest = rows.get_column("day").min()
    first_day = last_day if not isinstance(oldest, date) else oldest
    first_day = max(first_day, date.fromordinal(last_day.toordinal() - longest_history + 1))
    starts = (pl.col("series_id") != pl.col("series_id").shift()).fill_null(True)
    rows = rows.with_columns(
        row=starts.cum_sum() - 1, column=(pl.col("day") - first_day).dt.total_days(), is_first=starts
    )
    names = tuple(rows.filter("is_first").get_column("series_id").cast(pl.String).to_list())
    shape = (len(names), (last_day - first_day).days + 1)
    rows = rows.filter(pl.col("column") >= 0)
    scheduled = _matrix(rows, "scheduled", shape) if "scheduled" in rows.columns else None
    return Panel(names, first_day, _matrix(rows, "cost", shape), incomplete_days, scheduled)


def _matrix(rows: pl.DataFrame, column: str, shape: tuple[int, int]) -> Matrix:
    matrix = np.zeros(shape)
    matrix[rows["row"].to_numpy(), rows["column"].to_numpy()] = rows[column].to_numpy()
    return matrix
