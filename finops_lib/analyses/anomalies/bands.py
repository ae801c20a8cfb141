"""The band that an episode left, for charts: what was expected of each day around it, and how far off is usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from finops_lib.analyses.anomalies.detectors import DETECTORS, Matrix
from finops_lib.analyses.anomalies.series import DailyCost, series_of
from finops_lib.analyses.anomalies.services import WORKBENCH, course_of
from finops_lib.findings import Anomaly


def bands(
    days: pl.DataFrame, found: Sequence[Anomaly], *, limit: int = 3, threshold: float = 3.0, before: int = 45
) -> dict[Anomaly, pl.DataFrame]:
    """Give the largest episodes, each with its series and the range it was expected in, for charts; float money.

    Returns:
        per episode: day, actual, expected, low, high, from `before` days ahead of it; expected null where not known.
    """
    daily = series_of(days)
    row_of = {series.scope: row for row, series in enumerate(daily.series)}
    told = {}
    for anomaly in found[:limit]:
        if WORKBENCH in anomaly.methods:
            course = course_of(daily, anomaly)
        else:
            course = _fenced_course(daily, row_of[anomaly.scope], anomaly) if anomaly.scope in row_of else None
        if course is not None:
            told[anomaly] = _band(*course, anomaly, threshold=threshold, before=before)
    return told


def _fenced_course(daily: DailyCost, row: int, anomaly: Anomaly) -> tuple[date, Matrix, Matrix, Matrix]:
    costs = daily.costs[row : row + 1]
    scores = DETECTORS.get(anomaly.methods[0])(costs)
    first, last = (anomaly.start - daily.first_day).days, (anomaly.end - daily.first_day).days
    expected, scale = scores.expected[0].copy(), scores.scale[0].copy()
    # The range stays what it was on the eve of the episode: the episode must not become its own excuse.
    expected[first : last + 1], scale[first : last + 1] = expected[first], scale[first]
    return daily.first_day, costs[0], expected, scale


def _band(
    first_day: date,
    actual: Matrix,
    expected: Matrix,
    scale: Matrix,
    anomaly: Anomaly,
    *,
    threshold: float,
    before: int,
) -> pl.DataFrame:
    low, high = np.maximum(expected - threshold * scale, 0.0), expected + threshold * scale
    span = range(max((anomaly.start - first_day).days - before, 0), len(actual))
    values = {"actual": actual, "expected": expected, "low": low, "high": high}
    columns = [
        pl.Series("day", [first_day + timedelta(days=i) for i in span], dtype=pl.Date),
        *(pl.Series(n, [_known(v[i]) for i in span], dtype=pl.Float64) for n, v in values.items()),
    ]
    return pl.DataFrame(columns)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
