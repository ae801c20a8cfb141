"""How do rows of daily cost become a matrix?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from finops_lib.analyses.anomalies.detectors import Matrix


@dataclass(frozen=True, slots=True)
class Series:
    """Daily cost of one service of one account at one provider."""

    scope: str
    provider: str
    account: str
    account_name: str
    service: str
    currency: str


@dataclass(frozen=True, slots=True)
class DailyCost:
    """Series x day: 0 where the bill is whole and names nothing, nan where it is not there (yet)."""

    series: tuple[Series, ...]
    first_day: date
    costs: Matrix

    def day(self, column: int) -> date:
        return self.first_day + timedelta(days=column)


def series_of(days: pl.DataFrame) -> DailyCost:
    """Arrange the rows of `anomalies_series_days` as a matrix, complete days only."""
    if days.is_empty():
        return DailyCost((), date.min, np.empty((0, 0)))
    first: date = days.get_column("day").min()  # type: ignore[assignment]
    last: date = days.get_column("complete_through").max()  # type: ignore[assignment]
    rows: dict[tuple[str, ...], int] = {}
    series: list[Series] = []
    costs = np.full((days.select(_KEY).n_unique(), (last - first).days + 1), np.nan)
    for row in days.iter_rows(named=True):
        key = tuple(row[name] for name in _KEY)
        if key not in rows:
            rows[key] = len(series)
            series.append(_series(row))
            begin = max((row["source_first_day"] - first).days, 0)
            costs[rows[key], begin : (row["complete_through"] - first).days + 1] = 0.0
        costs[rows[key], (row["day"] - first).days] = float(row["effective_cost"])
    return DailyCost(tuple(series), first, costs)


_KEY = ("x_Provider", "account_id", "ServiceName", "BillingCurrency")


def _series(row: Mapping[str, Any]) -> Series:
    return Series(
        scope=f"{row['x_Provider']}/{row['account_id']}/{row['ServiceName']}",
        provider=row["x_Provider"],
        account=row["account_id"],
        account_name=row["account_name"],
        service=row["ServiceName"],
        currency=row["BillingCurrency"],
    )
