"""How do rows of daily cost become a matrix, and back into the band around one series?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from finops_lib.analyses.anomalies.detectors import DETECTORS, Matrix
from finops_lib.findings import Anomaly


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


def bands(
    days: pl.DataFrame, found: Sequence[Anomaly], *, limit: int = 3, threshold: float = 3.0, before: int = 45
) -> dict[Anomaly, pl.DataFrame]:
    """Give the largest episodes, each with its series and the range it was expected in, for charts; float money.

    Returns:
        per episode: day, actual, expected, low, high, from `before` days ahead of it; expected null where not known.
    """
    daily = series_of(days)
    row_of = {series.scope: row for row, series in enumerate(daily.series)}
    return {
        anomaly: _band(daily, row_of[anomaly.scope], anomaly, threshold=threshold, before=before)
        for anomaly in found[:limit]
        if anomaly.scope in row_of
    }


def _band(daily: DailyCost, row: int, anomaly: Anomaly, *, threshold: float, before: int) -> pl.DataFrame:
    costs = daily.costs[row : row + 1]
    scores = DETECTORS.get(anomaly.methods[0])(costs, threshold=threshold)
    first, last = (anomaly.start - daily.first_day).days, (anomaly.end - daily.first_day).days
    expected, scale = scores.expected[0].copy(), scores.scale[0].copy()
    # The range stays what it was on the eve of the episode: the episode must not become its own excuse.
    expected[first : last + 1], scale[first : last + 1] = expected[first], scale[first]
    low, high = np.maximum(expected - threshold * scale, 0.0), expected + threshold * scale
    span = range(max(first - before, 0), costs.shape[1])
    values = {"actual": costs[0], "expected": expected, "low": low, "high": high}
    columns = [
        pl.Series("day", [daily.day(i) for i in span], dtype=pl.Date),
        *(pl.Series(n, [_known(v[i]) for i in span], dtype=pl.Float64) for n, v in values.items()),
    ]
    return pl.DataFrame(columns)


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


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
