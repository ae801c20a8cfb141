"""What is compared: a score for each day of each node, the higher the surer; 0 = no candidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.workbench import TOLD_FROM, judge
from tests.bench.estate import Estate

Matrix = NDArray[np.float64]
Scores = Mapping[str, Matrix]


@dataclass(frozen=True, slots=True)
class Method:
    """A detector as it would be run: on the costs a bill showed, with the estate's names.

    Args:
        sees_future: judges a day by later ones too.
        most_series: more would take too long; None = all.
    """

    name: str
    score: Callable[[Matrix, Estate], Scores]
    threshold: float
    sees_future: bool = False
    most_series: int | None = None


def ours(costs: Matrix, estate: Estate) -> Scores:
    announced = [(estate.series.index(label.series), label.start) for label in estate.labels if label.is_announced]
    accounts = [name.rsplit("/", 1)[0] for name in estate.series]
    judged = judge(costs, estate.first_day, accounts=accounts, announced=announced)
    names = [*estate.series, *(f"{account}/*" for account in judged.accounts)]
    return dict(zip(names, judged.confidence, strict=True))


def _named(score: Callable[[Matrix], Matrix]) -> Callable[[Matrix, Estate], Scores]:
    return lambda costs, estate: dict(zip(estate.series, score(costs), strict=False))


def _past(costs: Matrix, days: int) -> Matrix:
    """Give the days before each day: series x day x window, nan where there are none."""
    padded = np.concatenate([np.full((costs.shape[0], days), np.nan), costs], axis=1)[:, :-1]
    return np.asarray(sliding_window_view(padded, days, axis=1))


def zscore(costs: Matrix) -> Matrix:
    """3 sigma against the 30 days before."""
    past = _past(costs, 30)[:, 30:]
    score = np.zeros_like(costs)
    score[:, 30:] = np.abs(costs[:, 30:] - past.mean(axis=2)) / (past.std(axis=2) + 1e-9)
    return score


def whole_zscore(costs: Matrix) -> Matrix:
    """3 sigma against the whole series."""
    return np.asarray(np.abs(costs - costs.mean(axis=1, keepdims=True)) / (costs.std(axis=1, keepdims=True) + 1e-9))


def iqr(costs: Matrix) -> Matrix:
    """Boxes beyond the quartiles of the whole series."""
    low, high = np.quantile(costs, (0.25, 0.75), axis=1, keepdims=True)
    return np.asarray(np.maximum(np.maximum(costs - high, low - costs), 0) / (high - low + 1e-9))


def weekday_mad(costs: Matrix) -> Matrix:
    """Deviations from the median of the eight same weekdays before, in their MAD."""
    weeks = np.stack([np.roll(costs, 7 * week, axis=1) for week in range(1, 9)], axis=2)
    middle = np.median(weeks, axis=2)
    spread = 1.4826 * np.median(np.abs(weeks - middle[:, :, None]), axis=2) + 0.01 * np.abs(middle) + 1e-9
    score = np.abs(costs - middle) / spread
    score[:, :56] = 0.0
    return np.asarray(score)


def thirty_percent(costs: Matrix) -> Matrix:
    """Share above the mean of the seven days before."""
    past = _past(costs, 7)[:, 7:].mean(axis=2)
    score = np.zeros_like(costs)
    score[:, 7:] = np.maximum(costs[:, 7:] - past, 0) / np.maximum(np.abs(past), 1e-9)
    return score


def isolation_forest(costs: Matrix) -> Matrix:
    """scikit-learn's forest on value, weekday mean and difference, one per series."""
    from sklearn.ensemble import IsolationForest

    score = np.zeros_like(costs)
    for row, values in enumerate(costs):
        level = np.convolve(values, np.ones(7) / 7)[: len(values)]
        features = np.stack([values, values - level, np.diff(values, prepend=values[0])], axis=1)
        forest = IsolationForest(n_estimators=60, random_state=0).fit(features)
        score[row] = np.maximum(-forest.decision_function(features), 0)
    return score


def prophet(costs: Matrix) -> Matrix:
    """Distance outside Prophet's 99 % band of the whole series, in half-widths of it."""
    import logging

    import pandas as pd
    from prophet import Prophet

    # It sets its own level when it is imported.
    logging.getLogger("cmdstanpy").disabled = True
    score = np.zeros_like(costs)
    days = pd.date_range("2023-01-01", periods=costs.shape[1])
    for row, values in enumerate(costs):
        frame = pd.DataFrame({"ds": days, "y": values})
        band = Prophet(interval_width=0.99, uncertainty_samples=200).fit(frame).predict(frame[["ds"]])
        low, high = band["yhat_lower"].to_numpy(), band["yhat_upper"].to_numpy()
        half = np.maximum((high - low) / 2, 1e-9)
        score[row] = np.maximum(np.maximum(values - high, low - values), 0) / half
    return score


METHODS = (
    Method("workbench", ours, TOLD_FROM),
    Method("zscore 30 days", _named(zscore), 3.0),
    Method("zscore", _named(whole_zscore), 3.0, sees_future=True),
    Method("iqr", _named(iqr), 1.5, sees_future=True),
    Method("weekday MAD", _named(weekday_mad), 3.5),
    Method("mean + 30 %", _named(thirty_percent), 0.3),
    Method("isolation forest", _named(isolation_forest), 1e-9, sees_future=True, most_series=100),
    Method("prophet", _named(prophet), 1e-9, sees_future=True, most_series=30),
)
